"""The selected sample as rows of cells: pixels, a map beside them where there is room, and words below."""

from __future__ import annotations

import math
from typing import Any

from msgspec import Struct

from grnn_tui.safetext import clip, sanitise
from grnn_tui.ui.figures import bits, padded
from grnn_tui.ui.markers import UNICODE, Glyphs
from grnn_tui.ui.rows import colours, pixels, raster
from grnn_tui.ui.rows.colours import PictureColours
from grnn_tui.ui.rows.pixels import BITS, Layer
from grnn_tui.ui.rows.state import RowState
from grnn_tui.ui.widgets.lines import Cell, Row, fitted

WORDS = 4
"""Rows below the picture."""
GAP = 1
"""Cells between a picture and the map beside it."""
LARGE = 12
"""Rows of cells at which a picture is large enough to have a map beside it."""
CAPTIONS: dict[Layer, str] = {
    "pixels": "sample",
    "p": "what was expected",
    "surprisal": "surprisal",
    "order": "order of writing",
}


class PictureView(Struct, frozen=True):
    """What the pane shows."""

    state: RowState | None = None
    layer: Layer = "pixels"
    place: int | None = None
    """The pixel the keys stand on; None: where it is written."""
    brush: float = 1.0
    """The level that the space key paints with."""
    told: str = ""
    """What the model was told, raw."""
    focused: bool = False
    palette: PictureColours | None = None
    """None: a terminal without enough colours, which gets shades."""
    glyphs: Glyphs = UNICODE

    @property
    def pixel(self) -> int:
        """The pixel of the cursor."""
        if self.place is not None or self.state is None:
            return self.place or 0
        return pixels.pixel_of(self.state, self.state.cursor)


class Layout(Struct, frozen=True):
    """Which pictures are shown, at which scale, from which column on."""

    scale: raster.Scale
    layers: tuple[Layer, ...]
    left: int
    wide: int
    """Cells of one picture."""
    tall: int

    def pixel_at(self, state: RowState, x: int, y: int) -> int | None:
        """The pixel under a cell of the pane."""
        for i in range(len(self.layers)):
            column = x - self.left - i * (self.wide + GAP)
            if 0 <= column < self.wide and 0 <= y < self.tall:
                row, column = self.scale.pixel_at(column, y)
                pixel = row * state.shape.columns + column
                return pixel if row < state.shape.rows and pixel < state.shape.pixels else None
        return None


def layout(view: PictureView, width: int, height: int) -> Layout | None:
    """A map stands beside the picture where that costs nothing, or leaves the picture large all the same."""
    if view.state is None or width < 4 or height < 2:
        return None
    rows, columns = view.state.shape.rows, view.state.shape.columns
    room = height - WORDS - 1 if height > 3 * WORDS else max(1, height - 2)
    alone = raster.scale_for(rows, columns, room, width)
    both = raster.scale_for(rows, columns, room, (width - GAP) // 2)
    beside = both == alone or both.cells(rows, columns)[0] >= LARGE
    scale = both if beside else alone
    tall, wide = scale.cells(rows, columns)
    layers: tuple[Layer, ...] = ("pixels", other_layer(view.layer)) if beside else (view.layer,)
    across = len(layers) * wide + (len(layers) - 1) * GAP
    return Layout(scale, layers, max(0, (width - across) // 2), wide, tall)


def other_layer(layer: Layer) -> Layer:
    """What stands beside the pixels."""
    return "p" if layer == "pixels" else layer


def next_layer(view: PictureView, *, beside: bool) -> Layer:
    """The layer after this one; the pixels are there already when a map stands beside them."""
    shown = other_layer(view.layer) if beside else view.layer
    after = pixels.LAYERS[(pixels.LAYERS.index(shown) + 1) % len(pixels.LAYERS)]
    return "p" if beside and after == "pixels" else after


def picture_rows(view: PictureView, width: int, height: int) -> tuple[Row, ...]:
    """Pictures, captions, words."""
    plan = layout(view, width, height)
    if view.state is None or plan is None or view.state.sample is None:
        return ((), (Cell("  the model is being opened ...", "dim"),))
    drawn = [_drawn(view, layer, plan) for layer in plan.layers]
    rows: list[Row] = []
    for y in range(plan.tall):
        cells: list[Cell] = [Cell(" " * plan.left)]
        for i, picture in enumerate(drawn):
            cells += [Cell(" " * GAP)] * (i > 0) + list(picture[y])
        rows.append(tuple(cells))
    rows.append(fitted(_captions(view, plan), width))
    rows += [fitted((Cell(" "), *row), width) for row in words(view, width - 1) if row]
    return tuple(rows)[:height]


def _drawn(view: PictureView, layer: Layer, plan: Layout) -> tuple[Row, ...]:
    state = view.state
    assert state is not None
    sample = state.sample
    assert sample is not None
    place = divmod(view.pixel, state.shape.columns)
    if view.palette is None:
        shown = pixels.coverage(state, sample) | (layer == "order")
        by = plan.scale.by
        across, down = (place[1] // by, place[0] // by) if plan.scale.down else (place[1] * by, place[0] * by)
        return raster.shaded(
            raster.scaled(pixels.brightness(state, sample, layer), plan.scale),
            raster.scaled(shown, plan.scale),
            (down // 2, across) if layer == "pixels" or len(plan.layers) == 1 else None,
            ascii_only=view.glyphs.ascii_only,
            dot=view.glyphs.dot if not view.glyphs.ascii_only else ".",
        )
    rgb = raster.scaled(pixels.picture(state, sample, layer, view.palette), plan.scale)
    _mark_cursor(rgb, place, plan.scale, view)
    return raster.coloured(rgb, view.palette.empty)


def _mark_cursor(rgb: colours.RGB, place: tuple[int, int], scale: raster.Scale, view: PictureView) -> None:
    by = scale.by
    row, column = (place[0] // by, place[1] // by) if scale.down else (place[0] * by, place[1] * by)
    size = 1 if scale.down else by
    here = (slice(row, row + size), slice(column, column + size))
    assert view.palette is not None
    rgb[here] = colours.tinted(rgb[here], view.palette.cursor, 1.0 if view.focused else 0.7)


def _captions(view: PictureView, plan: Layout) -> Row:
    state = view.state
    assert state is not None
    cells: list[Cell] = [Cell(" " * max(1, plan.left))]
    for i, layer in enumerate(plan.layers):
        name = CAPTIONS[layer]
        if layer == "p" and state.opened.kind == "binary":
            name = "p(1)"
        elif layer == "p":
            name = "mean expected"
        text = padded(clip(sanitise(name, ascii_only=view.glyphs.ascii_only), plan.wide, ""), plan.wide)
        cells += [Cell(" " * GAP)] * (i > 0) + [Cell(text, "faint")]
    return tuple(cells)


def words(view: PictureView, width: int) -> list[Row]:
    """Where the cursor is, what stands there, what is known, and what a map's colours mean."""
    state = view.state
    assert state is not None
    dot = f" {view.glyphs.dot} "
    rows: list[Row] = [_where(view, dot, width), _what(view, dot)]
    rows.append(known_words(state, view.told, view.glyphs))
    if view.layer == "surprisal" and view.palette is not None:
        rows.append(_heat_legend())
    return rows


def _where(view: PictureView, dot: str, width: int) -> Row:
    state, pixel = view.state, view.pixel
    assert state is not None
    shape, unit = state.shape, "pixel" if state.opened.row_name == "image" else state.opened.unit
    row, column = pixel // shape.columns + 1, pixel % shape.columns + 1
    place = f"row {row}, column {column}" if width >= 40 else f"{row}, {column}"
    if state.opened.columns and pixel < len(state.opened.columns):
        place = sanitise(state.opened.columns[pixel], ascii_only=view.glyphs.ascii_only)
    elif state.opened.row_name != "image":
        place = ""
    head = (Cell(f"{unit} {pixel + 1}", "strong"), Cell(f" of {shape.pixels}", "dim"))
    return (*head, Cell(dot, "faint"), Cell(place, "text")) if place else head


def _what(view: PictureView, dot: str) -> Row:
    """What is known or written at the cursor, and how surprising it was."""
    state = view.state
    assert state is not None
    sample, steps = state.sample, pixels.steps_of(state, view.pixel)
    assert sample is not None
    values = [state.known.get(int(state.order[step])) for step in steps]
    if any(value is not None for value in values):
        text = " ".join("?" if value is None else f"{value:g}" for value in values)
        return (Cell("known ", "good"), Cell(text, "text"))
    written = [step for step in steps if step < sample.length]
    if not written:
        return (Cell("not written yet", "dim"),)
    text = " ".join(f"{sample.values[step]:g}" for step in written)
    cost = float(sum(sample.nats[step] for step in written)) * BITS
    chosen = any(step in sample.forced for step in written)
    cells = [Cell("chosen " if chosen else "drawn ", "warning" if chosen else "dim"), Cell(text, "text")]
    if len(written) == 1:
        p = math.exp(-float(sample.nats[written[0]]))
        cells += [Cell(dot, "faint"), Cell("p ", "dim"), Cell(f"{p:.3f}", "text")]
    return (*cells, Cell(dot, "faint"), Cell(f"{bits(cost)} bit", "text"))


def known_words(state: RowState, told: str, glyphs: Glyphs) -> Row:
    """How much is known and how exactly the rest is drawn; what the model was told."""
    dot = f" {glyphs.dot} "
    cells: list[Cell] = []
    if told:
        cells += [Cell("told ", "dim"), Cell(sanitise(told, ascii_only=glyphs.ascii_only), "text")]
    if not state.known:
        return tuple(cells)
    cells += [Cell(dot, "faint")] * bool(told) + [Cell(f"{len(state.known)} known", "good")]
    if state.painted or state.untouched:
        cells += [Cell(dot, "faint"), Cell("f completes", "accent")]
    elif state.exact:
        cells += [Cell(dot, "faint"), Cell("exact", "text")]
    else:
        several = f"{state.particles} particles"
        effective = f", {state.effective:.1f} effective" if state.effective > 1 else ""
        cells += [Cell(dot, "faint"), Cell(several + effective, "text")]
    return tuple(cells)


def _heat_legend() -> Row:
    import numpy as np

    shades = colours.heat(np.linspace(0, 1, 12) ** 2 * colours.HEAT_BITS)
    cells: list[Cell] = [Cell("0 ", "dim")]
    for r, g, b in shades.tolist():
        colour = f"#{r:02x}{g:02x}{b:02x}"
        cells.append(Cell(" ", colour + colour))
    return (*cells, Cell(f" {colours.HEAT_BITS:.0f} bit", "dim"))


def title_words(state: RowState | None, width: int, glyphs: Glyphs = UNICODE) -> str:
    """Which sample, and its seed, as far as there is room."""
    if state is None:
        return ""
    sample, dot = state.sample, f" {glyphs.dot} "
    count = len(state.samples)
    if sample is None:
        return ""
    number = f"{dot}sample {state.selected + 1} of {count}"
    for words in (f"{number}{dot}seed {sample.seed}", number, f"{dot}{state.selected + 1} of {count}"):
        if len(words) <= width:
            return words
    return ""


def totals_words(state: RowState | None, width: int, glyphs: Glyphs = UNICODE) -> str:
    """Nats of the whole row, or of what is written so far, and bits a value."""
    if state is None or not state.totals.values:
        return ""
    totals, opened = state.totals, state.opened
    dot = f" {glyphs.dot} "
    whole = totals.values == state.length
    nats = f"{totals.nats:.2f} nats/{opened.row_name}" if whole else f"{totals.nats:.2f} nats in {totals.values}"
    each = f"{totals.nats * BITS / totals.values:.3f} bit/{opened.unit}"
    if state.real:
        # Of a density bits mean little; its nats depend on the units of the data as it is.
        each = f"{totals.nats / totals.values:.3f}/{opened.unit}"
    for parts in ([nats, each], [nats]):
        text = dot.join(parts)
        if len(text) <= width:
            return text
    return ""


def brush_after(view: PictureView, known: float | None) -> float | None:
    """What the space key makes of a pixel: the brush, of bits then the other value, then unknown again."""
    state: Any = view.state
    if known is None:
        return view.brush
    if state.opened.kind == "binary" and known == view.brush:
        return 1.0 - view.brush
    return None
