"""What the prompt tells the screen."""

from __future__ import annotations

from dataclasses import dataclass

from textual.message import Message


@dataclass
class PromptChanged(Message):
    """The prompt is now this."""

    text: str


@dataclass
class PromptLeft(Message):
    """The keys are to go to the panes."""


@dataclass
class GenerationAsked(Message):
    """The prompt is ready: write on."""


@dataclass
class StopAsked(Message):
    """Stop writing, if anything is being written."""


@dataclass
class RerollAsked(Message):
    """Write again with a new seed."""
