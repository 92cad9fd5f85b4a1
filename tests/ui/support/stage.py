"""The playground on a stage: the app over a fake engine, driven by keys."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from textual.pilot import Pilot

from grnn_tui.ui.app import GrnnApp
from tests.ui.support.fake_engine import FakeEngine
from tests.ui.support.host import until

SMALL, LARGE = (80, 24), (120, 40)


class Stage:
    """What a test holds: app, engine, and hands."""

    def __init__(self, app: GrnnApp, engine: FakeEngine, pilot: Pilot[Any]) -> None:
        self.app, self.engine, self.pilot = app, engine, pilot

    @property
    def screen(self) -> Any:
        return self.app.playground

    @property
    def state(self) -> Any:
        return self.app.controller.state

    async def press(self, *keys: str) -> None:
        """Keys, and then everything that follows from them."""
        await self.pilot.press(*keys)
        await self.settle()

    async def type(self, text: str) -> None:
        await self.press(*("space" if letter == " " else letter for letter in text))

    async def settle(self) -> None:
        """Until the engine has nothing more to tell and it is all on the screen."""
        await self.pilot.pause()
        await until(self.pilot, self._quiet, 120)
        await self.pilot.pause()
        self.app.tick_training()
        await self.pilot.pause()

    def _quiet(self) -> bool:
        if not self.screen._training_mounted and self.app.size.width > 1:
            return False
        return not self.app._frame_due and self.engine._queue.empty() and not self.app.link._inbox

    async def write(self, count: int | None = None) -> None:
        self.engine.let_write(count)
        await self.settle()


@asynccontextmanager
async def stage(
    size: tuple[int, int] = LARGE, engine: FakeEngine | None = None, **options: Any
) -> AsyncIterator[Stage]:
    """The app, ready with a model."""
    engine = engine or FakeEngine()
    app = GrnnApp(engine, **options)
    async with app.run_test(size=size, notifications=True) as pilot:
        here = Stage(app, engine, pilot)
        await until(pilot, lambda: engine.running, 120)
        await here.settle()
        yield here
