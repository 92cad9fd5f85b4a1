"""Letting a model see text that is already there, a slice of time at a time."""

from __future__ import annotations

import time
from typing import Any

from grnn_tui.backends.contract import Player
from grnn_tui.playing.branch import INTERVAL, Branch
from grnn_tui.playing.outlook import BITS


class Reading:
    """Walks one way from `position` to `stop`, keeps states, and notes surprisals from `figures_from` on.

    Positions before `figures_from` only warm the state up: they keep the figures they have.
    """

    def __init__(
        self, player: Player[Any], branch: Branch, position: int, stop: int, state: Any, figures_from: int
    ) -> None:
        self.position = position
        self.stop = stop
        self.state = state
        self._player = player
        self._figures_from = figures_from
        self._segments = list(branch.segments(position, stop))

    @property
    def done(self) -> bool:
        """Whether `stop` has been reached."""
        return self.position >= self.stop

    def go_on(self, deadline: float, near: dict[int, Any]) -> None:
        """Read until `deadline` (monotonic) or the end; the last states go into `near` by position."""
        while not self.done:
            branch, _, high = self._segments[0]
            self._read_in(branch, min(high, self.position + INTERVAL), near)
            if self.position >= high:
                self._segments.pop(0)
            if time.monotonic() >= deadline:
                return

    def _read_in(self, branch: Branch, stop: int, near: dict[int, Any]) -> None:
        player, state = self._player, self.state
        for position in range(self.position, stop):
            symbol = branch.symbols[position - branch.fork]
            if symbol >= 0:
                if position >= self._figures_from:
                    branch.set_bits(position, -player.predict(state).log_prob(symbol) * BITS)
                state = player.advance(state, symbol)
            keep(branch, position + 1, state, near)
        if self._figures_from <= branch.read < stop:
            branch.read = stop
        self.position, self.state = stop, state


def keep(branch: Branch, position: int, state: Any, near: dict[int, Any]) -> None:
    """Note the state after `position` positions of `branch`: for good at intervals, otherwise while it is near."""
    if position % INTERVAL == 0:
        branch.states[position] = state
        if len(near) > 2 * INTERVAL:
            near.clear()
    near[position] = state
