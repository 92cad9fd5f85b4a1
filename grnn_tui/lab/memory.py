"""`memory`: the one letter of an embedded Reber string that can only be known by remembering."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from grnn_tui.backends.modeldir import ModelDirectory
from grnn_tui.data.builtin.reber import embedded_reber_exact, make_embedded_reber
from grnn_tui.lab.finding import Experiment, Finding, Report, Series, Value
from grnn_tui.lab.trained import QUIET, Plan, Tell, begin, go_on
from grnn_tui.playing.outlook import BITS
from grnn_tui.playing.scoring import score
from grnn_tui.runs.request import DataRequest

BACKENDS = ("rnn", "gru", "lstm")
SETTINGS = {"hidden": 16, "embedding": 8}
STEPS = (500, 1000, 2000, 4000, 6000, 8000)
"""When the letter is measured; the last is the end."""
OPTIONS = msgspec.structs.replace(QUIET, batch=16, length=32, lr=5e-3)
SCORED = 12_000
"""Characters of fresh strings that the letter is measured on."""
REMEMBERED, FORGOTTEN = 0.1, 0.5
"""Bits of a letter that is known, and of one that is half a guess; a coin is 1 bit."""


def run(experiment: Experiment, models: tuple[str, ...], seed: int, report: Report) -> Finding:
    """Bits of the remembered letter and of whole strings, after the same number of steps on the same text."""
    del models
    text = make_embedded_reber(seed + 1, SCORED)
    rows: list[list[Value]] = []
    series = []
    with tempfile.TemporaryDirectory() as folder:
        for number, backend in enumerate(BACKENDS):

            def tell(share: float, backend: str = backend, number: int = number) -> None:
                report((number + share) / len(BACKENDS), f"training {backend}")

            letter, whole = _learning(Path(folder) / backend, backend, seed, text, tell)
            rows.append([backend, letter[-1], whole])
            series.append(Series(backend, [float(step) for step in STEPS], letter))
    floor = embedded_reber_exact()
    rows.append(["exact", 0.0, floor.record_entropy * BITS])
    rnn, gru, lstm = (curve.y[-1] for curve in series)
    return Finding(
        experiment=experiment.name,
        claim=experiment.claim,
        held=max(gru, lstm) < REMEMBERED and rnn > FORGOTTEN,
        sentence=(
            f"The remembered letter costs {rnn:.3f} bit with an RNN, {gru:.3f} with a GRU and {lstm:.3f} with an LSTM,"
            " where a guess costs 1."
        ),
        columns=["model", "bits of the letter", "bits a string"],
        rows=rows,
        x_label="step",
        y_label="bits of the remembered letter",
        series=series,
        seed=seed,
    )


def _learning(folder: Path, backend: str, seed: int, text: str, tell: Tell) -> tuple[list[float], float]:
    """Bits of the letter at each of `STEPS`, and bits a string at the end."""
    how = msgspec.structs.replace(OPTIONS, steps=STEPS[-1], seed=seed)
    run = begin(Plan(backend, SETTINGS, DataRequest(sources=("embedded-reber",), seed=seed), how), folder)
    places = list(remembered_letters(text))
    letter: list[float] = []
    for step in STEPS:
        bits = bits_of(go_on(run, tell, until=step), text)
        letter.append(float(bits[places].mean()))
    return letter, float(bits.sum()) / len(places)


def bits_of(model: ModelDirectory, text: str) -> NDArray[np.float64]:
    """Surprisal of every character of `text` [n] to `model`, in bits."""
    return score(model.open_player(), model.header.vocabulary.encode(text).symbols) * BITS


def remembered_letters(text: str) -> Iterator[int]:
    """Where the last letter but one of each string stands: it repeats the second."""
    start = 0
    for string in text.splitlines(keepends=True):
        yield start + len(string) - 3
        start += len(string)
