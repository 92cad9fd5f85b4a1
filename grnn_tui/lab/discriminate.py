"""`discriminate`: a density told its label, turned into a classifier by Bayes' rule."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from grnn_tui.data.row_form import RowForm
from grnn_tui.data.table import Table
from grnn_tui.lab.finding import Experiment, Finding, Report, Series
from grnn_tui.lab.trained import Plan, Tell, options, parts_of, rows_of, trained, write_rows
from grnn_tui.playing.probe import probe_accuracy
from grnn_tui.playing.row_scoring import classify_rows
from grnn_tui.runs.request import DataRequest


@dataclass(frozen=True)
class Sizes:
    """How much of it is done."""

    rows: tuple[int, ...] = (500, 2000, 8000)
    held: int = 1000
    steps: int = 800
    hidden: int = 100


@dataclass(frozen=True)
class Measured:
    """After so many training images: shares of held-out images that are given their label."""

    rows: int
    density: float
    linear: float
    majority: float


def run(
    experiment: Experiment, models: tuple[str, ...], seed: int, report: Report, sizes: Sizes | None = None
) -> Finding:
    """Accuracy of NADE by Bayes' rule, of a linear classifier on the pixels and of the commonest label."""
    del models
    sizes = sizes or Sizes()
    most = max(sizes.rows) + sizes.held
    training, held = parts_of(rows_of("strokes", seed, most, sizes.held / most))
    found = []
    for number, rows in enumerate(sizes.rows):

        def tell(share: float, rows: int = rows, number: int = number) -> None:
            report((number + share) / len(sizes.rows), f"training on {rows:,} images")

        found.append(_measured(training.take(slice(0, rows)), held, seed, sizes, tell))
    return conclude(experiment, found, sizes.held, seed)


def _measured(training: Table, held: Table, seed: int, sizes: Sizes, tell: Tell) -> Measured:
    assert training.labels is not None
    assert held.labels is not None
    with tempfile.TemporaryDirectory() as folder:
        data = DataRequest(
            sources=(write_rows(training, Path(folder) / "training.npz"),),
            validation_file=write_rows(held, Path(folder) / "held.npz"),
            rows=RowForm(kind="binary"),
            condition="label",
        )
        settings = {"hidden": sizes.hidden}
        model = trained(Plan("binary-nade", settings, data, options(steps=sizes.steps, seed=seed, lr=1e-2)), tell)
    condition = model.header.domain.condition
    assert condition is not None
    guesses = np.array(condition.classes)[classify_rows(model, held).labels]
    names = np.array(held.classes)[held.labels]
    commonest = int(np.bincount(training.labels).argmax())
    pixels = [table.rows.astype(np.float32) for table in (training, held)]
    return Measured(
        rows=len(training),
        density=float((guesses == names).mean()),
        linear=probe_accuracy(pixels[0], training.labels, pixels[1], held.labels),
        majority=float((held.labels == commonest).mean()),
    )


def conclude(experiment: Experiment, found: list[Measured], held: int, seed: int) -> Finding:
    """What the figures say: whether the density classifies better than the line, however many images it saw."""
    found = sorted(found, key=lambda m: m.rows)
    better = [m.density > max(m.linear, m.majority) for m in found]
    last, rows = found[-1], [float(m.rows) for m in found]
    lost = ", ".join(f"{m.rows:,}" for m, good in zip(found, better, strict=True) if not good)
    verdict = f"it is behind at {lost}" if lost else "it is ahead at every number of images"
    return Finding(
        experiment=experiment.name,
        claim=experiment.claim,
        held=all(better),
        sentence=(
            f"After {last.rows:,} images Bayes' rule finds {last.density:.1%} of {held:,} labels, a linear classifier"
            f" {last.linear:.1%} and the commonest label {last.majority:.1%}; {verdict}."
        ),
        columns=["images", "Bayes' rule", "linear", "commonest"],
        rows=[[m.rows, m.density, m.linear, m.majority] for m in found],
        x_label="training images",
        y_label="share of labels found",
        series=[
            Series("Bayes' rule", rows, [m.density for m in found]),
            Series("linear", rows, [m.linear for m in found]),
            Series("commonest", rows, [m.majority for m in found]),
        ],
        seed=seed,
    )
