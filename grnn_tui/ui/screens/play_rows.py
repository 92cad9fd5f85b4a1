"""The main screen while a model of rows is open: other panes in the places of prompt, text, next symbol and branches.

They are imported and mounted when the first such model is opened, so that a text pays nothing for them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from grnn_tui.ui.markers import Glyphs
from grnn_tui.ui.widgets.chart_raster import Markers

if TYPE_CHECKING:
    from textual.screen import Screen

    from grnn_tui.ui.controller import Controller
    from grnn_tui.ui.panes.next_symbol.pane import NextSymbolPane
    from grnn_tui.ui.panes.next_value.pane import NextValuePane
    from grnn_tui.ui.panes.output.pane import OutputPane
    from grnn_tui.ui.panes.picture.pane import PicturePane
    from grnn_tui.ui.panes.prompt.pane import PromptPane
    from grnn_tui.ui.panes.samples.pane import SamplesPane
    from grnn_tui.ui.rows.state import RowState
    from grnn_tui.ui.rows.wishes import RowWishes

    _Base = Screen[None]
else:
    _Base = object


NARROW_PICTURE = 23
"""Columns of pixels up to which the picture leaves more room to the samples."""


class PlayRows(_Base):
    """Mixed into the main screen."""

    controller: Controller
    prompt: PromptPane
    output: OutputPane
    bars: NextSymbolPane
    glyphs: Glyphs
    markers: Markers
    picture: PicturePane | None = None
    samples: SamplesPane | None = None
    next_value: NextValuePane | None = None

    def show(self) -> None:
        """Show the controller's state."""
        raise NotImplementedError

    def jump(self, name: str) -> None:
        """Give a pane the keys."""
        raise NotImplementedError

    def show_rows(self) -> None:
        """Show the sheet in its panes, if rows are played; change to them, or back to the text."""
        state = self.controller.state
        rows = state.rows
        if rows is None:
            if self.has_class("-rows"):
                self._change_to_text()
            return
        if self.picture is None or self.samples is None or self.next_value is None:
            self._make_row_panes()
            return
        self.set_class(rows.real, "-real")
        self.set_class(rows.shape.columns > NARROW_PICTURE, "-broad")
        self.set_class(rows.opened.kind == "binary", "-binary")
        if not self.has_class("-rows"):
            self._change_to_rows()
        self.picture.show(rows, self._told())
        self.samples.show(rows, state.rate, state.generating)
        self.next_value.show_value(rows, state.prediction)

    def _told(self) -> str:
        """What the selected sample is told, raw; empty for nothing."""
        told, rows = self.controller.controls.told, self.controller.state.rows
        if told.features:
            return "" if told.standard is None else f"{len(told.features)} features"
        if not told.classes or told.label == 0 or rows is None:
            return ""
        return told.classes[rows.selected % len(told.classes)] if told.label < 0 else told.label_text

    def _make_row_panes(self) -> None:
        from grnn_tui.ui.panes.next_value.pane import NextValuePane
        from grnn_tui.ui.panes.picture.pane import PicturePane
        from grnn_tui.ui.panes.samples.pane import SamplesPane

        self.picture, self.samples = PicturePane(self.glyphs), SamplesPane(self.glyphs)
        self.next_value = NextValuePane(self.glyphs, self.markers, log=self.bars.view.log)
        self.query_one("#left").mount(self.picture, before=self.prompt)
        self.query_one("#right").mount(self.next_value, self.samples, before=self.bars)
        self.call_after_refresh(self.show)

    def _change_to_rows(self) -> None:
        self.remove_class("-zoomed")
        self.query(".-zoom").remove_class("-zoom")
        self.add_class("-rows")
        assert self.picture is not None
        if self.focused is None or self.focused in (self.prompt, self.output, self.bars):
            self.set_focus(self.picture)

    def _change_to_text(self) -> None:
        self.remove_class("-rows", "-real", "-binary", "-broad", "-zoomed")
        self.query(".-zoom").remove_class("-zoom")
        if self.focused is None or self.focused in (self.picture, self.samples, self.next_value):
            self.jump("prompt")

    def row_labels(self, rows: RowState) -> dict[str, str]:
        """What keys are called while rows are played."""
        return {"generate": "new sheet" if rows.finished else "write", "edit_prompt": "picture"}

    # --- actions ------------------------------------------------------------------------------------------------------

    def action_complete(self) -> None:
        """Write samples that agree with what is known."""
        self._wish(lambda rows: rows.complete())

    def action_branch_sample(self) -> None:
        """A new sample that begins as this one does."""
        self._wish(lambda rows: rows.branch())

    def action_keep_beginning(self) -> None:
        """All before the cursor is known."""
        self._wish(lambda rows: rows.know_what_precedes())

    def action_forget_known(self) -> None:
        """Nothing is known."""
        self._wish(lambda rows: rows.forget_known())

    def action_sample(self, by: int) -> None:
        """Another sample."""
        self._wish(lambda rows: rows.select(rows.state.selected + by))

    def action_next_order(self) -> None:
        """Another order."""
        self._wish(lambda rows: rows.next_order())

    # --- what panes say -----------------------------------------------------------------------------------------------

    def on_step_chosen(self, message: Any) -> None:
        """The cursor over pixels."""
        self._wish(lambda rows: rows.stand_at(message.step))

    def on_painted(self, message: Any) -> None:
        """Values became known."""
        self._wish(lambda rows: rows.paint(message.places))

    def on_sample_selected(self, message: Any) -> None:
        """A sample of the sheet."""
        self._wish(lambda rows: rows.select(message.sample))

    def on_value_forced(self, message: Any) -> None:
        """A real value was chosen."""
        self._wish(lambda rows: rows.force(message.value))

    def _wish(self, wish: Callable[[RowWishes], object]) -> None:
        if self.controller.rows is not None:
            wish(self.controller.rows)
            self.show()
