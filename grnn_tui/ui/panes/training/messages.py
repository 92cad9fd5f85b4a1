"""What the training side tells the shell."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from textual.message import Message


@dataclass
class RunAttached(Message):
    """A run was chosen to be followed in the training pane."""

    path: Path


class RunDetached(Message):
    """The run in the training pane is no longer followed; it goes on."""


@dataclass
class PlayRequested(Message):
    """The newest checkpoint of a run (or another model reference) was asked to be played."""

    reference: str


@dataclass
class ResumeRequested(Message):
    """A run that has ended was asked to go on."""

    path: Path


class FormRequested(Message):
    """The form for a new run was asked for."""


class RunsRequested(Message):
    """The list of runs was asked for."""


class MonitorRequested(Message):
    """The run was asked to be shown at full size."""
