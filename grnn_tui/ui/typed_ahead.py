"""Keys are taken in the order in which they were typed, also before the screen stands or faster than it keeps up."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Any

from textual import events
from textual.widget import Widget

if TYPE_CHECKING:
    from textual.app import App

    _Base = App[Any]
else:
    _Base = object

CATCH_UP_SECONDS = 0.5
"""A key waits no longer than this for the ones before it."""


class TypedAhead(_Base):
    """Mixed into the app, which says when its first screen stands."""

    _waiting: list[events.Event] | None = None
    """What has been typed so far; None once it is taken as it comes."""

    async def on_event(self, event: events.Event) -> None:
        """Hold keys and pastes back until the screen stands; a command does not overtake letters before it."""
        if self._waiting is not None and isinstance(event, events.Key | events.Paste):
            self._waiting.append(event)
            return
        if isinstance(event, events.Key) and not event.is_printable and not event.is_forwarded:
            await _caught_up(self.focused)
        await super().on_event(event)

    async def take_typed_ahead(self) -> None:
        """The screen stands: take what has waited, in order."""
        waiting, self._waiting = self._waiting, None
        for event in waiting or ():
            await self.on_event(event)


async def _caught_up(widget: Widget | None) -> None:
    """Until `widget` has taken in the letters that were handed to it: bindings are looked up before its queue is."""
    done = asyncio.Event()
    if widget is not None and widget.call_later(done.set):
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(done.wait(), CATCH_UP_SECONDS)
