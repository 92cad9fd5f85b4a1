"""A curve that grows: appended to in constant time, shown in as many columns as there are.

Besides the points, a pyramid of extremes over blocks of 64, 64 * 64 ... points is kept, so that a column of a chart
costs the same whether ten points or ten million fall into it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FANOUT = 64
Floats = NDArray[np.float64]


class _Growing:
    """A float64 vector that doubles its room when full."""

    def __init__(self) -> None:
        self._room: Floats = np.empty(64)
        self.size = 0

    @property
    def values(self) -> Floats:
        """The entries so far [size]; a view, valid until the next append."""
        return self._room[: self.size]

    def append(self, value: float) -> None:
        if self.size == self._room.size:
            self._room = np.concatenate((self._room, np.empty_like(self._room)))
        self._room[self.size] = value
        self.size += 1

    def truncate(self, size: int) -> None:
        self.size = min(self.size, size)


@dataclass(frozen=True)
class Columns:
    """A curve in `width` columns; NaN where no point falls into a column."""

    low: Floats
    high: Floats
    last: Floats


class Series:
    """Points (x, y) with x never falling; y may be NaN."""

    def __init__(self) -> None:
        self._x = _Growing()
        self._y = _Growing()
        self._levels: list[tuple[_Growing, _Growing]] = []

    def __len__(self) -> int:
        return self._x.size

    @property
    def x(self) -> Floats:
        """Abscissae [n]; a view, valid until the next append."""
        return self._x.values

    @property
    def y(self) -> Floats:
        """Ordinates [n]; a view, valid until the next append."""
        return self._y.values

    def append(self, x: float, y: float) -> None:
        """Add a point at the end."""
        self._x.append(x)
        self._y.append(y)
        size, low, high = self._y.size, y, y
        for level in range(100):
            if size % FANOUT:
                return
            if level == len(self._levels):
                self._levels.append((_Growing(), _Growing()))
            lows, highs = (self._y, self._y) if level == 0 else self._levels[level - 1]
            low, high = _least(lows.values[-FANOUT:]), _most(highs.values[-FANOUT:])
            self._levels[level][0].append(low)
            self._levels[level][1].append(high)
            size = self._levels[level][0].size

    def truncate_after(self, x: float) -> None:
        """Drop the points beyond `x`."""
        size = int(np.searchsorted(self.x, x, side="right"))
        self._x.truncate(size)
        self._y.truncate(size)
        for lows, highs in self._levels:
            size //= FANOUT
            lows.truncate(size)
            highs.truncate(size)

    def extremes(self, begin: int, end: int) -> tuple[float, float]:
        """The least and the greatest y of the points `begin` to `end`, NaN if there are none; logarithmic cost."""
        lows: list[float] = []
        highs: list[float] = []
        self._collect(begin, end, 0, lows, highs)
        return _least(np.array(lows)), _most(np.array(highs))

    def _collect(self, begin: int, end: int, level: int, lows: list[float], highs: list[float]) -> None:
        low, high = (self.y, self.y) if level == 0 else (g.values for g in self._levels[level - 1])
        first, after = -(-begin // FANOUT), end // FANOUT
        if first >= after or level == len(self._levels):
            spans = [(begin, end)]
        else:
            spans = [(begin, first * FANOUT), (after * FANOUT, end)]
            self._collect(first, after, level + 1, lows, highs)
        for a, b in spans:
            if a < b:
                lows.append(_least(low[a:b]))
                highs.append(_most(high[a:b]))

    def columns(self, width: int, begin: float | None = None, end: float | None = None) -> Columns:
        """The part from x = `begin` to `end` (default: all of it) in `width` columns of equal width."""
        low, high, last = (np.full(width, np.nan) for _ in range(3))
        if not len(self) or width < 1:
            return Columns(low, high, last)
        x0 = float(self.x[0]) if begin is None else begin
        x1 = float(self.x[-1]) if end is None else end
        edges = np.linspace(x0, x1, width + 1)
        cuts = np.searchsorted(self.x, edges, side="left")
        cuts[-1] = np.searchsorted(self.x, x1, side="right")
        for column in range(width):
            a, b = int(cuts[column]), int(cuts[column + 1])
            if a < b:
                low[column], high[column] = self.extremes(a, b)
                last[column] = self.y[b - 1]
        return Columns(low, high, last)


def _least(values: Floats) -> float:
    return float(np.fmin.reduce(values, initial=np.nan))


def _most(values: Floats) -> float:
    return float(np.fmax.reduce(values, initial=np.nan))
