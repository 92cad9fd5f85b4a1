"""`temperature`: what heat does to a text, measured on the text."""

from __future__ import annotations

import re

import numpy as np

from grnn_tui.backends.modeldir import ModelDirectory
from grnn_tui.data.builtin import BUILT_INS
from grnn_tui.data.corpus import open_corpus
from grnn_tui.errors import DataError
from grnn_tui.lab.finding import Experiment, Finding, Report, Series, Value
from grnn_tui.playing.luck import Luck
from grnn_tui.playing.outlook import BITS
from grnn_tui.playing.sampling import Sampling, shape
from grnn_tui.runs.locate import open_model

TEMPERATURES = (0.0, 0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 2.0)
LENGTH = 6000
STRETCH = 8
"""Symbols that have to be the same to count as repeated."""
READ = 2_000_000
"""Symbols of the training text that the known words come from."""
WORD = re.compile(r"[^\W\d_]+")


def run(experiment: Experiment, models: tuple[str, ...], seed: int, report: Report) -> Finding:
    """Entropy of the draws, repeated stretches and words that the training text has, over temperatures.

    Raises:
        ModelError, RunError: one of `models` cannot be opened.
    """
    rows: list[list[Value]] = []
    series = []
    for number, name in enumerate(models):
        _, directory = open_model(name)
        words = known_words(directory)
        entropies = []
        for step, temperature in enumerate(TEMPERATURES):
            report((number + step / len(TEMPERATURES)) / len(models), f"{name}, temperature {temperature:g}")
            symbols, entropy = write(directory, temperature, seed)
            entropies.append(entropy)
            text = directory.header.vocabulary.decode(symbols)
            known = None if words is None else share_known(text, words)
            rows.append([name, temperature, entropy, share_repeated(symbols), known])
        series.append(Series(name, list(TEMPERATURES), entropies))
    rising = [all(b > a for a, b in zip(curve.y, curve.y[1:], strict=False)) for curve in series]
    shown = series[rising.index(all(rising))]
    return Finding(
        experiment=experiment.name,
        claim=experiment.claim,
        held=all(rising),
        sentence=(
            f"The entropy of {shown.name} goes from {shown.y[0]:.2f} bit a symbol at temperature {shown.x[0]:g}"
            f" to {shown.y[-1]:.2f} at {shown.x[-1]:g}, {'up' if all(rising) else 'but not up'} at every step."
        ),
        columns=["model", "temperature", "entropy, bit", "repeated", "known words"],
        rows=rows,
        x_label="temperature",
        y_label="entropy of the draws, bit a symbol",
        series=series,
        seed=seed,
    )


def write(directory: ModelDirectory, temperature: float, seed: int) -> tuple[list[int], float]:
    """`LENGTH` symbols from the start state, and the mean entropy of what each was drawn from, in bits."""
    player, luck, sampling = directory.open_player(), Luck(seed), Sampling(temperature=temperature)
    state = player.start()
    symbols, nats = [], 0.0
    for i in range(LENGTH):
        shaped = shape(player.predict(state).logits, sampling)
        p = shaped.probs[shaped.probs > 0]
        nats -= float(p @ np.log(p))
        symbols.append(shaped.draw(luck[i]))
        state = player.advance(state, symbols[-1])
    return symbols, nats * BITS / LENGTH


def share_repeated(symbols: list[int]) -> float:
    """The share of stretches of `STRETCH` symbols that were written before."""
    stretches = [tuple(symbols[i : i + STRETCH]) for i in range(len(symbols) - STRETCH + 1)]
    return 1 - len(set(stretches)) / max(len(stretches), 1)


def known_words(directory: ModelDirectory) -> frozenset[str] | None:
    """The words of the text the model was trained on, if generated of any size; None if that is not at hand."""
    try:
        corpus = open_corpus(directory.header.trained.data)
    except DataError:
        return None
    if (
        directory.header.trained.data not in BUILT_INS
        and corpus.fingerprint != directory.header.trained.data_fingerprint
    ):
        return None
    return frozenset(WORD.findall(corpus.vocabulary.decode(corpus.symbols[:READ])))


def share_known(text: str, words: frozenset[str]) -> float | None:
    """The share of words that are among `words`; None for a text without words."""
    found = WORD.findall(text)[1:-1]
    return sum(word in words for word in found) / len(found) if found else None
