"""What any pane or screen tells the shell."""

from __future__ import annotations

from dataclasses import dataclass

from textual.message import Message


@dataclass
class NoticeGiven(Message):
    """One line for the person: what was done, or why it could not be."""

    text: str
    severity: str = "information"
    """`information`, `warning` or `error`."""
