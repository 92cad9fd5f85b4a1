"""What is on the engine's table: one model, one session, what is being written, and what is still to be told."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import numpy as np

from grnn_tui.backends.contract import Player
from grnn_tui.engine import frames
from grnn_tui.engine.models import OpenedModel, newer, open_model
from grnn_tui.engine.pace import Pace, Rate
from grnn_tui.engine.protocol import (
    Event,
    Failed,
    ForceSymbol,
    Frame,
    Generate,
    HideUnit,
    MoveCursor,
    OpenModel,
    Pause,
    Prediction,
    ReadBranch,
    ReadCatalogue,
    Request,
    Reroll,
    RestoreText,
    SetPrompt,
    SetSampling,
    ShowUnit,
    SwitchBranch,
)
from grnn_tui.engine.row_protocol import SetCondition, SheetFrame
from grnn_tui.engine.units import UnitWatch
from grnn_tui.errors import GrnnError, UsageError
from grnn_tui.playing.session import MAX_LENGTH, Session
from grnn_tui.playing.told import told_vector

if TYPE_CHECKING:
    from grnn_tui.engine.row_desk import RowDesk

SLICE = 0.008
"""Seconds of reading or writing before requests are looked at again."""
POLL = 0.5
"""Seconds between two looks for a newer checkpoint of a live run."""
IDLE_POLL = 3.0
"""The same for a run that nobody trains at the moment: it may be resumed."""


class Table:
    """Carries out requests, works on in slices, and says what has changed since it was last asked."""

    def __init__(self) -> None:
        self._model: OpenedModel | None = None
        self._session: Session | None = None
        self._before: list[Request] = []
        """What was asked before there was a model; done as soon as there is one that it can be about."""
        self._told: list[float] | None = None
        """What the model of text is told; None: nothing."""
        self._classes: tuple[str, ...] = ()
        """What it can be told."""
        self._desk: RowDesk | None = None
        """In charge while a model of rows is open; the text waits."""
        self._pace: Pace | None = None
        self._rate = Rate()
        self._unit = UnitWatch()
        self._events: list[Event] = []
        self._dirty = False
        self._listed = -1
        self._next_look = 0.0

    # --- what the loop asks -------------------------------------------------------------------------------------------

    def idle_seconds(self, now: float) -> float | None:
        """How long there is nothing to do; None: until a request comes."""
        session, waits = self._session, []
        if self._desk is not None:
            due = self._desk.idle_seconds(now)
            waits = [] if due is None else [due]
        elif session is not None and (session.busy or self._unit.behind(session)):
            return 0.0
        if self._desk is None and self._pace is not None:
            waits.append(self._pace.wait(now))
        if self._watching:
            waits.append(max(0.0, self._next_look - now))
        return min(waits, default=None)

    def work(self) -> None:
        """A slice: read what is unread, else write what is due, and follow a hidden unit; see to newer checkpoints.

        Raises:
            GrnnError: what stopped the writing.
        """
        session = self._session
        if self._desk is not None:
            self._desk.work(SLICE)
        elif session is None:
            return
        else:
            self._work_on_text(session)
        if self._watching and time.monotonic() >= self._next_look:
            self._look_for_newer()

    def _work_on_text(self, session: Session) -> None:
        if session.busy:
            self._read(session)
        elif self._pace is not None:
            self._write(session, self._pace)
        if self._unit.behind(session):
            self._follow_unit(session)

    def take_events(self) -> list[Event]:
        """What has to be told besides frames."""
        events, self._events = self._events, []
        return events

    def take_frame(self) -> Frame | SheetFrame | None:
        """Everything that changed since the frame before; None if nothing did."""
        if self._desk is not None:
            return self._desk.take_frame()
        session = self._session
        if session is None or not self._dirty:
            return None
        self._dirty = False
        branch, start = session.current, session.take_change()
        listed = session.listing != self._listed
        self._listed = session.listing
        return Frame(
            splices=[] if start is None else [frames.splice(branch, start)],
            branch=branch.number,
            cursor=session.cursor,
            length=session.length,
            prompt=branch.prompt,
            prompt_text=branch.prompt_text,
            prediction=self._prediction(session),
            totals=frames.totals(session),
            generating=self._pace is not None,
            rate=self._rate.value(time.monotonic()),
            busy=session.busy,
            branches=frames.listing(session) if listed else None,
            unit=self._unit.take(session, settled=self._pace is None),
        )

    def fail(self, text: str) -> None:
        """Something could not be done; writing stops, the text stays."""
        self._stop()
        self._events.append(Failed(" ".join(text.split())))

    # --- requests -----------------------------------------------------------------------------------------------------

    def carry_out(self, request: Request) -> None:
        """Do what `request` asks.

        Raises:
            GrnnError: it cannot be done; everything stays as it was.
        """
        match request:
            case OpenModel(reference):
                self._open(reference)
            case ReadCatalogue():
                from grnn_tui.engine.catalogue import read_catalogue

                self._events.append(read_catalogue())
            case _ if self._desk is not None and self._desk.carry_out(request):
                pass
            case _ if self._session is None:
                self._before.append(request)
            case _:
                self._play(self._session, request)
                self._dirty = True

    def _play(self, session: Session, request: Request) -> None:
        match request:
            case SetPrompt(text):
                if text != session.current.prompt_text:
                    self._stop()
                session.set_prompt(text)
            case SetSampling(sampling, seed):
                session.set_sampling(sampling, seed)
            case Generate(count, per_second):
                self._begin(count, per_second)
            case Pause():
                self._stop()
            case MoveCursor(by):
                self._stop()
                session.move(by)
            case ForceSymbol(symbol):
                self._stop()
                session.force(symbol)
            case Reroll(seed, count, per_second):
                session.reroll(seed)
                self._begin(count, per_second)
            case SwitchBranch(branch):
                self._stop()
                session.switch(branch)
            case SetCondition(vectors):
                player = self._told_player(vectors[0] if vectors else None)
                self._stop()
                self._told = vectors[0] if vectors else None
                session.set_player(player, session.vocabulary)
            case RestoreText(prompt, written, cursor, forced):
                self._stop()
                session.restore(prompt, written, cursor, forced)
            case ShowUnit():
                self._unit.show(request)
            case HideUnit():
                self._unit.show(None)
            case ReadBranch(branch):
                self._events.append(frames.branch_read(session.branch(branch)))

    def _open(self, reference: str) -> None:
        self._take_up(open_model(reference))

    def _take_up(self, model: OpenedModel) -> None:
        self._model = model
        if model.of_rows:
            self._take_up_rows(model)
            return
        self._desk = None
        classes = model.vocabulary.condition.classes if model.vocabulary.condition is not None else ()
        if classes != self._classes:
            self._told, self._classes = None, classes
        player = self._told_player(self._told)
        if self._session is None:
            self._session = Session(player, model.vocabulary)
        elif player is not self._session.player:
            self._session.set_player(player, model.vocabulary)
        self._events.append(model.event())
        self._dirty = True
        self._after_opening(model)

    def _told_player(self, said: list[float] | None) -> Player[Any]:
        """The open model's player of text, told what the person chose.

        Raises:
            UsageError: it is not what the model is told.
        """
        assert self._model is not None
        if said is None:
            return self._model.player
        return told_vector(self._model.player, self._model.vocabulary, np.array(said, np.float32))

    def _take_up_rows(self, model: OpenedModel) -> None:
        from grnn_tui.engine.row_desk import RowDesk

        self._stop()
        if self._desk is None or not self._desk.take_up(model):
            self._desk = RowDesk(model, self._fail_with)
        self._events.append(model.event())
        self._after_opening(model)

    def _after_opening(self, model: OpenedModel) -> None:
        self._next_look = time.monotonic() + (POLL if model.located.live else IDLE_POLL)
        waiting, self._before = self._before, []
        for request in waiting:
            try:
                self.carry_out(request)
            except GrnnError as error:
                self.fail(str(error))

    # --- working on ---------------------------------------------------------------------------------------------------

    def _begin(self, count: int, per_second: float) -> None:
        if not 0 <= count <= MAX_LENGTH or not 0 <= per_second <= 1e9:
            raise UsageError(f"cannot write {count} symbols at {per_second} a second; ask for at most {MAX_LENGTH}")
        now = time.monotonic()
        self._pace = Pace(count, per_second, now) if count else None
        self._rate.restart(now)

    def _stop(self) -> None:
        if self._desk is not None:
            self._desk.stop()
        if self._pace is not None:
            self._pace = None
            self._dirty = True
            if self._session is not None:
                self._session.listing += 1

    def _read(self, session: Session) -> None:
        self._dirty = True
        try:
            session.read(SLICE)
        except Exception:
            session.leave_unread()
            raise

    def _follow_unit(self, session: Session) -> None:
        self._dirty = True
        try:
            self._unit.read(session, SLICE)
        except Exception:
            self._unit.show(None)
            raise

    def _write(self, session: Session, pace: Pace) -> None:
        allowed = pace.allowed(time.monotonic())
        if not allowed:
            return
        written = session.write(allowed, SLICE)
        if not written and not session.busy:
            raise UsageError("the text before the cursor could not be read; change the text or open another model")
        pace.advance(written)
        self._rate.add(time.monotonic(), written)
        self._dirty = True
        if pace.remaining <= 0:
            self._stop()

    @property
    def _watching(self) -> bool:
        return self._model is not None and self._model.follows

    def _look_for_newer(self) -> None:
        assert self._model is not None
        self._next_look = time.monotonic() + (POLL if self._model.located.live else IDLE_POLL)
        try:
            model = newer(self._model)
        except GrnnError:
            # Between two checkpoints, or a run that was just deleted: what is open still plays.
            return
        if model is not None:
            self._take_up(model)

    def _prediction(self, session: Session) -> Prediction | None:
        try:
            outlook = session.outlook()
        except Exception as error:  # the frame is still worth telling
            self._fail_with(error)
            return None
        return None if outlook is None else frames.prediction(outlook)

    def _fail_with(self, error: Exception) -> None:
        self.fail(str(error) if isinstance(error, GrnnError) else f"{type(error).__name__}: {error}")
