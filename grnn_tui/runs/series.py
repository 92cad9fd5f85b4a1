"""A curve that grows: appended to in constant time, shown in as many columns as there are.

Besides the points, a pyramid of extremes over blocks of 16, 16 * 16 ... points is kept, so that a column of a chart
costs the same whether ten points or ten million fall into it.

Curves of a run that are told together share their abscissae, and their ordinates may be kept in 32 bits: to seven
digits, of which a chart shows four, however far one looks into it. Ten million rows of a run take 350 megabytes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

FANOUT = 16
Floats = NDArray[np.float64]
Indices = NDArray[np.intp]
Kind = type[np.float64] | type[np.float32]


class Growing:
    """A vector that doubles its room when full; room that nothing stands in yet takes no memory."""

    def __init__(self, kind: Kind = np.float64) -> None:
        self._room: NDArray[Any] = np.empty(64, kind)
        self.size = 0

    @property
    def values(self) -> NDArray[Any]:
        """The entries so far [size]; a view, valid until the next one is added."""
        return self._room[: self.size]

    def append(self, value: float) -> None:
        """Add an entry at the end."""
        self._make_room(self.size + 1)
        self._room[self.size] = value
        self.size += 1

    def extend(self, values: Floats) -> None:
        """Add entries at the end."""
        size = self.size + len(values)
        self._make_room(size)
        self._room[self.size : size] = values
        self.size = size

    def _make_room(self, size: int) -> None:
        if size > self._room.size:
            room = np.empty(max(size, 2 * self._room.size), self._room.dtype)
            room[: self.size] = self.values
            self._room = room

    def truncate(self, size: int) -> None:
        """Keep the first `size` entries."""
        self.size = min(self.size, size)


@dataclass(frozen=True)
class Columns:
    """A curve in `width` columns; NaN where no point falls into a column."""

    low: Floats
    high: Floats
    last: Floats


class Series:
    """Points (x, y) with x never falling; y may be NaN."""

    def __init__(self, abscissae: Growing | None = None, kind: Kind = np.float64) -> None:
        """`abscissae` may be shared by curves that are given the same x, one after the other; ordinates are `kind`."""
        self._x = Growing() if abscissae is None else abscissae
        self._y = Growing(kind)
        self._kind = kind
        self._levels: list[tuple[Growing, Growing]] = []

    def __len__(self) -> int:
        return self._y.size

    @property
    def x(self) -> Floats:
        """Abscissae [n]; a view, valid until the next append."""
        return self._x.values[: self._y.size]

    @property
    def y(self) -> NDArray[Any]:
        """Ordinates [n]; a view, valid until the next append."""
        return self._y.values

    def append(self, x: float, y: float) -> None:
        """Add a point at the end."""
        self.extend((x,), (y,))

    def extend(self, xs: Sequence[float] | Floats, ys: Sequence[float] | Floats) -> None:
        """Add points at the end; what it costs is their number."""
        size = self._y.size + len(ys)
        if self._x.size < size:
            self._x.extend(np.asarray(xs[self._x.size - size :], dtype=np.float64))
        self._y.extend(np.asarray(ys, dtype=self._kind))
        self._raise_pyramid()

    def _raise_pyramid(self) -> None:
        below = self._y, self._y
        for level in range(100):
            done = self._levels[level][0].size if level < len(self._levels) else 0
            blocks = below[0].size // FANOUT
            if blocks == done:
                return
            if level == len(self._levels):
                self._levels.append((Growing(self._kind), Growing(self._kind)))
            fresh = slice(done * FANOUT, blocks * FANOUT)
            lows, highs = (side.values[fresh].reshape(-1, FANOUT) for side in below)
            self._levels[level][0].extend(np.fmin.reduce(lows, axis=1))
            self._levels[level][1].extend(np.fmax.reduce(highs, axis=1))
            below = self._levels[level]

    def truncate_after(self, x: float) -> None:
        """Drop the points beyond `x`."""
        size = int(np.searchsorted(self.x, x, side="right"))
        self._x.truncate(size)
        self._y.truncate(size)
        for lows, highs in self._levels:
            size //= FANOUT
            lows.truncate(size)
            highs.truncate(size)

    def extremes(self, begins: Indices, ends: Indices) -> tuple[Floats, Floats]:
        """The least and the greatest y of the points `begins[i]` to `ends[i]`, NaN where there are none [n each].

        Logarithmic cost: from each level of the pyramid come fewer than 2 * FANOUT entries at the ends of a span, and
        what lies between them from the level above.
        """
        low, high = np.full(len(begins), np.nan), np.full(len(begins), np.nan)
        for level in range(len(self._levels) + 1):
            lows, highs = (self.y, self.y) if level == 0 else (side.values for side in self._levels[level - 1])
            first, after = -(-begins // FANOUT), ends // FANOUT
            inner = (first < after) & (level < len(self._levels))
            for a, b in (
                (begins, np.where(inner, first * FANOUT, ends)),
                (np.where(inner, after * FANOUT, ends), ends),
            ):
                some = np.flatnonzero(a < b)
                if not some.size:
                    continue
                at = a[some, None] + np.arange(int((b - a).max()))
                outside = at >= b[some, None]
                at[outside] = 0
                least = np.fmin.reduce(np.where(outside, np.nan, lows[at]), axis=1)
                greatest = np.fmax.reduce(np.where(outside, np.nan, highs[at]), axis=1)
                low[some], high[some] = np.fmin(low[some], least), np.fmax(high[some], greatest)
            begins, ends = np.where(inner, first, 0), np.where(inner, after, 0)
            if not inner.any():
                break
        return low, high

    def cuts(self, width: int, begin: float, end: float) -> Indices:
        """Where the points of each of `width` columns begin, and where the last ones end [width + 1].

        Of very many points, columns begin where blocks do, off by less than a sixteenth of their width: then a column
        costs the same however many there are.
        """
        cuts = np.searchsorted(self.x, np.linspace(begin, end, width + 1), side="left")
        cuts[-1] = np.searchsorted(self.x, end, side="right")
        block, across = 1, int(cuts[-1] - cuts[0]) // max(1, width)
        while block * FANOUT * FANOUT <= across:
            block *= FANOUT
        cuts[:-1] -= cuts[:-1] % block
        return cuts

    def columns(self, width: int, begin: float | None = None, end: float | None = None) -> Columns:
        """The part from x = `begin` to `end` (default: all of it) in `width` columns of equal width."""
        if not len(self) or width < 1:
            none = np.full(max(0, width), np.nan)
            return Columns(none, none, none)
        x0 = float(self.x[0]) if begin is None else begin
        x1 = float(self.x[-1]) if end is None else end
        cuts = self.cuts(width, x0, x1)
        low, high = self.extremes(cuts[:-1], cuts[1:])
        return Columns(low, high, np.where(np.diff(cuts) > 0, self.y[cuts[1:] - 1], np.nan))
