"""`memory`: the one letter of an embedded Reber string that can only be known by remembering."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from grnn_tui.backends.modeldir import read_model
from grnn_tui.data.builtin.reber import embedded_reber_exact, make_embedded_reber
from grnn_tui.lab.finding import Experiment, Finding, Report, Series, Value
from grnn_tui.playing.outlook import BITS
from grnn_tui.playing.scoring import score
from grnn_tui.runs.checkpoint import step_path
from grnn_tui.runs.directory import Run
from grnn_tui.runs.request import DataRequest, RunRequest, TrainingOptions
from grnn_tui.runs.store import new_run, reserve
from grnn_tui.training.session import train

BACKENDS = ("rnn", "gru", "lstm")
SETTINGS = {"hidden": 16, "embedding": 8}
STEPS = (500, 1000, 2000, 4000, 6000, 8000)
"""When the letter is measured; the last is the end."""
OPTIONS = TrainingOptions(batch=16, length=32, lr=5e-3, threads=1, validate_every=1e6, checkpoint_every=1e6)
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


def _learning(
    folder: Path, backend: str, seed: int, text: str, tell: Callable[[float], None]
) -> tuple[list[float], float]:
    """Bits of the letter at each of `STEPS`, and bits a string at the end.

    Raises:
        KeyboardInterrupt: training was interrupted.
    """
    request = RunRequest(
        name="",
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        backend=backend,
        settings=dict(SETTINGS),
        data=DataRequest(sources=("embedded-reber",), seed=seed),
        training=msgspec.structs.replace(OPTIONS, steps=STEPS[-1], seed=seed),
    )
    trained = new_run(request, reserve(path=folder))
    places = list(remembered_letters(text))
    letter: list[float] = []
    for step in STEPS:
        tell(step / STEPS[-1] / 2)
        if train(trained, until=step).step < step:
            raise KeyboardInterrupt
        bits = bits_of(trained, text)
        letter.append(float(bits[places].mean()))
    return letter, float(bits.sum()) / len(places)


def bits_of(trained: Run, text: str) -> NDArray[np.float64]:
    """Surprisal of every character of `text` [n], in bits, to the newest checkpoint."""
    directory = read_model(step_path(trained.path, trained.steps()[-1]))
    return score(directory.open_player(), directory.header.vocabulary.encode(text).symbols) * BITS


def remembered_letters(text: str) -> Iterator[int]:
    """Where the last letter but one of each string stands: it repeats the second."""
    start = 0
    for string in text.splitlines(keepends=True):
        yield start + len(string) - 3
        start += len(string)
