"""What a run looks like now: a fold of its rows, kept up by the screen's monitor and by `grnn-tui watch`."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from grnn_tui.runs.directory import Run, Status
from grnn_tui.runs.metrics import MetricsReader
from grnn_tui.runs.rows import AnyRow, Noted, Saved, Started, Trained, Validated
from grnn_tui.runs.scale import LossScale
from grnn_tui.runs.series import Floats, Growing, Series

EVENTS_KEPT = 200
STATES = {"paused": "paused", "resumed": "alive", "finished": "finished", "stopped": "stopped", "failed": "failed"}


@dataclass(frozen=True)
class Sitting:
    """Rows of one sitting, or of a part of it, with the many that are alike as columns: quick to take in."""

    others: list[AnyRow]
    """All but the `Trained` ones, in order; a `Started` one comes first or not at all."""
    newest: AnyRow
    trained: Trained | None
    """The newest of its kind."""
    steps: Floats
    loss: Floats
    norm: Floats
    rate: Floats
    speed: Floats
    seconds: Floats


def sittings(rows: Iterable[AnyRow]) -> list[Sitting]:
    """The same rows by sittings. Whoever has very many of them does this away from the screen."""
    parts: list[list[AnyRow]] = []
    for row in rows:
        if not parts or isinstance(row, Started):
            parts.append([])
        parts[-1].append(row)
    return [_sitting(part) for part in parts]


def _sitting(rows: list[AnyRow]) -> Sitting:
    trained = [row for row in rows if isinstance(row, Trained)]

    def column(values: Sequence[float | None]) -> Floats:
        return np.array(values, dtype=np.float64)  # None becomes NaN

    return Sitting(
        others=[row for row in rows if not isinstance(row, Trained)],
        newest=rows[-1],
        trained=trained[-1] if trained else None,
        steps=column([row.step for row in trained]),
        loss=column([row.loss for row in trained]),
        norm=column([row.norm for row in trained]),
        rate=column([row.lr for row in trained]),
        speed=column([row.tokens_per_second for row in trained]),
        seconds=column([row.seconds for row in trained]),
    )


class RunView:
    """The state of a run as its rows tell it. Feeding it a row costs the same however many came before.

    Curves are over steps (x) in nats per symbol (y); `seconds` maps steps to seconds of training.
    """

    def __init__(self) -> None:
        self.started: Started | None = None
        """The beginning of the newest sitting: device, sizes, reference lines, floor, warnings."""
        self.trained: Trained | None = None
        """The newest rates."""
        self.validated: Validated | None = None
        self.best: Validated | None = None
        self.saved: Saved | None = None
        """The newest checkpoint told of."""
        steps = Growing()
        self.loss = Series(steps, np.float32)
        self.validation = Series()
        self.norm = Series(steps, np.float32)
        self.rate = Series(steps, np.float32)
        """Learning rate."""
        self.speed = Series(steps, np.float32)
        """Symbols per second."""
        self.seconds = Series(steps)
        """In full, because curves over time are looked up in it."""
        self.events: deque[Noted] = deque(maxlen=EVENTS_KEPT)
        self.told_state = "new"
        """The state that the rows tell of; whether a process still stands behind it is for `RunWatch` to say."""
        self.failure = ""
        """Why it failed, if it did."""
        self.step = 0

    @property
    def scale(self) -> LossScale:
        """How its losses are told."""
        return LossScale.of_run(self.started)

    @property
    def _curves(self) -> tuple[Series, ...]:
        return self.loss, self.validation, self.norm, self.rate, self.speed, self.seconds

    def feed(self, rows: Iterable[AnyRow]) -> None:
        """Take in rows, in order."""
        for sitting in sittings(rows):
            self.take_in(sitting)

    def take_in(self, sitting: Sitting) -> None:
        """Take in rows that have been put together."""
        for row in sitting.others:
            match row:
                case Started():
                    self._start(row)
                case Validated():
                    self._validate(row)
                case Saved():
                    self.saved = row
                case Noted():
                    self.events.append(row)
                    self.told_state = STATES.get(row.event, self.told_state)
                    self.failure = row.text if row.event == "failed" else self.failure
                case Trained():
                    pass
        self.step = sitting.newest.step
        self.trained = sitting.trained or self.trained
        for name in ("loss", "norm", "rate", "speed", "seconds"):
            getattr(self, name).extend(sitting.steps, getattr(sitting, name))

    def _start(self, row: Started) -> None:
        for curve in self._curves:
            curve.truncate_after(row.step)
        if self.best is not None and self.best.step > row.step:
            self.best = None
            if len(self.validation):
                low = int(np.argmin(self.validation.y))
                step, loss = int(self.validation.x[low]), float(self.validation.y[low])
                self.best = Validated(step=step, loss=loss, best=True)
        self.started = row
        self.told_state = "alive"
        self.failure = ""

    def _validate(self, row: Validated) -> None:
        self.validated = row
        if row.loss is None:
            return
        self.validation.append(row.step, row.loss)
        if self.best is None or self.best.loss is None or row.loss < self.best.loss:
            self.best = row


class RunWatch:
    """A run directory being watched: the view, kept up to date by polling."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.view = RunView()
        self._reader = MetricsReader(run.metrics)

    def poll(self) -> list[AnyRow]:
        """Take in what is new; returns it."""
        rows = self._reader.read_new()
        self.view.feed(rows)
        return rows

    @property
    def bad(self) -> int:
        """Lines that were no rows and have been left out."""
        return self._reader.bad

    def status(self) -> Status:
        """Whether a trainer stands behind it; a few system calls."""
        return self.run.status()
