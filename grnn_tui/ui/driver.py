"""Textual's driver for a terminal that may send anything, take nothing, or be gone.

Left to itself, one byte that is no UTF-8 ends the screen with a traceback; and the thread that writes ends at the first
error, after which its queue fills up and holds the screen for ever.
"""

from __future__ import annotations

import codecs
import contextlib
import os
import select
import selectors
import sys
import time
from typing import Any, TextIO

from textual._parser import ParseError
from textual._xterm_parser import XTermParser
from textual.drivers.linux_driver import LinuxDriver

from grnn_tui.ui.terminal import opened_anew

POLL = 0.1
"""Seconds between two looks at whether to end."""
TAKING = 0.005
"""Seconds until a terminal that was full is tried again."""
TYPED = 4096


class Outlet:
    """The terminal as the thread that writes sees it: it never fails, and can be made to stop at any time."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._descriptor = opened_anew(stream.fileno())
        self.closed = False
        """Nothing is written any more; set when that fails, or to fall silent."""

    def write(self, text: str) -> None:
        """Write it as fast as it is taken."""
        rest = text.encode(self._stream.encoding, "backslashreplace")
        while rest and not self.closed:
            if select.select([], [self._descriptor], [], POLL)[1]:
                try:
                    rest = rest[os.write(self._descriptor, rest) :]
                except BlockingIOError:
                    time.sleep(TAKING)
                except OSError:
                    self.closed = True

    def flush(self) -> None:
        """Nothing is held back."""

    def fileno(self) -> int:
        """Of the terminal."""
        return self._stream.fileno()


class Driver(LinuxDriver):
    """What `GrnnApp` draws and reads with."""

    def __init__(self, app: Any, **options: Any) -> None:
        super().__init__(app, **options)
        assert sys.__stderr__ is not None
        self.outlet = Outlet(sys.__stderr__)
        self._file: Any = self.outlet

    def run_input_thread(self) -> None:
        """Read keys until told to end, or the terminal is gone; what is neither a key nor text is left out."""
        parser, decoder = XTermParser(self._debug), codecs.getincrementaldecoder("utf-8")("replace")
        with selectors.SelectSelector() as selector:
            selector.register(self.fileno, selectors.EVENT_READ)
            while not self.exit_event.is_set():
                text = ""
                if selector.select(POLL):
                    typed = self._typed()
                    if not typed:
                        break
                    text = decoder.decode(typed)
                try:
                    for message in (*(parser.feed(text) if text else ()), *parser.tick()):
                        self.process_message(message)
                except Exception:  # a sequence that means nothing must not take the keys away
                    parser = XTermParser(self._debug)
        with contextlib.suppress(EOFError, ParseError):
            tuple(parser.feed(""))

    def _typed(self) -> bytes:
        try:
            return os.read(self.fileno, TYPED)
        except OSError:
            return b""
