"""`anomaly`: what is unlikely to a model of digits."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from grnn_tui.data.row_form import RowForm
from grnn_tui.data.table import Table
from grnn_tui.lab.finding import Experiment, Finding, Report, Series, Value
from grnn_tui.lab.trained import Plan, options, parts_of, rows_of, trained, write_rows
from grnn_tui.playing.row_scoring import Nats, area_under_curve, score_rows
from grnn_tui.runs.request import DataRequest

FOUND = 0.9
"""The area under the curve from which on a kind of anomaly counts as found."""
PERCENTILE = 99
"""Of the held-out digits; what is more surprising raises an alarm."""
TURNED = (3, 10)
"""Pixels of a digit that are made their opposites."""
SHOWN = 41
"""Points of a curve."""


@dataclass(frozen=True)
class Sizes:
    """How much of it is done."""

    rows: int = 15_000
    scored: int = 500
    steps: int = 1000
    hidden: int = 150


def run(
    experiment: Experiment, models: tuple[str, ...], seed: int, report: Report, sizes: Sizes | None = None
) -> Finding:
    """Areas under the curve of surprisal, for digits against each kind of picture that is none."""
    del models
    sizes = sizes or Sizes()
    training, held = parts_of(rows_of("strokes", seed, sizes.rows, 0.2))
    digits, shapes = _digits(training), replace(held.take(np.flatnonzero(~_is_digit(held))), labels=None, classes=())
    ordinary = _digits(held)
    with tempfile.TemporaryDirectory() as folder:
        data = DataRequest(
            sources=(write_rows(digits, Path(folder) / "digits.npz"),),
            validation_file=write_rows(ordinary, Path(folder) / "held.npz"),
            rows=RowForm(kind="binary"),
        )
        plan = Plan("binary-nade", {"hidden": sizes.hidden}, data, options(steps=sizes.steps, seed=seed, lr=1e-2))
        model = trained(plan, lambda share: report(share, "training on digits"))
    some = ordinary.take(slice(0, sizes.scored))
    told = {"digits": score_rows(model, some).nats}
    odd = {"shapes": shapes.rows[: sizes.scored], **spoiled(some.rows, seed)}
    told |= {name: score_rows(model, replace(some, rows=rows)).nats for name, rows in odd.items()}
    quantiles = np.array(model.header.trained.quantiles)
    return conclude(experiment, told, float(quantiles[PERCENTILE]), seed)


def spoiled(rows: NDArray[np.uint8], seed: int) -> dict[str, NDArray[np.uint8]]:
    """Rows of bits [n, D] with some of their pixels turned over, with all pixels in disorder, and noise."""
    random = np.random.Generator(np.random.PCG64(seed))
    made = {}
    for pixels in TURNED:
        turned = np.zeros_like(rows)
        turned[:, :pixels] = 1
        made[f"{pixels} pixels turned"] = rows ^ random.permuted(turned, axis=1)
    made["in disorder"] = random.permuted(rows, axis=1)
    made["noise"] = random.integers(0, 2, rows.shape, dtype=np.uint8)
    return made


def conclude(experiment: Experiment, told: Mapping[str, Nats], alarm: float, seed: int) -> Finding:
    """What the surprisals of digits and of each other kind say: how many of the kinds are found.

    `told` [n] of each kind are nats of its rows, `digits` first; `alarm` is the percentile of all held-out digits.
    """
    digits = told["digits"]
    odd = {name: nats for name, nats in told.items() if name != "digits"}
    areas = {name: area_between(digits, nats) for name, nats in odd.items()}
    worst = min(areas, key=lambda name: areas[name])
    rows: list[list[Value]] = [["digits", float(digits.mean()), None, float((digits > alarm).mean())]]
    rows += [[name, float(n.mean()), areas[name], float((n > alarm).mean())] for name, n in odd.items()]
    return Finding(
        experiment=experiment.name,
        claim=experiment.claim,
        held=areas[worst] >= FOUND,
        sentence=(
            f"Of {len(odd)} kinds of pictures that are no digits, {sum(a >= FOUND for a in areas.values())} are told"
            f" apart with an area under the curve of {FOUND} or more; the hardest, {worst}, with {areas[worst]:.3f}."
        ),
        columns=["pictures", "nats an image", "AUC", f"past percentile {PERCENTILE}"],
        rows=rows,
        x_label="share of digits that raise an alarm",
        y_label="share of the others that do",
        series=[roc(name, digits, odd[name]) for name in sorted(areas, key=lambda name: areas[name])[:3]],
        seed=seed,
    )


def area_between(ordinary: Nats, odd: Nats) -> float:
    """The area under the curve of telling `odd` from `ordinary` by their nats."""
    anomalous = np.repeat([False, True], [ordinary.size, odd.size])
    return area_under_curve(np.concatenate((ordinary, odd)), anomalous)


def roc(name: str, ordinary: Nats, odd: Nats) -> Series:
    """Found against false alarms, at evenly spread shares of false alarms."""
    alarms = np.linspace(0, 1, SHOWN)
    found = [float((odd > limit).mean()) for limit in np.quantile(ordinary, 1 - alarms)]
    return Series(name, alarms.tolist(), found)


def _is_digit(table: Table) -> NDArray[np.bool_]:
    assert table.labels is not None
    return np.array([name.isdecimal() for name in table.classes])[table.labels]


def _digits(table: Table) -> Table:
    """The digits of `table`, without their labels."""
    return replace(table.take(np.flatnonzero(_is_digit(table))), labels=None, classes=())
