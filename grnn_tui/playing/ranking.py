"""How well each hidden unit follows something in the text: the search for the neuron that detects quotations."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

CHUNK = 4096
Rows = NDArray[np.float32]


@dataclass(frozen=True)
class Ranking:
    """All units, the most telling first."""

    order: NDArray[np.intp]
    scores: NDArray[np.float64]
    """Of each unit, by its number: variance, or correlation with what the mark points to, in -1 .. 1."""


class Tally:
    """Sums over the activations along a text, from which units are ranked; takes them in pieces."""

    def __init__(self, units: int) -> None:
        self.low = np.full(units, np.inf)
        self.high = np.full(units, -np.inf)
        self._count = 0
        self._sums = np.zeros(units)
        self._squares = np.zeros(units)
        self._pointed = 0.0
        self._products = np.zeros(units)

    def add(self, rows: Rows, pointed: Iterable[bool] = ()) -> None:
        """Activations [symbols, units], and for each symbol whether it is pointed to."""
        y = np.fromiter(pointed, dtype=np.float64)
        for start in range(0, len(rows), CHUNK):
            x = rows[start : start + CHUNK].astype(np.float64)
            self._count += len(x)
            self._sums += x.sum(axis=0)
            self._squares += np.einsum("tu,tu->u", x, x)
            np.minimum(self.low, x.min(axis=0), out=self.low)
            np.maximum(self.high, x.max(axis=0), out=self.high)
            if y.size:
                self._products += y[start : start + CHUNK] @ x
        self._pointed += y.sum()

    def variances(self) -> NDArray[np.float64]:
        """Of each unit."""
        if not self._count:
            return np.zeros_like(self._sums)
        return np.maximum(self._squares / self._count - np.square(self._sums / self._count), 0.0)

    def correlations(self) -> NDArray[np.float64]:
        """Of each unit with being pointed to; 0 where one of the two never varies."""
        n, share = max(self._count, 1), self._pointed / max(self._count, 1)
        covariance = self._products / n - share * self._sums / n
        scale = np.sqrt(self.variances() * share * (1 - share))
        return np.divide(covariance, scale, out=np.zeros_like(scale), where=scale > 1e-12)

    def ranking(self, mark: str = "") -> Ranking:
        """By variance, or with a mark by how strongly a unit follows it, whichever its sign."""
        scores = self.correlations() if mark else self.variances()
        return Ranking(np.argsort(-np.abs(scores), kind="stable"), scores)
