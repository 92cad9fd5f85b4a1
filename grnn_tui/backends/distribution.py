"""The conditional distribution of the next symbol, as the playing path hands it out (numpy, one symbol)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Symbol = int


class Distribution(Protocol):
    """p(x_i | x_<i): what every model predicts, whatever its symbols are."""

    def log_prob(self, symbol: Symbol) -> float:
        """Natural logarithm of the probability (or density) of `symbol`, in nats."""
        ...

    def entropy(self) -> float:
        """Entropy in nats."""
        ...

    def sample(self, uniform: float) -> Symbol:
        """The symbol at `uniform` in [0, 1) of the inverse cumulative distribution: one number, one symbol."""
        ...


class Categorical:
    """A distribution over a finite alphabet, given by unnormalised `logits` [size].

    The logits are shared, not copied, and never written to.
    """

    def __init__(self, logits: NDArray[np.floating]) -> None:
        self.logits = logits

    @cached_property
    def log_probs(self) -> NDArray[np.float64]:
        """Log-probabilities in nats [size], normalised in float64."""
        z = self.logits.astype(np.float64)
        z -= z.max()
        z -= np.log(np.exp(z).sum())
        return z

    @cached_property
    def probs(self) -> NDArray[np.float64]:
        """Probabilities [size]; they sum to one."""
        return np.exp(self.log_probs)

    def log_prob(self, symbol: Symbol) -> float:
        """Natural logarithm of the probability of `symbol`, in nats."""
        return float(self.log_probs[symbol])

    def entropy(self) -> float:
        """Entropy in nats."""
        p = self.probs
        return float(-np.dot(p, np.where(p > 0, self.log_probs, 0.0)))

    def sample(self, uniform: float) -> Symbol:
        """The symbol at `uniform` in [0, 1) of the inverse cumulative distribution."""
        return draw(self.probs, uniform)


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
    cumulative = probs.cumsum()
    total = cumulative[-1]
    index = int(cumulative.searchsorted(uniform * total, side="right"))
    if index >= probs.size:
        index = int(np.flatnonzero(probs)[-1])
    return index
