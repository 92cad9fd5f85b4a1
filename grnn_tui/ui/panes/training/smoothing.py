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

FORGOTTEN = 1e-13

Floats = NDArray[np.float64]


class Smoothed:
    """Follows `source` as it grows."""

    def __init__(self, source: Series, smoothing: float) -> None:
        self.source = source
        self._known = Growing()
        self._places = Growing()
        """Where in the source each known number stands."""
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
        self._known, self._places, self._seen = Growing(), Growing(), 0
        self._beginning = []
        self.catch_up()

    def catch_up(self) -> None:
        """Take in the points that the source has gained."""
        fresh = self.source.y[self._seen :]
        finite = np.flatnonzero(np.isfinite(fresh))
        self._known.extend(fresh[finite])
        self._places.extend((finite + self._seen).astype(np.float64))
        self._seen += len(fresh)

    def last_numbers(self, ends: Indices) -> Indices:
        """The index of the last number before each of `ends`; -1 where there is none."""
        ranks = np.searchsorted(self._places.values, ends)
        found = np.full(len(ends), -1)
        found[ranks > 0] = self._places.values[ranks[ranks > 0] - 1]
        return found

    def at(self, indices: Indices) -> Floats:
        """The average at these points of the source [n]; NaN where the source holds no number."""
        places = self._places.values
        ranks = np.searchsorted(places, indices)
        out = np.full(len(indices), np.nan)
        self._begin()
        for i, rank in enumerate(ranks.tolist()):
            if rank < len(places) and places[rank] == indices[i]:
                out[i] = self._value(rank)
        return out

    def _begin(self) -> None:
        done = len(self._beginning)
        m, w = self._beginning[-1] if done else (0.0, 0.0)
        for t, y in enumerate(self._known.values[done : self._early].tolist(), done):
            s = (1 + t) / (10 + t)
            m, w = s * m + (1 - s) * y, s * w + (1 - s)
            self._beginning.append((m, w))

    def _value(self, rank: int) -> float:
        if rank < self._early:
            m, w = self._beginning[rank]
            return m / w
        m, w = self._beginning[-1] if self._early else (0.0, 0.0)
        decay = self.smoothing ** (rank + 1 - self._early)
        window = self._known.values[max(self._early, rank + 1 - len(self._kernel)) : rank + 1]
        return float((decay * m + window @ self._kernel[-len(window) :]) / (1 - decay * (1 - w)))
