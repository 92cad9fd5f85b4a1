"""The playground over rows on a stage: the app over the engine's own table, in the same process and without a clock."""

from __future__ import annotations

import asyncio
import atexit
import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import torch

from grnn_tui.backends.modeldir import Header, Trained, write_model
from grnn_tui.backends.network import CountedNetwork
from grnn_tui.backends.registry import backend_named
from grnn_tui.data.condition import Condition
from grnn_tui.data.row_domain import RowDomain
from grnn_tui.data.tables import open_table
from grnn_tui.engine import protocol as p
from grnn_tui.engine.client import EngineDied
from grnn_tui.engine.table import Table
from grnn_tui.errors import GrnnError
from grnn_tui.ui.app import GrnnApp
from grnn_tui.ui.settings import LastState
from tests.support.models import LETTERS, make_model, make_row_model
from tests.ui.support.host import until
from tests.ui.support.stage import LARGE, Stage

VOWELS = RowDomain(
    kind="real",
    shape=(5,),
    columns=("height", "width", "weight of the whole", "age", "\x1b[31mred"),
    mean=(170.0, 0.5, 70000.0, 41.0, 0.0),
    scale=(8.0, 0.05, 9000.0, 12.0, 1.0),
)
GREY = RowDomain(kind="levels", shape=(6, 6), levels=16, condition=Condition(classes=("ant", "bee\x1b", "cat")))
COLOUR = RowDomain(kind="levels", shape=(4, 4, 3), levels=4)
FLAGS = RowDomain(kind="binary", shape=(20,), columns=tuple(f"flag {n}" for n in range(20)))


class TableEngine:
    """Same interface as `EngineClient`; does at once what it is asked, and writes `limit` values of each sample."""

    def __init__(self) -> None:
        self.requests: list[p.Request] = []
        self.limit: int | None = None
        self.starts = 0
        self._queue: asyncio.Queue[p.Event | EngineDied | None] = asyncio.Queue()
        self._table = Table()
        self._may_send, self._alive = True, False

    @property
    def running(self) -> bool:
        return self._alive

    async def start(self) -> None:
        self.starts += 1
        self._alive = True

    def send(self, request: p.Request) -> None:
        if not self._alive:
            return
        self.requests.append(request)
        if isinstance(request, p.FrameShown):
            self._may_send = True
        else:
            self._carry_out(request)
        self._tell()

    def _carry_out(self, request: p.Request) -> None:
        if isinstance(request, p.Generate | p.Reroll):
            count = request.count if self.limit is None else min(self.limit, request.count)
            request = msgspec.structs.replace(request, count=count, per_second=0.0)
        try:
            self._table.carry_out(request)
            while self._table.idle_seconds(0.0) == 0.0:
                self._table.work()
        except GrnnError as error:
            self._table.fail(str(error))

    def _tell(self) -> None:
        frame = self._table.take_frame() if self._may_send else None
        for event in self._table.take_events():
            self._queue.put_nowait(event)
        if frame is not None:
            self._may_send = False
            self._queue.put_nowait(msgspec.structs.replace(frame, rate=0.0))

    async def events(self) -> AsyncIterator[p.Event | EngineDied]:
        while (event := await self._queue.get()) is not None:
            yield event
            if isinstance(event, EngineDied):
                return

    async def restart(self) -> None:
        self._table, self._may_send = Table(), True
        await self.start()

    async def close(self) -> None:
        self._alive = False
        self._queue.put_nowait(None)

    def kill(self) -> None:
        self._alive = False
        self._queue.put_nowait(EngineDied(-9, ""))

    def of_kind(self, kind: type[Any]) -> list[Any]:
        return [request for request in self.requests if isinstance(request, kind)]


@cache
def models() -> Path:
    """One small model of each kind of rows, and one of text, in a folder of their own; made once."""
    folder = Path(tempfile.mkdtemp(prefix="grnn-rows-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    make_row_model(folder / "small", "markov", RowDomain(kind="binary", shape=(6, 6)))
    make_row_model(folder / "grey", "gru", GREY, hidden=8, embedding=4)
    make_row_model(folder / "colour", "markov", COLOUR)
    make_row_model(folder / "flags", "markov", FLAGS)
    make_row_model(
        folder / "agnostic", "binary-nade", RowDomain(kind="binary", shape=(6, 6)), hidden=8, order_agnostic=True
    )
    make_row_model(folder / "numbers", "rnade", VOWELS, hidden=8, components=3)
    make_model(folder / "text", "gru", LETTERS)
    return folder


@cache
def with_digits() -> Path:
    """The same folder with digits that can be recognised: a chain that remembers more than a row of pixels."""
    digits = open_table("strokes", size=1200)
    network = backend_named("markov").build_network(
        backend_named("markov").parse_settings({"order": 18}), digits.domain
    )
    assert isinstance(network, CountedNetwork)
    network.count(digits.rows)
    trained = Trained(step=1, data="strokes", validation_nats=0.1289)
    header = Header(backend="markov", settings={"order": 18}, domain=digits.domain, trained=trained)
    write_model(models() / "digits", header, network.arrays())
    return models()


class RowStage(Stage):
    """A stage whose engine is the table."""

    engine: TableEngine  # type: ignore[assignment]

    @property
    def rows(self) -> Any:
        return self.app.controller.state.rows

    def values(self, sample: int) -> list[float]:
        """What is written of one sample, by step."""
        found: list[float] = np.asarray(self.rows.samples[sample].values).tolist()
        return found

    def value(self, sample: int, place: int) -> float:
        """What is written of one sample at one place."""
        return self.values(sample)[int(self.rows.steps[place])]

    def _quiet(self) -> bool:
        mounted = self.rows is None or self.screen.has_class("-rows")
        return super()._quiet() and mounted


@asynccontextmanager
async def row_stage(
    monkeypatch: Any, model: str = "small", size: tuple[int, int] = LARGE, **options: Any
) -> AsyncIterator[RowStage]:
    """The app, ready with a model of rows."""
    torch.manual_seed(0)
    monkeypatch.setenv("GRNN_TUI_MODELS", str(with_digits() if model == "digits" else models()))
    engine = TableEngine()
    app = GrnnApp(engine, last=LastState(reference=model), **options)
    async with app.run_test(size=size, notifications=True) as pilot:
        here = RowStage(app, engine, pilot)  # type: ignore[arg-type]
        await until(pilot, lambda: engine.running, 120)
        await until(pilot, lambda: app.controller.state.model is not None, 120)
        await here.settle()
        yield here
