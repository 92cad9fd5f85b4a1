"""What a symbol index stands for: the text domain, its encoding and its decoding."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from grnn_tui.data.condition import Condition
from grnn_tui.data.unit import Unit
from grnn_tui.data.words import UNKNOWN, split, unknown_for

_NONE: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Encoded:
    """Text as symbols, and what of it the vocabulary does not know.

    `symbols[i]` stands for the character (byte, word) at `positions[i]` of the text; `unseen` lists the positions
    that no symbol stands for. A model never sees those: they are shown, marked, and skipped. A word that a vocabulary
    lacks is not among them: it has the symbol `<unk>`, which a model sees and counts; it is shown marked all the same.
    """

    symbols: NDArray[np.int32]
    positions: NDArray[np.int64]
    unseen: tuple[int, ...]


class Vocabulary(msgspec.Struct, frozen=True, dict=True, tag="text", tag_field="domain"):
    """The symbols of a text model, in index order: characters, the 256 bytes, or words (see `words.split`).

    `symbols` is one string per index; for bytes it is empty, since index i is byte i.
    """

    unit: Unit
    symbols: tuple[str, ...] = ()
    condition: Condition | None = None
    """What a model of such texts is told before it writes one; None: nothing."""

    @property
    def kind(self) -> Literal["text"]:
        """What a `Backend` says it fits."""
        return "text"

    @property
    def length(self) -> None:
        """A text has no end."""
        return

    @property
    def size(self) -> int:
        """How many symbols there are."""
        return 256 if self.unit == "byte" else len(self.symbols)

    @cached_property
    def index(self) -> dict[str, int]:
        """The index of each character or word."""
        return {symbol: i for i, symbol in enumerate(self.symbols)}

    @cached_property
    def unknown(self) -> frozenset[int]:
        """The symbols that stand for words the vocabulary lacks; of characters and bytes there are none."""
        return frozenset(self.index[word] for word in UNKNOWN if word in self.index) if self.unit == "word" else _NONE

    @cached_property
    def newline(self) -> int | None:
        """The symbol that ends a line, if there is one."""
        return ord("\n") if self.unit == "byte" else self.index.get("\n")

    @cached_property
    def labels(self) -> tuple[str, ...]:
        """One string per symbol, as it appears in text; bytes beyond ASCII as the lone surrogates of PEP 383."""
        if self.unit == "byte":
            return tuple(bytes([b]).decode("ascii", "surrogateescape") for b in range(256))
        return self.symbols

    def split(self, text: str) -> list[str]:
        """What stands at each position of `text`: its characters, words, or bytes as in `labels`."""
        if self.unit == "byte":
            return [self.labels[b] for b in text.encode("utf-8", "surrogateescape")]
        return split(text) if self.unit == "word" else list(text)

    def symbols_of(self, labels: Sequence[str]) -> NDArray[np.int32]:
        """The symbol of each of these characters or words [n]; -1 where nothing stands for it."""
        index = self.index
        found = np.fromiter((index.get(label, -1) for label in labels), dtype=np.int32, count=len(labels))
        if self.unit == "word":
            for position in np.flatnonzero(found < 0).tolist():
                found[position] = index.get(unknown_for(labels[position]), -1)
        return found

    def encode(self, text: str) -> Encoded:
        """Symbols of `text` [n], the position of each, and the positions nothing stands for."""
        if self.unit == "byte":
            data = np.frombuffer(text.encode("utf-8", "surrogateescape"), dtype=np.uint8)
            return Encoded(data.astype(np.int32), np.arange(data.size), ())
        found = self.symbols_of(split(text) if self.unit == "word" else text)
        positions = np.flatnonzero(found >= 0)
        return Encoded(found[positions], positions, tuple(np.flatnonzero(found < 0).tolist()))

    def decode(self, symbols: NDArray[np.integer] | list[int]) -> str:
        """The text of `symbols`; undecodable bytes become lone surrogates (safetext shows them)."""
        if self.unit == "byte":
            return bytes(np.asarray(symbols, dtype=np.uint8)).decode("utf-8", "surrogateescape")
        table = self.symbols
        return "".join([table[i] for i in symbols])
