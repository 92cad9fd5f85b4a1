"""The last line of the screen: the keys that matter now, or news."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from msgspec import Struct
from textual import events
from textual.message import Message

from grnn_tui.safetext import cell_width, sanitise
from grnn_tui.ui.actions import Action, key_name
from grnn_tui.ui.markers import UNICODE, Glyphs
from grnn_tui.ui.model import Notice
from grnn_tui.ui.widgets.lines import Cell, LineView, Row, justified, width_of, wrapped

ALWAYS = ("palette", "leave")
"""Actions that stand at the right end."""
NOTICE_ROWS = 3
"""What is longer is cut."""


class KeyView(Struct, frozen=True):
    """What the line shows."""

    actions: Sequence[Action] = ()
    labels: Mapping[str, str] | None = None
    """Other labels for actions whose meaning has changed for now."""
    hidden: Collection[str] = ()
    notice: Notice | None = None
    glyphs: Glyphs = UNICODE


def chosen_actions(view: KeyView, width: int) -> tuple[list[Action], list[Action]]:
    """The heaviest actions that fit, in the order of the table: at the left, and at the right end."""
    usable = [action for action in view.actions if action.id not in view.hidden and action.keys]
    right = [action for action in usable if action.id in ALWAYS]
    left: list[Action] = []
    room = width - sum(_cells(view, action) for action in right) - 1
    for action in sorted((a for a in usable if a.id not in ALWAYS), key=lambda a: -a.weight):
        if _cells(view, action) <= room:
            left.append(action)
            room -= _cells(view, action)
    return [action for action in usable if action in left], right


def key_rows(view: KeyView, width: int) -> tuple[Row, ...]:
    """Keys; or a notice, whole if it takes no more than `NOTICE_ROWS`, and beside a short one the keys at the end."""
    left, right = chosen_actions(view, width)
    ends = tuple(cell for action in right for cell in _pair(view, action))
    if view.notice is None:
        return (justified(tuple(cell for action in left for cell in _pair(view, action)), ends, width),)
    role = {"information": "good", "warning": "warning", "error": "error"}[view.notice.severity]
    text = sanitise(view.notice.text, ascii_only=view.glyphs.ascii_only)
    if cell_width(text) + width_of(ends) + 4 > width:
        ends = ()
    lines = wrapped(text, width - 4, NOTICE_ROWS, view.glyphs.ellipsis) or [sanitise("")]
    head = justified((Cell(" "), Cell(view.glyphs.live + " ", role), Cell(lines[0], "text")), ends, width)
    return (head, *((Cell("   "), Cell(line, "text")) for line in lines[1:]))


def action_at(view: KeyView, width: int, x: int) -> Action | None:
    """The action under the mouse."""
    left, right = chosen_actions(view, width)
    at = 0
    for action in left:
        at += _cells(view, action)
        if x < at:
            return action
    at = width - sum(_cells(view, action) for action in right)
    for action in right:
        at += _cells(view, action)
        if at - _cells(view, action) <= x < at:
            return action
    return None


def _pair(view: KeyView, action: Action) -> tuple[Cell, Cell]:
    label = (view.labels or {}).get(action.id, action.label)
    key = key_name(action.keys[0], ascii_only=view.glyphs.ascii_only)
    return Cell(" " + key, "key"), Cell(f" {label} ", "dim")


def _cells(view: KeyView, action: Action) -> int:
    return width_of(_pair(view, action))


class KeyLine(LineView):
    """One line, more for a long notice; a click on a key does what the key does."""

    DEFAULT_CSS = """
    KeyLine { height: 1; background: $panel; }
    """

    @dataclass
    class Clicked(Message):
        """An action was clicked."""

        action: Action

    def __init__(self) -> None:
        super().__init__(id="keys")
        self.view = KeyView()

    def show(self, view: KeyView) -> None:
        """Show these."""
        if view != self.view:
            self.view = view
            self._fit()
            self.renew()

    def on_resize(self) -> None:
        """A notice may take more rows, or fewer."""
        self._fit()
        super().on_resize()

    def _fit(self) -> None:
        """As many rows as there are."""
        self.styles.height = len(key_rows(self.view, self.size.width)) if self.size.width else 1

    def build(self, width: int, height: int) -> tuple[Row, ...]:
        """Keys, or a notice."""
        del height
        return key_rows(self.view, width)

    def on_click(self, event: events.Click) -> None:
        """Do what the key does."""
        if self.view.notice is None and (action := action_at(self.view, self.size.width, event.x)) is not None:
            self.post_message(self.Clicked(action))
