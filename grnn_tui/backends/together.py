"""Rows written side by side: what a model predicts of the next value of each, and where all of them go on from.

One call of numpy then serves many rows. A player that can, says so by `Player.together`. Each row is computed as it
would be alone, product by product, so that the same luck gives the same row however many are written with it.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from grnn_tui.backends.distribution import Bernoulli, Categorical, Distribution, Floats, MixtureOfGaussians

_ROOT_TWO = math.sqrt(2)


@runtime_checkable
class Predictions(Protocol):
    """p(next value) of each row."""

    def of(self, row: int) -> Distribution:
        """That of one row."""
        ...


@dataclass(frozen=True)
class Bernoullis:
    """Of bits, by the `logits` of 1 [rows]."""

    logits: Floats

    def of(self, row: int) -> Bernoulli:
        """That of one row."""
        return Bernoulli(self.logits[row])


@dataclass(frozen=True)
class Categoricals:
    """Over a finite alphabet, by unnormalised `logits` [rows, size]."""

    logits: NDArray[np.floating]

    def of(self, row: int) -> Categorical:
        """That of one row."""
        return Categorical(self.logits[row])


@dataclass(frozen=True)
class Mixtures:
    """Of Gaussians: `weights`, `means`, `scales` [rows, components]."""

    weights: Floats
    means: Floats
    scales: Floats

    def of(self, row: int) -> MixtureOfGaussians:
        """That of one row."""
        return MixtureOfGaussians(self.weights[row], self.means[row], self.scales[row])

    @property
    def sound(self) -> bool:
        """Whether they are densities, all of them."""
        numbers = (self.weights, self.means, self.scales)
        return all(bool(np.isfinite(each).all()) for each in numbers) and bool((self.weights.sum(1) > 0).all())

    def sample(self, uniforms: Floats) -> Floats:
        """The numbers [rows] at `uniforms` [rows] in [0, 1) of the inverse cumulative distributions, by bisection."""
        held, reach = self.weights > 0, 6 * self.scales
        low = np.where(held, self.means - reach, np.inf).min(1)
        high = np.where(held, self.means + reach, -np.inf).max(1)
        low, high = low - (high - low), high + (high - low)
        for _ in range(200):
            middle = 0.5 * (low + high)
            going = (low < middle) & (middle < high)
            if not going.any():
                break
            below = self._cumulative(middle) < uniforms
            low, high = np.where(going & below, middle, low), np.where(going & ~below, middle, high)
        return np.asarray(0.5 * (low + high))

    def _cumulative(self, x: Floats) -> Floats:
        """The probability of a number up to `x` [rows]; terms are added in the order of the components."""
        z = (self.means - x[:, None]) / (self.scales * _ROOT_TWO)
        tails = np.fromiter(map(math.erfc, z.ravel().tolist()), np.float64, z.size).reshape(z.shape)
        total = np.zeros(len(x))
        for part in (self.weights * 0.5 * tails).T:
            total += part
        return total


class Together(ABC):
    """So many rows; unlike a state it is no value, but moves on."""

    @abstractmethod
    def predict(self) -> Predictions:
        """p(next value | everything before it) of each row."""

    @abstractmethod
    def advance(self, values: Floats) -> None:
        """Each row has been given its value of `values` [rows]."""
