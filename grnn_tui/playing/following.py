"""How well each hidden unit follows something in the text: the search for the neuron that detects quotations."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

CLOSING: Mapping[str, str] = {
    "(": ")",
    "[": "]",
    "{": "}",
    "<": ">",
    "“": "”",
    "‘": "’",
    "«": "»",
    "„": "“",
    "‹": "›",
    "「": "」",
}
TOGGLES = frozenset("\"'`")
"""Marks that open and close alike; an apostrophe within a word is taken for one."""
CHUNK = 4096
Rows = NDArray[np.float32]


class Mark:
    """Says of each symbol of a text, in order, whether it is where a mark points to.

    A bracket or a quotation mark points to what it encloses, the opening one included; an empty line closes it, so that
    one that was forgotten does no harm beyond its paragraph. Any other symbol points to itself.
    """

    def __init__(self, mark: str) -> None:
        self.mark = mark
        self.encloses = encloses(mark)
        self._open = next((opening for opening, closing in CLOSING.items() if mark in (opening, closing)), mark)
        self._close = CLOSING.get(self._open, mark)
        self._depth = 0
        self._before = ""

    def step(self, label: str) -> bool:
        """Take in one more symbol."""
        if not self.encloses:
            return label == self.mark
        if label == "\n" == self._before:
            self._depth = 0
        elif label == self._close and self._depth:
            self._depth -= 1
        elif label == self._open:
            self._depth += 1
        self._before = label
        return self._depth > 0


def encloses(mark: str) -> bool:
    """Whether a mark is a bracket or a quotation mark."""
    return mark in TOGGLES or mark in CLOSING or mark in CLOSING.values()


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
