"""The next value as rows of cells: bars for two levels, a curve and bars for many, a density for real numbers."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from grnn_tui.engine.row_protocol import Density, Levels
from grnn_tui.safetext import sanitise
from grnn_tui.ui.figures import percent
from grnn_tui.ui.markers import UNICODE, Glyphs
from grnn_tui.ui.panes.next_symbol.view import BarsView, bar_rows
from grnn_tui.ui.panes.picture.table import number
from grnn_tui.ui.widgets.chart_raster import Layer, Markers, glyph_of
from grnn_tui.ui.widgets.lines import Cell, Row, fitted, justified

CURVE_ROWS = 5
"""Of the curve above bars, at most."""
COMPONENT_ROWS = 4
Floats = NDArray[np.float64]


class ValueView(Struct, frozen=True):
    """What the pane shows."""

    bars: BarsView
    levels: Levels | None = None
    density: Density | None = None
    name: str = ""
    """Of the value that comes next, where values have names; raw."""
    at_end: bool = False
    """Whether the row is finished and nothing comes next."""
    row_name: str = "image"
    mark: float | None = None
    """The real value that keys have chosen to be written."""
    focused: bool = False
    markers: Markers = "braille"
    glyphs: Glyphs = UNICODE


def value_rows(view: ValueView, width: int, height: int) -> tuple[Row, ...]:
    """What fits of it."""
    if width < 16 or height < 2:
        return ()
    if view.at_end:
        words = f"  this {view.row_name} is finished"
        return ((), (Cell(words, "dim"),), (), (Cell(f"  {_enter(view)} writes another sheet", "faint"),))[:height]
    if view.density is not None:
        return density_rows(view, view.density, width, height)
    if view.bars.prediction is None:
        return ((), (Cell("  reading ..." if view.bars.busy else "  no model yet", "dim"),))
    above = curve_rows(view, height)
    if view.levels is None or not above:
        return bar_rows(view.bars, width, height)
    return (*level_rows(view, view.levels, width, above - 1), *bar_rows(view.bars, width, height - above))


def curve_rows(view: ValueView, height: int) -> int:
    """Rows that the curve of levels and its axis take above the bars."""
    return min(CURVE_ROWS, height // 3) + 1 if view.levels is not None and height >= 2 * CURVE_ROWS - 2 else 0


def level_rows(view: ValueView, levels: Levels, width: int, rows: int) -> tuple[Row, ...]:
    """The distribution over all levels from the darkest to the lightest, and where they lie."""
    raw, used = (np.frombuffer(each, np.float32).astype(np.float64) for each in (levels.raw, levels.used))
    inner = width - 2
    drawn = curve(raw, used, inner, rows, view.markers, linear=False)
    axis = justified((Cell(" 0", "faint"),), (Cell(f"{raw.size - 1} ", "faint"),), width)
    return (*((Cell(" "), *row) for row in drawn), axis)


def density_rows(view: ValueView, density: Density, width: int, height: int) -> tuple[Row, ...]:
    """What stands there, the curve with marks, its axis, and the heaviest components."""
    parts = density.components[: max(0, min(COMPONENT_ROWS, height - 8))]
    room = max(1, height - 3 - (len(parts) + 1 if parts else 0))
    inner = width - 2
    raw, used = (np.frombuffer(each, np.float32).astype(np.float64) for each in (density.raw, density.used))
    marks = []
    if density.chosen is not None:
        marks.append((_column(density, density.chosen, inner), "accent", "│"))
    if view.focused and view.mark is not None:
        marks.append((_column(density, view.mark, inner), "selected", "┆"))
    drawn = curve(raw, used, inner, room, view.markers, marks=marks, ascii_only=view.glyphs.ascii_only)
    rows: list[Row] = [_head(view, density)]
    rows += [(Cell(" "), *row) for row in drawn]
    rows.append(_axis(density, width))
    rows.append(_marked(view, density))
    if parts:
        rows.append((Cell(f" {'weight':>7}{'mean':>10}{'scale':>10}", "faint"),))
        rows += [_component(part) for part in parts]
    return tuple(fitted(row, width) for row in rows)[:height]


def curve(
    raw: Floats,
    used: Floats,
    width: int,
    rows: int,
    markers: Markers,
    *,
    linear: bool = True,
    marks: list[tuple[int, str, str]] | None = None,
    ascii_only: bool = False,
) -> list[list[Cell]]:
    """`used` as a filled curve and `raw` as a line, over the whole width; `linear` joins the points of a density."""
    filled, line = Layer(width, rows, markers), Layer(width, rows, markers)
    top = max(float(raw.max()), float(used.max()), 1e-300)
    if linear and float(raw.max()) < top / 4:
        # A greedy density is a needle; the model's own keeps its height, the needle is cut.
        top = 2 * float(raw.max())
    across = filled.width
    for layer, values in ((filled, used), (line, raw)):
        heights = _heights(values, across, linear=linear) / top * (layer.height - 1)
        for x, height in enumerate(heights.tolist()):
            if layer is filled:
                if height >= 0.5:
                    layer.vertical(x, layer.height - 1 - min(round(height), layer.height - 1), layer.height - 1)
            elif height >= 0.25:
                y = layer.height - 1 - min(round(height), layer.height - 1)
                layer.vertical(x, y, y)
    inside, outline = filled.cells, line.cells
    marked = {column: (role, "|" if ascii_only else glyph) for column, role, glyph in marks or []}
    drawn = []
    for y in range(rows):
        cells = []
        for x in range(width):
            if x in marked and (y, x) not in inside:
                role, glyph = marked[x]
                cells.append(Cell(glyph, role))
            elif (y, x) in inside:
                bits = inside[y, x] | outline.get((y, x), 0)
                cells.append(Cell(glyph_of(bits, "#", markers), marked[x][0] if x in marked else "used"))
            elif (y, x) in outline:
                cells.append(Cell(glyph_of(outline[y, x], ".", markers), "dim"))
            else:
                cells.append(Cell(" "))
        drawn.append(cells)
    return drawn


def _heights(values: Floats, across: int, *, linear: bool) -> Floats:
    """One height for each column of dots: between points, or the largest of the levels it stands for."""
    if linear or values.size <= across:
        at = np.linspace(0, values.size - 1, across)
        found: Floats = np.interp(at, np.arange(values.size), values) if linear else values[np.rint(at).astype(int)]
        return found
    edges = np.linspace(0, values.size, across + 1).astype(int)
    return np.array([values[a : max(b, a + 1)].max() for a, b in pairwise(edges.tolist())])


def _column(density: Density, value: float, width: int) -> int:
    span = density.high - density.low or 1.0
    return max(0, min(width - 1, round((value - density.low) / span * (width - 1))))


def _head(view: ValueView, density: Density) -> Row:
    name = sanitise(view.name, ascii_only=view.glyphs.ascii_only)
    cells: list[Cell] = [Cell(f" {name} ", "strong")] if name else [Cell(" ")]
    if density.chosen is None:
        return (*cells, Cell("is to be drawn", "dim"))
    return (*cells, Cell(number(density.chosen), "accent"), Cell(f" {density.chosen_nats:.2f} nats", "text"))


def _axis(density: Density, width: int) -> Row:
    low, middle, high = (number(v) for v in (density.low, (density.low + density.high) / 2, density.high))
    gap = max(1, (width - len(middle)) // 2 - len(low) - 1)
    left = f" {low}{' ' * gap}{middle}"
    return (Cell(left + high.rjust(max(1, width - 1 - len(left))), "faint"),)


def _marked(view: ValueView, density: Density) -> Row:
    if view.focused and view.mark is not None:
        return (Cell(f" {_enter(view)} writes ", "dim"), Cell(number(view.mark), "selected"))
    words = "one Gaussian" if len(density.components) == 1 else f"{len(density.components)} Gaussians"
    return (Cell(f" {words}", "faint"),)


def _component(part: list[float]) -> Row:
    weight, mean, scale = part
    text = f" {percent(weight).strip() + '%':>7}{number(mean):>10}{number(scale):>10}"
    return (Cell(text, "text"),)


def _enter(view: ValueView) -> str:
    return view.glyphs.enter


def title_words(view: ValueView, unit: str, width: int) -> str:
    """`Next pixel`, and the entropy."""
    dot = f" {view.glyphs.dot} "
    name: Any = f"Next {unit}"
    if view.density is None:
        return name if len(name) <= width else "Next"
    entropy = view.density.entropy if math.isfinite(view.density.entropy) else float("nan")
    for text in (f"{name}{dot}h {entropy:.2f} nats", f"Next{dot}h {entropy:.2f} nats"):
        if len(text) <= width:
            return text
    return "Next"
