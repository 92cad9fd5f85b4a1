"""What the text tells the screen."""

from __future__ import annotations

from dataclasses import dataclass

from textual.message import Message


@dataclass
class CursorPlaced(Message):
    """The cursor was asked to go to a position."""

    position: int
