"""The text of a branch as the screen holds it: a value that grows in constant time."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field

from grnn_tui.engine.protocol import Splice


@dataclass(frozen=True)
class Transcript:
    """One entry per position: 20 bytes. Values share their lists as long as each only adds at the end of the newest.

    A list may hold more than `length` entries: those belong to a later value. Whoever extends a value that is not the
    newest gets lists of their own.
    """

    length: int = 0
    text: list[str] = field(default_factory=list, compare=False)
    symbols: array[int] = field(default_factory=lambda: array("i"), compare=False)
    bits: array[float] = field(default_factory=lambda: array("d"), compare=False)
    forced: frozenset[int] = frozenset()
    version: int = 0
    """Another number whenever anything before the end has changed."""

    def spliced(self, splice: Splice) -> Transcript:
        """This text up to `splice.start`, and then what the splice says.

        Raises:
            ValueError: the splice begins beyond the end; what lies between is not known.
        """
        start = splice.start
        if not 0 <= start <= self.length:
            raise ValueError(f"a splice at {start} of a text of {self.length}")
        appended = start == self.length
        if appended and len(self.text) == start:
            text, symbols, bits = self.text, self.symbols, self.bits
        else:
            text, symbols, bits = self.text[:start], self.symbols[:start], self.bits[:start]
        text += splice.text
        symbols.extend(splice.symbols)
        bits.extend(splice.bits)
        forced = self.forced if appended else frozenset(position for position in self.forced if position < start)
        return Transcript(
            length=start + len(splice.text),
            text=text,
            symbols=symbols,
            bits=bits,
            forced=forced | frozenset(splice.forced) if splice.forced else forced,
            version=self.version if appended else self.version + 1,
        )

    def between(self, start: int, stop: int) -> str:
        """The characters at these positions, raw."""
        return "".join(self.text[start : min(stop, self.length)])

    def changed_from(self, older: Transcript) -> int:
        """The first position that may differ from `older`; the length of both if nothing does."""
        if self.version == older.version:
            return min(self.length, older.length)
        shared = min(self.length, older.length)
        return next((i for i in range(shared) if not _same(self, older, i)), shared)


def _same(one: Transcript, other: Transcript, at: int) -> bool:
    return (
        one.text[at] == other.text[at] and one.bits[at] == other.bits[at] and (at in one.forced) == (at in other.forced)
    )


def plain(text: str, bits: Sequence[float] = ()) -> Transcript:
    """A text of which nothing more is known: for tests and for showing what an engine has not read yet."""
    labels = list(text)
    unknown, nothing = array("i", [-1]) * len(labels), array("d", [0.0]) * len(labels)
    return Transcript(len(labels), labels, unknown, array("d", bits) or nothing)
