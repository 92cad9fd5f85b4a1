"""What the contact sheet tells the screen."""

from __future__ import annotations

from dataclasses import dataclass

from textual.message import Message


@dataclass
class SampleSelected(Message):
    """A sample was chosen to be looked at."""

    sample: int
