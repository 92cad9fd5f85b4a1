"""A run being followed: its rows, its smoothed curve, whether a trainer stands behind it, and how it is looked at.

The pane, the strip and the monitor show the same followed run; `version` tells them when there is something new.
"""

from __future__ import annotations

import sys
import time
from concurrent.futures import Future
from pathlib import Path
from threading import Thread

from grnn_tui.errors import RunError
from grnn_tui.runs.commands import Command, append_command
from grnn_tui.runs.directory import Run, Status
from grnn_tui.runs.metrics import MetricsReader
from grnn_tui.runs.room import Room, checkpoint_bytes, room_of
from grnn_tui.runs.rows import Started
from grnn_tui.runs.store import how_to_go_on
from grnn_tui.runs.view import RunView, Sitting, sittings
from grnn_tui.ui.panes.training.events import EventLog
from grnn_tui.ui.panes.training.options import ChartOptions
from grnn_tui.ui.panes.training.smoothing import Smoothed

STATUS_EVERY = 1.0
"""Seconds between looks at the process, and at the room on its disk."""
BIG_BYTES = 1 << 18
"""More unread rows than this are read by a thread, a portion between two polls, so that no key waits for them."""

PORTION_SECONDS = 0.2
"""How long the thread reads until it hands over what it has: a little less than lies between two polls."""

SWITCH_SECONDS = 0.0005
"""How soon that thread gives way to the screen; Python's own 5 ms add up over the many steps of a chart."""


class FollowedRun:
    """Polled by the frame timer; cheap when nothing is new."""

    def __init__(self, run: Run, options: ChartOptions | None = None) -> None:
        self.run = run
        self.options = options or ChartOptions()
        self.status = Status("new")
        self.version = 0
        self.last_at: float | None = None
        """When the newest row was written, seconds since the epoch."""
        self.overlay: FollowedRun | None = None
        """Another run drawn behind this one."""
        self.log = EventLog()
        self.view = RunView()
        """What the rows tell."""
        self.room: Room | None = None
        """On the run's file system, while a trainer lives."""
        self._reader = MetricsReader(run.metrics)
        self._smoothed = self._new_smoothed()
        self._portion: Future[list[Sitting]] | None = None
        self._status_at = float("-inf")
        self._measured, self._checkpoint = -2, 0
        """The step whose checkpoint was weighed, and what it takes."""
        self.total_epochs, self.data, self.backend = self._asked_for()

    @property
    def name(self) -> str:
        """What the run is called (foreign text)."""
        return self.run.name

    @property
    def smoothed(self) -> Smoothed:
        """The moving average of the training loss."""
        return self._smoothed

    def poll(self, now: float) -> bool:
        """Take in what is new; whether anything changed. `now`: seconds since the epoch."""
        changed = self._read()
        if changed or not 0 <= now - self._status_at < STATUS_EVERY:
            changed = self._look(now) or changed
        if self.overlay is not None:
            changed = self.overlay.poll(now) or changed
        self.version += changed
        return changed

    def look_through(self, options: ChartOptions) -> None:
        """Another way of looking."""
        if options.smoothing != self.options.smoothing:
            self._smoothed.smoothing = options.smoothing
            if self.overlay is not None:
                self.overlay.look_through(options)
        self.options = options
        self.version += 1

    def lay_over(self, other: FollowedRun | None) -> None:
        """Draw `other` behind this run, or nothing."""
        self.overlay = other
        if other is not None:
            other.look_through(self.options)
        self.version += 1

    def silent_for(self, now: float) -> float | None:
        """Seconds since the last row, while a trainer is said to live and not to pause."""
        if self.status.state != "alive" or self.last_at is None or self.loading:
            return None
        return max(0.0, now - self.last_at)

    def ask(self, command: Command) -> None:
        """Steer the run.

        Raises:
            RunError: it has ended, or its directory cannot be written.
        """
        if not self.run.status().live:
            raise RunError(f"the run {self.name} has ended; {how_to_go_on(self.name)}")
        append_command(self.run.commands, command)

    @property
    def loading(self) -> bool:
        """Whether a long history is still being read."""
        return self._portion is not None

    @property
    def read_share(self) -> float | None:
        """How much of a long history has been read; None once all of it has."""
        return self._reader.offset / max(1, self._reader.offset + self._reader.unread()) if self.loading else None

    def _read(self) -> bool:
        parts = self._next_rows()
        for part in parts:
            self.view.take_in(part)
            if any(isinstance(row, Started) for row in part.others[:1]):
                self._smoothed.restart()
            self.last_at = part.newest.at or self.last_at
            self.log.feed(part.others)
        self._smoothed.catch_up()
        return bool(parts)

    def _next_rows(self) -> list[Sitting]:
        """What is new, or a portion of it; nothing while a thread reads."""
        parts: list[Sitting] = []
        if self._portion is not None:
            if not self._portion.done():
                return []
            portion, self._portion = self._portion, None
            parts = portion.result()
        if self._reader.unread() <= BIG_BYTES:
            return parts + sittings(self._reader.read_new())
        self._portion = _in_thread(self._reader)
        return parts

    def _look(self, now: float) -> bool:
        self._status_at = now
        status = self.run.status()
        room = self._look_at_room() if status.live else None
        changed = (status, self._alarm_of(room)) != (self.status, self._alarm_of(self.room))
        self.status, self.room = status, room
        return changed

    def _look_at_room(self) -> Room | None:
        saved = self.view.saved.step if self.view.saved is not None else -1
        if saved != self._measured:
            self._measured, self._checkpoint = saved, checkpoint_bytes(self.run.path)
        return room_of(self.run.path, self._checkpoint)

    @staticmethod
    def _alarm_of(room: Room | None) -> str:
        return room.alarm if room is not None else ""

    @property
    def alarm(self) -> str:
        """That the disk is full or nearly so; empty while it is not."""
        return self._alarm_of(self.room)

    def _new_smoothed(self) -> Smoothed:
        return Smoothed(self.view.loss, self.options.smoothing)

    def _asked_for(self) -> tuple[float | None, str, str]:
        try:
            request = self.run.request
        except RunError:
            return None, "", ""
        return request.training.epochs, " ".join(Path(s).name for s in request.data.sources), request.backend


def _in_thread(reader: MetricsReader) -> Future[list[Sitting]]:
    """A portion of the rows, read while the screen goes on; whatever goes wrong is raised by `result`."""
    future: Future[list[Sitting]] = Future()
    sys.setswitchinterval(SWITCH_SECONDS)

    def read() -> None:
        parts: list[Sitting] = []
        end = time.monotonic() + PORTION_SECONDS
        try:
            while time.monotonic() < end and (rows := reader.read_some()):
                parts += sittings(rows)
        except BaseException as error:
            future.set_exception(error)
        else:
            future.set_result(parts)

    Thread(target=read, name="metrics", daemon=True).start()
    return future
