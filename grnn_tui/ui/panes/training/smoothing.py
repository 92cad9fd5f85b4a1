"""An exponential moving average, computed where it is looked at.

    m_t = s_t m_{t-1} + (1 - s_t) y_t,   w_t = s_t w_{t-1} + (1 - s_t),   shown: m_t / w_t
    s_t = min(s, (1 + t) / (10 + t)),    t counting the numbers so far

The division takes the bias towards the start value out, and the lighter smoothing of the first points lets the line
follow the steep beginning of a run. A y that is not a number adds to neither and leaves a gap there.

What lies so far back that s^k is below `FORGOTTEN` moves no digit of the sum, so a value is one product with the last
few thousand points. A chart asks for a few hundred of them: another smoothing costs the same however long the run is.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from grnn_tui.runs.series import Growing, Indices, Series

FORGOTTEN = 1e-11

Floats = NDArray[np.float64]


class Smoothed:
    """Follows `source` as it grows."""

    def __init__(self, source: Series, smoothing: float) -> None:
        self.source = source
        self._gaps = Growing()
        """Where in the source no number stands."""
        self._before = Growing()
        """How many numbers stand before each of them."""
        self._seen = 0
        self.smoothing = smoothing

    @property
    def smoothing(self) -> float:
        """The weight s of the past."""
        return self._smoothing

    @smoothing.setter
    def smoothing(self, s: float) -> None:
        self._smoothing = s
        self._early = max(0, math.ceil((10 * s - 1) / (1 - s)))
        """How many numbers are smoothed more lightly than by s."""
        reach = 1 if s == 0 else math.ceil(math.log(FORGOTTEN) / math.log(s))
        self._kernel = (1 - s) * s ** np.arange(reach)[::-1]
        self._beginning: list[tuple[float, float]] = []
        """m and w of the first numbers."""

    def restart(self) -> None:
        """Begin anew with a source that was cut back."""
        self._gaps, self._before, self._seen = Growing(), Growing(), 0
        self._beginning = []
        self.catch_up()

    def catch_up(self) -> None:
        """Take in the points that the source has gained."""
        fresh = self.source.y[self._seen :]
        gaps = np.flatnonzero(~np.isfinite(fresh)) + self._seen
        self._before.extend((gaps - self._gaps.size - np.arange(len(gaps))).astype(np.float64))
        self._gaps.extend(gaps.astype(np.float64))
        self._seen += len(fresh)

    def last_numbers(self, ends: Indices) -> Indices:
        """The index of the last number before each of `ends`; -1 where there is none."""
        ranks = self._rank(ends)
        return np.where(ranks > 0, self._index(ranks - 1), -1)

    def at(self, indices: Indices) -> Floats:
        """The average at these points of the source [n]; NaN where the source holds no number."""
        ranks = self._rank(indices)
        known = np.isfinite(self.source.y[indices])
        self._begin()
        return np.array(
            [self._value(rank) if there else math.nan for rank, there in zip(ranks.tolist(), known, strict=True)]
        )

    def _rank(self, indices: Indices) -> Indices:
        """How many numbers the source holds before each of `indices`."""
        return indices - np.searchsorted(self._gaps.values, indices)

    def _index(self, ranks: Indices) -> Indices:
        """Where in the source the number of each rank stands."""
        return ranks + np.searchsorted(self._before.values, ranks, side="right")

    def _numbers(self, first: int, after: int) -> Floats:
        """The numbers of these ranks."""
        begin, last = (int(i) for i in self._index(np.array([first, after - 1])))
        values = self.source.y[begin : last + 1].astype(np.float64)
        return values if last - begin == after - 1 - first else values[np.isfinite(values)]

    def _begin(self) -> None:
        done = len(self._beginning)
        m, w = self._beginning[-1] if done else (0.0, 0.0)
        count = min(self._early, int(self._rank(np.array([self._seen]))[0]))
        fresh = self._numbers(done, count).tolist() if done < count else []
        for t, y in enumerate(fresh, done):
            s = (1 + t) / (10 + t)
            m, w = s * m + (1 - s) * y, s * w + (1 - s)
            self._beginning.append((m, w))

    def _value(self, rank: int) -> float:
        if rank < self._early:
            m, w = self._beginning[rank]
            return m / w
        m, w = self._beginning[-1] if self._early else (0.0, 0.0)
        decay = self.smoothing ** (rank + 1 - self._early)
        window = self._numbers(max(self._early, rank + 1 - len(self._kernel)), rank + 1)
        return float((decay * m + window @ self._kernel[-len(window) :]) / (1 - decay * (1 - w)))
