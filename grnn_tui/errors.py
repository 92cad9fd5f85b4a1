"""The one family of errors that a user can cause, caught once, at the edge of each process."""

from __future__ import annotations


class GrnnError(Exception):
    """A fault a user can act on: one line that says what is wrong and what to do next.

    The command line prints it to stderr and leaves with `exit_status`; the engine sends it to the screen as a
    message. It never carries a traceback to a person.
    """

    exit_status = 2

    def __init__(self, message: str) -> None:
        super().__init__(" ".join(message.splitlines()))


class UsageError(GrnnError):
    """An argument, a setting or a prompt that does not mean anything here."""


class DataError(GrnnError):
    """A corpus that is missing, unreadable, empty, or too short for what was asked of it."""


class ModelError(GrnnError):
    """A model directory that is missing, damaged, or of a kind that is not installed."""


class RunError(GrnnError):
    """A run directory that is missing, damaged, or held by another process."""


class TrainingError(GrnnError):
    """Training that cannot go on, such as a loss that is no longer a number; the last good step stays."""

    exit_status = 1
