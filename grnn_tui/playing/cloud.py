"""Completing a row whose known values do not come first: sequential importance resampling.

P particles write the row side by side. At a step that is free each draws from the model; at one that is given each
takes the known value and is weighted by w <- w p(known value | its own past). When the effective number of particles,
(sum w)^2 / sum w^2, falls below half of them, they are drawn anew by systematic resampling and weigh the same again.
Once the last known value has been weighed one particle is chosen by weight, and what follows is written as usual: the
weights cannot change any more. With P growing the row so chosen is distributed as the model's own conditional
(Gordon, Salmond and Smith 1993; Doucet and Johansen 2009, section 4). The weights are those of the model itself,
whatever settings shape what is drawn.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from grnn_tui.playing.known import Plan
from grnn_tui.playing.luck import Luck
from grnn_tui.playing.row_outlook import expectation
from grnn_tui.playing.sampling import Sampling, draw_value, nats_of

Floats = NDArray[np.float64]


class Cloud:
    """The particles of one row from step `start` on, each with a past of its own.

    `values`, `nats` and `expected` [P, D] are what each has written, its surprisal, and what was expected.
    """

    def __init__(self, plan: Plan, start: int, state: Any, past: tuple[Floats, Floats, Floats], luck: Luck) -> None:
        """`past` are values, surprisals and expectations [D] that all particles share before `start`."""
        self._plan, self._luck = plan, luck
        self.step = start
        self.values, self.nats, self.expected = (np.repeat(each[None], plan.particles, axis=0) for each in past)
        self.states: list[Any] = [state] * plan.particles
        self._log_weights = np.zeros(plan.particles)

    @property
    def done(self) -> bool:
        """Whether the last known value has been weighed."""
        return self.step >= self._plan.closes

    @property
    def weights(self) -> Floats:
        """Normalised [P]."""
        return _normalised(self._log_weights)

    @property
    def effective(self) -> float:
        """The effective number of particles."""
        return float(1 / np.square(self.weights).sum())

    @property
    def best(self) -> int:
        """The particle of the largest weight; the first of several."""
        return int(self._log_weights.argmax())

    def advance(self, sampling: Sampling) -> None:
        """One step of every particle, and a resampling if it is due.

        Raises:
            ModelError: a prediction is not a number.
        """
        plan, t = self._plan, self.step
        given, player = plan.given[t], plan.player
        for i, state in enumerate(self.states):
            prediction = player.predict(state)
            value: Any = given
            if value is None:
                value, nats = draw_value(prediction, sampling, self._uniform(i))
            else:
                nats = nats_of(prediction, value)
                self._log_weights[i] -= nats
            self.values[i, t], self.nats[i, t] = value, nats
            self.expected[i, t] = expectation(prediction)
            self.states[i] = player.advance(state, value)
        self.step = t + 1
        if given is not None and not self.done and self.effective < plan.particles / 2:
            self._resample(t)

    def chosen(self) -> int:
        """One particle, drawn by weight."""
        cumulative = self.weights.cumsum()
        uniform = self._luck[self._plan.length * (self._plan.particles + 2)]
        return min(int(cumulative.searchsorted(uniform * cumulative[-1], side="right")), len(self.states) - 1)

    def _uniform(self, i: int) -> float:
        """The first D numbers belong to the steps of the one row, the next P + 1 to each step of the particles."""
        plan = self._plan
        return self._luck[plan.length + self.step * (plan.particles + 1) + i]

    def _resample(self, t: int) -> None:
        plan = self._plan
        uniform = self._luck[plan.length + t * (plan.particles + 1) + plan.particles]
        points = (np.arange(plan.particles) + uniform) / plan.particles
        kept = np.minimum(self.weights.cumsum().searchsorted(points, side="right"), plan.particles - 1)
        self.values, self.nats, self.expected = self.values[kept], self.nats[kept], self.expected[kept]
        self.states = [self.states[i] for i in kept.tolist()]
        self._log_weights = np.zeros(plan.particles)


def _normalised(log_weights: Floats) -> Floats:
    """Weights that sum to one; equal ones where the model holds all of them impossible."""
    top = log_weights.max()
    if not math.isfinite(top):
        return np.full(log_weights.size, 1 / log_weights.size)
    weights = np.exp(log_weights - top)
    found: Floats = weights / weights.sum()
    return found
