"""The pane of the text: cells that stream in are painted by themselves, the rest stays."""

from __future__ import annotations

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.content import Content
from textual.geometry import Region
from textual.strip import Strip
from textual.style import Style as ContentStyle
from textual.widget import Widget

from grnn_tui.engine.protocol import Totals
from grnn_tui.ui.bindings import bindings_for
from grnn_tui.ui.markers import UNICODE, Glyphs
from grnn_tui.ui.model import NOTHING
from grnn_tui.ui.panes.next_symbol.messages import CursorMoved
from grnn_tui.ui.panes.output.legend import order_text, unit_line
from grnn_tui.ui.panes.output.messages import CursorPlaced
from grnn_tui.ui.panes.output.view import Look, TextView, row_runs, title_text, totals_text
from grnn_tui.ui.panes.output.wrapping import Wrapping
from grnn_tui.ui.roles import role_style
from grnn_tui.ui.theme import surprisal_styles, unit_styles
from grnn_tui.ui.track import STEPS
from grnn_tui.ui.widgets.borders import write_border


class OutputPane(Widget, can_focus=True):
    """Prompt and text of the current branch, with a cursor that can stand anywhere in it."""

    BINDINGS = bindings_for("output")

    def __init__(self, glyphs: Glyphs = UNICODE, *, id: str = "output") -> None:  # noqa: A002
        super().__init__(id=id, classes="pane")
        self.view = TextView()
        self.glyphs = glyphs
        self.hint: tuple[str, ...] = ()
        self._wrapping = Wrapping(80, ascii_only=glyphs.ascii_only)
        self._captioned: tuple[int | None, float, Totals, str] = (None, 0.0, NOTHING, "symbol")
        self._top = 0
        self._ramp: tuple[Style, ...] = ()
        self._looks: dict[Look, Style] = {}
        self._roles: dict[str, Style] = {}

    def show(self, view: TextView, hint: tuple[str, ...] = ()) -> None:
        """Show this text; only cells that differ are painted."""
        # A person who has scrolled away from where it writes is left alone.
        follow = not view.generating or self._in_sight(self.view.cursor)
        old, self.view = self.view, view
        empty_before, self.hint = self._empty, hint
        changed = view.transcript.changed_from(old.transcript)
        if view.colouring != old.colouring or view.prompt != old.prompt or empty_before or self._empty:
            if view.colouring != old.colouring:
                self._ramp, self._looks = (), {}
            self._rewrap(changed)
            self._keep_in_sight()
            self.refresh()
            return
        if view.generating != old.generating:
            self._looks = {}
        recoloured = view.recoloured_from(old)
        first, rows_before = None, self._wrapping.rows
        if changed < max(view.transcript.length, old.transcript.length):
            first = self._rewrap(changed)
        if follow and self._keep_in_sight():
            self.refresh()
            return
        regions = [] if first is None else self._rows_from(first, changed, rows_before)
        if recoloured < changed:
            regions += self._rows_below(recoloured)
        if view.cursor != old.cursor or view.generating != old.generating:
            regions += [self._cell(min(old.cursor, view.transcript.length)), self._cell(view.cursor)]
        if regions:
            self.refresh(*[region for region in regions if region])

    @property
    def _empty(self) -> bool:
        return self.view.transcript.length == 0

    def on_resize(self) -> None:
        """Wrap anew."""
        if self._wrapping.width != max(2, self.size.width):
            self._wrapping = Wrapping(self.size.width, ascii_only=self.glyphs.ascii_only)
            self._rewrap(0)
        self.caption(*self._captioned)
        self._top = max(0, min(self._top, self._wrapping.rows - 1))
        self._keep_in_sight()
        self.refresh()

    def on_mount(self) -> None:
        """The title."""
        self.caption(*self._captioned)

    def caption(self, target: int | None, rate: float, totals: Totals, unit: str) -> None:
        """What is being done, above; totals, below, as far as there is room."""
        self._captioned = (target, rate, totals, unit)
        above = title_text(self.view, target, rate, self.glyphs)
        room = max(10, self.size.width - 4)
        if self.view.colouring == "unit":
            order = order_text(self.view.track, self.glyphs)
            above += order if len(above + order) <= room - 6 else ""
            pieces = [(piece.text, self._shade(piece.level)) for piece in unit_line(self.view.track, room, self.glyphs)]
            below = Content.assemble(*pieces)
        else:
            below = Content(totals_text(totals, unit, room, self.glyphs))
        write_border(self, Content.assemble(("2 ", "$foreground 45%"), "Text", above), below)

    def on_focus(self) -> None:
        """Paint the cursor bright."""
        self._looks = {}
        self.refresh()

    def on_blur(self) -> None:
        """Paint the cursor faint."""
        self._looks = {}
        self.refresh()

    def notify_style_update(self) -> None:
        """Another theme: look colours up again."""
        super().notify_style_update()
        self._ramp, self._looks, self._roles = (), {}, {}
        if self.is_mounted:
            self.caption(*self._captioned)

    def render_line(self, y: int) -> Strip:
        """One row of text."""
        width = self.size.width
        if self._empty and y > 0:
            words = self.hint[y - 2] if 2 <= y < len(self.hint) + 2 else ""
            return Strip([Segment("  " + words, self._role("dim"))]).adjust_cell_length(width, self._role(""))
        runs = row_runs(self.view, self._wrapping, self._top + y)
        segments = [Segment(text, self._style(look)) for text, look in runs]
        return Strip(segments).adjust_cell_length(width, self._role(""))

    def on_click(self, event: events.Click) -> None:
        """The cursor goes where the mouse points."""
        offset = event.get_content_offset(self)
        if offset is not None and not self._empty:
            position = self._wrapping.position_at(self.view.transcript.text, self._top + offset.y, offset.x)
            self.post_message(CursorPlaced(position))

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """The wheel scrolls; the cursor stays."""
        event.stop()
        self._show_from(self._top + 3)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """The wheel scrolls; the cursor stays."""
        event.stop()
        self._show_from(self._top - 3)

    def action_back(self) -> None:
        """One symbol back."""
        self.post_message(CursorMoved(-1))

    def action_forward(self) -> None:
        """One symbol on."""
        self.post_message(CursorMoved(1))

    def action_row_up(self) -> None:
        """To the same column of the row above."""
        self._by_rows(-1)

    def action_row_down(self) -> None:
        """To the same column of the row below."""
        self._by_rows(1)

    def action_page_back(self) -> None:
        """A screenful up."""
        self._by_rows(-max(1, self.size.height - 1))

    def action_page_forward(self) -> None:
        """A screenful down."""
        self._by_rows(max(1, self.size.height - 1))

    def action_to_start(self) -> None:
        """The end of the prompt."""
        self.post_message(CursorPlaced(self.view.prompt))

    def action_to_end(self) -> None:
        """The end of the text."""
        self.post_message(CursorPlaced(self.view.transcript.length))

    def _by_rows(self, by: int) -> None:
        text, wrapping = self.view.transcript.text, self._wrapping
        row = wrapping.row_of(self.view.cursor)
        column = wrapping.column_of(text, self.view.cursor)
        if row + by < 0:
            self.post_message(CursorPlaced(0))
        elif row + by >= wrapping.rows:
            self.post_message(CursorPlaced(wrapping.length))
        else:
            self.post_message(CursorPlaced(wrapping.position_at(text, row + by, column)))

    def _rewrap(self, changed: int) -> int:
        return self._wrapping.rewrap(self.view.transcript.text, self.view.transcript.length, changed)

    def _in_sight(self, position: int) -> bool:
        return self._top <= self._wrapping.row_of(position) < self._top + self.size.height

    def _keep_in_sight(self) -> bool:
        """Scroll so that the cursor is seen: half a page, so that most frames repaint only new cells."""
        height = self.size.height
        if height < 1:
            return False
        if self._in_sight(self.view.cursor):
            return False
        row = self._wrapping.row_of(self.view.cursor)
        top = row - height + 1 + height // 2 if row >= self._top + height else row - height // 2
        self._top = max(0, min(top, self._wrapping.rows - 1))
        return True

    def _show_from(self, top: int) -> None:
        top = max(0, min(top, self._wrapping.rows - self.size.height))
        if top != self._top:
            self._top = top
            self.refresh()

    def _rows_from(self, first: int, changed: int, rows_before: int) -> list[Region]:
        """Regions of the rows from `first` on; of a last row that only grew, its new cells."""
        width, height = self.size
        last = self._wrapping.rows - 1
        if self._wrapping.rows == rows_before and self._wrapping.row_of(changed) == last and last - self._top < height:
            column = self._wrapping.column_of(self.view.transcript.text, changed)
            return [Region(column, last - self._top, max(1, width - column), 1)]
        top = max(0, first - self._top)
        stop = min(height, max(rows_before, last + 1) - self._top)
        return [Region(0, top, width, stop - top)] if top < stop else []

    def _rows_below(self, position: int) -> list[Region]:
        """Regions of the row of a position and of all below it."""
        top = max(0, self._wrapping.row_of(position) - self._top)
        return [Region(0, top, self.size.width, self.size.height - top)] if top < self.size.height else []

    def _cell(self, position: int) -> Region:
        """The cell of a position; null if it is not on the screen."""
        position = min(position, self.view.transcript.length)
        y = self._wrapping.row_of(position) - self._top
        if not 0 <= y < self.size.height:
            return Region()
        column = self._wrapping.column_of(self.view.transcript.text, position)
        cells = self._wrapping.cells_at(self.view.transcript.text, position)
        return Region(column, y, min(max(4, cells), max(1, self.size.width - column)), 1)

    def _style(self, look: Look) -> Style:
        style = self._looks.get(look)
        if style is None:
            style = self._looks[look] = self._made(look)
        return style

    def _role(self, role: str) -> Style:
        """The style of a role; of no role, the pane's own, which is slow to work out."""
        style = self._roles.get(role)
        if style is None:
            style = self.rich_style
            if role:
                style += role_style(role, self.app.theme_variables, self.background_colors[1])
            self._roles[role] = style
        return style

    def _coloured(self, level: int) -> Style:
        """The style of a level of what the text is coloured by."""
        theme, no_color = self.app.current_theme, self.app.no_color
        by_unit = self.view.colouring == "unit"
        if not self._ramp and by_unit:
            self._ramp = unit_styles(theme, self.background_colors[1], no_color=no_color)
        elif not self._ramp:
            self._ramp = surprisal_styles(theme, no_color=no_color)
        return self._ramp[level + STEPS if by_unit else level]

    def _shade(self, level: int | None) -> ContentStyle:
        """The same for words in the border."""
        return ContentStyle() if level is None else ContentStyle.from_rich_style(self._coloured(level))

    def _made(self, look: Look) -> Style:
        if look.cursor:
            return self._role("cursor" if self.has_focus or self.view.generating else "cursor-idle")
        base = self._role("prompt" if look.prompt else "text")
        if look.level is not None:
            base += self._coloured(look.level)
        if look.forced:
            base += Style(underline=True, bold=True)
        if look.unknown:
            base += Style(reverse=True)
        return base
