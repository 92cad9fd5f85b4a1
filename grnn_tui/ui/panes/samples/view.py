"""The contact sheet as rows of cells: small pictures side by side, each with its number and its nats."""

from __future__ import annotations

from msgspec import Struct

from grnn_tui.safetext import cell_width, sanitise
from grnn_tui.ui.markers import UNICODE, Glyphs
from grnn_tui.ui.rows import pixels, raster
from grnn_tui.ui.rows.colours import PictureColours
from grnn_tui.ui.rows.pixels import Layer
from grnn_tui.ui.rows.state import RowState, Sample
from grnn_tui.ui.widgets.lines import Cell, Row

READABLE = 16
"""Half cells of the longer side below which pictures are not made smaller so that more of them fit."""


class SheetView(Struct, frozen=True):
    """What the pane shows."""

    state: RowState | None = None
    layer: Layer = "pixels"
    focused: bool = False
    palette: PictureColours | None = None
    glyphs: Glyphs = UNICODE


class Sheet(Struct, frozen=True):
    """How the pictures lie."""

    scale: raster.Scale
    tall: int
    wide: int
    across: int
    down: int
    first: int
    """The sample in the upper left."""

    def sample_at(self, x: int, y: int) -> int | None:
        """The sample under a cell."""
        column, row = x // (self.wide + 1), y // (self.tall + 1)
        if column >= self.across or row >= self.down or x % (self.wide + 1) == self.wide:
            return None
        return self.first + row * self.across + column


def sheet_for(state: RowState, width: int, height: int) -> Sheet:
    """The largest pictures of which all fit; else readable ones, on pages, the selected one among them."""
    rows, columns = state.shape.rows, state.shape.columns
    scale: raster.Scale | None = raster.Scale(4)
    while scale is not None:
        tall, wide = scale.cells(rows, columns)
        across, down = max(1, (width + 1) // (wide + 1)), max(1, height // (tall + 1))
        smaller = scale.smaller()
        fits = tall + 1 <= height and wide <= width
        if (fits and (across * down >= len(state.samples) or max(2 * tall, wide) <= READABLE)) or smaller is None:
            page = across * down
            return Sheet(scale, tall, wide, across, down, state.selected // page * page)
        scale = smaller
    raise AssertionError


def sheet_rows(view: SheetView, width: int, height: int) -> tuple[Row, ...]:
    """The pictures of one page."""
    state = view.state
    if state is None or not state.samples or height < 2:
        return ()
    plan = sheet_for(state, width, height)
    rows: list[Row] = []
    for down in range(plan.down):
        start = plan.first + down * plan.across
        numbers = [i for i in range(start, start + plan.across) if i < len(state.samples)]
        if not numbers:
            break
        drawn = [_thumb(view, state.samples[i], plan.scale) for i in numbers]
        for y in range(plan.tall):
            cells: list[Cell] = []
            for picture in drawn:
                cells += [*picture[y], Cell(" ")]
            rows.append(tuple(cells))
        labels: list[Cell] = []
        for i in numbers:
            labels += [*_label(view, i, plan.wide), Cell(" ")]
        rows.append(tuple(labels))
    return tuple(rows)


def _thumb(view: SheetView, sample: Sample, scale: raster.Scale) -> tuple[Row, ...]:
    state = view.state
    assert state is not None
    if view.palette is None:
        return raster.shaded(
            raster.scaled(pixels.brightness(state, sample, view.layer), scale),
            raster.scaled(pixels.coverage(state, sample), scale),
            None,
            ascii_only=view.glyphs.ascii_only,
            dot=view.glyphs.dot if not view.glyphs.ascii_only else ".",
        )
    rgb = pixels.picture(state, sample, view.layer, view.palette)
    return raster.coloured(raster.scaled(rgb, scale), view.palette.empty)


def _label(view: SheetView, sample: int, width: int) -> Row:
    """The number, and nats of what is finished, as far as there is room; the selected one stands out."""
    state = view.state
    assert state is not None
    here = sample == state.selected
    number = f"{view.glyphs.arrow if here else ' '}{sample + 1}"
    one = state.samples[sample]
    nats = f"{float(one.nats.sum()):.1f}" if one.length == state.length else ""
    gap = width - cell_width(sanitise(number)) - len(nats)
    role = ("selected" if view.focused else "accent") if here else "dim"
    if gap < 1:
        return (Cell(number[:width] + " " * max(0, width - cell_width(sanitise(number))), role),)
    return (Cell(number, role), Cell(" " * gap), Cell(nats, "text" if here else "faint"))


def title_words(state: RowState | None, rate: float, generating: bool, glyphs: Glyphs = UNICODE) -> str:
    """How many are finished, and how fast it goes."""
    if state is None or not state.samples:
        return ""
    dot, count = f" {glyphs.dot} ", len(state.samples)
    finished = sum(sample.length == state.length for sample in state.samples)
    words = f"{dot}{count}" if finished == count else f"{dot}{finished} of {count} finished"
    return words + (f"{dot}{rate:.0f} {state.opened.unit}s/s" if generating and rate >= 1 else "")


def totals_words(state: RowState | None, width: int) -> str:
    """The mean over what is finished."""
    if state is None or not state.totals.finished:
        return ""
    words = f"mean {state.totals.mean_nats:.2f} nats/{state.opened.row_name}"
    return words if len(words) <= width else ""
