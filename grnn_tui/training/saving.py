"""Saving checkpoints on a disk that may be full: the run goes on, tries again, and says so once each way."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path

from grnn_tui.runs.checkpoint import prune, write_step
from grnn_tui.runs.room import CHECKPOINTS, checkpoint_bytes, room_of, told_bytes
from grnn_tui.runs.rows import Saved
from grnn_tui.training.clock import TrainingClock
from grnn_tui.training.journal import Journal

RETRY = 10.0
"""Seconds until a failed save is tried again."""

_COPIES = 3
"""A checkpoint holds the weights and two moments of each."""


def little_room(run: Path, weights: int) -> list[str]:
    """A warning if there is room for few checkpoints of a model whose weights take so many bytes; else nothing."""
    room = room_of(run, checkpoint_bytes(run) or _COPIES * weights)
    if room is None or not room.alarm:
        return []
    each = f"room for fewer than {CHECKPOINTS} checkpoints of about {told_bytes(room.checkpoint)}"
    return [f"the disk of {run} is nearly full: {told_bytes(room.free)} free, {each}"]


class Saver:
    """Writes checkpoints of one run, prunes older ones, and remembers whether the last attempt failed."""

    def __init__(self, run: Path, journal: Journal, clock: TrainingClock, keep: int) -> None:
        self.run = run
        self.keep = keep
        self._journal = journal
        self._clock = clock
        self.fault: str | None = None
        self.saved: int | None = None
        """The step last saved."""
        self._again = 0.0

    @property
    def retry_due(self) -> bool:
        """Whether a failed save should be tried again now."""
        return self.fault is not None and time.monotonic() >= self._again

    def save(self, step: int, files: Callable[[], Mapping[str, bytes]], validation: float | None) -> bool:
        """Save the checkpoint of `step`; whether that worked. `files` raises what must stop the run."""
        content = files()
        try:
            durable = write_step(self.run, step, content, seconds=self._clock.elapsed, validation=validation)
        except OSError as error:
            fault = error.strerror or str(error)
            if self.fault is None:
                self._journal.note(step, "alarm", f"checkpoint {step} was not saved ({fault}); training goes on")
            self.fault = fault
            self._again = time.monotonic() + RETRY
            return False
        if self.fault is not None:
            self._journal.note(step, "alarm", "checkpoints are saved again")
            self.fault = None
        self.saved = step
        self._journal.tell(Saved(step=step, at=time.time(), seconds=self._clock.elapsed, validation=validation))
        if not durable:
            self._journal.note(step, "alarm", "the file system does not promise that the checkpoint survives a crash")
        self._prune(step)
        return True

    def _prune(self, step: int) -> None:
        try:
            prune(self.run, self.keep)
        except OSError as error:
            self._journal.note(step, "alarm", f"old checkpoints cannot be removed ({error.strerror or error})")
