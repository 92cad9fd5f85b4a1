"""One row being written, value after value in the order of its plan; any step can be returned to."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from grnn_tui.backends.contract import Vector
from grnn_tui.playing.cloud import Cloud
from grnn_tui.playing.known import Plan
from grnn_tui.playing.luck import Luck
from grnn_tui.playing.row_outlook import expectation
from grnn_tui.playing.sampling import Sampling, draw_value, nats_of

KEPT_STATES = 24
"""States that are kept of a row; the steps between two are replayed."""
LEAST_INTERVAL = 16


class RowPath:
    """What has been written of a row: `values`, `nats` and `expected` [D] by step, of which `length` are there.

    `nats` is the surprisal of each value, `expected` what the model expected of it (p(1) of a bit).
    """

    def __init__(self, plan: Plan, seed: int, condition: Vector | None = None) -> None:
        self.plan, self.condition = plan, condition
        self.luck = Luck(seed)
        self.values, self.nats, self.expected = (np.zeros(plan.length) for _ in range(3))
        self.length = 0
        self.read = 0
        """Steps that the present player has seen."""
        self.forced: set[int] = set()
        """Steps that a person chose."""
        self.cloud: Cloud | None = None
        self._interval = max(LEAST_INTERVAL, -(-plan.length // KEPT_STATES))
        self._states: dict[int, Any] = {}
        self._near: dict[int, Any] = {}
        self._tip: Any = None
        self._changed: int | None = 0
        self._restart()

    @property
    def seed(self) -> int:
        """Of its luck."""
        return self.luck.seed

    @property
    def done(self) -> bool:
        """Whether every value is there."""
        return self.length == self.plan.length

    @property
    def behind(self) -> bool:
        """Whether the player has still to see what is there."""
        return self.read < self.length

    def row(self) -> NDArray[np.float64]:
        """The values in row-major order [D]; zeros where none is yet."""
        row = np.zeros(self.plan.length)
        row[self.plan.order[: self.length]] = self.values[: self.length]
        return row

    def take_change(self) -> int | None:
        """From which step on values or figures differ from what was last taken; None: nowhere."""
        changed, self._changed = self._changed, None
        return changed

    # --- writing ------------------------------------------------------------------------------------------------------

    def write(self, sampling: Sampling) -> None:
        """One more value: the one that is given here, else drawn.

        Raises:
            ModelError: a prediction is not a number.
        """
        plan, t = self.plan, self.length
        if self.cloud is None and not plan.exact and plan.opens <= t < plan.closes:
            self.cloud = Cloud(plan, t, self._tip, (self.values, self.nats, self.expected), self.luck)
        if self.cloud is not None:
            self._write_many(self.cloud, sampling)
            return
        given = plan.given[t]
        prediction = plan.player.predict(self._tip)
        if given is None:
            value, nats = draw_value(prediction, sampling, self.luck[t])
        else:
            value, nats = given, nats_of(prediction, given)
        self._put(value, nats, expectation(prediction))

    def _write_many(self, cloud: Cloud, sampling: Sampling) -> None:
        """A step of all particles; the most probable of them is what is shown until one is chosen."""
        cloud.advance(sampling)
        taken = cloud.chosen() if cloud.done else cloud.best
        differs = np.flatnonzero(cloud.values[taken, : self.length] != self.values[: self.length])
        self._note_change(int(differs[0]) if differs.size else self.length)
        self.values, self.nats, self.expected = (
            each[taken].copy() for each in (cloud.values, cloud.nats, cloud.expected)
        )
        self.length = self.read = cloud.step
        self._tip = cloud.states[taken]
        self._states, self._near = {0: self._states[0]}, {}
        if cloud.done:
            self.cloud = None

    def force(self, step: int, value: float) -> None:
        """Write `value` at `step`; what followed is gone, because it followed from something else."""
        prediction = self.plan.player.predict(self.state_at(step))
        self.cut(step)
        self._put(value, nats_of(prediction, value), expectation(prediction))
        self.forced.add(step)

    def cut(self, step: int) -> None:
        """Forget everything from `step` on."""
        self._tip = self.state_at(step)
        self.cloud, self.length, self.read = None, step, step
        self.forced = {forced for forced in self.forced if forced < step}
        self._states = {at: state for at, state in self._states.items() if at <= step}
        self._near = {at: state for at, state in self._near.items() if at <= step}
        self._note_change(step)

    def copy(self, step: int, seed: int) -> RowPath:
        """Another row that begins as this one does before `step`, with luck of its own."""
        other = RowPath(self.plan, seed, self.condition)
        for mine, its in ((self.values, other.values), (self.nats, other.nats), (self.expected, other.expected)):
            its[:step] = mine[:step]
        other._tip = self.state_at(step)
        other.length = other.read = step
        other.forced = {forced for forced in self.forced if forced < step}
        other._states |= {at: state for at, state in self._states.items() if at <= step}
        return other

    def _put(self, value: float, nats: float, expected: float) -> None:
        t = self.length
        self.values[t], self.nats[t], self.expected[t] = value, nats, expected
        self._note_change(t)
        self._see(t)
        self.length = self.read

    def _see(self, t: int) -> None:
        self._tip = self.plan.player.advance(self._tip, self._symbol(t))
        self.read = t + 1
        if self.read % self._interval == 0:
            self._states[self.read] = self._tip

    def _symbol(self, t: int) -> Any:
        """The value at step `t` as a player takes it."""
        value = self.values[t].item()
        return value if self.plan.real else int(value)

    # --- what the player has seen -------------------------------------------------------------------------------------

    def take_player(self, plan: Plan) -> None:
        """The same values in the same order, seen by another player from now on; `read_on` lets it."""
        self.plan = plan
        self.cloud, self.read = None, 0
        self._restart()

    def read_on(self) -> None:
        """Let the player see one more of the values that are there, and note its figures anew."""
        t = self.read
        prediction = self.plan.player.predict(self._tip)
        symbol = self._symbol(t)
        self.nats[t], self.expected[t] = nats_of(prediction, symbol), expectation(prediction)
        self._note_change(t)
        self._see(t)

    def state_at(self, step: int) -> Any:
        """The state before `step`, replayed from the nearest one that is kept."""
        if step == self.read:
            return self._tip
        if step not in self._near:
            base = max(at for at in self._states if at <= step)
            state = self._states[base]
            if len(self._near) > 4 * self._interval:
                self._near.clear()
            for t in range(base, step):
                self._near[t] = state
                state = self.plan.player.advance(state, self._symbol(t))
            self._near[step] = state
        return self._near[step]

    def _restart(self) -> None:
        player = self.plan.player
        self._tip = player.start() if self.condition is None else player.start(self.condition)
        self._states, self._near = {0: self._tip}, {}

    def _note_change(self, step: int) -> None:
        self._changed = step if self._changed is None else min(self._changed, step)
