"""Generated text on its way to stdout: raw into a pipe, safe onto a terminal, and a few times a second at most."""

from __future__ import annotations

import codecs
import sys
import time
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from grnn_tui.runs.locate import Located

INTERVAL = 0.03
"""Seconds between two writes: the eye sees a stream, the system few calls."""


class TextStream:
    """Takes labels as they are drawn; lone surrogates (PEP 383) are bytes and are written as such."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stdout
        self._terminal = self._stream.isatty()
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._pending: list[str] = []
        self._due = 0.0
        self._last = ""

    def write(self, text: str) -> None:
        """Some more text; it may wait a moment for what follows."""
        self._pending.append(text)
        if time.monotonic() >= self._due:
            self.flush()

    def end(self) -> None:
        """No more of this text: write everything, and end the line."""
        self.flush()
        rest = self._decoder.decode(b"", True)
        if self._terminal:
            self._show(rest)
        if self._last != "\n":
            self.write("\n")
            self.flush()
        self._last = ""

    def flush(self) -> None:
        """Write what has come so far."""
        text = "".join(self._pending)
        self._pending.clear()
        self._due = time.monotonic() + INTERVAL
        if not text:
            return
        self._last = text[-1]
        data = text.encode("utf-8", "surrogateescape")
        if self._terminal:
            self._show(self._decoder.decode(data))
        else:
            self._stream.flush()
            self._stream.buffer.write(data)
            self._stream.buffer.flush()

    def _show(self, text: str) -> None:
        from grnn_tui.safetext import for_terminal

        self._stream.write(for_terminal(text, self._stream))
        self._stream.flush()


def note_passed_over(located: Located) -> None:
    """Say which checkpoint was not taken because it is damaged, and which one was."""
    if located.passed_over:
        note(f"step {located.step:,} is taken: {located.passed_over}")


def note(text: str) -> None:
    """One line about what is going on, to stderr."""
    from grnn_tui.safetext import for_terminal

    sys.stderr.write(for_terminal(" ".join(text.split("\n")), sys.stderr) + "\n")
    sys.stderr.flush()
