"""Rows of the training form: a label, a control, and what is to be known (or is wrong) about it.

A form has thirty of them. Labels, notes and choices draw themselves, so that it opens without making keys wait.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.screen import ModalScreen
from textual.suggester import Suggester
from textual.widgets import Input, OptionList
from textual.widgets.option_list import Option

from grnn_tui.safetext import SafeText, cell_width, clip, sanitise
from grnn_tui.ui.markers import UNICODE, Glyphs
from grnn_tui.ui.screens.request_form import completions
from grnn_tui.ui.widgets.lines import Cell, LineView, cut_at_word
from grnn_tui.ui.widgets.lines import Row as Cells

LABEL_CELLS = 17
CONTROL_CELLS = 20
NOTE_AT = LABEL_CELLS + CONTROL_CELLS + 2


class PathSuggester(Suggester):
    """The first path that goes on as the text begins; listing happens in a thread."""

    def __init__(self) -> None:
        super().__init__(use_cache=False, case_sensitive=True)

    async def get_suggestion(self, value: str) -> str | None:
        """Only what a terminal can show as it is."""
        found = await asyncio.to_thread(completions, value, 1)
        return found[0] if found and sanitise(found[0]) == found[0] else None


class PathInput(Input):
    """A path, of which the end is shown when there is no room for all of it: that is the part that tells."""

    def __init__(self, value: str, placeholder: str, key: str) -> None:
        super().__init__(value, placeholder, id=key, compact=True, select_on_focus=False, suggester=PathSuggester())

    def on_resize(self) -> None:
        """Another width, and the same end."""
        self.call_after_refresh(self._show_end)

    def on_blur(self) -> None:
        """Wherever the cursor was."""
        self._show_end()

    def _show_end(self) -> None:
        self.cursor_position = len(self.value)
        self.scroll_to(x=max(0, self.virtual_size.width - self.size.width), animate=False, force=True, immediate=True)


class ChoiceList(ModalScreen[str | None]):
    """All that can be chosen, one a row. Answers the value, or None."""

    DEFAULT_CSS = """
    ChoiceList {
        align: center middle;
        & > OptionList { width: 40; height: auto; max-height: 80%; border: round $border; background: $surface; }
        &.-ascii > OptionList { border: ascii $border; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q", "close", show=False)]

    def __init__(self, options: Sequence[tuple[SafeText, str]], value: str, glyphs: Glyphs) -> None:
        super().__init__(classes="-ascii" if glyphs.ascii_only else None)
        self._options, self._value, self._glyphs = options, value, glyphs

    def compose(self) -> ComposeResult:
        """A list in a box."""
        listed = OptionList(*(Option(Content(label)) for label, _ in self._options), markup=False)
        listed.highlighted = next((i for i, (_, value) in enumerate(self._options) if value == self._value), 0)
        listed.border_subtitle = Content(f"{self._glyphs.enter} choose {self._glyphs.dot} esc back")
        yield listed

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """This one."""
        self.dismiss(self._options[event.option_index][1])

    def action_close(self) -> None:
        """None."""
        self.dismiss(None)


class Choice(LineView, can_focus=True):
    """One of a few: left and right turn to the neighbours, enter lists them all."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("right", "turn(1)", show=False),
        Binding("left", "turn(-1)", show=False),
        Binding("enter,space", "open", show=False),
    ]

    @dataclass
    class Changed(Message):
        """Another one is chosen."""

        choice: Choice

    def __init__(self, options: Sequence[tuple[str, str]], value: str, key: str, glyphs: Glyphs = UNICODE) -> None:
        """`options`: what is shown, and the value it stands for."""
        super().__init__(id=key)
        self._options = [(sanitise(label, ascii_only=glyphs.ascii_only), value) for label, value in options]
        self._glyphs = glyphs
        self._value = value

    @property
    def value(self) -> str:
        """What is chosen."""
        return self._value

    @value.setter
    def value(self, value: str) -> None:
        if value != self._value:
            self.show(value)
            self.post_message(self.Changed(self))

    def offer(self, values: Sequence[str]) -> None:
        """Let these be chosen from, and no others; tell nobody."""
        self._options = [(sanitise(value, ascii_only=self._glyphs.ascii_only), value) for value in values]
        if self._value not in values:
            self._value = next(iter(values), "")
        self.renew()

    def show(self, value: str) -> None:
        """Show another as chosen, and tell nobody."""
        self._value = value
        self.renew()

    def build(self, width: int, height: int) -> tuple[Cells, ...]:
        """What is chosen, between its arrows."""
        del height
        label = next((label for label, value in self._options if value == self._value), sanitise(self._value))
        shown = clip(label, max(1, width - 4), self._glyphs.ellipsis)
        arrow = "accent" if self.has_focus else "faint"
        blank = " " * max(0, width - 4 - cell_width(shown))
        more = Cell(f"{self._glyphs.more} ", arrow)
        return ((Cell(f"{self._glyphs.less} ", arrow), Cell(f"{shown}{blank}"), more),)

    def on_click(self, event: events.Click) -> None:
        """The arrows turn it, the word between them opens the list."""
        if event.x < 2:
            self.action_turn(-1)
        elif event.x >= self.size.width - 2:
            self.action_turn(1)
        else:
            self.action_open()

    def action_turn(self, by: int) -> None:
        """The neighbouring choice."""
        values = [value for _, value in self._options]
        at = values.index(self._value) if self._value in values else 0
        self.value = values[(at + by) % len(values)]

    def action_open(self) -> None:
        """All of them."""
        self.app.push_screen(ChoiceList(self._options, self._value, self._glyphs), self._chosen)

    def _chosen(self, value: str | None) -> None:
        if value is not None:
            self.value = value


class Row(LineView):
    """A label before a control, and a note after it."""

    def __init__(
        self, label: str, control: Choice | Input, help_text: str, *, key: str, glyphs: Glyphs = UNICODE
    ) -> None:
        super().__init__(id=f"row-{key}")
        self.label = sanitise(label, ascii_only=glyphs.ascii_only)
        self.control, self._glyphs = control, glyphs
        self.note = self._safe(help_text)
        self._help = self.note

    def compose(self) -> ComposeResult:
        """The control; the rest is drawn behind it."""
        yield self.control

    @property
    def value(self) -> str:
        """What is entered or chosen, as text."""
        return self.control.value

    @property
    def cut(self) -> bool:
        """Whether there is no room for all of the note."""
        return cell_width(self.note) > self.size.width - NOTE_AT

    def say(self, fault: str | None, help_text: str | None = None) -> None:
        """Show a fault, or the help again."""
        if help_text is not None:
            self._help = self._safe(help_text)
        note = self._help if fault is None else self._safe(fault)
        if note != self.note or (fault is not None) != self.has_class("-wrong"):
            self.note = note
            self.set_class(fault is not None, "-wrong")
            self.renew()

    def build(self, width: int, height: int) -> tuple[Cells, ...]:
        """Label and note, with room for the control between them."""
        del height
        wrong = self.has_class("-wrong")
        label = clip(self.label, LABEL_CELLS - 1, self._glyphs.ellipsis)
        note = cut_at_word(self.note, max(0, width - NOTE_AT), self._glyphs.ellipsis) if width > NOTE_AT else ""
        gap = NOTE_AT - cell_width(label)
        return ((Cell(label, "error" if wrong else "text"), Cell(" " * gap), Cell(note, "error" if wrong else "dim")),)

    def _safe(self, text: str) -> SafeText:
        return sanitise(text, ascii_only=self._glyphs.ascii_only)


class Fields(VerticalScroll, inherit_bindings=False):
    """The rows; arrows go from field to field, and what has the keys is scrolled into view."""
