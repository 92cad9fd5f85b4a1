"""Sampling settings, and the distribution they make of a model's own: penalty, temperature, top-k, top-p, min-p."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from grnn_tui.backends.distribution import Bernoulli, Categorical, Distribution, MixtureOfGaussians, Symbol, draw
from grnn_tui.errors import ModelError
from grnn_tui.playing.settings import AS_IT_IS as AS_IT_IS
from grnn_tui.playing.settings import Sampling as Sampling
from grnn_tui.playing.settings import checked as checked

_BITS = 1 / math.log(2)
_INFINITY = math.inf
HEAD = 1024
"""Of a larger vocabulary so many of the highest are sorted first; they nearly always hold the edge of truncation."""
SMALLEST_TEMPERATURE = 1e-300
"""Below, a quotient could overflow; the distribution is a single symbol long before."""


@dataclass(frozen=True)
class Shaped:
    """What sampling settings made of a model's distribution.

    `weights` [size] are proportional to the probabilities that are drawn from; `kept` [size] says which symbols
    truncation left (all of them: None).
    """

    weights: NDArray[np.float64]
    kept: NDArray[np.bool_] | None

    @property
    def probs(self) -> NDArray[np.float64]:
        """The probabilities that are drawn from [size]; they sum to one."""
        probs: NDArray[np.float64] = self.weights / self.weights.sum()
        return probs

    def draw(self, uniform: float) -> Symbol:
        """The symbol at `uniform` in [0, 1) of the inverse cumulative distribution: one number, one symbol."""
        return draw(self.weights, uniform)


def shape(logits: NDArray[np.floating], sampling: Sampling, recent: Iterable[int] = ()) -> Shaped:
    """The distribution that the next symbol is drawn from: penalty, temperature, top-k, top-p, min-p, in this order.

    `logits` [size] are the model's, unnormalised; they stay as they are. `recent` are the symbols that the penalty
    sees. Of symbols that are equally probable at an edge of truncation, or for greedy, the lowest index stays.

    Raises:
        ModelError: the logits are not numbers.
    """
    prediction = Categorical(logits)
    weights = _weights(prediction, sampling, recent)
    left = left_of(weights, sampling)
    if left is None:
        return Shaped(weights, None)
    kept = np.zeros(weights.size, dtype=bool)
    kept[left] = True
    return Shaped(np.where(kept, weights, 0.0), kept)


def draw_next(
    prediction: Categorical, sampling: Sampling, recent: Iterable[int], uniform: float
) -> tuple[Symbol, float]:
    """One symbol at `uniform` in [0, 1), and its surprisal under the model itself in bits.

    Raises:
        ModelError: the prediction is not a number.
    """
    weights = _weights(prediction, sampling, recent)
    left = left_of(weights, sampling)
    symbol = draw(weights, uniform) if left is None else left.item(draw(weights[left], uniform))
    return symbol, -prediction.log_prob(symbol) * _BITS


def draw_value(prediction: Distribution, sampling: Sampling, uniform: float) -> tuple[float, float]:
    """One value of a row at `uniform` in [0, 1), and its surprisal under the model itself in nats.

    Of a density only the temperature has a meaning: each of its components is raised to 1 / T (see `tempered`). Rows
    know no repetition penalty: a value may well be what its neighbours are.

    Raises:
        ModelError: the prediction is not a number.
    """
    if isinstance(prediction, MixtureOfGaussians):
        drawn = bent(prediction, sampling)
        return (value := drawn.sample(uniform)), -prediction.log_prob(value)
    assert isinstance(prediction, Categorical)
    if is_bit(prediction) and sampling == AS_IT_IS:
        odds = log_odds(prediction)
        none, one = math.exp(min(-odds, 0.0)), math.exp(min(odds, 0.0))
        symbol = int(uniform * (none + one) >= none)
    else:
        symbol = shape(prediction.logits, sampling).draw(uniform)
    return symbol, nats_of(prediction, symbol)


def nats_of(prediction: Distribution, value: Any) -> float:
    """The surprisal of `value` in nats; of bits without an array, because images are made of many.

    Raises:
        ModelError: the prediction of a bit is not a number.
    """
    if isinstance(prediction, Categorical) and is_bit(prediction):
        against = log_odds(prediction) if value == 0 else -log_odds(prediction)
        return max(against, 0.0) + math.log1p(math.exp(-abs(against)))
    return -prediction.log_prob(value)


def log_odds(prediction: Categorical) -> float:
    """log p(1) - log p(0) of a bit.

    Raises:
        ModelError: it is not a number.
    """
    if isinstance(prediction, Bernoulli):
        odds = prediction.logit
    else:
        none, one = prediction.logits.tolist()
        odds = one - none
    if math.isnan(odds):
        raise ModelError("the model's prediction is not a number; its weights may be damaged")
    return float(odds)


def is_bit(prediction: Categorical) -> bool:
    """Whether it is over two symbols."""
    return isinstance(prediction, Bernoulli) or prediction.logits.size == 2


def bent(prediction: MixtureOfGaussians, sampling: Sampling) -> MixtureOfGaussians:
    """The density that a real value is drawn from.

    Raises:
        ModelError: the prediction is not a number.
    """
    numbers = (prediction.weights, prediction.means, prediction.scales)
    if not all(np.isfinite(each).all() for each in numbers) or not prediction.weights.sum() > 0:
        raise ModelError("the model's prediction is not a number; its weights may be damaged")
    return prediction.tempered(float(sampling.temperature))


def _penalise(z: NDArray[np.float64], penalty: float, recent: Iterable[int]) -> None:
    # Keskar et al. 2019 (CTRL), section 4.1, with the sign taken into account as the field does since.
    seen = np.fromiter(set(recent), dtype=np.int64)
    z[seen] = np.where(z[seen] > 0, z[seen] / penalty, z[seen] * penalty)


def _weights(prediction: Categorical, sampling: Sampling, recent: Iterable[int]) -> NDArray[np.float64]:
    """Proportional to the probabilities after penalty and temperature [size]; not to be written to."""
    _check(prediction.logits)
    if sampling.repetition_penalty != 1.0:
        z = prediction.logits.astype(np.float64)
        _penalise(z, sampling.repetition_penalty, recent)
        prediction = Categorical(z)
        _check(z)
    z, weights, _ = prediction.relative()
    if sampling.temperature == 0.0:
        weights = np.zeros(z.size)
        weights[z.argmax()] = 1.0
    elif sampling.temperature != 1.0:
        weights = z / max(sampling.temperature, SMALLEST_TEMPERATURE)
        np.exp(weights, out=weights)
    return weights


def _check(logits: NDArray[np.floating]) -> None:
    if not -_INFINITY < logits[logits.argmax()] < _INFINITY:
        raise ModelError("the model's prediction is not a number; its weights may be damaged")


def left_of(weights: NDArray[np.float64], sampling: Sampling) -> NDArray[np.intp] | None:
    """The symbols that truncation leaves, in rising order; None: all of them."""
    if sampling.temperature == 0.0:
        return np.array([weights.argmax()])
    size = weights.size
    count = sampling.top_k if 0 < sampling.top_k < size else size
    if count == size and sampling.top_p >= 1.0 and sampling.min_p == 0.0:
        return None
    lowest, left = _edge(weights, HEAD, sampling) if count == size > HEAD else (0.0, HEAD)
    if left == HEAD:  # the edge may lie further down
        lowest, left = _edge(weights, count, sampling)
    kept = (weights >= lowest).nonzero()[0]
    if over := kept.size - left:  # equals at the edge: the last of them go
        kept = np.delete(kept, (weights[kept] == lowest).nonzero()[0][-over:])
    return kept


def _edge(weights: NDArray[np.float64], count: int, sampling: Sampling) -> tuple[float, int]:
    """The lowest weight that top-p and min-p leave of the `count` highest, and how many they leave."""
    size = weights.size
    rising = weights.copy()
    if size > HEAD and size > count:
        rising.partition(size - count)
        rising = rising[size - count :]
    rising.sort()
    ranked = rising[: -count - 1 : -1]
    left = count
    if sampling.top_p < 1.0:
        cumulative = np.add.accumulate(ranked)
        mass = cumulative[-1] if count in (sampling.top_k, size) else np.add.reduce(weights)
        left = min(left, int(cumulative.searchsorted(sampling.top_p * mass)) + 1)
    if sampling.min_p > 0.0:
        left = min(left, int((ranked >= sampling.min_p * ranked[0]).sum()))
    return ranked.item(left - 1), left
