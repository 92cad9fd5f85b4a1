"""What the prompt tells the screen."""

from __future__ import annotations

from dataclasses import dataclass

from textual.message import Message


@dataclass
class PromptChanged(Message):
    """The prompt is now this."""

    text: str


class PromptLeft(Message):
    """The keys are to go to the panes."""


class GenerationAsked(Message):
    """The prompt is ready: write on."""


class StopAsked(Message):
    """Stop writing, if anything is being written."""


class RerollAsked(Message):
    """Write again with a new seed."""
