"""Keys are taken in the order in which they were typed, also before the screen stands or faster than it keeps up."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from textual import events
from textual.dom import DOMNode
from textual.message_pump import MessagePump
from textual.widgets import Input, TextArea

from grnn_tui.ui.panes.prompt.view import clean

if TYPE_CHECKING:
    from textual.app import App

    _Base = App[Any]
else:
    _Base = object

CATCH_UP_SECONDS = 0.5
"""A key waits no longer than this for the ones before it."""
WAY_OUT = ("escape", "ctrl+c", "ctrl+q")
"""Keys that do not wait for what is to come, but give it up."""


class TypedAhead(_Base):
    """Mixed into the app, which says when its first screen stands.

    Left to itself, Textual hands a key to the focused widget and looks for its binding once it has come back up; by
    then the keys after it have been handed to the same widget. Here each command is carried out before the next key is
    looked at. Letters of a text follow each other in the queue of their widget, and wait for nothing.
    """

    _waiting: list[events.Event] | None = None
    """What has been typed so far; None once it is taken as it comes."""
    _way: Sequence[MessagePump] = ()
    """Whom the last key went to, and all above it."""
    _was_text = False
    """Whether it was part of a text."""

    def keys_wait(self) -> bool:
        """Whether keys are for something that is still to come."""
        return False

    def give_up(self) -> None:
        """It need not come any more."""

    def command_typed(self) -> None:
        """A key is about to be looked up."""

    async def on_event(self, event: events.Event) -> None:
        """Hold keys and pastes back until the screen stands; none overtakes the ones before it."""
        if not isinstance(event, events.Key | events.Paste) or event.is_forwarded:
            await super().on_event(event)
            return
        if isinstance(event, events.Paste):
            event.text = clean(event.text)
        if self.keys_wait() and isinstance(event, events.Key) and event.key in WAY_OUT:
            self.give_up()
            self.forget_typed_ahead()
        if self._waiting is not None or self.keys_wait():
            self._waiting = [*(self._waiting or ()), event]
            return
        if not (self._was_text and self._is_text(event)):
            await _caught_up(self._way)
            await _caught_up(self._way_up())
        self._was_text, self._way = self._is_text(event), self._way_up()
        await super().on_event(event)

    async def _check_bindings(self, key: str, priority: bool = False) -> bool:
        """A command is looked up before its key is handed on, not only after it has come back."""
        if await super()._check_bindings(key, priority):
            return True
        if not priority or self._was_text:
            return False
        self.command_typed()
        return await super()._check_bindings(key)

    async def take_typed_ahead(self) -> None:
        """The screen stands: take what has waited, in order."""
        if self.keys_wait():
            return
        waiting, self._waiting = self._waiting, None
        for event in waiting or ():
            await self.on_event(event)

    def forget_typed_ahead(self) -> None:
        """What the waiting keys were for does not come."""
        self._waiting = None

    def _is_text(self, event: events.Event) -> bool:
        printable = isinstance(event, events.Paste) or (isinstance(event, events.Key) and event.is_printable)
        return printable and isinstance(self.focused, Input | TextArea)

    def _way_up(self) -> Sequence[MessagePump]:
        nodes: list[DOMNode] = (self.focused or self.screen).ancestors_with_self
        return [node for node in nodes if node is not self]


async def _caught_up(way: Sequence[MessagePump]) -> None:
    """Until everything that was handed to the first of `way` is done, also where it was passed on to those above."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(CATCH_UP_SECONDS):
            for pump in way:
                done = asyncio.Event()
                if pump.call_later(done.set):
                    await done.wait()
