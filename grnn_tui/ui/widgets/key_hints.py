"""The keys that matter on a screen, in one line, from the table of actions; the lightest go first when it is narrow."""

from __future__ import annotations

from textual.content import Content
from textual.widgets import Static

from grnn_tui.ui.actions import Action, Keymap, Scope, key_name

_GAP = "  "


class KeyHints(Static):
    """The hints of `scopes` and the key of the help screen, as many as fit."""

    DEFAULT_CSS = """
    KeyHints { height: 1; padding: 0 1; }
    """

    def __init__(self, *scopes: Scope, ascii_only: bool = False) -> None:
        super().__init__(markup=False)
        self._scopes, self._ascii_only = scopes, ascii_only

    def on_resize(self) -> None:
        """More room, more hints."""
        keymap = getattr(self.app, "grnn_keymap", None) or Keymap()
        hints = [
            hint for hint in keymap.hints((*self._scopes, "app")) if hint.scope != "app" or hint.id == "help_screen"
        ]
        self.update(hints_line(hints, self.size.width, ascii_only=self._ascii_only), layout=False)


def hints_line(hints: list[Action], width: int, *, ascii_only: bool = False) -> Content:
    """The heaviest hints that fit in `width` cells, in the order of the table."""
    kept: set[int] = set()
    used = 0
    for index in sorted(range(len(hints)), key=lambda i: -hints[i].weight):
        key, label = _key(hints[index], ascii_only=ascii_only), _label(hints[index], ascii_only=ascii_only)
        cells = len(key) + 1 + len(label) + len(_GAP)
        if used + cells <= width + len(_GAP):
            kept.add(index)
            used += cells
    parts: list[Content] = []
    for index in sorted(kept):
        key, label = _key(hints[index], ascii_only=ascii_only), _label(hints[index], ascii_only=ascii_only)
        gap = _GAP if parts else ""
        parts.append(Content.assemble(gap, (key, "bold $accent"), (f" {label}", "")))
    return Content("").join(parts)


def _key(action: Action, *, ascii_only: bool) -> str:
    return key_name(action.keys[0], ascii_only=ascii_only)


def _label(action: Action, *, ascii_only: bool) -> str:
    return action.label.replace("…", "...") if ascii_only else action.label
