"""The conditional distribution of the next symbol, as the playing path hands it out (numpy, one symbol)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

Symbol = int
"""An index into the alphabet; where values are real, the number itself (a float)."""

Floats = NDArray[np.float64]
_LOG_TWO_PI = math.log(2 * math.pi)
_ROOT_TWO = math.sqrt(2)


@runtime_checkable
class Distribution(Protocol):
    """p(x_i | x_<i): what every model predicts, whatever its symbols are."""

    def log_prob(self, symbol: Any, /) -> float:
        """Natural logarithm of the probability (or density) of `symbol`, in nats."""
        ...

    def entropy(self) -> float:
        """Entropy in nats (differential where values are real)."""
        ...

    def sample(self, uniform: float) -> Any:
        """The symbol at `uniform` in [0, 1) of the inverse cumulative distribution: one number, one symbol."""
        ...


class Categorical:
    """A distribution over a finite alphabet, given by unnormalised `logits` [size].

    The logits are shared, not copied, and never written to.
    """

    def __init__(self, logits: NDArray[np.floating]) -> None:
        self.logits = logits
        self._relative: tuple[NDArray[np.float64], NDArray[np.float64], float] | None = None

    def relative(self) -> tuple[NDArray[np.float64], NDArray[np.float64], float]:
        """z = logits minus the highest [size], e^z [size] and log sum e^z in float64; nobody writes to them."""
        if self._relative is None:
            z = self.logits.astype(np.float64)
            z -= z[z.argmax()]
            weights = np.exp(z)
            self._relative = z, weights, math.log(np.add.reduce(weights))
        return self._relative

    @cached_property
    def log_probs(self) -> NDArray[np.float64]:
        """Log-probabilities in nats [size], normalised in float64."""
        z, _, log_total = self.relative()
        return z - log_total

    @cached_property
    def probs(self) -> NDArray[np.float64]:
        """Probabilities [size]; they sum to one."""
        return np.exp(self.log_probs)

    def log_prob(self, symbol: Symbol) -> float:
        """Natural logarithm of the probability of `symbol`, in nats."""
        z, _, log_total = self.relative()
        return float(z[symbol]) - log_total

    def entropy(self) -> float:
        """Entropy in nats."""
        p = self.probs
        return float(-np.dot(p, np.where(p > 0, self.log_probs, 0.0)))

    def sample(self, uniform: float) -> Symbol:
        """The symbol at `uniform` in [0, 1) of the inverse cumulative distribution."""
        return draw(self.probs, uniform)


class Bernoulli(Categorical):
    """A distribution over 0 and 1, given by the `logit` of 1: log p(1) - log p(0)."""

    def __init__(self, logit: float) -> None:
        self.logit = float(logit)

    @cached_property
    def logits(self) -> NDArray[np.floating]:  # type: ignore[override]
        """Those of 0 and 1; images are made of many bits, and few are asked for this."""
        return np.array([0.0, self.logit])

    def log_prob(self, symbol: Symbol) -> float:
        """Natural logarithm of the probability of `symbol`, in nats: log sigmoid of plus or minus the logit."""
        z = self.logit if symbol else -self.logit
        return -math.log1p(math.exp(-z)) if z > 0 else z - math.log1p(math.exp(z))

    def sample(self, uniform: float) -> Symbol:
        """The symbol at `uniform` in [0, 1) of the inverse cumulative distribution."""
        return int(uniform >= math.exp(self.log_prob(0)))


class MixtureOfGaussians:
    """A density over the real numbers, sum_k weights_k N(x; means_k, scales_k^2) [components each].

    `scales` are standard deviations. The arrays are shared, not copied, and never written to.
    """

    def __init__(self, weights: Floats, means: Floats, scales: Floats) -> None:
        self.weights, self.means, self.scales = weights, means, scales

    def log_density(self, x: Floats) -> Floats:
        """Natural logarithm of the density at each of `x` [any]."""
        z = (np.asarray(x, np.float64)[..., None] - self.means) / self.scales
        with np.errstate(divide="ignore"):
            parts = np.log(self.weights) - np.log(self.scales) - 0.5 * (z * z + _LOG_TWO_PI)
        top = parts.max(axis=-1, keepdims=True)
        found: Floats = top[..., 0] + np.log(np.exp(parts - top).sum(axis=-1))
        return found

    def cumulative(self, x: float) -> float:
        """The probability of a number up to `x`."""
        parts = (
            w * 0.5 * math.erfc((m - x) / (s * _ROOT_TWO))
            for w, m, s in zip(self.weights.tolist(), self.means.tolist(), self.scales.tolist(), strict=True)
        )
        return float(sum(parts))

    @property
    def mean(self) -> float:
        """The expectation."""
        return float(np.dot(self.weights, self.means))

    @property
    def span(self) -> tuple[float, float]:
        """From where to where nearly all of the mass lies: six standard deviations around every component."""
        held = self.weights > 0
        return float((self.means - 6 * self.scales)[held].min()), float((self.means + 6 * self.scales)[held].max())

    def log_prob(self, symbol: float) -> float:
        """Natural logarithm of the density at `symbol`, in nats."""
        return float(self.log_density(np.array([symbol], np.float64))[0])

    def entropy(self) -> float:
        """Differential entropy in nats, by the trapezoidal rule over the components' own grids."""
        steps = np.linspace(-6, 6, 241)
        grid = np.unique(np.concatenate([m + s * steps for m, s in zip(self.means, self.scales, strict=True)]))
        log_p = self.log_density(grid)
        return float(np.trapezoid(-np.exp(log_p) * log_p, grid))

    def sample(self, uniform: float) -> float:
        """The number at `uniform` in [0, 1) of the inverse cumulative distribution, by bisection."""
        low, high = self.span
        low, high = low - (high - low), high + (high - low)
        for _ in range(200):
            middle = 0.5 * (low + high)
            if middle <= low or middle >= high:
                break
            if self.cumulative(middle) < uniform:
                low = middle
            else:
                high = middle
        return 0.5 * (low + high)

    def tempered(self, temperature: float) -> MixtureOfGaussians:
        """Each component as N^(1/T), its weight as w^(1/T), both normalised: variances times T.

        Temperature 0 is the component of the highest peak, at its mean (to within 1e-9 of its scale).
        """
        if temperature == 1.0:
            return self
        with np.errstate(divide="ignore"):
            logits = np.log(self.weights)
        if temperature <= 0.0:
            best = int((logits - np.log(self.scales)).argmax())
            return MixtureOfGaussians(np.ones(1), self.means[best : best + 1], self.scales[best : best + 1] * 1e-9)
        z = (logits - logits.max()) / temperature
        weights = np.exp(z)
        return MixtureOfGaussians(weights / weights.sum(), self.means, self.scales * math.sqrt(temperature))


@dataclass(frozen=True)
class Components:
    """The equally weighted parts of a prediction, and how well each has foretold the text so far."""

    parts: tuple[Categorical, ...]
    responsibilities: NDArray[np.float64]
    """Posterior weight of each part given the text [parts]; they sum to one."""

    @property
    def effective(self) -> float:
        """The effective number of parts, 1 / sum_l r_l^2: from 1 to all of them."""
        return float(1 / np.square(self.responsibilities).sum())


def draw(probs: NDArray[np.float64], uniform: float) -> Symbol:
    """Inverse-CDF draw: the first symbol whose cumulative mass exceeds `uniform` times the total mass.

    Symbols of zero mass are never drawn, and the rounding of the sum cannot run past the end.
    """
    cumulative = np.add.accumulate(probs)
    total = cumulative[-1]
    index = int(cumulative.searchsorted(uniform * total, side="right"))
    if index >= probs.size:
        index = int(np.flatnonzero(probs)[-1])
    return index
