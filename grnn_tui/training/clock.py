"""Seconds of training over all sittings, by a monotonic clock, pauses left out."""

from __future__ import annotations

import time
from collections.abc import Callable


class TrainingClock:
    """Goes on from `elapsed` seconds when made; stands still between `stop` and `go`."""

    def __init__(self, elapsed: float = 0.0, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._before = elapsed
        self._since: float | None = now()

    @property
    def elapsed(self) -> float:
        """Seconds so far."""
        return self._before + (self._now() - self._since if self._since is not None else 0.0)

    def stop(self) -> None:
        """Stand still."""
        self._before, self._since = self.elapsed, None

    def go(self) -> None:
        """Go on."""
        if self._since is None:
            self._since = self._now()


class Pace:
    """When something that costs time is due again: every so many seconds, or less often if it takes long.

    `share` bounds the part of the whole time that it may take.
    """

    def __init__(self, every: float, now: float, share: float = 0.04) -> None:
        self.every = every
        self.share = share
        self._last = now
        self._cost = 0.0

    def due(self, now: float) -> bool:
        """Whether it is time."""
        return now - self._last >= max(self.every, self._cost / self.share)

    def done(self, began: float, ended: float) -> None:
        """It was done, from `began` to `ended`."""
        self._last, self._cost = ended, ended - began
