"""`cycling`: greedy text falls into a cycle, and a little heat breaks it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from grnn_tui.backends.modeldir import ModelDirectory
from grnn_tui.lab.cycles import Cycle, final_cycle
from grnn_tui.lab.finding import Experiment, Finding, Report, Series, Value
from grnn_tui.playing.generation import generate_symbols
from grnn_tui.playing.sampling import Sampling
from grnn_tui.runs.locate import open_model

GREEDY_LENGTH = 6000
SAMPLED_LENGTH = 2000
TEMPERATURES = (0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.6, 0.8, 1.0)
TEXTS = 4
"""At each temperature."""
SHOWN = 48
"""Characters of a cycle that the table shows."""


def run(experiment: Experiment, models: tuple[str, ...], seed: int, report: Report) -> Finding:
    """For each model: start and period of its greedy cycle, and the lowest temperature at which most texts have none.

    Raises:
        ModelError, RunError: one of `models` cannot be opened.
    """
    rows: list[list[Value]] = []
    series = []
    for number, name in enumerate(models):
        _, directory = open_model(name)
        player = directory.open_player()
        report(number / len(models), f"{name}, greedy")
        greedy = written(player, directory, GREEDY_LENGTH, Sampling(temperature=0.0), seed)
        cycle = final_cycle(greedy)
        shares = []
        for share, temperature in _shares(player, directory, seed):
            shares.append(share)
            report((number + len(shares) / len(TEMPERATURES)) / len(models), f"{name}, temperature {temperature:g}")
        series.append(Series(name, list(TEMPERATURES), shares))
        breaks = next((t for t, share in zip(TEMPERATURES, shares, strict=True) if share < 0.5), None)
        rows.append([name, *_told(directory, greedy, cycle), breaks, shares[-1]])
    cycled = sum(row[2] is not None for row in rows)
    free = sum(curve.y[-1] == 0 for curve in series)
    return Finding(
        experiment=experiment.name,
        claim=experiment.claim,
        held=cycled == free == len(models),
        sentence=(
            f"{cycled} of {len(models)} models cycle when written greedily;"
            f" at temperature 1, {free} of {len(models)} never do."
        ),
        columns=["model", "starts at", "period", "the cycle", "breaks at T", "cycling at T=1"],
        rows=rows,
        x_label="temperature",
        y_label="share of texts that end in a cycle",
        series=series,
        seed=seed,
    )


def written(player: Any, directory: ModelDirectory, length: int, sampling: Sampling, seed: int) -> list[int]:
    """`length` symbols from the start state."""
    return [s for s, _ in generate_symbols(player, directory.header.vocabulary, "", length, sampling, seed)]


def _shares(player: Any, directory: ModelDirectory, seed: int) -> Iterator[tuple[float, float]]:
    """The share of texts that end in a cycle, for each temperature."""
    for temperature in TEMPERATURES:
        sampling = Sampling(temperature=temperature)
        texts = (written(player, directory, SAMPLED_LENGTH, sampling, seed + i) for i in range(TEXTS))
        yield sum(final_cycle(text) is not None for text in texts) / TEXTS, temperature


def _told(directory: ModelDirectory, symbols: list[int], cycle: Cycle | None) -> list[Value]:
    if cycle is None:
        return [None, None, "none found"]
    text = directory.header.vocabulary.decode(symbols[cycle.start : cycle.start + cycle.period])
    return [cycle.start, cycle.period, text if len(text) <= SHOWN else text[: SHOWN - 1] + "…"]
