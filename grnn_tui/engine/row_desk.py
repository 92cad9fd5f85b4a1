"""What is on the engine's table while a model of rows is open: a session, what is being written, what is to be told."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from grnn_tui.backends.contract import Vector
from grnn_tui.engine import row_frames
from grnn_tui.engine.models import OpenedModel
from grnn_tui.engine.pace import Pace, Rate
from grnn_tui.engine.protocol import Generate, MoveCursor, Pause, Request, Reroll, SetSampling
from grnn_tui.engine.row_protocol import (
    BranchSample,
    ForceValue,
    PaintKnown,
    RowsOpened,
    SelectSample,
    SetCondition,
    SetOrdering,
    SetSheet,
    SheetFrame,
)
from grnn_tui.errors import UsageError
from grnn_tui.playing.row_outlook import RowOutlook
from grnn_tui.playing.rows import RowSession

ROUNDS = 1_000_000
"""Values of each sample that can be asked for at once, at most."""


class RowDesk:
    """Carries out requests that are about rows, writes in slices, and says what has changed."""

    def __init__(self, model: OpenedModel, fail: Callable[[Exception], None]) -> None:
        """`fail` is told what went wrong where the frame is still worth telling."""
        self._fail = fail
        self.session = RowSession(model.player, model.rows)
        self._pace: Pace | None = None
        self._rate = Rate()
        self._dirty = True
        self._told_known: object = None
        self._told_order: bytes = b""

    def take_up(self, model: OpenedModel) -> bool:
        """Go on with another model over the same rows; False if it is over others."""
        self._dirty = True
        if model.rows.kind != self.session.domain.kind or model.rows.shape != self.session.domain.shape:
            return False
        if model.rows.levels != self.session.domain.levels or model.rows.condition != self.session.domain.condition:
            return False
        if model.player is not self.session.player:
            self.session.domain = model.rows
            self.session.set_player(model.player)
        # A screen that is told of an opened model expects all of it again.
        self._told_order = b""
        return True

    # --- what the loop asks -------------------------------------------------------------------------------------------

    def idle_seconds(self, now: float) -> float | None:
        """How long there is nothing to do; None: until a request comes."""
        if self.session.busy:
            return 0.0
        return None if self._pace is None else self._pace.wait(now)

    def work(self, seconds: float) -> None:
        """A slice: let the player see what it has not, else write what is due.

        Raises:
            GrnnError: what stopped the writing.
        """
        session = self.session
        if session.busy:
            self._dirty = True
            try:
                session.read(seconds)
            except Exception:
                session.begin()
                raise
        elif self._pace is not None:
            self._write(self._pace, seconds)

    def take_frame(self) -> SheetFrame | None:
        """Everything that changed since the frame before; None if nothing did."""
        if not self._dirty:
            return None
        self._dirty = False
        session = self.session
        prediction, levels, density = row_frames.seen(self._outlook())
        known, ordering, cloud = session.known, session.plan.order.astype(np.int32).tobytes(), session.path.cloud
        frame = SheetFrame(
            sheet=session.number,
            samples=len(session.sheet),
            splices=row_frames.splices(session),
            selected=session.selected,
            cursor=session.cursor,
            totals=row_frames.totals(session),
            generating=self._pace is not None,
            rate=self._rate.value(time.monotonic()),
            exact=session.plan.exact,
            particles=session.plan.particles,
            effective=1.0 if cloud is None else cloud.effective,
            prediction=prediction,
            levels=levels,
            density=density,
            ordering=None if ordering == self._told_order else ordering,
            known=None if known is self._told_known else row_frames.known(known),
            busy=session.busy,
        )
        self._told_known, self._told_order = known, ordering
        return frame

    # --- requests -----------------------------------------------------------------------------------------------------

    def carry_out(self, request: Request) -> bool:
        """Do what `request` asks; False if it is about a text.

        Raises:
            GrnnError: it cannot be done; everything stays as it was.
        """
        session = self.session
        self._dirty = True
        match request:
            case Generate(count, per_second):
                self._begin(count, per_second)
            case Pause():
                self.stop()
            case Reroll(seed, count, per_second):
                session.begin(seed)
                self._begin(count, per_second)
            case MoveCursor(by):
                self.stop()
                session.move(by)
            case SelectSample(sample, step):
                session.select(sample)
                if step is not None:
                    session.move(step - session.cursor)
            case SetSampling(sampling, seed):
                session.set_sampling(sampling, seed)
            case _:
                return self._change(request)
        return True

    def _change(self, request: Request) -> bool:
        session = self.session
        match request:
            case ForceValue(value):
                self.stop()
                session.force(value)
            case BranchSample():
                self.stop()
                session.branch()
            case SetSheet(samples, particles):
                session.set_samples(samples, particles)
            case SetCondition(vectors):
                told: list[Vector | None] = [None if v is None else np.array(v, np.float32) for v in vectors]
                session.set_condition(told)
            case PaintKnown(places, values):
                session.paint(*self._painted(places, values))
            case SetOrdering(ordering):
                self.stop()
                session.reorder(np.array(ordering, np.int64) if ordering else None)
            case _:
                return False
        return True

    def stop(self) -> None:
        """Stop writing."""
        if self._pace is not None:
            self._pace = None
            self._dirty = True

    def _outlook(self) -> RowOutlook | None:
        try:
            return self.session.outlook()
        except Exception as error:
            self._fail(error)
            return None

    def _painted(self, places: list[int], values: list[float]) -> tuple[NDArray[Any], NDArray[Any]]:
        length = self.session.domain.length
        if len(places) != len(values) or any(not 0 <= place < length for place in places):
            raise UsageError(f"what is known has to lie within the {length} values of a {self.session.domain.row_name}")
        mask, row = np.zeros(length, bool), np.zeros(length)
        mask[places], row[places] = True, values
        return mask, row

    # --- working on ---------------------------------------------------------------------------------------------------

    def _begin(self, count: int, per_second: float) -> None:
        if not 0 <= count <= ROUNDS or not 0 <= per_second <= 1e9:
            raise UsageError(f"cannot write {count} values at {per_second} a second; ask for at most {ROUNDS}")
        now = time.monotonic()
        self._pace = Pace(count, per_second, now) if count and not self.session.done else None
        self._rate.restart(now)

    def _write(self, pace: Pace, seconds: float) -> None:
        allowed = pace.allowed(time.monotonic())
        if not allowed:
            return
        session = self.session
        before = sum(path.length for path in session.sheet)
        pace.advance(session.write(allowed, seconds))
        self._rate.add(time.monotonic(), sum(path.length for path in session.sheet) - before)
        self._dirty = True
        if pace.remaining <= 0 or session.done:
            self.stop()


def opened_event(model: OpenedModel, summary: str) -> RowsOpened:
    """What the screen is told of a model of rows."""
    header, rows = model.directory.header, model.rows
    told = rows.condition
    return RowsOpened(
        reference=model.reference,
        name=model.located.name,
        backend=header.backend,
        summary=summary,
        step=model.located.step,
        live=model.located.live,
        unit=rows.unit,
        kind=rows.kind,
        shape=list(rows.shape),
        levels=rows.levels,
        row_name=rows.row_name,
        columns=list(rows.columns),
        classes=list(told.classes) if told is not None else [],
        features=list(told.features) if told is not None else [],
        feature_mean=list(told.mean) if told is not None else [],
        feature_scale=list(told.scale) if told is not None else [],
        mean=np.array(rows.mean, np.float64).tobytes(),
        scale=np.array(rows.scale, np.float64).tobytes(),
        validation_nats=header.trained.validation_nats,
        floor_nats=header.trained.floor_nats,
        bound=header.trained.bound,
        passed_over=model.located.passed_over,
    )
