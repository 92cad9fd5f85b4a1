"""The engine as the screen sees it: an inbox that wakes it, and a new start after a death."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Protocol

from grnn_tui.engine.client import EngineDied
from grnn_tui.engine.protocol import Event, Request

DEATHS_IN_A_ROW = 3
"""After so many deaths that follow each other at once, a restart waits ..."""
RESTART_PAUSE = 2.0
"""... so many seconds."""
LIVED = 5.0
"""Seconds after which an engine counts as one that worked."""


class Engine(Protocol):
    """What the link needs of an `EngineClient`."""

    @property
    def running(self) -> bool:
        """Whether there is a child."""
        ...

    async def start(self) -> None:
        """Start it."""
        ...

    def send(self, request: Request) -> None:
        """Hand over a request, never waiting."""
        ...

    def events(self) -> AsyncIterator[Event | EngineDied]:
        """Events until it dies or is closed."""
        ...

    async def restart(self) -> None:
        """End what runs and start another."""
        ...

    async def close(self) -> None:
        """End it."""
        ...

    def kill(self) -> None:
        """End it at once, as a crash would."""
        ...


class EngineLink:
    """Carries events from the engine to an inbox, and calls `wake` whenever something is in it."""

    def __init__(self, engine: Engine, wake: Callable[[], None], restoring: Callable[[], Sequence[Request]]) -> None:
        """`restoring` says what to ask of a fresh engine so that it stands where the old one fell."""
        self.engine = engine
        self._wake = wake
        self._restoring = restoring
        self._inbox: list[Event | EngineDied] = []
        self._closed = False

    def send(self, request: Request) -> None:
        """Hand over a request, never waiting."""
        self.engine.send(request)

    def take(self) -> list[Event | EngineDied]:
        """Everything that has arrived."""
        taken, self._inbox = self._inbox, []
        return taken

    async def run(self) -> None:
        """Until `close`: read events, and start the engine again whenever it dies."""
        deaths, started = 0, time.monotonic()
        if not self.engine.running:
            await self._begin()
        while not self._closed:
            died = False
            async for event in self.engine.events():
                self._inbox.append(event)
                self._wake()
                died = isinstance(event, EngineDied)
            if not died or self._closed:
                return
            deaths = 1 if time.monotonic() - started > LIVED else deaths + 1
            if deaths >= DEATHS_IN_A_ROW:
                await asyncio.sleep(RESTART_PAUSE)
            started = time.monotonic()
            await self.engine.restart()
            self._ask()

    async def close(self) -> None:
        """End the engine and the reading."""
        self._closed = True
        await self.engine.close()

    def _ask(self) -> None:
        for request in self._restoring():
            self.engine.send(request)

    async def _begin(self) -> None:
        await self.engine.start()
        self._ask()
