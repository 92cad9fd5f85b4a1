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
_SMALLEST_TEMPERATURE = 1e-300
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
    z = logits.astype(np.float64)
    if sampling.repetition_penalty != 1.0:
        _penalise(z, sampling.repetition_penalty, recent)
    top = z.max()
    if not -_INFINITY < top < _INFINITY:
        raise ModelError("the model's prediction is not a number; its weights may be damaged")
    if sampling.temperature == 0.0:
        return _greedy(z)
    z -= top
    if sampling.temperature != 1.0:
        z /= max(sampling.temperature, _SMALLEST_TEMPERATURE)
    weights = np.exp(z, out=z)
    if sampling.top_k == 0 and sampling.top_p >= 1.0 and sampling.min_p == 0.0:
        return Shaped(weights, None)
    return _truncate(weights, sampling)


def draw_next(
    prediction: Categorical, sampling: Sampling, recent: Iterable[int], uniform: float
) -> tuple[Symbol, float]:
    """One symbol at `uniform` in [0, 1), and its surprisal under the model itself in bits.

    Raises:
        ModelError: the prediction is not a number.
    """
    weights = shape(prediction.logits, sampling, recent).weights
    symbol = draw(weights, uniform)
    if sampling == AS_IT_IS:
        return symbol, -math.log2(weights[symbol] / weights.sum())
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


def _greedy(z: NDArray[np.float64]) -> Shaped:
    kept = np.zeros(z.size, dtype=bool)
    kept[int(z.argmax())] = True
    return Shaped(kept.astype(np.float64), kept)


def _truncate(weights: NDArray[np.float64], sampling: Sampling) -> Shaped:
    order = np.argsort(-weights, kind="stable")
    ranked = weights[order]
    count = weights.size
    if 0 < sampling.top_k < count:
        count = sampling.top_k
    if sampling.top_p < 1.0:
        cumulative = ranked[:count].cumsum()
        count = min(count, int(cumulative.searchsorted(sampling.top_p * cumulative[-1], side="left")) + 1)
    if sampling.min_p > 0.0:
        count = min(count, int((ranked >= sampling.min_p * ranked[0]).sum()))
    kept = np.zeros(weights.size, dtype=bool)
    kept[order[:count]] = True
    return Shaped(np.where(kept, weights, 0.0), kept)
