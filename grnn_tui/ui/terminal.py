"""The terminal before the screen reads it: what is typed meanwhile waits, unseen and unchanged."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import sys
import termios
import time
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


def opened_anew(descriptor: int) -> int:
    """The same terminal through a file description of its own that is never waited for; else `descriptor` itself.

    What is shared with the shell would stay as it is left.
    """
    try:
        flags = os.O_WRONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
        return os.open(os.ttyname(descriptor), flags)
    except OSError:  # it may be another user's, after `su`
        return descriptor


def say_at_once(text: bytes, seconds: float = 1.0) -> None:
    """Write to a terminal that may take nothing: what waits to be shown is dropped. Gives up after so long."""
    deadline = time.monotonic() + seconds
    with contextlib.suppress(OSError, termios.error):
        descriptor = opened_anew(2)
        termios.tcflow(2, termios.TCOON)
        while text and time.monotonic() < deadline:
            termios.tcflush(2, termios.TCOFLUSH)
            if select.select([], [descriptor], [], 0.01)[1]:
                with contextlib.suppress(BlockingIOError):
                    text = text[os.write(descriptor, text) :]


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
