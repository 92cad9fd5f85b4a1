"""What the picture tells the screen."""

from __future__ import annotations

from dataclasses import dataclass

from textual.message import Message


@dataclass
class StepChosen(Message):
    """The cursor was asked to stand before a step of the selected sample."""

    step: int


@dataclass
class Painted(Message):
    """Values became known, or unknown again (None), by place."""

    places: dict[int, float | None]
