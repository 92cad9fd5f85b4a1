"""Sums of two numbers of two digits, one a line: `07+95=102`.

Both operands are uniform over 00..99, except that about a tenth of the pairs, chosen by a fixed hash, never appear:
they are held out to ask a trained model whether it adds or remembers.
"""

from __future__ import annotations

from functools import cache
from math import log

from grnn_tui.data.builtin.corpus import Exact, below, repeat

OPERANDS = range(100)
_WORD = 0xFFFFFFFF


def is_held_out(a: int, b: int) -> bool:
    """Whether the pair never appears in the corpus: a fixed 32-bit integer hash, about one pair in ten."""
    h = ((100 * a + b + 1) * 0x9E3779B1) & _WORD
    h = ((h ^ (h >> 15)) * 0x85EBCA77) & _WORD
    h = ((h ^ (h >> 13)) * 0xC2B2AE3D) & _WORD
    return (h ^ (h >> 16)) % 10 == 0


def line(a: int, b: int) -> str:
    """The line of one pair, newline included: operands of two digits, the sum unpadded."""
    return f"{a:02}+{b:02}={a + b}\n"


def held_out() -> list[tuple[int, int]]:
    """Every pair that the corpus never shows, in order."""
    return [(a, b) for a in OPERANDS for b in OPERANDS if is_held_out(a, b)]


@cache
def _lines() -> tuple[str, ...]:
    """The lines that may appear."""
    return tuple(line(a, b) for a in OPERANDS for b in OPERANDS if not is_held_out(a, b))


def make_sums(seed: int, size: int) -> str:
    """Independent sums, one a line."""
    lines = _lines()
    return repeat(lambda random: lines[below(random, len(lines))], seed, size)


@cache
def sums_exact() -> Exact:
    """All lines are different and equally likely, so their entropy is the log of their number."""
    lines = _lines()
    return Exact(record_entropy=log(len(lines)), record_length=sum(map(len, lines)) / len(lines))
