"""The screen's end of the engine: start it, send requests without waiting, take its events, notice its death.

engine = EngineClient(log_path)
await engine.start()
engine.send(OpenModel("tales-lstm"))
async for event in engine.events():  # ends after EngineDied or close()
    ...
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

from msgspec import Struct

from grnn_tui.engine.framing import Decoder, FrameError, Rejected, encode, event_decoder
from grnn_tui.engine.protocol import Event, Failed, Request
from grnn_tui.private import make_private

COMMAND = (sys.executable, "-P", "-m", "grnn_tui.engine")
ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
"""One symbol at a time leaves nothing for a second BLAS thread to do but to slow the first and the screen."""
CLOSE_GRACE = 2.0
"""Seconds the child has to leave after its stdin has closed."""


class EngineDied(Struct, frozen=True):
    """The child has gone without being asked to. `status` is negative for a signal; `reason` its last stderr line."""

    status: int
    reason: str

    @property
    def text(self) -> str:
        """One line for a person."""
        how = f"status {self.status}"
        if self.status < 0:
            with contextlib.suppress(ValueError):
                how = signal.Signals(-self.status).name
        return f"the engine ended ({how})" + (f": {self.reason}" if self.reason else "")


class EngineClient:
    """One engine child. Not thread-safe: use it from the event loop that started it."""

    def __init__(self, log_path: Path | None = None, command: tuple[str, ...] = COMMAND) -> None:
        """`log_path` takes the child's stderr (appended to, mode 0600); None throws it away."""
        self._log_path = log_path
        self._command = command
        self._events: asyncio.Queue[Event | EngineDied | None] = asyncio.Queue()
        self._process: asyncio.subprocess.Process | None = None
        self._reader: asyncio.Task[None] | None = None
        self._closing = False

    @property
    def running(self) -> bool:
        """Whether there is a child that has not been seen to end."""
        return self._process is not None and self._process.returncode is None

    @property
    def pid(self) -> int | None:
        """Of the child, while it runs."""
        return self._process.pid if self._process is not None and self.running else None

    async def start(self) -> None:
        """Start the child; returns at once, its events follow.

        Raises:
            OSError: the interpreter or the log file cannot be opened.
        """
        if self.running:
            raise RuntimeError("the engine is already running")
        self._closing = False
        log = self._open_log()
        try:
            process = await asyncio.create_subprocess_exec(
                *self._command,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=log,
                start_new_session=True,
                env={**os.environ, **ONE_THREAD},
            )
        finally:
            if log != asyncio.subprocess.DEVNULL:
                os.close(log)
        self._process = process
        self._reader = asyncio.create_task(self._read(process), name="engine events")

    def send(self, request: Request) -> None:
        """Hand `request` to the child; never waits, and does nothing once the child is gone (an event says so)."""
        process = self._process
        if process is None or process.stdin is None or process.returncode is not None or process.stdin.is_closing():
            return
        try:
            process.stdin.write(encode(request))
        except FrameError as error:
            self._events.put_nowait(Failed(f"too much for one request: {error}"))
        except (BrokenPipeError, ConnectionResetError):
            pass

    async def next_event(self) -> Event | EngineDied | None:
        """The next event; None once the engine has been closed and everything it said has been taken."""
        return await self._events.get()

    async def events(self) -> AsyncIterator[Event | EngineDied]:
        """Events as they come; ends after `EngineDied` (call `restart` and iterate again) or `close`."""
        while (event := await self._events.get()) is not None:
            yield event
            if isinstance(event, EngineDied):
                return

    def take_events(self) -> list[Event | EngineDied]:
        """Everything that has arrived, without waiting: for a screen that drains once a frame."""
        taken: list[Event | EngineDied] = []
        while not self._events.empty():
            event = self._events.get_nowait()
            if event is not None:
                taken.append(event)
        return taken

    async def restart(self) -> None:
        """Kill the child if it still runs, forget what it said, start another; send `restoring(...)` next."""
        await self._end(grace=0.0)
        self.take_events()
        await self.start()

    async def close(self) -> None:
        """Close the child's stdin and wait until it has gone, by force after `CLOSE_GRACE` seconds."""
        await self._end(CLOSE_GRACE)

    def kill(self) -> None:
        """End the child at once, as a crash would: `EngineDied` follows."""
        if self._process is not None and self.running:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()

    async def _end(self, grace: float) -> None:
        process = self._process
        if process is None:
            return
        self._closing = True
        if process.stdin is not None:
            process.stdin.close()
        if grace > 0:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(process.wait(), grace)
        self.kill()
        await process.wait()
        if self._reader is not None:
            await self._reader
        self._process = self._reader = None

    async def _read(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdout is not None
        decoder: Decoder[Event] = event_decoder()
        fault = ""
        while data := await process.stdout.read(1 << 18):
            try:
                for event in decoder.feed(data):
                    if isinstance(event, Rejected):
                        raise FrameError(event.text)
                    self._events.put_nowait(event)
            except FrameError as error:
                fault = str(error)
                self.kill()
                break
        status = await process.wait()
        if self._closing:
            self._events.put_nowait(None)
        else:
            self._events.put_nowait(EngineDied(status, fault or self._last_line()))

    def _open_log(self) -> int:
        if self._log_path is None:
            return asyncio.subprocess.DEVNULL
        make_private(self._log_path.parent)
        return os.open(self._log_path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)

    def _last_line(self) -> str:
        if self._log_path is None:
            return ""
        try:
            with self._log_path.open("rb") as file:
                file.seek(max(0, self._log_path.stat().st_size - 4096))
                lines = file.read().decode("utf-8", "replace").strip().splitlines()
        except OSError:
            return ""
        return lines[-1].strip() if lines else ""
