"""The chart: a pure function from curves, levels and a size to rows of styled cells.

Curves arrive reduced (at most a few thousand points, each with the lowest and highest value it stands for), so a
picture costs the same after ten million steps as after a hundred, and no spike is lost: what leaves the axis is cut
at its edge, where it can still be seen. A value that is not a number is a gap. What a line means is written at its
right end, in its own colour, so that no legend is needed.

An own renderer instead of textual-plot, which has no labels at the right edge, no ASCII, no faint layer under a bright
one, and costs 0.2 s at its import.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Literal

from grnn_tui.ui.widgets.chart_raster import DOTS, Layer, Markers, polyline
from grnn_tui.ui.widgets.chart_ticks import (
    decimals_of,
    log_ticks,
    number,
    second_ticks,
    short_duration,
    si,
    ticks,
)

Role = Literal["axis", "tick", "empty", "level", "floor", "raw", "other", "valid", "train", "best", "cursor"]
"""What a cell shows, from the back to the front; the widget gives it a colour."""

_ASCII = {"level": "-", "floor": "=", "raw": ".", "other": "+", "valid": "o", "train": "#"}
_RAW_SHARE = 0.995


@dataclass(frozen=True)
class Curve:
    """One line (`lows` only) or band (`lows` to `highs`) over ascending `xs`; NaN is a gap."""

    role: Role
    xs: Sequence[float]
    lows: Sequence[float]
    highs: Sequence[float] | None = None
    label: str = ""
    """Written at the right edge with the last value; empty: not at all."""
    dots: bool = False
    """Mark each point, as long as they stand apart."""


@dataclass(frozen=True)
class Level:
    """A horizontal reference line."""

    label: str
    value: float
    floor: bool = False
    """Whether nothing can lie below it (an exact entropy)."""


@dataclass(frozen=True)
class Plot:
    """What is to be drawn."""

    curves: tuple[Curve, ...] = ()
    levels: tuple[Level, ...] = ()
    star: tuple[float, float] | None = None
    """The best validation."""
    log: bool = False
    time: bool = False
    """Whether x counts seconds instead of steps."""
    x_range: tuple[float, float] | None = None
    """What of x is shown; None: all."""
    cursor: float | None = None
    empty: str = "warming up …"


Cells = tuple[tuple[str, Role], ...]
"""One row as runs of one role."""


@dataclass(frozen=True)
class Picture:
    """Rows of cells, and where x lies on them."""

    rows: tuple[Cells, ...]
    left: int = 0
    """Column in which the plot area begins."""
    width: int = 0
    """Columns of the plot area."""
    x_range: tuple[float, float] = (0.0, 1.0)

    def x_at(self, column: int) -> float:
        """The x that stands in `column`, kept within the plot."""
        share = (column - self.left) / max(1, self.width - 1)
        return self.x_range[0] + min(1.0, max(0.0, share)) * (self.x_range[1] - self.x_range[0])


def draw(plot: Plot, width: int, height: int, markers: Markers = "braille") -> Picture:
    """`plot` on `width` x `height` cells; always exactly that many."""
    if width < 12 or height < 3:
        return Picture(tuple(((" " * max(0, width), "empty"),) for _ in range(height)))
    x_range = plot.x_range or _extent(plot)
    y_range = _y_range(plot, x_range)
    if x_range is None or y_range is None:
        return _empty(plot.empty, width, height, markers)
    return _Drawing(plot, width, height, markers, x_range, y_range).picture()


class _Drawing:
    """One picture in the making."""

    def __init__(
        self,
        plot: Plot,
        width: int,
        height: int,
        markers: Markers,
        x_range: tuple[float, float],
        y_range: tuple[float, float],
    ) -> None:
        self.plot, self.markers = plot, markers
        self.x_range, self.y_range = x_range, y_range
        self.tall = height >= 14
        self.rows = height - (2 if self.tall else 1)
        scale = log_ticks if plot.log else ticks
        self.y_ticks = scale(*y_range, max(2, min(12, self.rows // 3 + 1)))
        decimals = decimals_of(self.y_ticks)
        self.y_labels = [number(v, None if plot.log and v < 0.1 else decimals) for v in self.y_ticks]
        self.left = max((len(label) for label in self.y_labels), default=4) + 1
        self.right = min(self._label_width(), width // 4)
        self.columns = width - self.left - self.right
        self.width = width
        self.across, self.down = DOTS[markers]
        self.y_low, self.y_high = (_scaled(v, plot.log) for v in y_range)
        self.grid: list[list[tuple[str, Role]]] = [[(" ", "empty")] * self.columns for _ in range(self.rows)]

    def picture(self) -> Picture:
        """All layers, the axes and the labels."""
        for level in self.plot.levels:
            self._draw_level(level)
        order: dict[Role, int] = {"raw": 0, "other": 1, "valid": 2, "train": 3}
        for curve in sorted(self.plot.curves, key=lambda c: order.get(c.role, 1)):
            self._draw_curve(curve)
        self._draw_cursor()
        for curve in self.plot.curves:
            if curve.dots:
                self._draw_points(curve)
        if self.plot.star is not None:
            self._put(*self.plot.star, "*" if self.markers == "ascii" else "★", "best")
        labels = self._labels()
        rows = [self._row(r, labels) for r in range(self.rows)]
        return Picture(tuple(rows + self._x_axis()), self.left, self.columns, self.x_range)

    def x_dot(self, x: float) -> int:
        """Dot column of `x`."""
        low, high = self.x_range
        return round((x - low) / ((high - low) or 1.0) * (self.columns * self.across - 1))

    def y_dot(self, y: float) -> int:
        """Dot row of `y`; what leaves the axis is cut at its edge."""
        share = (_scaled(y, self.plot.log) - self.y_low) / ((self.y_high - self.y_low) or 1.0)
        return round((1.0 - min(1.0, max(0.0, share))) * (self.rows * self.down - 1))

    def _draw_curve(self, curve: Curve) -> None:
        layer = Layer(self.columns, self.rows, self.markers)
        ends = self._columns(curve)
        for end in ends:
            if end is not None:
                layer.vertical(end[0], end[1], end[2])
        band = curve.highs is not None
        polyline(layer, (None if e is None else (e[0], (e[1] + e[2]) // 2 if band else e[3]) for e in ends))
        for (row, column), bits in layer.cells.items():
            self.grid[row][column] = (layer.glyph(bits, _ASCII.get(curve.role, "+")), curve.role)

    def _columns(self, curve: Curve) -> list[tuple[int, int, int, int] | None]:
        """Per dot column (x, top, bottom, last), gaps between them as None. Points outside x stay out."""
        low, high = self.x_range
        found: list[tuple[int, int, int, int] | None] = []
        for i, x in enumerate(curve.xs):
            bottom = curve.lows[i]
            top = bottom if curve.highs is None else curve.highs[i]
            if not math.isfinite(bottom) or not math.isfinite(top):
                found.append(None)
                continue
            if not low <= x <= high:
                continue
            column, a, b = self.x_dot(x), self.y_dot(top), self.y_dot(bottom)
            last = found[-1] if found else None
            if last is not None and last[0] == column:
                found[-1] = (column, min(last[1], a), max(last[2], b), b)
            else:
                found.append((column, a, b, b))
        return found

    def _draw_level(self, level: Level) -> None:
        if not self.y_range[0] <= level.value <= self.y_range[1]:
            return
        role: Role = "floor" if level.floor else "level"
        if self.markers != "braille":
            row = self.y_dot(level.value) // self.down
            glyph = _ASCII[role] if self.markers == "ascii" else "┄"
            for column in range(0, self.columns, 2 if self.markers == "ascii" else 1):
                self.grid[row][column] = (glyph, role)
            return
        layer = Layer(self.columns, self.rows, self.markers)
        layer.dotted(self.y_dot(level.value), 2)
        for (row, column), bits in layer.cells.items():
            self.grid[row][column] = (layer.glyph(bits, "-"), role)

    def _draw_points(self, curve: Curve) -> None:
        shown = [
            (x, y)
            for x, y in zip(curve.xs, curve.lows, strict=True)
            if self.x_range[0] <= x <= self.x_range[1] and math.isfinite(y)
        ]
        if len(shown) * 5 > self.columns:
            return
        for x, y in shown:
            self._put(x, y, "o" if self.markers == "ascii" else "•", curve.role)

    def _draw_cursor(self) -> None:
        if self.plot.cursor is None or not self.x_range[0] <= self.plot.cursor <= self.x_range[1]:
            return
        column = self.x_dot(self.plot.cursor) // self.across
        for row in self.grid:
            if row[column][1] in ("empty", "level", "floor", "raw"):
                row[column] = ("|" if self.markers == "ascii" else "│", "cursor")

    def _put(self, x: float, y: float, glyph: str, role: Role) -> None:
        if self.x_range[0] <= x <= self.x_range[1] and math.isfinite(y):
            self.grid[self.y_dot(y) // self.down][self.x_dot(x) // self.across] = (glyph, role)

    def _row(self, row: int, labels: dict[int, tuple[str, Role]]) -> Cells:
        ascii_only = self.markers == "ascii"
        label, edge = "", "|" if ascii_only else "│"
        for value, text in zip(self.y_ticks, self.y_labels, strict=True):
            if self.y_dot(value) // self.down == row:
                label, edge = text, "+" if ascii_only else "┤"
        cells: list[tuple[str, Role]] = [(label.rjust(self.left - 1), "tick"), (edge, "axis"), *self.grid[row]]
        right = labels.get(row)
        if self.right:
            text, role = right if right is not None else ("", "empty")
            cells.append(((" " + text)[: self.right].ljust(self.right), role))
        return _joined(cells)

    def _wanted_labels(self) -> list[tuple[str, float, Role, bool]]:
        """(text, value, role, must stay) of what is written at the right edge, the most important first."""
        found: list[tuple[str, float, Role, bool]] = []
        for curve in self.plot.curves:
            last = next((y for y in reversed(curve.lows) if math.isfinite(y)), None)
            if curve.label and last is not None:
                found.append((f"{curve.label} {number(last)}", last, curve.role, True))
        for level in self.plot.levels:
            if self.y_range[0] <= level.value <= self.y_range[1]:
                role: Role = "floor" if level.floor else "level"
                found.append((f"{level.label} {number(level.value)}", level.value, role, False))
        return found

    def _label_width(self) -> int:
        return max((len(text) + 1 for text, *_ in self._wanted_labels()), default=0)

    def _labels(self) -> dict[int, tuple[str, Role]]:
        """Labels by row: each as near to its value as the others allow, in the order of the values."""
        wanted = self._wanted_labels()
        while wanted:
            placed = _spread([(-v, self.y_dot(v) // self.down) for _, v, _, _ in wanted], self.rows)
            far = [
                i
                for i, (_, value, _, stays) in enumerate(wanted)
                if placed is None or (not stays and abs(placed[i] - self.y_dot(value) // self.down) > 1)
            ]
            if placed is not None and not far:
                return {row: (text, role) for row, (text, _, role, _) in zip(placed, wanted, strict=True)}
            wanted.pop(far[-1])
        return {}

    def _x_axis(self) -> list[Cells]:
        ascii_only = self.markers == "ascii"
        corner, bar, mark = ("+", "-", "+") if ascii_only else ("└", "─", "┬")
        unit = "time" if self.plot.time else "step"
        make = second_ticks if self.plot.time else ticks
        write = short_duration if self.plot.time else _step_label
        values = make(*self.x_range, max(2, self.columns // 14))
        line = [bar] * self.columns
        below = [" "] * (self.columns + self.right)
        target = below if self.tall else line
        for value in values:
            column, text = self.x_dot(value) // self.across, write(value)
            start = max(0, min(column, self.columns - len(text)))
            if self.tall:
                line[column] = mark
                start = max(0, min(column - len(text) // 2, len(below) - len(text)))
            around = target[max(0, start - 1) : start + len(text) + 1]
            if all(c in (" ", bar) for c in around):
                target[start : start + len(text)] = text
        name = (" " + unit)[: self.right].ljust(self.right)
        head: tuple[str, Role] = (" " * (self.left - 1), "tick")
        if not self.tall:
            cells: list[tuple[str, Role]] = [(c, "axis" if c == bar else "tick") for c in line]
            return [_joined([head, (corner, "axis"), *cells, (name, "tick")])]
        return [
            _joined([head, (corner, "axis"), ("".join(line), "axis"), (name, "tick")]),
            _joined([(" " * self.left, "tick"), ("".join(below), "tick")]),
        ]


def _spread(wants: list[tuple[float, int]], rows: int) -> list[int] | None:
    """Rows for labels that want `(order, row)`: distinct, in order, as near as they go; None: there is no room."""
    if len(wants) > rows:
        return None
    order = sorted(range(len(wants)), key=lambda i: wants[i])
    placed = [0] * len(wants)
    free = 0
    for i in order:
        placed[i] = max(wants[i][1], free)
        free = placed[i] + 1
    limit = rows - 1
    for i in reversed(order):
        placed[i] = min(placed[i], limit)
        limit = placed[i] - 1
    return placed


def _extent(plot: Plot) -> tuple[float, float] | None:
    ends = [x for curve in plot.curves if curve.role != "other" for x in (curve.xs[0], curve.xs[-1]) if len(curve.xs)]
    if not ends:
        return None
    low, high = min(ends), max(ends)
    return (low, high) if high > low else (low - 0.5, high + 0.5)


def _y_range(plot: Plot, x_range: tuple[float, float] | None) -> tuple[float, float] | None:
    """What of y is shown: every smoothed and validated value, nearly all raw ones, and references close by."""
    if x_range is None:
        return None
    sure: list[float] = []
    raw: list[float] = []
    for curve in plot.curves:
        inside = [i for i, x in enumerate(curve.xs) if x_range[0] <= x <= x_range[1]]
        into = raw if curve.role == "raw" else sure
        for ys in (curve.lows, curve.highs or ()):
            into.extend(ys[i] for i in inside if ys and math.isfinite(ys[i]) and (ys[i] > 0 or not plot.log))
    raw.sort()
    cut = len(raw) - math.ceil(len(raw) * _RAW_SHARE)
    kept = raw[cut : len(raw) - cut] + sure
    if not kept:
        return None
    return _with_levels(plot, min(kept), max(kept))


def _with_levels(plot: Plot, low: float, high: float) -> tuple[float, float]:
    a, b = _scaled(low, plot.log), _scaled(high, plot.log)
    usual = 0.05 if plot.log else max(abs(b) * 0.05, 1e-9)
    span = b - a if b - a > usual * 1e-3 else usual
    near = [_scaled(v.value, plot.log) for v in plot.levels if v.value > 0 or not plot.log]
    floors = [_scaled(v.value, plot.log) for v in plot.levels if v.floor and v.value > 0]
    low_end = min([a, *(v for v in near if a - 0.3 * span <= v <= b), *(v for v in floors if v >= a - 0.6 * span)])
    high_end = max([b, *(v for v in near if a <= v <= b + 0.15 * span)])
    if high_end - low_end < span:
        low_end, high_end = low_end - span / 2, high_end + span / 2
    pad = 0.02 * (high_end - low_end)
    return _unscaled(low_end - pad, plot.log), _unscaled(high_end + pad, plot.log)


def _scaled(value: float, log: bool) -> float:
    return math.log10(max(value, 1e-300)) if log else value


def _unscaled(value: float, log: bool) -> float:
    return 10.0**value if log else value


def _step_label(value: float) -> str:
    return si(value) if value == int(value) else ""


def _empty(text: str, width: int, height: int, markers: Markers) -> Picture:
    ascii_only = markers == "ascii"
    text = text.replace("…", "...") if ascii_only else text
    rows: list[Cells] = []
    for row in range(height - 1):
        middle = text[: width - 2].center(width - 1) if row == (height - 1) // 2 else " " * (width - 1)
        rows.append((("|" if ascii_only else "│", "axis"), (middle, "empty")))
    bar = "+" + "-" * (width - 1) if ascii_only else "└" + "─" * (width - 1)
    return Picture((*rows, ((bar, "axis"),)), 1, width - 1)


def _joined(cells: Sequence[tuple[str, Role]]) -> Cells:
    """Neighbours of one role as one run."""
    return tuple(("".join(text for text, _ in run), role) for role, run in groupby(cells, key=lambda c: c[1]))
