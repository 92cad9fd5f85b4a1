"""Step after step of gradient training, steered between them; truncated back-propagation through time for texts."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field
from typing import Literal

import msgspec
import torch
from torch import Tensor

from grnn_tui.backends.modeldir import Header
from grnn_tui.backends.network import Network
from grnn_tui.errors import TrainingError
from grnn_tui.runs.commands import Command, CommandReader, PauseRun, ResumeRun, SaveCheckpoint, SetRate, StopRun
from grnn_tui.runs.request import TrainingOptions
from grnn_tui.runs.rows import Trained, Validated
from grnn_tui.runs.scale import LossScale
from grnn_tui.training.checkpointing import Machine, Moving, Progress, checkpoint_files, random_states
from grnn_tui.training.clock import Pace, TrainingClock
from grnn_tui.training.devices import memory_in_use
from grnn_tui.training.evaluation import FINAL_LIMIT, PERIODIC_LIMIT, Measure, Measured
from grnn_tui.training.feed import Feed
from grnn_tui.training.journal import Journal
from grnn_tui.training.optimising import Optimiser
from grnn_tui.training.ranks import Order, Ranks
from grnn_tui.training.saving import Saver
from grnn_tui.training.schedule import Limits, Plateau, learning_rate
from grnn_tui.training.signals import CutShortError, Interruption
from grnn_tui.training.step import take_step
from grnn_tui.training.tally import Tally

POLL_PAUSED = 0.05


@dataclass(frozen=True)
class Setting:
    """What does not change during a sitting."""

    options: TrainingOptions
    header: Header
    measure: Measure | None
    """Measures a network on the held-out data; None: nothing is held out."""
    machine: Machine
    references: dict[str, float]
    device: torch.device
    ranks: Ranks = field(default_factory=Ranks)


@dataclass(frozen=True)
class Outcome:
    """How a sitting ended."""

    state: Literal["finished", "stopped"]
    reason: str
    step: int
    seconds: float
    measured: Measured | None
    """Validation at the end, on the whole text if it is not huge."""
    best: float | None
    scale: LossScale
    """How its losses are told."""


class Trainer:
    """One sitting of gradient training: step after step until a limit, a command or a signal ends it."""

    def __init__(
        self,
        setting: Setting,
        network: Network,
        feed: Feed,
        optimiser: Optimiser,
        clock: TrainingClock,
        journal: Journal,
        saver: Saver,
        commands: CommandReader,
    ) -> None:
        self.setting = setting
        self.options = setting.options
        self.network = network
        self.feed = feed
        self.optimiser = optimiser
        self.clock = clock
        self.journal = journal
        self.saver = saver
        self.commands = commands
        self.limits = Limits.of(setting.options, feed.windows)
        self.ranks = setting.ranks
        self.moving = Moving(network, optimiser, feed, None, setting.device, setting.ranks)
        """What a checkpoint takes beside the counters."""
        self.step = 0
        self.tokens = 0
        self.scale = 1.0
        self.plateau = Plateau()
        self._paused = False
        self._cut_short = False
        self.best: float | None = None
        self.last_validation: tuple[int, Measured] | None = None
        self._rate = 0.0
        self._bad_commands = 0

    # --- the state that a checkpoint holds

    def take_over(self, progress: Progress) -> None:
        """Go on from a checkpoint that `restore` has read into `moving`."""
        self.step, self.tokens, self.best = progress.step, progress.tokens, progress.best
        self.scale, self.plateau = progress.scale, progress.plateau

    @property
    def progress(self) -> Progress:
        """The counters as they are."""
        state = {
            "step": self.step,
            "seconds": self.clock.elapsed,
            "tokens": self.tokens,
            "best": self.best,
            "options": self.options,
            "scale": self.scale,
            "plateau": self.plateau,
            "cursor": self.feed.cursor,
            "machine": self.setting.machine,
            "references": self.setting.references,
        }
        return Progress(**state, **random_states())  # type: ignore[arg-type]

    # --- one step

    def train_step(self) -> tuple[Tensor, Tensor]:
        """One batch: loss in nats per symbol and gradient norm, both still on the device."""
        self._rate = self.scale * learning_rate(self.options, self.limits, self.step, self.clock.elapsed, self.plateau)
        self.ranks.tell(Order.STEP, self._rate)
        loss, norm, count = take_step(self.moving, self._rate, self.options.precision)
        self.step += 1
        self.tokens += count
        return loss, norm

    # --- a sitting

    def run(self, interruption: Interruption, until: int | None = None) -> Outcome:
        """Train until a limit is reached, or someone asks to stop; `until` is a step to stop after.

        Raises:
            TrainingError: the loss is no longer a number, or the end could not be saved.
        """
        tally = Tally(self)
        self.network.train()
        validating = Pace(self.options.validate_every, self.clock.elapsed)
        saving = Pace(self.options.checkpoint_every, self.clock.elapsed)
        self.save()
        reason: str | None = None
        over = self.limits.reached(self.step, self.clock.elapsed)
        while reason is None and not over:
            tally.add(*self.train_step())
            now = self.clock.elapsed
            over = self.limits.reached(self.step, now)
            if tally.due(now):
                self._check()
                tally.write(now)
            if over:
                break
            if validating.due(now):
                best = self.validate(interruption)
                validating.done(now, self.clock.elapsed)
                if best:
                    self.save()
                tally.rest(self.clock.elapsed - now)
            reason = self._obey(self.commands.poll()) or interruption.asked or self.journal.unheard
            if until is not None and self.step >= until and reason is None:
                reason = f"asked to stop after step {until}"
            now = self.clock.elapsed
            steps = self.options.checkpoint_steps
            if saving.due(now) or self.saver.retry_due or (steps and self.step % steps == 0):
                self.save()
                saving.done(now, self.clock.elapsed)
                tally.rest(self.clock.elapsed - now)
            if reason is None and self._paused:
                reason = self._wait(interruption)
        self._check()
        tally.write(self.clock.elapsed)
        return self._end(None if over else reason, interruption)

    def _end(self, reason: str | None, interruption: Interruption) -> Outcome:
        """Validate if the run is finished, save, and say how it ended: no time of training."""
        self.clock.stop()
        measured = self._measure_last(interruption) if reason is None and self.setting.measure is not None else None
        if not self.save(measured) and not self._insist(measured):
            last = self.saver.saved
            where = f"the last good checkpoint is step {last}" if last is not None else "there is no checkpoint"
            raise TrainingError(f"the end of the run could not be saved ({self.saver.fault}); {where}")
        state: Literal["finished", "stopped"] = "finished" if reason is None else "stopped"
        header = self.setting.header
        scale = LossScale.of(header.domain, bound=header.trained.bound)
        said = reason or sentence(measured, scale)
        if self._cut_short and reason is None:
            said += f"; {interruption.asked} came before all was measured"
        self.journal.note(self.step, state, said)
        return Outcome(state, said, self.step, self.clock.elapsed, measured, self.best, scale)

    def _insist(self, measured: Measured | None, attempts: int = 5) -> bool:
        for _ in range(attempts):
            time.sleep(0.5)
            if self.save(measured):
                return True
        return False

    def _check(self) -> None:
        """Stop before anything that follows from a loss that is not a number is shown or saved."""
        if not self.optimiser.bad:
            return
        raise self._no_number("the loss")

    def _no_number(self, what: str) -> TrainingError:
        return TrainingError(
            f"{what} is no longer a number at step {self.step}; the checkpoint of step {self.saver.saved} is good:"
            f" go on from it with `grnn-tui train --resume {self.saver.run.name} --lr {self.options.lr / 4:.1g}`"
        )

    # --- validation and saving

    @property
    def _validated(self) -> Measured | None:
        """What was measured at the present step."""
        at, measured = self.last_validation or (None, None)
        return measured if at == self.step else None

    def validate(self, interruption: Interruption) -> bool:
        """Measure on held-out text, tell it, and say whether it is the best so far; False if a signal cuts it short."""
        if self.setting.measure is None:
            return False
        self._check()
        measured = self._measure(PERIODIC_LIMIT, interruption)
        if measured is None:
            return False
        best = measured.nats < (self.best if self.best is not None else float("inf"))
        if best:
            self.best = measured.nats
        self.last_validation = (self.step, measured)
        self.plateau = self.plateau.after(measured.nats)
        self.journal.tell(
            Validated(
                step=self.step,
                at=time.time(),
                seconds=self.clock.elapsed,
                loss=measured.nats,
                symbols=measured.symbols,
                best=best,
            )
        )
        return best

    def _measure_last(self, interruption: Interruption) -> Measured | None:
        """On all that is held out, if that is not huge; on less, or None, if a signal cuts it short."""
        if self._validated is None:
            self.validate(interruption)
        measured = self._validated
        return measured if measured is None or measured.whole else self._measure(FINAL_LIMIT, interruption) or measured

    def _measure(self, limit: int, interruption: Interruption) -> Measured | None:
        """On at most `limit` symbols of what is held out; None if a signal cuts it short."""
        assert self.setting.measure is not None
        try:
            measured = self.setting.measure(self.network, limit, meanwhile=interruption.check)
        except CutShortError:
            self._cut_short = True
            return None
        if not math.isfinite(measured.nats):
            raise self._no_number("the loss on what is held out")
        return measured

    def save(self, measured: Measured | None = None) -> bool:
        """Checkpoint now; whether that worked. Nothing is done for a step that is saved already.

        Raises:
            TrainingError: the loss is no longer a number.
        """
        self._check()
        if self.saver.saved == self.step:
            return True
        measured = measured or self._validated
        validation = None if measured is None else measured.nats

        def files() -> dict[str, bytes]:
            trained = msgspec.structs.replace(
                self.setting.header.trained,
                step=self.step,
                seconds=round(self.clock.elapsed, 3),
                validation_nats=validation,
                quantiles=() if measured is None else measured.quantiles,
            )
            header = msgspec.structs.replace(self.setting.header, trained=trained)
            self.ranks.tell(Order.SAVE)
            return checkpoint_files(header, self.progress, self.moving)

        return self.saver.save(self.step, files, validation)

    # --- steering

    def _obey(self, commands: list[Command]) -> str | None:
        """Do what was asked; a reason to stop, if that was it."""
        if self.commands.bad > self._bad_commands:
            self._bad_commands = self.commands.bad
            self.journal.note(self.step, "alarm", "what was asked is damaged or no command: a line was left out")
        reason = None
        for command in commands:
            match command:
                case PauseRun():
                    self._paused = True
                case ResumeRun():
                    self._paused = False
                case StopRun():
                    reason = "asked to stop"
                case SaveCheckpoint():
                    self.save()
                case SetRate(lr=lr):
                    self.scale = lr / self.options.lr
                    self.journal.note(self.step, "rate", f"peak learning rate set to {lr:g}")
        return reason

    def _wait(self, interruption: Interruption) -> str | None:
        """Stand still until asked to go on (None) or to stop (why)."""
        self.save()
        self.clock.stop()
        self.journal.note(self.step, "paused")
        reason = None
        while self._paused and reason is None:
            time.sleep(POLL_PAUSED)
            self.ranks.tell(Order.WAIT)
            reason = self._obey(self.commands.poll()) or interruption.asked or self.journal.unheard
        self.clock.go()
        if reason is None:
            self.journal.note(self.step, "resumed")
        return reason

    def trained_row(self, loss: float, norm: float, tokens_per_second: float, steps_per_second: float) -> Trained:
        """The row for the steps since the last one."""
        seconds = self.clock.elapsed
        done = self.limits.progress(self.step, seconds)
        return Trained(
            step=self.step,
            at=time.time(),
            seconds=seconds,
            loss=loss,
            tokens=self.tokens,
            tokens_per_second=tokens_per_second,
            lr=self._rate,
            norm=norm,
            epoch=self.feed.position,
            memory=memory_in_use(self.setting.device),
            progress=done,
            eta=self._seconds_left(seconds, steps_per_second),
        )

    def _seconds_left(self, seconds: float, steps_per_second: float) -> float | None:
        left: list[float] = []
        if self.limits.seconds is not None:
            left.append(self.limits.seconds - seconds)
        if self.limits.steps is not None and steps_per_second > 0:
            left.append((self.limits.steps - self.step) / steps_per_second)
        return max(0.0, min(left)) if left else None


def sentence(measured: Measured | None, scale: LossScale) -> str:
    """What a finished run says of itself."""
    if measured is None:
        return "done"
    part = "all" if measured.whole else "a sample of"
    many = f"{measured.symbols // (scale.row or 1):,} {scale.per}s"
    return f"{scale.called('validation')} {scale.figure(measured.nats)} {scale.nats_unit} on {part} {many}"
