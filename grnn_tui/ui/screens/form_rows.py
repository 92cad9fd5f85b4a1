"""Rows of the training form: a label, a control, and what is to be known (or is wrong) about it."""

from __future__ import annotations

import asyncio
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.suggester import Suggester
from textual.widget import Widget
from textual.widgets import Input, Select, Static

from grnn_tui.engine.protocol import CorpusInfo
from grnn_tui.safetext import sanitise
from grnn_tui.ui.screens.request_form import completions


class PathSuggester(Suggester):
    """The first path (or corpus) that goes on as the text begins; listing happens in a thread."""

    def __init__(self, corpora: dict[str, CorpusInfo]) -> None:
        super().__init__(use_cache=False, case_sensitive=True)
        self._corpora = corpora

    async def get_suggestion(self, value: str) -> str | None:
        """Only what a terminal can show as it is."""
        found = await asyncio.to_thread(completions, value, self._corpora, 1)
        return found[0] if found and sanitise(found[0]) == found[0] else None


class Choice(Select[str]):
    """One of a few; ← → turn to the neighbours without opening the list, ↑ ↓ go on to other fields."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down", "app.focus_next", show=False),
        Binding("up", "app.focus_previous", show=False),
        Binding("right", "turn(1)", show=False),
        Binding("left", "turn(-1)", show=False),
    ]

    def __init__(self, options: list[tuple[Content, str]], value: str, key: str) -> None:
        super().__init__(options, value=value, allow_blank=False, id=key, compact=True)
        self._values = [value for _, value in options]

    def action_turn(self, by: int) -> None:
        """The neighbouring choice."""
        self.value = self._values[(self._values.index(str(self.value)) + by) % len(self._values)]


class Row(Horizontal):
    """Label, control, and what is to be known (or is wrong) about it."""

    def __init__(self, label: str, control: Widget, help_text: str, *, key: str) -> None:
        super().__init__(id=f"row-{key}")
        self.key = key
        self._label, self._control, self._help = label, control, help_text
        self._said = sanitise(help_text)
        self._note = Static(Content(sanitise(help_text)), classes="note", markup=False)

    def compose(self) -> ComposeResult:
        """Side by side."""
        yield Static(Content(sanitise(self._label)), classes="label", markup=False)
        yield self._control
        yield self._note

    @property
    def value(self) -> str:
        """What is entered or chosen, as text."""
        control = self._control
        if isinstance(control, Select):
            return str(control.value)
        return control.value if isinstance(control, Input) else ""

    def focus_control(self) -> None:
        """The keys to the control."""
        self._control.focus()

    def say(self, fault: str | None, help_text: str | None = None) -> None:
        """Show a fault, or the help again."""
        if help_text is not None:
            self._help = help_text
        text = sanitise(self._help if fault is None else fault)
        if text != self._said:
            self._said = text
            self.set_class(fault is not None, "-wrong")
            self._note.update(Content(text), layout=False)


class Fields(VerticalScroll, inherit_bindings=False):
    """The rows; arrows go from field to field, and what has the keys is scrolled into view."""
