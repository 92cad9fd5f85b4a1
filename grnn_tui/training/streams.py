"""The training text as parallel streams: windows that follow one another, so that state is carried along each.

In each epoch the text, taken as a ring and begun at a random place, is cut into `batch` pieces of equal length, and
every stream reads its own piece window by window. At the end of an epoch all streams begin anew elsewhere (and with
the start state), so windows fall differently each time. What is left over, less than one window a stream, is read in
another epoch.

A stream whose next window happens to begin a paragraph (or a line, where the text has no blank lines) begins it with
the start state too. That costs a little context now and then, and teaches the start state what begins a text.
"""

from __future__ import annotations

import msgspec
import numpy as np
from numpy.typing import NDArray

from grnn_tui.errors import DataError

MINIMUM = 2
_LOOK = 1 << 20
"""Symbols that are looked at to see whether the text has blank lines."""


class Cursor(msgspec.Struct, frozen=True, kw_only=True):
    """Where the streams are: all that is needed to read on exactly."""

    epoch: int
    window: int
    """Windows read in this epoch."""
    shift: int
    """Where in the text this epoch's first stream began."""
    generator: str
    """State of the PCG64 that draws the shifts: `state`, `inc`, `has_uint32`, `uinteger`, hexadecimal."""


def generator_state(generator: np.random.Generator) -> str:
    """The state of a PCG64, as `Cursor` holds it."""
    state = generator.bit_generator.state
    words = (state["state"]["state"], state["state"]["inc"], state["has_uint32"], state["uinteger"])
    return " ".join(f"{word:x}" for word in words)


def set_generator_state(generator: np.random.Generator, words: str) -> None:
    """Put a PCG64 where `generator_state` found it."""
    state, inc, waiting, word = (int(word, 16) for word in words.split())
    generator.bit_generator.state = {
        "bit_generator": "PCG64",
        "state": {"state": state, "inc": inc},
        "has_uint32": waiting,
        "uinteger": word,
    }


class Streams:
    """`batch` streams of windows of `length` symbols over the text `symbols` [n].

    Both are lowered where the text is too short for them: see `batch` and `length` for what is used.

    Raises:
        DataError: there is next to no text.
    """

    def __init__(
        self, symbols: NDArray[np.integer], batch: int, length: int, seed: int, newline: int | None = None
    ) -> None:
        n = int(symbols.size)
        if n < MINIMUM:
            raise DataError(f"the text to train on has {n} symbols; at least {MINIMUM} are needed")
        self.symbols = symbols
        self.length = min(length, n // 2)
        self.batch = max(1, min(batch, n // self.length))
        self.newline = newline
        """The symbol that ends a line, if there is one."""
        breaks = np.asarray(symbols[:_LOOK]) == newline
        self.blank_lines = bool((breaks[1:] & breaks[:-1]).any())
        self.piece = n // self.batch
        """Symbols from one stream's window to the next stream's."""
        self.windows = self.piece // self.length
        """Windows of each stream, and so steps, in an epoch."""
        self._generator = np.random.Generator(np.random.PCG64(seed))
        self.epoch = 0
        self.window = 0
        self.shift = 0

    @property
    def position(self) -> float:
        """Epochs read so far."""
        return self.epoch + self.window / self.windows

    @property
    def cursor(self) -> Cursor:
        """Where the streams are."""
        generator = generator_state(self._generator)
        return Cursor(epoch=self.epoch, window=self.window, shift=self.shift, generator=generator)

    def restore(self, cursor: Cursor) -> None:
        """Go on from `cursor`."""
        self.epoch, self.window, self.shift = cursor.epoch, cursor.window, cursor.shift
        set_generator_state(self._generator, cursor.generator)

    def next_starts(self) -> tuple[NDArray[np.int64], bool]:
        """Where each stream's next window begins in the text [batch], and whether it is a new beginning."""
        fresh = self.window == 0 and self.epoch == 0
        if self.window == self.windows:
            self.epoch += 1
            self.window = 0
            self.shift = int(self._generator.integers(self.symbols.size))
            fresh = True
        starts = np.arange(self.batch, dtype=np.int64) * self.piece + (self.shift + self.window * self.length)
        self.window += 1
        return starts % self.symbols.size, fresh

    def begins(self, starts: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Which of the windows at `starts` [batch] begin a paragraph, or a line if there are no paragraphs."""
        if self.newline is None:
            return np.zeros(starts.size, dtype=np.bool_)
        begins = np.asarray(self.symbols[starts - 1]) == self.newline
        if self.blank_lines:
            begins &= np.asarray(self.symbols[starts - 2]) == self.newline
        return np.asarray(begins, dtype=np.bool_)

    def gather(self, starts: NDArray[np.int64]) -> NDArray[np.int64]:
        """The windows that begin at `starts` [batch] of the text taken as a ring: [batch, length]."""
        n, L = self.symbols.size, self.length
        windows = np.empty((starts.size, L), dtype=np.int64)
        for row, start in zip(windows, starts.tolist(), strict=True):
            end = start + L
            if end <= n:
                row[:] = self.symbols[start:end]
            else:
                row[: n - start] = self.symbols[start:]
                row[n - start :] = self.symbols[: end - n]
        return windows
