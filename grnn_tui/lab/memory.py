"""`memory`: the one letter of an embedded Reber string that can only be known by remembering."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from grnn_tui.backends.modeldir import read_model
from grnn_tui.data.builtin.reber import embedded_reber_exact, make_embedded_reber
from grnn_tui.lab.finding import Experiment, Finding, Report, Series, Value
from grnn_tui.playing.outlook import BITS
from grnn_tui.playing.scoring import score
from grnn_tui.runs.directory import Run
from grnn_tui.runs.request import DataRequest, RunRequest, TrainingOptions
from grnn_tui.runs.rows import Validated
from grnn_tui.runs.store import new_run, reserve
from grnn_tui.training.session import train

BACKENDS = ("rnn", "gru", "lstm")
SETTINGS = {"hidden": 16, "embedding": 8}
OPTIONS = TrainingOptions(steps=8000, batch=16, length=32, lr=5e-3, threads=1, validate_every=1.0, checkpoint_every=1e6)
SCORED = 12_000
"""Characters of fresh strings that the letter is measured on."""
REMEMBERED, FORGOTTEN = 0.1, 0.5
"""Bits of a letter that is known, and of one that is half a guess; a coin is 1 bit."""


def run(experiment: Experiment, models: tuple[str, ...], seed: int, report: Report) -> Finding:
    """Bits of the remembered letter and of whole strings, after the same number of steps on the same text."""
    del models
    text = make_embedded_reber(seed + 1, SCORED)
    strings = text.count("\n")
    rows: list[list[Value]] = []
    series = []
    with tempfile.TemporaryDirectory() as folder:
        for number, backend in enumerate(BACKENDS):
            report(number / len(BACKENDS), f"training {backend}")
            trained, curve = _train(Path(folder) / backend, backend, seed)
            bits = bits_of(trained, text)
            letter = float(np.mean([bits[i] for i in remembered_letters(text)]))
            rows.append([backend, letter, float(bits.sum()) / strings])
            series.append(curve)
    floor = embedded_reber_exact()
    rows.append(["exact", 0.0, floor.record_entropy * BITS])
    letters = dict(zip(BACKENDS, (float(str(row[1])) for row in rows), strict=False))
    return Finding(
        experiment=experiment.name,
        claim=experiment.claim,
        held=max(letters["gru"], letters["lstm"]) < REMEMBERED and letters["rnn"] > FORGOTTEN,
        sentence=(
            f"The remembered letter costs {letters['rnn']:.3f} bit with an RNN, {letters['gru']:.3f} with a GRU and"
            f" {letters['lstm']:.3f} with an LSTM, where a guess costs 1."
        ),
        columns=["model", "bits of the letter", "bits a string"],
        rows=rows,
        x_label="step",
        y_label="validation, bit a character",
        series=series,
        seed=seed,
    )


def _train(folder: Path, backend: str, seed: int) -> tuple[Path, Series]:
    """A model directory, and the validation loss on the way there."""
    request = RunRequest(
        name="",
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        backend=backend,
        settings=dict(SETTINGS),
        data=DataRequest(sources=("embedded-reber",), seed=seed),
        training=msgspec.structs.replace(OPTIONS, seed=seed),
    )
    trained = new_run(request, reserve(path=folder))
    steps: list[float] = []
    losses: list[float] = []

    def hear(row: Any) -> None:
        if isinstance(row, Validated) and row.loss is not None:
            steps.append(float(row.step))
            losses.append(row.loss * BITS)

    train(trained, report=hear)
    return _newest(trained), Series(backend, steps, losses)


def _newest(trained: Run) -> Path:
    return trained.path / "steps" / f"{trained.steps()[-1]:09}"


def bits_of(model: Path, text: str) -> NDArray[np.float64]:
    """Surprisal of every character of `text` [n], in bits."""
    directory = read_model(model)
    return score(directory.open_player(), directory.header.vocabulary.encode(text).symbols) * BITS


def remembered_letters(text: str) -> Iterator[int]:
    """Where the last letter but one of each string stands: it repeats the second."""
    start = 0
    for string in text.splitlines(keepends=True):
        yield start + len(string) - 3
        start += len(string)
