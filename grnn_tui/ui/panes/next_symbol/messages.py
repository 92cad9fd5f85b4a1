"""What the bars tell the screen."""

from __future__ import annotations

from dataclasses import dataclass

from textual.message import Message


@dataclass
class SymbolForced(Message):
    """A bar was chosen to be written at the cursor."""

    symbol: int


@dataclass
class CursorMoved(Message):
    """The cursor was asked to go so many symbols on (or back)."""

    by: int
