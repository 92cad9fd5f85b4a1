"""The command palette: every action of the table, and themes that show themselves while one looks at their names."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any, cast

from textual import on
from textual.command import CommandPalette, DiscoveryHit, Hit, Hits, Provider
from textual.content import Content
from textual.widgets import OptionList

from grnn_tui.ui.actions import SCOPES, Action, Scope, key_name
from grnn_tui.ui.theme import OFFERED


def offered_actions(actions: list[Action], focused_first: tuple[str, ...]) -> list[Action]:
    """Each thing to do once, those of the place where the keys are first."""
    order = {scope: i for i, scope in enumerate((*focused_first, *SCOPES))}
    seen: set[str] = set()
    offered = []
    for action in sorted(actions, key=lambda action: order.get(action.scope, len(order))):
        if action.help not in seen and action.id not in ("palette", "leave_prompt"):
            seen.add(action.help)
            offered.append(action)
    return offered


class ActionsProvider(Provider):
    """What can be done on the main screen."""

    def _actions(self) -> Iterator[tuple[Action, str]]:
        app = cast("Any", self.app)
        here = app.playground.scopes
        scopes: tuple[Scope, ...] = ("typing", "play", "output", "next", "controls", "branches", "training", "app")
        if app.controller.state.rows is not None:
            scopes = ("picture", "samples", "play", "next", "controls", "training", "app")
        actions = [action for scope in scopes for action in app.grnn_keymap.of_scope(scope)]
        for action in offered_actions(actions, here):
            yield action, action.help

    async def discover(self) -> Hits:
        """All of them."""
        for action, title in self._actions():
            yield DiscoveryHit(self._shown(action, Content(title)), self._command(action), title)

    async def search(self, query: str) -> Hits:
        """Those that match."""
        matcher = self.matcher(query)
        for action, title in self._actions():
            score = max(matcher.match(title), matcher.match(f"{action.label} {action.id}"))
            if score > 0:
                yield Hit(score, self._shown(action, matcher.highlight(title)), self._command(action), text=title)

    def _shown(self, action: Action, title: Content) -> Content:
        keys = " ".join(key_name(key) for key in action.keys[:2])
        return Content.assemble((f"{keys:>9}  ", "$accent"), title)

    def _command(self, action: Action) -> Any:
        app = cast("Any", self.app)
        return partial(app.playground.run, action)


class ThemesProvider(Provider):
    """The themes."""

    async def discover(self) -> Hits:
        """All of them."""
        for name in OFFERED:
            if name in self.app.available_themes:
                yield DiscoveryHit(name, partial(_take, self.app, name), name)

    async def search(self, query: str) -> Hits:
        """Those that match."""
        matcher = self.matcher(query)
        for name in OFFERED:
            if (score := matcher.match(name)) > 0 and name in self.app.available_themes:
                yield Hit(score, matcher.highlight(name), partial(_take, self.app, name), text=name)


def _take(app: Any, name: str) -> None:
    app.theme = name


class ThemePalette(CommandPalette):
    """The palette of themes. The app puts the old one back if none is taken."""

    def __init__(self) -> None:
        super().__init__([ThemesProvider], placeholder="Which theme?")

    @on(OptionList.OptionHighlighted)
    def preview(self, event: OptionList.OptionHighlighted) -> None:
        """Show the theme the choice is on."""
        hit = getattr(event.option, "hit", None)
        name = str(getattr(hit, "text", "") or "")
        if name in self.app.available_themes:
            self.app.theme = name
