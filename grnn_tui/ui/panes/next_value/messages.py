"""What the density tells the screen."""

from __future__ import annotations

from dataclasses import dataclass

from textual.message import Message


@dataclass
class ValueForced(Message):
    """A real value was chosen to be written at the cursor."""

    value: float
