"""How fast to write: what a limit of symbols a second allows by now, and how fast it has really been."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

WINDOW = 1.0
"""Seconds that the measured rate looks back."""


@dataclass
class Pace:
    """`remaining` symbols to write, `per_second` at most (0: no limit), since `begun`."""

    remaining: int
    per_second: float
    begun: float
    written: int = 0

    def allowed(self, now: float) -> int:
        """How many symbols may be written at once now: the first at once, the others as they fall due."""
        if self.per_second <= 0:
            return self.remaining
        due = int((now - self.begun) * self.per_second) + 1 - self.written
        return max(0, min(self.remaining, due))

    def wait(self, now: float) -> float:
        """Seconds until the next symbol falls due; 0 if one is."""
        if self.per_second <= 0:
            return 0.0
        return max(0.0, self.begun + self.written / self.per_second - now)

    def advance(self, count: int) -> None:
        """So many more have been written."""
        self.written += count
        self.remaining -= count


class Rate:
    """Symbols a second over the last `WINDOW` seconds."""

    def __init__(self) -> None:
        self._marks: deque[tuple[float, int]] = deque()
        self._total = 0

    def restart(self, now: float) -> None:
        """Measure from here."""
        self._marks.clear()
        self._marks.append((now, 0))
        self._total = 0

    def add(self, now: float, count: int) -> None:
        """So many symbols have just been written."""
        self._total += count
        if now - self._marks[-1][0] >= WINDOW / 50:
            self._marks.append((now, self._total))
        while len(self._marks) > 2 and now - self._marks[1][0] >= WINDOW:
            self._marks.popleft()

    def value(self, now: float) -> float:
        """Symbols a second; 0 before anything was measured."""
        if not self._marks:
            return 0.0
        since, before = self._marks[0]
        return (self._total - before) / (now - since) if now > since else 0.0
