"""A run directory as a value: where its files are, what was asked for, what has become of it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal

import msgspec

from grnn_tui.errors import RunError
from grnn_tui.foreign import from_json, read_file
from grnn_tui.runs import checkpoint, commands, lock, metrics
from grnn_tui.runs.files import is_file
from grnn_tui.runs.request import RunRequest
from grnn_tui.runs.rows import AnyRow, Noted, Started
from grnn_tui.runs.seals import is_whole

REQUEST = "run.json"
LOG = "trainer.log"

RunState = Literal["new", "alive", "paused", "finished", "stopped", "failed", "died"]


@dataclass(frozen=True)
class Status:
    """What is going on in a run right now."""

    state: RunState
    pid: int | None = None
    """Of the trainer, while one lives."""
    host: str = ""

    @property
    def live(self) -> bool:
        """Whether a trainer holds the run."""
        return self.state in ("alive", "paused")


@dataclass(frozen=True)
class Run:
    """A run directory; nothing is read until asked for, and what changes is read anew each time."""

    path: Path

    @property
    def name(self) -> str:
        """What it is called: the directory's name."""
        return self.path.name

    @property
    def metrics(self) -> Path:
        """Where the trainer tells what happens."""
        return self.path / metrics.NAME

    @property
    def commands(self) -> Path:
        """Where anyone may ask something of the trainer."""
        return self.path / commands.NAME

    @property
    def log(self) -> Path:
        """What a detached trainer prints."""
        return self.path / LOG

    @cached_property
    def request(self) -> RunRequest:
        """What was asked for.

        Raises:
            RunError: it cannot be read.
        """
        return read_request(self.path)

    def steps(self) -> list[int]:
        """Steps with a checkpoint, in order."""
        return checkpoint.list_steps(self.path)

    def newest(self, *, verify: bool = True) -> checkpoint.Step | None:
        """The newest complete checkpoint."""
        return checkpoint.newest_step(self.path, verify=verify)

    def best(self, *, verify: bool = True) -> checkpoint.Step | None:
        """The checkpoint with the lowest validation loss."""
        return checkpoint.best_step(self.path, verify=verify)

    def status(self) -> Status:
        """Whether it is alive, and how it ended if not; reads the marker and the end of the metrics."""
        return status_from(lock.read_owner(self.path), metrics.last_rows(self.metrics))


def status_from(held: lock.Held, rows: list[AnyRow]) -> Status:
    """The state that a marker and the last rows of the metrics speak of."""
    last = next((word for row in reversed(rows) if (word := _telling(row))), None)
    if held.alive and held.owner is not None:
        return Status("paused" if last == "paused" else "alive", held.owner.pid, held.owner.host)
    match last:
        case "finished" | "stopped" | "failed":
            return Status(last)
        case None if held.owner is None:
            return Status("new")
        case _:
            return Status("died")


def _telling(row: AnyRow) -> str | None:
    if isinstance(row, Started):
        return "started"
    if isinstance(row, Noted) and row.event in ("paused", "resumed", "finished", "stopped", "failed"):
        return row.event
    return None


def read_request(path: Path) -> RunRequest:
    """`run.json` of the run directory `path`, checked.

    Raises:
        RunError: it is missing, damaged, or of a newer version.
    """
    file = path / REQUEST
    try:
        content = read_file(file, 1 << 20)
        request = from_json(content, RunRequest)
        whole = is_whole(content)
    except OSError as error:
        raise RunError(f"{path} is not a run: {error.strerror or error} ({REQUEST})") from None
    except msgspec.DecodeError as error:
        raise RunError(f"{file} is damaged: {error}") from None
    if request.format != 1:
        raise RunError(f"{file} has format {request.format}; this version reads format 1")
    if not whole:
        raise RunError(f"{file} is damaged: its SHA-256 is not what it says; whoever changed it takes that line out")
    return request


def is_run(path: Path) -> bool:
    """Whether `path` looks like a run directory."""
    return is_file(path / REQUEST)
