"""Cycles at the end of a sequence: text written greedily is a deterministic walk, and most of them run in circles."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

TURNS = 3
"""So often a stretch has to be seen, whole, before it counts as a cycle."""


@dataclass(frozen=True)
class Cycle:
    """From `start` on the sequence repeats itself every `period` items, up to its end."""

    start: int
    period: int


def final_cycle(items: Sequence[int]) -> Cycle | None:
    """The shortest cycle that the sequence ends in, if it has gone round at least `TURNS` times; O(n).

    Reversed, a tail of period p is a prefix that agrees with itself p places on; how far it does is what the
    Z-function (Gusfield 1997) gives for every p at once.
    """
    backwards = list(reversed(items))
    agreeing = z_function(backwards)
    for period in range(1, len(backwards) // TURNS + 1):
        tail = period + agreeing[period]
        if tail >= TURNS * period:
            return Cycle(len(backwards) - tail, period)
    return None


def z_function(items: Sequence[int]) -> list[int]:
    """For each i, the length of the longest stretch from i on that the sequence also begins with."""
    n = len(items)
    z = [n] + [0] * (n - 1) if n else []
    left = right = 0
    for i in range(1, n):
        length = min(right - i, z[i - left]) if i < right else 0
        while i + length < n and items[length] == items[i + length]:
            length += 1
        z[i] = length
        if i + length > right:
            left, right = i, i + length
    return z
