"""The hidden units of a model along the text of a session: each position's read once, kept, and ranked."""

from __future__ import annotations

import time
from typing import Any

import numpy as np

from grnn_tui.playing.branch import Branch
from grnn_tui.playing.marks import Mark
from grnn_tui.playing.ranking import Ranking, Rows, Tally
from grnn_tui.playing.states import States

KEPT_BYTES = 32 << 20
"""Of activations; of a text with more only the last part has any."""
LEAST = 1024
"""Positions that are kept however many units there are."""
CHUNK = 64


class Units:
    """Activations of all units after each position of [first, stop) of the current way.

    They are read from the nearest kept state on, one step of the model for each new symbol; whoever changes the way
    says so with `forget_after`.
    """

    def __init__(self, states: States) -> None:
        self._states = states
        self.count: int | None = None
        """How many units there are; 0 for a model that has none, None before the first reading."""
        self.first = self.stop = 0
        self._capacity = LEAST
        self._rows: Rows = np.empty((0, 0), np.float32)
        self._at: tuple[int, Any] | None = None
        """Where the walk stands: positions seen, and the state after them."""
        self._changed = 0

    def behind(self, length: int) -> bool:
        """Whether of a text of so many positions something is still to be read."""
        return self.count is None or (self.count > 0 and self.stop < length)

    def forget_after(self, position: int) -> None:
        """The way has changed from `position` on."""
        if position >= self.stop:
            return
        if position < self.first:
            self.first = position = 0
        self.stop, self._at = position, None
        self._changed = min(self._changed, position)

    def read(self, branch: Branch, seconds: float = float("inf")) -> None:
        """Go on along the way of `branch`, which has been read by the model, for about so long."""
        deadline = time.monotonic() + seconds
        if self.count is None:
            self._begin()
        if branch.length - self.stop > self._capacity:
            self.first = self.stop = branch.length - self._capacity
            self._at = None
        position, state = self._at or self._states.before(branch, self.stop)
        player = self._states.player
        while self.behind(branch.length) and time.monotonic() < deadline:
            symbols = branch.symbols_between(position, min(position + CHUNK, branch.length))
            self._make_room(position + len(symbols) - self.stop)
            for symbol in symbols:
                if symbol >= 0:
                    state = player.advance(state, symbol)
                if position >= self.stop:
                    self._rows[position - self.first] = player.features(state)
                    self.stop = position + 1
                position += 1
            self._at = position, state

    def _begin(self) -> None:
        player = self._states.player
        count = player.features(player.start()).size
        self._capacity = max(LEAST, KEPT_BYTES // (4 * max(1, count)))
        self._rows = np.empty((0, count), np.float32)
        self.count = count

    def _make_room(self, count: int) -> None:
        held, size = self.stop - self.first, len(self._rows)
        if held + count <= size:
            return
        if held + count > self._capacity:
            half = held // 2
            self._rows[: held - half] = self._rows[half:held].copy()
            self.first += half
            return
        rows = np.empty((min(self._capacity, max(2 * size, held + count)), self._rows.shape[1]), np.float32)
        rows[:held] = self._rows[:held]
        self._rows = rows

    def take_change(self) -> int:
        """From which position on activations may differ from what was last taken."""
        changed, self._changed = self._changed, self.stop
        return max(self.first, min(changed, self.stop))

    def along(self, unit: int, start: int) -> Rows:
        """Activations of one unit from position `start` to `stop`."""
        return self._rows[start - self.first : self.stop - self.first, unit]

    def ranking(self, branch: Branch, mark: str = "") -> Ranking:
        """All units by what they do along the text: by variance, or by how well they follow `mark`."""
        tally = Tally(self._rows.shape[1])
        rows = self._rows[: self.stop - self.first]
        follow = Mark(mark)
        labels = branch.labels_between(self.first, self.stop) if mark else []
        tally.add(rows, (follow.step(label) for label in labels))
        return tally.ranking(mark)
