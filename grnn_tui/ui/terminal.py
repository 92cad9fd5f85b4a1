"""The terminal before the screen reads it: what is typed meanwhile waits, unseen and unchanged."""

from __future__ import annotations

import contextlib
import signal
import sys
import termios
from collections.abc import Iterator
from typing import Any, NoReturn

Attributes = list[Any]


def attributes() -> Attributes | None:
    """How the terminal is set; None if there is none."""
    try:
        return termios.tcgetattr(0)
    except termios.error:
        return None


def restore(found: Attributes | None) -> None:
    """Set the terminal as it was found; what was typed stays."""
    with contextlib.suppress(OSError, termios.error):
        if found is not None:
            termios.tcsetattr(0, termios.TCSANOW, found)


@contextlib.contextmanager
def unechoed() -> Iterator[Attributes | None]:
    """Neither echo nor edit what is typed, and leave Enter what it is; yields how the terminal was, and ends so."""
    found = attributes()
    before = {number: signal.signal(number, _leave) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        if found is not None:
            quiet = [*found]
            quiet[0] &= ~termios.ICRNL
            quiet[3] &= ~(termios.ECHO | termios.ICANON)
            restore(quiet)
        yield found
    finally:
        restore(found)
        for number, handler in before.items():
            signal.signal(number, handler)


def _leave(number: int, _: object) -> NoReturn:
    sys.exit(128 + number)
