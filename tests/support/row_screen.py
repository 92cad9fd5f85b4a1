"""What a screen would know of a sheet of rows: it takes frames, paints at once, and keeps what it was told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from grnn_tui.engine.client import EngineClient, EngineDied
from grnn_tui.engine.protocol import Event, FrameShown, OpenModel
from grnn_tui.engine.row_protocol import KnownTold, RowsOpened, SheetFrame
from tests.support.engine import DEADLINE

Told = TypeVar("Told")


class RowScreen:
    """Samples as the frames tell them, in row-major order."""

    def __init__(self, client: EngineClient) -> None:
        self.client = client
        self.opened: RowsOpened | None = None
        self.frame: SheetFrame | None = None
        self.events: list[Event | EngineDied | None] = []
        self.order: NDArray[Any] = np.zeros(0, np.int32)
        self.known = KnownTold([], [])
        self.steps: dict[int, NDArray[Any]] = {}
        self.nats: dict[int, NDArray[Any]] = {}
        self.spliced = 0
        """Values that have been told, all frames together."""
        self._sheet = -1

    def row(self, sample: int) -> list[float]:
        """One finished sample."""
        row = np.zeros(self.order.size)
        row[self.order] = self.steps[sample]
        return row.tolist()

    async def next(self) -> Event | EngineDied | None:
        event = await asyncio.wait_for(self.client.next_event(), DEADLINE)
        self.events.append(event)
        if isinstance(event, RowsOpened):
            self.opened = event
        if isinstance(event, SheetFrame):
            self._take(event)
            self.client.send(FrameShown())
        return event

    def _take(self, frame: SheetFrame) -> None:
        assert self.opened is not None
        self.frame = frame
        if frame.sheet != self._sheet:
            self.steps, self.nats, self._sheet = {}, {}, frame.sheet
        if frame.ordering is not None:
            self.order = np.frombuffer(frame.ordering, np.int32)
        if frame.known is not None:
            self.known = frame.known
        kind = np.float64 if self.opened.kind == "real" else np.uint16
        for splice in frame.splices:
            values = np.frombuffer(splice.values, kind)
            assert values.size == splice.length - splice.start
            self.spliced += values.size
            for kept, new in ((self.steps, values), (self.nats, np.frombuffer(splice.nats, np.float32))):
                before = kept.get(splice.sample, new[:0])[: splice.start]
                assert before.size == splice.start
                kept[splice.sample] = np.concatenate([before, new])

    async def until(self, kind: type[Told], fact: Callable[[Told], bool] = lambda _: True) -> Told:
        """The next event of this kind for which `fact` holds."""
        while True:
            event = await self.next()
            if isinstance(event, kind) and fact(event):
                return event
            assert event is not None
            assert not isinstance(event, EngineDied), event

    async def settled(self, fact: Callable[[SheetFrame], bool] = lambda _: True) -> SheetFrame:
        """The next frame that is neither busy nor of a sheet being written, and for which `fact` holds."""
        return await self.until(SheetFrame, lambda f: not f.busy and not f.generating and fact(f))


@asynccontextmanager
async def row_engine(log: Path, model: Path | str | None = None) -> AsyncIterator[RowScreen]:
    """An engine child, with `model` opened if one is given; gone afterwards, whatever happened."""
    client = EngineClient(log)
    await client.start()
    try:
        screen = RowScreen(client)
        if model is not None:
            client.send(OpenModel(str(model)))
            await screen.settled()
        yield screen
    finally:
        await client.close()
