"""The engine's loop: answer requests at once, write text in slices between them, tell what changed one frame at a time.

One thread. Nothing it does for long is done in one go: reading and writing text go in slices of `SLICE` seconds, and
requests are looked at between any two. Of several prompts that wait, only the last is taken up.
"""

from __future__ import annotations

import os
import select
import sys
import time
import traceback
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import TypeVar

from grnn_tui.engine.framing import Decoder, FrameError, Rejected, encode, request_decoder
from grnn_tui.engine.protocol import Event, FrameShown, Request, SetPrompt
from grnn_tui.engine.table import SLICE, Table
from grnn_tui.errors import GrnnError

Result = TypeVar("Result")
READ_BYTES = 1 << 18
MOST_WAITING = 4096
"""Requests that wait; while there are as many no more are read, and whoever writes them has to wait too."""


class Server:
    """Serves one screen over two file descriptors, until the first ends."""

    def __init__(self, source: int, sink: int) -> None:
        self._source = source
        self._sink = sink
        self._decoder: Decoder[Request] = request_decoder()
        self._waiting: deque[Request] = deque()
        self._table = Table()
        self._may_send = True
        self._ended = False

    def serve(self) -> int:
        """Until the requests end (status 0) or stop making sense (status 1, with a line on stderr)."""
        try:
            while True:
                self._receive()
                if self._ended:
                    return 0
                self._handle_waiting()
                self._guard(self._table.work)
                self._tell()
        except FrameError as error:
            sys.stderr.write(f"engine: {error}\n")
            return 1
        except BrokenPipeError:
            return 0

    def _receive(self) -> None:
        """Take what has come; sleep only if there is nothing to do, and not beyond the next thing that is due."""
        timeout = 0.0 if self._waiting else self._table.idle_seconds(time.monotonic())
        while len(self._waiting) < MOST_WAITING and select.select([self._source], [], [], timeout)[0]:
            data = os.read(self._source, READ_BYTES)
            if not data:
                self._ended = True
                return
            for request in self._decoder.feed(data):
                if isinstance(request, Rejected):
                    self._table.fail(request.text)
                else:
                    self._waiting.append(request)
            timeout = 0.0

    def _handle_waiting(self) -> None:
        """Carry out what waits, in order, for about a slice; of prompts that follow each other only the last."""
        deadline = time.monotonic() + SLICE
        while self._waiting and time.monotonic() < deadline:
            request = self._waiting.popleft()
            if isinstance(request, FrameShown):
                self._may_send = True
            elif not (isinstance(request, SetPrompt) and self._prompt_follows()):
                self._guard(partial(self._table.carry_out, request))

    def _prompt_follows(self) -> bool:
        following = next((r for r in self._waiting if not isinstance(r, FrameShown)), None)
        return isinstance(following, SetPrompt)

    def _guard(self, action: Callable[[], Result]) -> Result | None:
        """Do it; whatever goes wrong is told, and the engine lives on."""
        try:
            return action()
        except GrnnError as error:
            self._table.fail(str(error))
        except MemoryError:
            self._table.fail("there is not enough memory for that")
        except Exception as error:  # a backend from elsewhere may raise anything
            traceback.print_exc()
            self._table.fail(f"{type(error).__name__}: {error}")
        return None

    def _tell(self) -> None:
        frame = self._guard(self._table.take_frame) if self._may_send else None
        for event in self._table.take_events():
            self._send(event)
        if frame is not None:
            self._may_send = False
            self._send(frame)

    def _send(self, event: Event) -> None:
        view = memoryview(encode(event))
        while view:
            view = view[os.write(self._sink, view) :]
