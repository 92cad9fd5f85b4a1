"""The pane of sampling settings."""

from __future__ import annotations

from msgspec.structs import replace
from textual import events
from textual.content import Content

from grnn_tui.ui.bindings import bindings_for
from grnn_tui.ui.markers import UNICODE, Glyphs
from grnn_tui.ui.panes.controls.messages import ControlsChanged
from grnn_tui.ui.panes.controls.view import (
    Controls,
    Name,
    Setting,
    cleared,
    control_rows,
    setting_at,
    settings_of,
    stepped,
)
from grnn_tui.ui.widgets.lines import LineView, Row


class ControlsPane(LineView, can_focus=True):
    """Settings that act on the very next symbol."""

    BINDINGS = bindings_for("controls")

    def __init__(self, controls: Controls, glyphs: Glyphs = UNICODE, *, id: str = "controls") -> None:  # noqa: A002
        super().__init__(id=id, classes="pane")
        self.controls = controls
        self.glyphs = glyphs
        self.selected = 0

    def on_mount(self) -> None:
        """The title."""
        self.border_title = Content.assemble(("3 ", "$foreground 45%"), "Sampling")

    def show(self, controls: Controls) -> None:
        """Show other settings."""
        if controls != self.controls:
            self.controls = controls
            self.selected = min(self.selected, len(self.settings) - 1)
            self.renew()

    @property
    def settings(self) -> tuple[Setting, ...]:
        """Those that mean something to what is being written."""
        return settings_of(self.controls)

    def build(self, width: int, height: int) -> tuple[Row, ...]:
        """The rows."""
        return control_rows(self.controls, self.selected, width, height, focused=self.has_focus, glyphs=self.glyphs)

    def turn(self, name: Name, by: int) -> None:
        """One setting up or down."""
        self._change(stepped(self.controls, name, by))

    def on_click(self, event: events.Click) -> None:
        """Choose a setting; its arrows turn it."""
        offset = event.get_content_offset(self)
        if offset is None:
            return
        index, by = setting_at(offset.x, offset.y, self.size.width, self.size.height, len(self.settings))
        if 0 <= index < len(self.settings):
            self.selected = index
            if by:
                self.turn(self.settings[index].name, by)
            elif self.settings[index].name == "seed" and event.chain > 1:
                self.action_fix_seed()
            self.renew()

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """The wheel turns the setting under the mouse."""
        self._scrolled(event, -1)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """The wheel turns the setting under the mouse."""
        self._scrolled(event, 1)

    def action_row_above(self) -> None:
        """The setting above."""
        self._choose(self.selected - 1)

    def action_row_below(self) -> None:
        """The setting below."""
        self._choose(self.selected + 1)

    def action_less(self) -> None:
        """Down one step."""
        self.turn(self.settings[self.selected].name, -1)

    def action_more(self) -> None:
        """Up one step."""
        self.turn(self.settings[self.selected].name, 1)

    def action_reset(self) -> None:
        """Its default."""
        self._change(cleared(self.controls, self.settings[self.selected].name))

    def action_fix_seed(self) -> None:
        """Fixed seed, or a new one each time."""
        self._change(replace(self.controls, random_seed=not self.controls.random_seed))

    def _scrolled(self, event: events.MouseEvent, by: int) -> None:
        event.stop()
        offset = event.get_content_offset(self)
        if offset is not None:
            index, _ = setting_at(offset.x, offset.y, self.size.width, self.size.height, len(self.settings))
            if 0 <= index < len(self.settings):
                self._choose(index)
                self.turn(self.settings[index].name, by)

    def _choose(self, index: int) -> None:
        self.selected = max(0, min(len(self.settings) - 1, index))
        self.renew()

    def _change(self, controls: Controls) -> None:
        if controls != self.controls:
            self.controls = controls
            self.renew()
            self.post_message(ControlsChanged(controls))
