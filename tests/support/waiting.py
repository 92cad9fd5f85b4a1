"""Waiting for facts."""

from __future__ import annotations

import time
from collections.abc import Callable


def wait_for(fact: Callable[[], object], seconds: float = 60.0) -> None:
    """Return when `fact()` is true; fail when it is not within `seconds`."""
    deadline = time.monotonic() + seconds
    while not fact():
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds} s: {fact}")
        time.sleep(0.01)
