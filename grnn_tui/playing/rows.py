"""A contact sheet of rows being written by one model: samples side by side, a cursor, and what is known of them all.

Every sample has luck of its own: sample i of a sheet has the seed `seed + i`, so that the same seed gives the same
sheet. Stepping back costs nothing, a value can be forced, a sample branches off from another at any step, and values
that are known stand in every sample that is written from then on.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from grnn_tui.backends.contract import Player, Vector
from grnn_tui.data.row_domain import RowDomain
from grnn_tui.errors import UsageError
from grnn_tui.playing.known import PARTICLES, Order, Plan, check_value, known_of, nothing_known, planned
from grnn_tui.playing.luck import MAX_SEED, Luck
from grnn_tui.playing.row_outlook import RowOutlook, look_at_value
from grnn_tui.playing.row_path import RowPath
from grnn_tui.playing.sampling import Sampling, checked

SAMPLES = 8
MAX_SAMPLES = 256


@dataclass(frozen=True)
class RowTotals:
    """Of the selected sample up to the cursor, and of all samples that are finished."""

    values: int
    nats: float
    finished: int
    mean_nats: float
    """Nats a row, over the finished ones."""


class RowSession:
    """One player, a sheet of samples, the one that is selected, and the step at which we stand in it."""

    def __init__(
        self, player: Player[Any, Any], domain: RowDomain, sampling: Sampling | None = None, seed: int = 0
    ) -> None:
        self.domain = domain
        self.sampling = checked(sampling or Sampling())
        self.seed, self.samples, self.particles = Luck(seed).seed, SAMPLES, PARTICLES
        self.known = nothing_known(domain)
        self.conditions: list[Vector | None] = [None]
        """What samples are told, in turn."""
        self.sheet: list[RowPath] = []
        self.number = 0
        """Of the sheet: grows with each that is begun."""
        self.selected = self.cursor = 0
        self._own = self.player = player
        self._turn = 0
        self.begin()

    # --- what there is ------------------------------------------------------------------------------------------------

    @property
    def plan(self) -> Plan:
        """How this sheet is written."""
        return self.path.plan

    @property
    def path(self) -> RowPath:
        """The selected sample."""
        return self.sheet[self.selected]

    @property
    def done(self) -> bool:
        """Whether every sample is finished."""
        return all(path.done for path in self.sheet)

    @property
    def untouched(self) -> bool:
        """Whether nothing has been written yet."""
        return not any(path.length for path in self.sheet)

    @property
    def busy(self) -> bool:
        """Whether the player has still to see something that is there."""
        return any(path.behind for path in self.sheet)

    def outlook(self) -> RowOutlook | None:
        """The distribution at the cursor and what stands there; None at the end of a row, or while it is unread.

        Raises:
            ModelError: the prediction is not a number.
        """
        path, step = self.path, self.cursor
        if step >= path.plan.length or step > path.read:
            return None
        chosen = path.values[step].item() if step < path.length else None
        return look_at_value(path.plan.player.predict(path.state_at(step)), self.sampling, chosen)

    def totals(self) -> RowTotals:
        """Sums of surprisals."""
        finished = [float(path.nats.sum()) for path in self.sheet if path.done]
        mean = sum(finished) / len(finished) if finished else 0.0
        return RowTotals(self.cursor, float(self.path.nats[: self.cursor].sum()), len(finished), mean)

    # --- settings -----------------------------------------------------------------------------------------------------

    def set_sampling(self, sampling: Sampling, seed: int) -> None:
        """From the very next value on; the seed from the next sheet on.

        Raises:
            UsageError: a setting out of its bounds.
        """
        self.sampling, seed = checked(sampling), _sheet_seed(seed)
        if seed != self.seed:
            self.seed = seed
            self._begin_if_untouched()

    def set_samples(self, count: int, particles: int = PARTICLES) -> None:
        """How many samples the next sheet has, and how many particles each has where they are needed.

        Raises:
            UsageError: none, or more than `MAX_SAMPLES`; a number of particles out of bounds.
        """
        if not 1 <= count <= MAX_SAMPLES:
            raise UsageError(f"a sheet has 1 to {MAX_SAMPLES} samples, not {count}")
        planned(self.player, self.domain, None, particles)
        self.samples, self.particles = count, particles
        self._begin_if_untouched()

    def set_condition(self, conditions: Vector | Sequence[Vector | None] | None) -> None:
        """What samples of the next sheet are told: a vector [size], nothing, or several of them in turn.

        Raises:
            UsageError: the model is told nothing, or a vector of another size.
        """
        told: list[Any] = list(conditions) if isinstance(conditions, list | tuple) else [conditions]
        size = self.domain.condition.size if self.domain.condition is not None else 0
        for vector in told:
            if vector is not None and np.shape(vector) != (size,):
                raise UsageError(f"the model is told {size} numbers, not {np.size(vector)}")
        self.conditions = [None if v is None else np.asarray(v, np.float32) for v in told] or [None]
        self._begin_if_untouched()

    def paint(self, mask: NDArray[Any], values: NDArray[Any]) -> None:
        """What is known of every row from the next sheet on: `mask` [D], `values` [D].

        Raises:
            UsageError: another length, or a value that a row cannot have.
        """
        self.known = known_of(self.domain, mask, values)
        self._begin_if_untouched()

    def reorder(self, ordering: Order | None) -> None:
        """Write in this order [D] from now on, None: in the model's own; a new sheet begins.

        Raises:
            UsageError: this model knows one order only, or it is no order.
        """
        if ordering is not None and not np.array_equal(np.sort(ordering), np.arange(self.domain.length)):
            raise UsageError(f"an order names each of the {self.domain.length} values once")
        self.player = self._own if ordering is None else self._own.under(ordering)
        self.begin()

    def set_player(self, player: Player[Any, Any]) -> None:
        """Another model over the same rows takes over: it sees what is there anew, if it writes in the same order."""
        ordering = None if self.player is self._own else self.player.ordering
        self._own = player
        try:
            self.player = player if ordering is None else player.under(ordering)
        except UsageError:
            self.player = player
        plan = planned(self.player, self.domain, self.known, self.particles)
        if self.untouched or not np.array_equal(plan.order, self.plan.order):
            self.begin()
            return
        for path in self.sheet:
            path.take_player(plan)

    # --- moving -------------------------------------------------------------------------------------------------------

    def select(self, sample: int) -> None:
        """Look at another sample, at its end.

        Raises:
            UsageError: there is no such sample.
        """
        if not 0 <= sample < len(self.sheet):
            raise UsageError(f"there is no sample {sample + 1}; there are {len(self.sheet)}")
        self.selected, self.cursor = sample, self.sheet[sample].length

    def move(self, by: int) -> None:
        """Step along the selected sample; stops at its ends."""
        self.cursor = max(0, min(self.cursor + by, self.path.length))

    # --- writing ------------------------------------------------------------------------------------------------------

    def begin(self, seed: int | None = None) -> None:
        """A new sheet of empty samples, with another seed if one is given; every known value will stand in each."""
        self.seed = _sheet_seed(self.seed if seed is None else seed)
        plan = planned(self.player, self.domain, self.known, self.particles)
        told = self.conditions
        self.sheet = [RowPath(plan, self.seed + i, told[i % len(told)]) for i in range(self.samples)]
        self.number += 1
        self.selected, self.cursor, self._turn = min(self.selected, self.samples - 1), 0, 0

    def write(self, rounds: int, seconds: float = float("inf")) -> int:
        """One value of every unfinished sample, `rounds` times or for about so long; how many rounds were completed.

        A round that time has cut off goes on with the next call.

        Raises:
            ModelError: a prediction is not a number.
        """
        deadline = time.monotonic() + seconds
        done = 0
        while done < rounds and not self.done:
            while self._turn < len(self.sheet):
                path = self.sheet[self._turn]
                self._turn += 1
                if not path.done:
                    self._write(path)
                    if time.monotonic() >= deadline:
                        return done
            self._turn = 0
            done += 1
        return done

    def force(self, value: float) -> None:
        """Write `value` at the cursor of the selected sample, whatever the model would; what followed is gone.

        Raises:
            UsageError: a row cannot have such a value, or is at its end, or is still being read.
        """
        check_value(self.domain, value)
        path = self.path
        if path.behind:
            raise UsageError("the model is still looking at this sample; try again in a moment")
        if self.cursor >= path.plan.length:
            raise UsageError(f"this {self.domain.row_name} is finished: step back to the value you want another of")
        path.force(self.cursor, value if path.plan.real else int(value))
        self.cursor += 1

    def branch(self) -> None:
        """A new sample that begins as the selected one does up to the cursor, with luck of its own; it is selected.

        Raises:
            UsageError: the sheet is full, or the sample is still being read.
        """
        if len(self.sheet) >= MAX_SAMPLES:
            raise UsageError(f"the sheet is full: it has {MAX_SAMPLES} samples")
        if self.path.behind:
            raise UsageError("the model is still looking at this sample; try again in a moment")
        seed = max(path.seed for path in self.sheet) + 1
        self.sheet.append(self.path.copy(self.cursor, seed))
        self.selected = len(self.sheet) - 1

    def read(self, seconds: float = float("inf")) -> None:
        """Let the player see what it has not seen, the selected sample first, for about so long."""
        deadline = time.monotonic() + seconds
        for path in (self.path, *self.sheet):
            while path.behind:
                path.read_on()
                if time.monotonic() >= deadline:
                    return

    def _write(self, path: RowPath) -> None:
        follows = path is self.path and self.cursor == path.length
        path.write(self.sampling)
        if follows:
            self.cursor = path.length

    def _begin_if_untouched(self) -> None:
        if self.untouched:
            self.begin()


def _sheet_seed(seed: int) -> int:
    """A seed that leaves room for those of the other samples.

    Raises:
        UsageError: it lies outside of what seeds can be.
    """
    if not 0 <= seed <= MAX_SEED - MAX_SAMPLES * 2:
        raise UsageError(f"the seed must lie between 0 and {MAX_SEED - MAX_SAMPLES * 2}, not {seed}")
    return seed
