"""The pane of the selected sample; keys move over its pixels and make values known."""

from __future__ import annotations

from msgspec.structs import replace
from textual import events
from textual.content import Content

from grnn_tui.ui.bindings import bindings_for
from grnn_tui.ui.markers import UNICODE, Glyphs
from grnn_tui.ui.panes.picture import table, view
from grnn_tui.ui.panes.picture.messages import Painted, StepChosen
from grnn_tui.ui.panes.picture.view import PictureView
from grnn_tui.ui.rows import pixels
from grnn_tui.ui.rows.colours import colours_of
from grnn_tui.ui.rows.state import RowState
from grnn_tui.ui.widgets.borders import write_border
from grnn_tui.ui.widgets.lines import Row
from grnn_tui.ui.widgets.picture_lines import PictureLines

BRUSH_STEPS = 8
"""Keys from the darkest level to the lightest."""
REAL_STEP = 0.1
"""Standard deviations by which a key turns a known real value."""
PALETTE = tuple((float(n >> 2 & 1), float(n >> 1 & 1), float(n & 1)) for n in (7, 4, 2, 1, 6, 5, 3, 0))
"""Colours of the brush, as shares of red, green and blue."""


class PicturePane(PictureLines, can_focus=True):
    """A large picture of one sample, or a table of real numbers."""

    BINDINGS = bindings_for("picture")

    def __init__(self, glyphs: Glyphs = UNICODE, *, id: str = "picture") -> None:  # noqa: A002
        super().__init__(id=id, classes="pane")
        self.view = PictureView(glyphs=glyphs)
        self._colour = 0

    def show(self, state: RowState, told: str = "") -> None:
        """Show another state; the cursor goes where it is written unless keys have moved it."""
        before, place = self.view.state, self.view.place
        moved_on = before is None or (before.sheet, before.selected) != (state.sheet, state.selected)
        if moved_on or (before is not None and before.cursor != state.cursor):
            keep = not moved_on and before is not None and place is not None and self._is_there(state, place)
            place = place if keep else None
        brush = self.view.brush
        if before is None or before.opened.kind != state.opened.kind or before.opened.levels != state.opened.levels:
            brush = float(state.opened.levels - 1)
        self._look(state=state, place=place, told=told, brush=brush)

    def _is_there(self, state: RowState, place: int) -> bool:
        """Whether the pixel of the keys is the one that the cursor stands on, or one that is not written yet."""
        sample = state.sample
        steps = pixels.steps_of(state, place)
        return sample is not None and (state.cursor in steps or any(step >= sample.length for step in steps))

    def build(self, width: int, height: int) -> tuple[Row, ...]:
        """The rows."""
        state = self.view.state
        if state is not None and state.real:
            return table.table_rows(self.view, width, height)
        return view.picture_rows(self.view, width, height)

    def on_mount(self) -> None:
        """Colours and title."""
        self._take_colours()

    def on_resize(self) -> None:
        """Another width, another title."""
        super().on_resize()
        self._retitle()

    def notify_style_update(self) -> None:
        """Another theme."""
        super().notify_style_update()
        if self.is_mounted:
            self._take_colours()

    def _take_colours(self) -> None:
        plain = self.app.current_theme.ansi or self.app.no_color or self.view.glyphs.ascii_only
        self._look(palette=None if plain else colours_of(self.app.theme_variables))

    def on_focus(self) -> None:
        """A bright cursor."""
        self._look(focused=True)

    def on_blur(self) -> None:
        """A faint one."""
        self._look(focused=False)

    # --- mouse --------------------------------------------------------------------------------------------------------

    def on_click(self, event: events.Click) -> None:
        """The cursor goes where the mouse points; a second click there paints."""
        place = self._place_at(event)
        if place is None:
            return
        again = place == self._place
        self._go(place)
        if again:
            self.action_paint()

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Dragging with the button down paints."""
        state = self.view.state
        if event.button != 1 or state is None or state.real:
            return
        place = self._place_at(event)
        if place is not None and place != self.view.place:
            self._look(place=place)
            if state.shape.channels == 3:
                self._paint_colour(place)
            else:
                self._paint(place, self.view.brush)

    def _place_at(self, event: events.MouseEvent) -> int | None:
        state, offset = self.view.state, event.get_content_offset(self)
        if state is None or offset is None:
            return None
        width, height = self.size
        if state.real:
            place = offset.y - 1 + table.first_row(self.view, height)
            return place if offset.y >= 1 and place < state.length else None
        plan = view.layout(self.view, width, height)
        return plan.pixel_at(state, offset.x, offset.y) if plan is not None else None

    # --- moving -------------------------------------------------------------------------------------------------------

    @property
    def _place(self) -> int:
        state = self.view.state
        return table.cursor_place(self.view) if state is not None and state.real else self.view.pixel

    def action_go(self, rows: int, columns: int) -> None:
        """A pixel up, down, left or right; stops at the edges."""
        state = self.view.state
        if state is None:
            return
        if state.real:
            self._go(max(0, min(state.length - 1, self._place + (rows or columns))))
            return
        shape = state.shape
        row, column = divmod(self._place, shape.columns)
        row = max(0, min(shape.rows - 1, row + rows))
        column = max(0, min(shape.columns - 1, column + columns))
        self._go(min(row * shape.columns + column, shape.pixels - 1))

    def action_to_start(self) -> None:
        """What is written first."""
        self._to_step(0)

    def action_to_end(self) -> None:
        """Where it is being written."""
        state = self.view.state
        if state is not None and state.sample is not None:
            self._look(place=None)
            self.post_message(StepChosen(state.sample.length))

    def _to_step(self, step: int) -> None:
        if self.view.state is not None:
            self._go(pixels.pixel_of(self.view.state, step))

    def _go(self, place: int) -> None:
        state = self.view.state
        if state is None:
            return
        self._look(place=place)
        sample, step = state.sample, pixels.steps_of(state, place)[0]
        if sample is not None and step <= sample.length and step != state.cursor:
            self.post_message(StepChosen(step))

    # --- painting -----------------------------------------------------------------------------------------------------

    def action_paint(self) -> None:
        """Known with the brush, of bits then the other value, then unknown."""
        state, place = self.view.state, self._place
        if state is None:
            return
        known = state.known.get(place * state.shape.channels)
        if state.real:
            self._paint(place, self._present(place) if known is None else None)
        elif state.shape.channels == 3:
            self._paint_colour(place, clear=known is not None)
        else:
            self._paint(place, view.brush_after(self.view, known))

    def action_brush(self, by: int) -> None:
        """A lighter or darker brush, another colour; of real numbers, the known value up or down."""
        state, place = self.view.state, self._place
        if state is None:
            return
        if state.real:
            self._paint(place, self._present(place) + by * REAL_STEP * float(state.moments[1][place]))
            return
        known = place * state.shape.channels in state.known
        if state.shape.channels == 3:
            self._colour = (self._colour + by) % len(PALETTE)
            if known:
                self._paint_colour(place)
            return
        full = state.opened.levels - 1
        step = max(1, round(full / BRUSH_STEPS))
        self._look(brush=float(max(0, min(full, self.view.brush + by * step))))
        if known:
            self._paint(place, self.view.brush)

    def action_layer(self) -> None:
        """Another map."""
        plan = view.layout(self.view, *self.size)
        self._look(layer=view.next_layer(self.view, beside=plan is not None and len(plan.layers) > 1))

    def _present(self, place: int) -> float:
        """What stands in a column of real numbers: known, written, or the data's mean."""
        state = self.view.state
        assert state is not None
        sample, step = state.sample, int(state.steps[place])
        if place in state.known:
            return state.known[place]
        if sample is not None and step < sample.length:
            return float(sample.values[step])
        return float(state.moments[0][place])

    def _paint(self, place: int, value: float | None) -> None:
        self.post_message(Painted({place: value}))

    def _paint_colour(self, pixel: int, *, clear: bool = False) -> None:
        state = self.view.state
        assert state is not None
        full, colour = state.opened.levels - 1, PALETTE[self._colour]
        self.post_message(Painted({pixel * 3 + c: None if clear else round(colour[c] * full) for c in range(3)}))

    # --- showing ------------------------------------------------------------------------------------------------------

    def _look(self, **changes: object) -> None:
        changed = replace(self.view, **changes)
        self.view = changed
        self._retitle()
        self.renew()

    def _retitle(self) -> None:
        state = self.view.state
        room = max(10, self.size.width - 4)
        name = "Table" if state is not None and state.real else "Picture"
        words = view.title_words(state, room - 10, self.view.glyphs)
        title = Content.assemble(("1 ", "$foreground 45%"), name, words)
        write_border(self, title, Content(view.totals_words(state, room, self.view.glyphs)))
