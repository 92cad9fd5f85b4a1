"""What a built-in corpus is: a name, a way to make its text, and what is known exactly about it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from math import log
from random import Random


@dataclass(frozen=True)
class Exact:
    """The exact figures of a source that emits independent records.

    `record_entropy` is in nats per record; `record_length` is the expected number of characters of a record with
    its separator (a newline or a blank line) counted.
    """

    record_entropy: float
    record_length: float


@dataclass(frozen=True)
class BuiltIn:
    """A corpus that needs no file and no network.

    `make(seed, size)` returns whole records until there are at least `size` characters: the same text for the same
    arguments on every machine and every Python. `exact_figures`, where given, is called once, when first asked.
    """

    name: str
    summary: str
    default_size: int
    make: Callable[[int, int], str]
    exact_figures: Callable[[], Exact] | None = None
    labels: tuple[str, ...] = ()
    labelled: Callable[[int, int], list[tuple[str, str]]] | None = None
    """`labelled(seed, count)`: the label and the line of the records that open the text of the seed."""

    @cached_property
    def exact(self) -> Exact | None:
        """The exact figures, or None where nobody knows them."""
        return self.exact_figures() if self.exact_figures is not None else None

    @property
    def record_entropy(self) -> float | None:
        """Exact entropy of one record in nats, or None."""
        return self.exact.record_entropy if self.exact is not None else None

    @property
    def entropy(self) -> float | None:
        """Exact entropy rate in nats per character: record entropy over expected length, separator counted."""
        return self.exact.record_entropy / self.exact.record_length if self.exact is not None else None

    @property
    def told_entropy(self) -> float | None:
        """The same once the label is known, where all labels are as likely and a record has one only."""
        if self.exact is None or not self.labels:
            return None
        return (self.exact.record_entropy - log(len(self.labels))) / self.exact.record_length


def repeat(record: Callable[[Random], str], seed: int, size: int) -> str:
    """Independent records, joined, until they hold at least `size` characters."""
    random = Random(seed)
    records: list[str] = []
    length = 0
    while length < size:
        text = record(random)
        records.append(text)
        length += len(text)
    return "".join(records)


def below(random: Random, n: int) -> int:
    """A uniform whole number in 0..n-1 from one `random()`, the only draw Python promises never to change."""
    return int(random.random() * n)
