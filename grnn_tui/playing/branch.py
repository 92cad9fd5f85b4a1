"""One way a text has gone: what it shares with its parent, and its own positions from the fork on."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

INTERVAL = 64
"""Every so many positions a state is kept; the few between are replayed."""
PREVIEW = 40
"""Positions after the fork that name a branch in a list."""


class Branch:
    """Positions `fork` and up are this branch's own; those before belong to `parent`. Owned by one session.

    Beside each own position: its label, its symbol (-1: the model does not know it), its surprisal in bits.
    """

    def __init__(self, number: int, parent: Branch | None, fork: int, prompt: int, prompt_text: str, seed: int) -> None:
        self.number = number
        self.parent = parent
        self.fork = fork
        self.prompt = prompt
        """Positions of the prompt; what follows was written."""
        self.prompt_text = prompt_text
        self.seed = seed
        """Of the luck its last symbols were drawn with."""
        self.labels: list[str] = []
        self.symbols = array("i")
        self.bits = array("d")
        self.forced: set[int] = set()
        """Positions (absolute) that a person chose."""
        self.read = fork
        """Positions (absolute) before this one have their figures."""
        self.states: dict[int, Any] = {}
        """State after so many positions, for own multiples of INTERVAL that have been read."""
        self._bits_before = array("d", [0.0])
        self._seen_before = array("q", [0])
        self._settled = 0

    @property
    def length(self) -> int:
        """Positions of the whole text, shared ones included."""
        return self.fork + len(self.labels)

    def append(self, label: str, symbol: int, bits: float) -> None:
        """One more position at the end."""
        if self._settled == len(self.labels):
            self._settled += 1
            self._bits_before.append(self._bits_before[-1] + bits)
            self._seen_before.append(self._seen_before[-1] + (symbol >= 0))
        self.labels.append(label)
        self.symbols.append(symbol)
        self.bits.append(bits)

    def extend(self, labels: Sequence[str], symbols: Sequence[int]) -> None:
        """More positions at the end, unread."""
        self.labels.extend(labels)
        self.symbols.extend(symbols)
        self.bits.extend([0.0] * len(labels))

    def truncate(self, length: int) -> None:
        """Forget the own positions from `length` >= fork on."""
        own = length - self.fork
        for position in range(length - length % INTERVAL, self.length + 1, INTERVAL):
            if position > length:
                self.states.pop(position, None)
        del self.labels[own:], self.symbols[own:], self.bits[own:]
        self._unsettle(own)
        self.forced = {position for position in self.forced if position < length}
        self.read = min(self.read, length)

    def set_bits(self, position: int, bits: float) -> None:
        """The surprisal of an own position has been found."""
        own = position - self.fork
        self.bits[own] = bits
        if self._settled > own:
            self._unsettle(own)

    def set_symbols(self, symbols: Sequence[int]) -> None:
        """The same labels are now these symbols, to another model."""
        self.symbols = array("i", symbols)
        self._unsettle(0)

    def owner(self, position: int) -> Branch:
        """The branch on this way that `position` belongs to."""
        branch = self
        while branch.parent is not None and position < branch.fork:
            branch = branch.parent
        return branch

    def state_owner(self, position: int) -> Branch:
        """The branch on this way that keeps the state after `position` positions."""
        return self.owner(position - 1)

    def segments(self, start: int, stop: int) -> Iterator[tuple[Branch, int, int]]:
        """Who owns what of [start, stop): (branch, from, to), in the order of the text."""
        found: list[tuple[Branch, int, int]] = []
        branch: Branch | None = self
        while branch is not None and start < stop:
            low = max(start, branch.fork)
            if low < stop:
                found.append((branch, low, stop))
                stop = low
            branch = branch.parent
        return reversed(found)

    def labels_between(self, start: int, stop: int) -> list[str]:
        """Labels of [start, stop) along this way."""
        return [c for b, low, high in self.segments(start, stop) for c in b.labels[low - b.fork : high - b.fork]]

    def symbols_between(self, start: int, stop: int) -> list[int]:
        """Symbols of [start, stop) along this way."""
        return [s for b, low, high in self.segments(start, stop) for s in b.symbols[low - b.fork : high - b.fork]]

    def bits_between(self, start: int, stop: int) -> list[float]:
        """Surprisals of [start, stop) along this way."""
        return [s for b, low, high in self.segments(start, stop) for s in b.bits[low - b.fork : high - b.fork]]

    def forced_between(self, start: int, stop: int) -> list[int]:
        """Positions in [start, stop) along this way that a person chose."""
        return sorted(p for b, low, high in self.segments(start, stop) for p in b.forced if low <= p < high)

    def sums(self, position: int) -> tuple[int, float]:
        """How many symbols before `position` the model has seen, and their surprisal in bits."""
        seen, bits = 0, 0.0
        for branch, low, high in self.segments(0, position):
            branch._settle()
            seen += branch._seen_before[high - branch.fork] - branch._seen_before[low - branch.fork]
            bits += branch._bits_before[high - branch.fork] - branch._bits_before[low - branch.fork]
        return seen, bits

    def first_unread(self) -> int:
        """The first position along this way whose figures are still to be found; its length if there is none."""
        return min((b.read for b, _, high in self.segments(0, self.length) if b.read < high), default=self.length)

    def _unsettle(self, own: int) -> None:
        self._settled = min(self._settled, own)
        del self._bits_before[self._settled + 1 :], self._seen_before[self._settled + 1 :]

    def _settle(self) -> None:
        start = self._settled
        if start == len(self.labels):
            return
        bits = np.cumsum(np.array(self.bits[start:])) + self._bits_before[-1]
        seen = np.cumsum(np.array(self.symbols[start:]) >= 0, dtype=np.int64) + self._seen_before[-1]
        self._bits_before.frombytes(bits.tobytes())
        self._seen_before.frombytes(seen.tobytes())
        self._settled = len(self.labels)
