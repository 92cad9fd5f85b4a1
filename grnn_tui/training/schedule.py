"""How far a run is, when it ends, and the learning rate on the way: pure functions of step and seconds.

    rate(p) = peak * warm-up(step) * shape(p),   p = fraction of the run that is done

cosine: shape(p) = f + (1 - f) (1 + cos(pi p)) / 2 (Loshchilov and Hutter 2017) with f = 1 %; constant: 1;
plateau: halved each time the validation loss has not improved for `PATIENCE` validations.
Limited by steps or epochs, the rate is a function of the step alone, so a resumed run repeats it exactly; limited by
seconds, it follows the clock.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import msgspec

from grnn_tui.runs.request import TrainingOptions

FLOOR = 0.01
PATIENCE = 3
SMALLEST = 1e-3


@dataclass(frozen=True)
class Limits:
    """When a run ends: whichever comes first."""

    steps: int | None
    seconds: float | None

    @classmethod
    def of(cls, options: TrainingOptions, steps_per_epoch: int) -> Limits:
        """The limits in `options`, epochs turned into steps."""
        steps = [options.steps] if options.steps is not None else []
        if options.epochs is not None:
            steps.append(max(1, math.ceil(options.epochs * steps_per_epoch)))
        return cls(min(steps, default=None), options.seconds)

    def progress(self, step: int, seconds: float) -> float:
        """The fraction done, 0 to 1."""
        done = [0.0]
        if self.steps is not None:
            done.append(step / self.steps)
        if self.seconds is not None:
            done.append(seconds / self.seconds)
        return min(1.0, max(done))

    def reached(self, step: int, seconds: float) -> bool:
        """Whether the run is over."""
        return self.progress(step, seconds) >= 1.0


class Plateau(msgspec.Struct, frozen=True):
    """How the validation loss has been doing, for the plateau schedule."""

    best: float | None = None
    waited: int = 0
    factor: float = 1.0

    def after(self, loss: float) -> Plateau:
        """The state after another validation."""
        if self.best is None or loss < self.best:
            return Plateau(loss, 0, self.factor)
        if self.waited + 1 < PATIENCE:
            return Plateau(self.best, self.waited + 1, self.factor)
        return Plateau(self.best, 0, max(SMALLEST, self.factor / 2))


def learning_rate(options: TrainingOptions, limits: Limits, step: int, seconds: float, plateau: Plateau) -> float:
    """The rate of the step after `step` steps, before any scaling that was asked for during the run."""
    warmup = options.warmup
    if limits.steps is not None:
        warmup = min(warmup, max(1, limits.steps // 10))
    rate = options.lr * (min(1.0, (step + 1) / warmup) if warmup else 1.0)
    match options.schedule:
        case "cosine":
            p = limits.progress(step, seconds)
            return rate * (FLOOR + (1 - FLOOR) * (1 + math.cos(math.pi * p)) / 2)
        case "plateau":
            return rate * plateau.factor
        case "constant":
            return rate
