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
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter

from grnn_tui.safetext import cell_width, clip, sanitise
from grnn_tui.ui.widgets.chart_labels import Label, labels_of, placed, shortened
from grnn_tui.ui.widgets.chart_plot import Curve, Plot, Role, extent, scaled, y_range
from grnn_tui.ui.widgets.chart_raster import DOTS, Layer, Markers, glyph_of, polyline
from grnn_tui.ui.widgets.chart_ticks import (
    decimals_of,
    log_ticks,
    number,
    second_ticks,
    short_duration,
    si,
    ticks,
)

_ASCII = {"level": "-", "floor": "=", "raw": ".", "other": "+", "valid": "o", "train": "#"}
_ORDER: dict[Role, int] = {"raw": 0, "other": 1, "valid": 2, "train": 3}
_EDGE_SHARE = 0.4
"""How much of the width the names at the right edge may take."""

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
    across = plot.x_range or extent(plot)
    up = y_range(plot, across)
    if across is None or up is None:
        return _empty(plot.empty, width, height, markers)
    drawing = _Drawing(plot, width, height, markers, across, up)
    return drawing.picture() if drawing.columns > 0 else _empty("", width, height, markers)


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
        self.across, self.down = DOTS[markers]
        self.y_low, self.y_high = (scaled(v, plot.log) for v in y_range)
        self.labels = labels_of(plot, y_range, self._row_of, ascii_only=markers == "ascii")
        room = min(int(width * _EDGE_SHARE), width - self.left - 8)
        self.fitting = shortened(self.labels, room)
        self.at_edge: dict[int, Label] = {}
        self.right = max((cell_width(label.text) + 1 for label in self.fitting), default=0)
        self.columns = width - self.left - self.right
        self.grid: list[list[tuple[str, Role]]] = [[(" ", "empty")] * self.columns for _ in range(self.rows)]

    def picture(self) -> Picture:
        """All layers, the axes and the labels."""
        for curve in sorted(self.plot.curves, key=lambda c: _ORDER.get(c.role, 1)):
            self._draw_curve(curve)
        for curve in self.plot.curves:
            if curve.dots:
                self._draw_points(curve)
        if self.plot.star is not None:
            self._put(*self.plot.star, "*" if self.markers == "ascii" else "★", "best")
        self._draw_levels()
        self._draw_cursor()
        rows = [self._row(r) for r in range(self.rows)]
        return Picture(tuple(rows + self._x_axis()), self.left, self.columns, self.x_range)

    def x_dot(self, x: float) -> int:
        """Dot column of `x`."""
        low, high = self.x_range
        return round((x - low) / ((high - low) or 1.0) * (self.columns * self.across - 1))

    def y_dot(self, y: float) -> int:
        """Dot row of `y`; what leaves the axis is cut at its edge."""
        share = (self.y_high - scaled(y, self.plot.log)) / ((self.y_high - self.y_low) or 1.0)
        return round(min(1.0, max(0.0, share)) * (self.rows * self.down - 1))

    def _row_of(self, y: float) -> int:
        return self.y_dot(y) // self.down

    def _draw_curve(self, curve: Curve) -> None:
        layer = Layer(self.columns, self.rows, self.markers)
        ends = self._columns(curve)
        for end in ends:
            if end is not None:
                layer.vertical(end[0], end[1], end[2])
        band = curve.highs is not None
        polyline(layer, (None if e is None else (e[0], (e[1] + e[2]) // 2 if band else e[3]) for e in ends))
        if curve.role == "other":
            layer.dashed(3 * self.across, self.across)
        self._lay(layer, curve.role)

    def _lay(self, layer: Layer, role: Role) -> None:
        plain = _ASCII.get(role, "+")
        for (row, column), bits in layer.cells.items():
            self.grid[row][column] = (glyph_of(bits, plain, self.markers), role)

    def _columns(self, curve: Curve) -> list[tuple[int, int, int, int] | None]:
        """Per dot column (x, top, bottom, last), gaps between them as None. Points outside x stay out."""
        inside = slice(bisect_left(curve.xs, self.x_range[0]), bisect_right(curve.xs, self.x_range[1]))
        xs, lows = curve.xs[inside], curve.lows[inside]
        highs = lows if curve.highs is None else curve.highs[inside]
        found: list[tuple[int, int, int, int] | None] = []
        if 0 < inside.start < len(curve.xs):
            found.append(self._entering(curve, inside.start))
        for x, low, high in zip(xs, lows, highs, strict=True):
            if not math.isfinite(low) or not math.isfinite(high):
                found.append(None)
                continue
            column, bottom = self.x_dot(x), self.y_dot(low)
            top = bottom if high is low else self.y_dot(high)
            last = found[-1] if found else None
            if last is not None and last[0] == column:
                found[-1] = (column, min(last[1], top), max(last[2], bottom), bottom)
            else:
                found.append((column, top, bottom, bottom))
        return found

    def _entering(self, curve: Curve, after: int) -> tuple[int, int, int, int] | None:
        """Where the line to the point `after`, the first one shown, crosses the left edge."""
        x0, x1, y0, y1 = *curve.xs[after - 1 : after + 1], *curve.lows[after - 1 : after + 1]
        y = y0 + (y1 - y0) * (self.x_range[0] - x0) / ((x1 - x0) or 1.0)
        return (0, self.y_dot(y), self.y_dot(y), self.y_dot(y)) if math.isfinite(y) else None

    def _draw_levels(self) -> None:
        """Reference lines behind everything, and the names of all lines.

        A name stands at the right edge beside its line, else on the line, else at the edge farther off. A reference
        whose name finds no place at all is left out.
        """
        beside = set(placed(self.fitting, self.rows, near=True).values())
        on_line = {label.level for label in self.labels if label.level and self._write_on_line(label, beside)}
        self.at_edge = placed([label for label in self.fitting if label.level not in on_line], self.rows, near=False)
        named = on_line | {label.level for label in self.at_edge.values()}
        dots: dict[tuple[int, int], tuple[int, Role]] = {}
        for label in self.labels:
            if label.level is None or label.level not in named:
                continue
            layer = Layer(self.columns, self.rows, self.markers)
            layer.dotted(self.y_dot(label.value), 1 if self.markers == "blocks" else 2)
            for cell, bits in layer.cells.items():
                others, role = dots.get(cell, (0, label.role))
                dots[cell] = (bits | others, role)
        for (row, column), (bits, role) in dots.items():
            if self.grid[row][column][1] == "empty":
                glyph = "┄" if self.markers == "blocks" else glyph_of(bits, _ASCII[role], self.markers)
                self.grid[row][column] = (glyph, role)

    def _write_on_line(self, label: Label, beside: set[Label]) -> bool:
        """Write a reference's name over its line, as far right as nothing else stands there, unless it is `beside`."""
        if label in beside:
            return False
        text, row = f" {label.text} ", self.grid[label.row]
        free = 0
        for column in reversed(range(self.columns)):
            free = free + 1 if row[column][1] == "empty" else 0
            if free == len(text):
                row[column : column + free] = [(c, label.role) for c in text]
                return True
        return False

    def _draw_points(self, curve: Curve) -> None:
        """Beads that tell the curve from others without a colour; as many of them as stand apart."""
        inside = slice(bisect_left(curve.xs, self.x_range[0]), bisect_right(curve.xs, self.x_range[1]))
        shown = list(zip(curve.xs[inside], curve.lows[inside], strict=True))
        for x, y in shown[:: -max(1, math.ceil(len(shown) * 5 / self.columns))]:
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
            self.grid[self._row_of(y)][self.x_dot(x) // self.across] = (glyph, role)

    def _row(self, row: int) -> Cells:
        ascii_only = self.markers == "ascii"
        label, edge = "", "|" if ascii_only else "│"
        for value, text in zip(self.y_ticks, self.y_labels, strict=True):
            if self._row_of(value) == row:
                label, edge = text, "+" if ascii_only else "┤"
        cells: list[tuple[str, Role]] = [(label.rjust(self.left - 1), "tick"), (edge, "axis"), *self.grid[row]]
        if self.right:
            name = self.at_edge.get(row)
            cells.append((" ", "gap"))
            if name is not None:
                cells.append((name.text, name.role))
            cells.append((" " * (self.right - 1 - (0 if name is None else cell_width(name.text))), "gap"))
        return _joined(cells)

    def _x_axis(self) -> list[Cells]:
        ascii_only = self.markers == "ascii"
        corner, bar, mark = ("+", "-", "+") if ascii_only else ("└", "─", "┬")
        unit = self.plot.x_name
        make = second_ticks if unit == "time" else ticks
        write = short_duration if unit == "time" else _step_label if unit == "step" else _label
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


def _label(value: float) -> str:
    return si(value) if value == int(value) else number(value)


def _step_label(value: float) -> str:
    return si(value) if value == int(value) else ""


def _empty(text: str, width: int, height: int, markers: Markers) -> Picture:
    ascii_only = markers == "ascii"
    text = text.replace("…", "...") if ascii_only else text
    shown = clip(sanitise(text), max(0, width - 2), "..." if ascii_only else "…")
    before = (width - 1 - cell_width(shown)) // 2
    rows: list[Cells] = []
    for row in range(height - 1):
        middle = " " * (width - 1)
        if row == (height - 1) // 2:
            middle = " " * before + shown + " " * (width - 1 - before - cell_width(shown))
        rows.append((("|" if ascii_only else "│", "axis"), (middle, "empty")))
    bar = "+" + "-" * (width - 1) if ascii_only else "└" + "─" * (width - 1)
    return Picture((*rows, ((bar, "axis"),)), 1, width - 1)


def _joined(cells: Sequence[tuple[str, Role]]) -> Cells:
    """Neighbours of one role as one run."""
    return tuple(("".join(text for text, _ in run), role) for role, run in groupby(cells, key=itemgetter(1)))
