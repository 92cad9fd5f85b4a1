"""TERM, INT and HUP as a wish to stop after the step at hand, not as a death."""

from __future__ import annotations

import signal
import threading
from types import FrameType
from typing import Any


class CutShortError(Exception):
    """Someone wants what is done at present to end."""


class Interruption:
    """While entered, the first signal is remembered in `asked`; a second Ctrl-C interrupts at once."""

    def __init__(self) -> None:
        self.asked: str | None = None
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Interruption:
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
                self._before[number] = signal.signal(number, self._ask)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def check(self) -> None:
        """End what can be left half done.

        Raises:
            CutShortError: a signal has come.
        """
        if self.asked is not None:
            raise CutShortError(self.asked)

    def _ask(self, number: int, _: FrameType | None) -> None:
        if self.asked is not None and number == signal.SIGINT:
            raise KeyboardInterrupt
        if self.asked is None:  # Ctrl-C comes twice where a launcher passes it on as TERM
            self.asked = signal.Signals(number).name
