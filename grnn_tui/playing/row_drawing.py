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
FEW = 4
"""Up to so many are faster one after the other."""
_SMALLEST_TEMPERATURE = 1e-300
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
    """A value and its surprisal for each row [n]: what `draw_value` gives, all at once where that has a short form."""
    whole = sampling.top_k == 0 and sampling.top_p >= 1.0 and sampling.min_p == 0.0
    if isinstance(predictions, Bernoullis) and whole:
        return _draw_bits(predictions.logits, sampling.temperature, uniforms)
    if isinstance(predictions, Mixtures) and sampling.temperature == 1.0 and predictions.sound:
        values = predictions.sample(uniforms)
        return values, np.array([-predictions.of(i).log_prob(value) for i, value in enumerate(values.tolist())])
    drawn = [draw_value(predictions.of(i), sampling, u) for i, u in enumerate(uniforms.tolist())]
    return np.array([value for value, _ in drawn]), np.array([surprisal for _, surprisal in drawn])


def _draw_bits(odds: Floats, temperature: float, uniforms: Floats) -> tuple[Floats, Floats]:
    """Bits at log p(1) - log p(0) = `odds` [n] under a temperature; 0 is greedy."""
    if np.isnan(odds).any():
        raise ModelError("the model's prediction is not a number; its weights may be damaged")
    if temperature == 0.0:
        ones = odds > 0
    else:
        bent = odds if temperature == 1.0 else odds / max(temperature, _SMALLEST_TEMPERATURE)
        none, one = np.exp(np.minimum(-bent, 0.0)), np.exp(np.minimum(bent, 0.0))
        ones = uniforms * (none + one) >= none
    against = np.where(ones, -odds, odds)
    return ones.astype(np.float64), np.maximum(against, 0.0) + np.log1p(np.exp(-np.abs(against)))
