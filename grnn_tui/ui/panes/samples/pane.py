"""The pane of the contact sheet."""

from __future__ import annotations

from msgspec.structs import replace
from textual import events
from textual.content import Content

from grnn_tui.ui.bindings import bindings_for
from grnn_tui.ui.markers import UNICODE, Glyphs
from grnn_tui.ui.panes.samples.messages import SampleSelected
from grnn_tui.ui.panes.samples.view import SheetView, sheet_for, sheet_rows, title_words, totals_words
from grnn_tui.ui.rows.colours import colours_of
from grnn_tui.ui.rows.state import RowState
from grnn_tui.ui.widgets.borders import write_border
from grnn_tui.ui.widgets.lines import Row
from grnn_tui.ui.widgets.picture_lines import PictureLines


class SamplesPane(PictureLines, can_focus=True):
    """All samples side by side; keys move among them."""

    BINDINGS = bindings_for("samples")

    def __init__(self, glyphs: Glyphs = UNICODE, *, id: str = "samples") -> None:  # noqa: A002
        super().__init__(id=id, classes="pane")
        self.view = SheetView(glyphs=glyphs)
        self._pace = (0.0, False)

    def show(self, state: RowState, rate: float, generating: bool) -> None:
        """Show another state."""
        self._pace = (rate, generating)
        self._look(state=state)

    def build(self, width: int, height: int) -> tuple[Row, ...]:
        """The pictures."""
        return sheet_rows(self.view, width, height)

    def on_mount(self) -> None:
        """Colours and title."""
        self._take_colours()

    def notify_style_update(self) -> None:
        """Another theme."""
        super().notify_style_update()
        if self.is_mounted:
            self._take_colours()

    def on_focus(self) -> None:
        """The selected one stands out."""
        self._look(focused=True)

    def on_blur(self) -> None:
        """It does so less."""
        self._look(focused=False)

    def on_click(self, event: events.Click) -> None:
        """Look at the one under the mouse."""
        state, offset = self.view.state, event.get_content_offset(self)
        if state is None or offset is None or not state.samples:
            return
        sample = sheet_for(state, *self.size).sample_at(offset.x, offset.y)
        if sample is not None and sample < len(state.samples):
            self.post_message(SampleSelected(sample))

    def action_go(self, rows: int, columns: int) -> None:
        """The sample beside, above or below; stops at the ends."""
        state = self.view.state
        if state is None or not state.samples:
            return
        by = columns + rows * sheet_for(state, *self.size).across
        if 0 <= state.selected + by < len(state.samples):
            self.post_message(SampleSelected(state.selected + by))

    def _take_colours(self) -> None:
        plain = self.app.current_theme.ansi or self.app.no_color or self.view.glyphs.ascii_only
        self._look(palette=None if plain else colours_of(self.app.theme_variables))

    def _look(self, **changes: object) -> None:
        self.view = replace(self.view, **changes)
        words = title_words(self.view.state, *self._pace, self.view.glyphs)
        below = totals_words(self.view.state, max(10, self.size.width - 4))
        write_border(self, Content.assemble(("2 ", "$foreground 45%"), "Samples", words), Content(below))
        self.renew()
