"""Which states of a text are at hand, and letting a model see text that is already there, in slices."""

from __future__ import annotations

import time
from enum import Enum
from typing import Any

from grnn_tui.backends.contract import Player
from grnn_tui.playing.branch import INTERVAL, Branch
from grnn_tui.playing.outlook import BITS

REPLAY = 4096
"""A state that is not at hand is rebuilt from at most so many positions before it."""
WARM_UP = 256
"""A replay that does not begin at the beginning lets so many positions pass before it trusts its figures."""


class Absent(Enum):
    """Stands for a state that is not at hand; any value may be a state, None too."""

    ABSENT = "absent"


ABSENT = Absent.ABSENT


class States:
    """The states of one player: for good every `INTERVAL` positions of each branch, and all of them near the cursor."""

    def __init__(self, player: Player[Any]) -> None:
        self.player = player
        self._near: dict[int, Any] = {}
        """Of the current way, by how many positions they have seen."""

    def note(self, branch: Branch, position: int, state: Any) -> None:
        """The state after `position` positions of the way of `branch`."""
        if position % INTERVAL == 0:
            branch.state_owner(position).states[position] = state
        if len(self._near) > 2 * INTERVAL:
            self._near.clear()
        self._near[position] = state

    def forget_after(self, position: int) -> None:
        """The way has changed from `position` on."""
        self._near = {after: state for after, state in self._near.items() if after <= position}

    def at(self, branch: Branch, position: int) -> Any | Absent:
        """The state after `position` positions, replayed if one is kept close by; ABSENT: it has to be read first."""
        state = self._near.get(position, ABSENT)
        if state is not ABSENT:
            return state
        base, state = self._kept(branch, position, INTERVAL)
        if state is ABSENT:
            return ABSENT
        if len(self._near) > 2 * INTERVAL:
            self._near.clear()
        for after, symbol in enumerate(branch.symbols_between(base, position), base + 1):
            if symbol >= 0:
                state = self.player.advance(state, symbol)
            self._near[after] = state
        self._near[position] = state
        return state

    def reading(self, branch: Branch, position: int, stop: int, figures_from: int = 0) -> Reading:
        """A walk up to `stop` from the nearest state before `position`, or from so far back that it hardly matters."""
        base, state = self._nearest(branch, position)
        if state is ABSENT:
            state = self.player.start()
            figures_from = max(figures_from, base + WARM_UP)
        return Reading(self, branch, base, stop, state, figures_from)

    def before(self, branch: Branch, position: int) -> tuple[int, Any]:
        """The nearest state before `position` and how many positions it has seen, else a fresh one far back."""
        base, state = self._nearest(branch, position)
        return base, self.player.start() if state is ABSENT else state

    def _nearest(self, branch: Branch, position: int) -> tuple[int, Any | Absent]:
        if position in self._near:
            return position, self._near[position]
        base, state = self._kept(branch, position, REPLAY)
        if state is not ABSENT:
            return base, state
        back = position - REPLAY
        return back - back % INTERVAL, ABSENT

    def _kept(self, branch: Branch, position: int, reach: int) -> tuple[int, Any | Absent]:
        """The nearest state kept for good at or before `position`, not much further back than `reach`."""
        for base in range(position - position % INTERVAL, position - reach - INTERVAL, -INTERVAL):
            if base <= 0:
                return 0, self.player.start()
            state = branch.state_owner(base).states.get(base, ABSENT)
            if state is not ABSENT:
                return base, state
        return 0, ABSENT


class Reading:
    """Walks one way from `position` to `stop`, keeps states, and notes surprisals from `figures_from` on.

    Positions before `figures_from` only warm the state up: they keep the figures they have.
    """

    def __init__(self, states: States, branch: Branch, position: int, stop: int, state: Any, figures_from: int) -> None:
        self.position = position
        self.stop = stop
        self._states = states
        self._state = state
        self._figures_from = figures_from
        self._segments = list(branch.segments(position, stop))

    @property
    def done(self) -> bool:
        """Whether `stop` has been reached."""
        return self.position >= self.stop

    def go_on(self, deadline: float) -> None:
        """Read until `deadline` (monotonic) or the end."""
        while not self.done:
            branch, _, high = self._segments[0]
            self._read_in(branch, min(high, self.position + 16))
            if self.position >= high:
                self._segments.pop(0)
            if time.monotonic() >= deadline:
                return

    def _read_in(self, branch: Branch, stop: int) -> None:
        player, state = self._states.player, self._state
        for position in range(self.position, stop):
            symbol = branch.symbols[position - branch.fork]
            if symbol >= 0:
                if position >= self._figures_from:
                    branch.set_bits(position, -player.predict(state).log_prob(symbol) * BITS)
                state = player.advance(state, symbol)
            self._states.note(branch, position + 1, state)
        if self._figures_from <= branch.read < stop:
            branch.read = stop
        self.position, self._state = stop, state
