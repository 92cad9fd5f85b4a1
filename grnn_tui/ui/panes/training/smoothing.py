"""An exponential moving average over a growing curve.

    m_t = s_t m_{t-1} + (1 - s_t) y_t,   w_t = s_t w_{t-1} + (1 - s_t),   shown: m_t / w_t
    s_t = min(s, (1 + t) / (10 + t)),    t counting the numbers so far

The division takes the bias towards the start value out, and the lighter smoothing of the first points lets the line
follow the steep beginning of a run. A y that is not a number adds to neither and leaves a gap there. New points cost
their number; another smoothing costs one pass over blocks.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from grnn_tui.runs.series import Series

_BLOCK = 64
_SCALAR_BELOW = 256

Floats = NDArray[np.float64]


class Smoothed:
    """Follows `source` as it grows."""

    def __init__(self, source: Series, smoothing: float) -> None:
        self.source = source
        self.smoothing = smoothing
        self.series = Series()
        self._sum = self._weight = 0.0
        self._count = 0

    def restart(self, smoothing: float | None = None) -> None:
        """Begin anew: another smoothing, or a source that was cut back."""
        self.smoothing = self.smoothing if smoothing is None else smoothing
        self.series = Series()
        self._sum = self._weight = 0.0
        self._count = 0
        self.catch_up()

    def catch_up(self) -> None:
        """Take in the points that the source has gained."""
        done = len(self.series)
        if len(self.source) == done:
            return
        xs, ys = self.source.x[done:], self.source.y[done:]
        smooth = self._few(ys) if len(ys) < _SCALAR_BELOW else self._many(ys)
        for x, y in zip(xs.tolist(), smooth.tolist(), strict=True):
            self.series.append(x, y)

    def _few(self, ys: Floats) -> Floats:
        out = np.full(len(ys), np.nan)
        for i, y in enumerate(ys.tolist()):
            if np.isfinite(y):
                s = min(self.smoothing, (1 + self._count) / (10 + self._count))
                self._sum, self._weight = s * self._sum + (1 - s) * y, s * self._weight + (1 - s)
                self._count += 1
                out[i] = self._sum / self._weight
        return out

    def _many(self, ys: Floats) -> Floats:
        """The same by blocks: within a block by a triangular matrix, from block to block by a carry."""
        out = np.full(len(ys), np.nan)
        finite = np.isfinite(ys)
        known = ys[finite]
        early = max(0, math.ceil((10 * self.smoothing - 1) / (1 - self.smoothing)) - self._count)
        out[finite] = np.concatenate((self._few(known[:early]), self._blocks(known[early:])))
        return out

    def _blocks(self, known: Floats) -> Floats:
        whole = len(known) // _BLOCK * _BLOCK
        s, power = self.smoothing, np.arange(_BLOCK)
        lag = power[:, None] - power[None, :]
        kernel = np.where(lag >= 0, (1 - s) * s ** np.maximum(lag, 0), 0.0)
        within = known[:whole].reshape(-1, _BLOCK) @ kernel.T
        ones = kernel.sum(axis=1)
        decay = s ** (power + 1.0)
        sums, weights = np.empty(len(within)), np.empty(len(within))
        for block, last in enumerate(within[:, -1].tolist()):
            sums[block], weights[block] = self._sum, self._weight
            self._sum = decay[-1] * self._sum + last
            self._weight = decay[-1] * self._weight + ones[-1]
        smooth = (within + sums[:, None] * decay) / (ones + weights[:, None] * decay)
        self._count += whole
        return np.concatenate((smooth.ravel(), self._few(known[whole:])))
