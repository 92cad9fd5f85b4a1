"""Many rows, drawn side by side by models that can, else one after the other. Row i is what its seed makes of it.

The same seed gives the same row whatever is drawn with it, because a model computes a row among others as it would
alone (see `together.py`). So many rows are at work at a time, however many are wanted.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from grnn_tui.backends.contract import Vector
from grnn_tui.backends.together import Bernoullis, Mixtures, Predictions, Together
from grnn_tui.errors import ModelError
from grnn_tui.playing.known import Plan
from grnn_tui.playing.luck import Luck
from grnn_tui.playing.row_path import RowPath
from grnn_tui.playing.sampling import Sampling, draw_value, nats_of

SIDE_BY_SIDE = 128
"""Rows at a time: what a NADE of 500 hidden units carries for them fits the second-level cache."""
FEW = 2
"""Up to so many are faster one after the other."""
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Drawn:
    """Some rows in row-major order [n, D], and the surprisal of each in nats [n]."""

    rows: Floats
    nats: Floats


def draw_rows(
    plan: Plan, seed: int, count: int, sampling: Sampling, condition: Vector | None = None
) -> Iterator[Drawn]:
    """`count` rows, a few at a time; row i has the seed `seed + i`.

    Raises:
        ModelError: a prediction is not a number.
    """
    for first in range(0, count, SIDE_BY_SIDE):
        seeds = range(seed + first, seed + min(first + SIDE_BY_SIDE, count))
        together = plan.player.together(len(seeds), condition) if plan.exact and len(seeds) > FEW else None
        if together is None:
            alone = [_one(plan, each, sampling, condition) for each in seeds]
            values, nats = (np.stack(part) for part in zip(*alone, strict=True))
        else:
            values, nats = _side_by_side(together, plan, seeds, sampling)
        rows = np.empty_like(values)
        rows[:, plan.order] = values
        yield Drawn(rows, nats.sum(1))


def _one(plan: Plan, seed: int, sampling: Sampling, condition: Vector | None) -> tuple[Floats, Floats]:
    """Values and surprisals [D] of one row, by step."""
    if not plan.exact:
        path = RowPath(plan, seed, condition)
        while not path.done:
            path.write(sampling)
        return path.values, path.nats
    player = plan.player
    values: list[Any] = []
    nats: list[float] = []
    state = player.start() if condition is None else player.start(condition)
    for given, uniform in zip(plan.given, Luck(seed).first(plan.length).tolist(), strict=True):
        prediction = player.predict(state)
        if given is None:
            value, surprisal = draw_value(prediction, sampling, uniform)
        else:
            value, surprisal = given, nats_of(prediction, given)
        values.append(value)
        nats.append(surprisal)
        state = player.advance(state, values[-1])
    return np.array(values, np.float64), np.array(nats)


def _side_by_side(together: Together, plan: Plan, seeds: range, sampling: Sampling) -> tuple[Floats, Floats]:
    """Values and surprisals [n, D] of several, by step."""
    luck = np.stack([Luck(seed).first(plan.length) for seed in seeds], axis=1)
    whole = sampling.top_k == 0 and sampling.top_p >= 1.0 and sampling.min_p == 0.0
    if whole and isinstance(together.predict(), Bernoullis):
        values, nats = _bits(together, plan, luck, sampling.temperature)
        return np.ascontiguousarray(values.T), np.ascontiguousarray(nats.T)
    values, nats = np.empty_like(luck), np.empty_like(luck)
    for t, (given, uniforms) in enumerate(zip(plan.given, luck, strict=True)):
        predictions = together.predict()
        if given is None:
            values[t], nats[t] = _draw(predictions, sampling, uniforms)
        else:
            values[t] = given
            nats[t] = [nats_of(predictions.of(i), given) for i in range(len(seeds))]
        together.advance(values[t])
    return np.ascontiguousarray(values.T), np.ascontiguousarray(nats.T)


def _draw(predictions: Predictions, sampling: Sampling, uniforms: Floats) -> tuple[Floats, Floats]:
    """A value and its surprisal for each row [n], as `draw_value` gives them."""
    if isinstance(predictions, Mixtures) and sampling.temperature == 1.0 and predictions.sound:
        values = predictions.sample(uniforms)
        return values, np.array([-predictions.of(i).log_prob(value) for i, value in enumerate(values.tolist())])
    drawn = [draw_value(predictions.of(i), sampling, u) for i, u in enumerate(uniforms.tolist())]
    return np.array([value for value, _ in drawn]), np.array([surprisal for _, surprisal in drawn])


def _bits(together: Together, plan: Plan, luck: Floats, temperature: float) -> tuple[Floats, Floats]:
    """Bits and surprisals [D, n] at the uniform numbers `luck` [D, n].

    u falls into the part of 1, p(0) <= u, if the odds log p(1) - log p(0) are at least log(1 - u) - log u, and under a
    temperature T at least T times that; greedy is any above zero.
    """
    if temperature == 0.0:
        least = np.full_like(luck, np.nextafter(0.0, 1.0))
    else:
        with np.errstate(divide="ignore"):
            least = temperature * (np.log1p(-luck) - np.log(luck))
    values, odds = np.empty_like(luck), np.empty_like(luck)
    for t, given in enumerate(plan.given):
        predictions = together.predict()
        assert isinstance(predictions, Bernoullis)
        odds[t] = predictions.logits
        values[t] = odds[t] >= least[t] if given is None else given
        together.advance(values[t])
    if np.isnan(odds).any():
        raise ModelError("the model's prediction is not a number; its weights may be damaged")
    against = np.where(values, -odds, odds)
    return values, np.maximum(against, 0.0) + np.log1p(np.exp(-np.abs(against)))
