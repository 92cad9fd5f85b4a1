"""Every key, from the table of actions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen

from grnn_tui.ui.actions import HEADINGS, SCOPES, Keymap, Scope, key_name
from grnn_tui.ui.markers import UNICODE, Glyphs
from grnn_tui.ui.widgets.lines import Cell, LineView, Row

KEY_CELLS = 16


def help_rows(keymap: Keymap, first: Sequence[Scope], width: int, glyphs: Glyphs = UNICODE) -> tuple[Row, ...]:
    """Scopes with their keys, those in force first; long sentences are cut at the edge."""
    order = [*dict.fromkeys([*first, *SCOPES])]
    rows: list[Row] = [
        (Cell("In the prompt letters are text; everywhere else they are commands.", "dim"),),
        (Cell("Tab leaves the prompt, ", "dim"), Cell("i", "key"), Cell(" goes back to it.", "dim")),
    ]
    for scope in order:
        actions = keymap.of_scope(scope)
        if not actions:
            continue
        rows += [(), (Cell(HEADINGS[scope], "accent"),)]
        for action in actions:
            keys = "  ".join(key_name(key, ascii_only=glyphs.ascii_only) for key in action.keys)
            text = action.help[: max(0, width - KEY_CELLS - 2)]
            rows.append((Cell(f"{keys:>{KEY_CELLS}}  ", "key"), Cell(text, "text")))
    return tuple(rows)


class _Keys(LineView):
    """The rows, as high as they are many."""

    def __init__(self, keymap: Keymap, first: Sequence[Scope], glyphs: Glyphs) -> None:
        super().__init__(id="help-keys")
        self._keymap, self._first, self._glyphs = keymap, first, glyphs
        self.styles.height = len(help_rows(keymap, first, 80, glyphs))

    def build(self, width: int, height: int) -> tuple[Row, ...]:
        """All of them."""
        del height
        return help_rows(self._keymap, self._first, width, self._glyphs)


class HelpScreen(ModalScreen[None]):
    """Scrolls; any of its keys closes it."""

    DEFAULT_CSS = """
    HelpScreen {
        align: center middle;
        & > #help-box {
            width: 84;
            max-width: 96%;
            height: 90%;
            border: round $border;
            background: $surface;
            padding: 0 1;
            scrollbar-size-vertical: 1;
        }
        #help-keys { background: $surface; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("q,escape,question_mark,enter", "close", show=False),
        Binding("j,down", "scroll(1)", show=False),
        Binding("k,up", "scroll(-1)", show=False),
        Binding("space,pagedown", "scroll(12)", show=False),
        Binding("pageup", "scroll(-12)", show=False),
    ]

    def __init__(self, keymap: Keymap, first: Sequence[Scope], glyphs: Glyphs = UNICODE) -> None:
        super().__init__()
        self._keys = _Keys(keymap, first, glyphs)
        self._glyphs = glyphs

    def compose(self) -> ComposeResult:
        """A box that scrolls."""
        with VerticalScroll(id="help-box") as box:
            box.border_title = Content("Keys")
            arrows = "up/down" if self._glyphs.ascii_only else "↑↓"
            box.border_subtitle = Content(f"{arrows} scroll {self._glyphs.dot} q close")
            yield self._keys

    def action_scroll(self, by: int) -> None:
        """Up or down."""
        self.query_one("#help-box", VerticalScroll).scroll_relative(y=by, animate=False)

    def action_close(self) -> None:
        """Close."""
        self.dismiss(None)
