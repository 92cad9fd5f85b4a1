"""What the list of branches tells the screen."""

from __future__ import annotations

from dataclasses import dataclass

from textual.message import Message


@dataclass
class BranchChosen(Message):
    """A branch is to be returned to."""

    branch: int


@dataclass
class ComparisonAsked(Message):
    """A branch is to be compared with the current one."""

    branch: int
