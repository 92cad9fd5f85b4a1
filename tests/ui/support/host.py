"""The smallest app that can hold a pane or a screen of the training side, and hears what they say."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

from textual.app import App, ComposeResult
from textual.pilot import Pilot
from textual.screen import Screen
from textual.widget import Widget

from grnn_tui.ui.theme import THEMES


class Host(App[Any]):
    """Shows `content`; keeps the messages of the training side."""

    def __init__(self, content: Widget | Screen[Any]) -> None:
        super().__init__()
        self.content = content
        self.heard: list[Any] = []
        self.answer: Any = "none yet"
        for theme in THEMES:
            self.register_theme(theme)
        self.theme = "night"

    def compose(self) -> ComposeResult:
        if not isinstance(self.content, Screen):
            yield self.content

    def on_mount(self) -> None:
        if isinstance(self.content, Screen):
            self.push_screen(self.content, self._answered)

    def _answered(self, answer: Any) -> None:
        self.answer = answer

    def _heard(self, message: Any) -> None:
        self.heard.append(message)

    on_run_attached = on_run_detached = on_play_requested = on_resume_requested = _heard
    on_form_requested = on_runs_requested = on_monitor_requested = on_notice_given = _heard


async def until(pilot: Pilot[Any], fact: Callable[[], object], seconds: float = 60.0) -> None:
    """Let the app work until `fact()` is true; fail when it is not in time."""
    deadline = time.monotonic() + seconds
    while not fact():
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds} s")
        await pilot.pause()
        await asyncio.sleep(0.005)
