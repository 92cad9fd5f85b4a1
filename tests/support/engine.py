"""Real engine processes for tests: started, spoken to, killed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TypeVar

from grnn_tui.engine.client import EngineClient, EngineDied
from grnn_tui.engine.protocol import Event, Frame, FrameShown, OpenModel, Splice

DEADLINE = 60.0
"""Seconds after which something that should happen has not."""
Told = TypeVar("Told")


class Screen:
    """What a screen would know: it takes events, paints at once, and keeps the text that it was told."""

    def __init__(self, client: EngineClient) -> None:
        self.client = client
        self.text: list[str] = []
        self.bits: list[float] = []
        self.events: list[Event | EngineDied | None] = []
        self.frame: Frame | None = None

    async def next(self) -> Event | EngineDied | None:
        """The next event, taken in; a frame is said to be painted."""
        event = await asyncio.wait_for(self.client.next_event(), DEADLINE)
        self.events.append(event)
        if isinstance(event, Frame):
            self.frame = event
            for splice in event.splices:
                self.splice(splice)
            assert len(self.text) == event.length
            self.client.send(FrameShown())
        return event

    def splice(self, splice: Splice) -> None:
        """Put a changed end in place of the old one."""
        assert splice.start <= len(self.text)
        assert len(splice.text) == len(splice.symbols) == len(splice.bits)
        self.text[splice.start :] = splice.text
        self.bits[splice.start :] = splice.bits

    async def until(self, kind: type[Told], fact: Callable[[Told], bool] = lambda _: True) -> Told:
        """The next event of this kind for which `fact` holds."""
        while True:
            event = await self.next()
            if isinstance(event, kind) and fact(event):
                return event
            assert event is not None
            assert not isinstance(event, EngineDied), event

    async def settled(self, fact: Callable[[Frame], bool] = lambda _: True) -> Frame:
        """The next frame that is neither busy nor of a text being written, and for which `fact` holds."""
        return await self.until(Frame, lambda f: not f.busy and not f.generating and fact(f))


@asynccontextmanager
async def engine(log: Path, model: Path | str | None = None) -> AsyncIterator[Screen]:
    """An engine child, with `model` opened if one is given; gone afterwards, whatever happened."""
    client = EngineClient(log)
    await client.start()
    try:
        screen = Screen(client)
        if model is not None:
            client.send(OpenModel(str(model)))
            await screen.settled()
        yield screen
    finally:
        await client.close()
