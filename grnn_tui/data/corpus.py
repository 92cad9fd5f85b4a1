"""A corpus: text encoded once into symbols that are mapped from disk, however long it is.

Two passes in chunks: the first decodes, collects the alphabet and hashes the text; the second writes one symbol
index per character through a table over all code points. Memory stays at a few chunks.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from grnn_tui.data.cache import FORMAT, CorpusCache, Entry, Remembered, Symbols, SymbolType, cache_directory
from grnn_tui.data.decoding import TextDecoder, check_encoding
from grnn_tui.data.sources import Source, resolve
from grnn_tui.data.unit import Unit
from grnn_tui.data.vocabulary import Vocabulary
from grnn_tui.errors import DataError

Progress = Callable[[int, int | None], None]
"""Called with the bytes consumed so far, over both passes, and how many there will be."""

_CODE_POINTS = 0x110000


@dataclass(frozen=True)
class Corpus:
    """Text as symbols.

    `symbols` [n] is mapped read-only (uint8, uint16 or int32, the smallest that holds the vocabulary). `fingerprint`
    is the SHA-256 of the unit and the decoded text. `faults` counts bytes that could not be decoded (U+FFFD stands
    for them), `unseen` the characters that a given vocabulary lacks (dropped). `floor` is the exact entropy rate in
    nats per symbol, where it is known. `notes` are lines to tell a person.
    """

    name: str
    vocabulary: Vocabulary
    symbols: Symbols
    fingerprint: str
    faults: int = 0
    unseen: int = 0
    floor: float | None = None
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return int(self.symbols.size)

    def split(self, fraction: float) -> tuple[Symbols, Symbols]:
        """Training and validation symbols: the last `fraction` is held out; at least one symbol is left to train on.

        Raises:
            DataError: a fraction outside 0 <= fraction < 1.
        """
        if not 0 <= fraction < 1:
            raise DataError(f"cannot hold out a fraction of {fraction}: give at least 0 and less than 1")
        cut = max(1, int(len(self) * (1 - fraction)))
        return self.symbols[:cut], self.symbols[cut:]


def open_corpus(
    reference: str | Sequence[str],
    *,
    unit: Unit = "character",
    encoding: str = "utf-8",
    seed: int = 0,
    size: int | None = None,
    vocabulary: Vocabulary | None = None,
    cache: Path | None = None,
    progress: Progress | None = None,
) -> Corpus:
    """The corpus that `reference` names (see `sources.resolve`), from the cache where the same text was read before.

    `seed` and `size` (characters) are those of a generated corpus. A `vocabulary` is used instead of the text's own
    and decides the unit. With bytes as the unit, files are taken as they are and `encoding` plays no part.

    Raises:
        DataError: missing, unreadable, empty, not a file, changed while read, or no room for it.
    """
    unit = vocabulary.unit if vocabulary is not None else unit
    check_encoding(encoding)
    store = CorpusCache(cache_directory(cache))
    source = resolve(reference, seed=seed, size=size, cache=store.root, any_bytes=unit == "byte")
    reading = _Reading(source, unit, encoding, vocabulary, progress)
    found = store.recall(reading.signature)
    hit = store.find(found.key) if found is not None else None
    if found is None or hit is None:
        found, hit = _read(reading, store)
    entry, symbols = hit
    return _corpus(source, entry, symbols, found)


def _corpus(source: Source, entry: Entry, symbols: Symbols, found: Remembered) -> Corpus:
    built_in = source.built_in
    exact = built_in is not None and not entry.unseen and (entry.vocabulary.unit == "character" or _is_ascii(symbols))
    notes = [*source.notes, *found.notes]
    if entry.unseen:
        notes.append(f"{entry.unseen:,} characters that the vocabulary lacks were dropped")
    return Corpus(
        name=source.name,
        vocabulary=entry.vocabulary,
        symbols=symbols,
        fingerprint=entry.fingerprint,
        faults=found.faults,
        unseen=entry.unseen,
        floor=built_in.entropy if built_in is not None and exact else None,
        notes=tuple(notes),
    )


def _is_ascii(symbols: Symbols) -> bool:
    return bool(symbols.max() < 128)


@dataclass(frozen=True)
class _Reading:
    """One way of reading a source: everything its symbols depend on."""

    source: Source
    unit: Unit
    encoding: str
    vocabulary: Vocabulary | None
    progress: Progress | None

    @property
    def signature(self) -> str:
        """Names this reading of these files in the index."""
        facts = (FORMAT, self.unit, self.encoding, _vocabulary_hash(self.vocabulary), self.source.signature())
        return hashlib.sha256(repr(facts).encode()).hexdigest()

    def digest(self) -> hashlib._Hash:
        """The hash that becomes the fingerprint: of the unit, then of the text in UTF-8 or the bytes."""
        return hashlib.sha256(self.unit.encode() + b"\0")

    def codes(self, decoder: TextDecoder, done: int) -> Iterator[tuple[NDArray[Any], bytes]]:
        """Code points (or bytes) in chunks, each with the bytes to hash; `done` bytes were consumed before."""
        total = 2 * self.source.size
        for part in self.source.parts:
            consumed = 0
            for data, consumed in part.chunks():
                if self.unit == "byte":
                    yield np.frombuffer(data, np.uint8), data
                else:
                    yield _code_points(*decoder.feed(data, last=False))
                if self.progress is not None:
                    self.progress(min(done + consumed, total), total)
            if self.unit == "character":
                yield _code_points(*decoder.feed(b"", last=True))
            done += consumed


def _code_points(text: str, utf8: bytes) -> tuple[NDArray[Any], bytes]:
    if len(text) == len(utf8):
        return np.frombuffer(utf8, np.uint8), utf8
    return np.frombuffer(text.encode("utf-32-le"), np.uint32), utf8


def _read(reading: _Reading, store: CorpusCache) -> tuple[Remembered, tuple[Entry, Symbols]]:
    """Read the source, encode it unless the same text is in the cache, and remember what was found."""
    started = time.time_ns()
    before = reading.signature
    decoder = TextDecoder(reading.encoding)
    seen = np.zeros(_CODE_POINTS, dtype=np.bool_)
    digest = reading.digest()
    count = 0
    for codes, data in reading.codes(decoder, 0):
        seen[codes] = True
        digest.update(data)
        count += codes.size
    if not count:
        raise DataError(f"{reading.source.name} is empty: give a text of at least a few hundred symbols")
    fingerprint = digest.hexdigest()
    key = hashlib.sha256(f"{FORMAT} {fingerprint} {_vocabulary_hash(reading.vocabulary)}".encode()).hexdigest()
    found = Remembered(key=key, faults=decoder.faults, notes=_notes(decoder))
    hit = store.find(key)
    if hit is None:
        vocabulary = reading.vocabulary or _vocabulary(reading.unit, seen)
        hit = _encode(reading, store, found, vocabulary, fingerprint, count)
    if reading.signature != before:
        raise _changed(reading.source)
    if reading.source.settled(started):
        store.remember(before, found)
    return found, hit


def _encode(
    reading: _Reading, store: CorpusCache, found: Remembered, vocabulary: Vocabulary, fingerprint: str, count: int
) -> tuple[Entry, Symbols]:
    """The second pass: symbols through a table over all code points, -1 for what the vocabulary lacks."""
    table = _table(vocabulary)

    def blocks() -> Iterator[Symbols]:
        digest = reading.digest()
        any_known = False
        for codes, data in reading.codes(TextDecoder(reading.encoding), reading.source.size):
            digest.update(data)
            block = table[codes]
            known = block >= 0
            any_known = any_known or bool(known.any())
            yield block[known]
        # Checked before the entry becomes visible: no text may ever stand under the hash of another.
        if digest.hexdigest() != fingerprint:
            raise _changed(reading.source)
        if not any_known:
            raise DataError(f"the vocabulary has no character of {reading.source.name}: it is another kind of text")

    store.write(
        found.key, blocks(), vocabulary=vocabulary, dtype=_dtype(vocabulary), fingerprint=fingerprint, length=count
    )
    hit = store.find(found.key)
    if hit is None:
        raise DataError(f"what was just written to the cache {store.root} does not read back: check that disk")
    return hit


def _changed(source: Source) -> DataError:
    return DataError(f"{source.name} changed while it was being read: try again when it is at rest")


def _vocabulary(unit: Unit, seen: NDArray[np.bool_]) -> Vocabulary:
    """The alphabet of the text, in order of code points; or all bytes."""
    if unit == "byte":
        return Vocabulary(unit="byte")
    return Vocabulary(unit="character", symbols=tuple(map(chr, np.flatnonzero(seen).tolist())))


def _table(vocabulary: Vocabulary) -> NDArray[np.int32]:
    """Symbol index by code point, -1 where there is none."""
    if vocabulary.unit == "byte":
        return np.arange(256, dtype=np.int32)
    table = np.full(_CODE_POINTS, -1, dtype=np.int32)
    table[[ord(symbol) for symbol in vocabulary.symbols]] = np.arange(vocabulary.size, dtype=np.int32)
    return table


def _dtype(vocabulary: Vocabulary) -> SymbolType:
    if vocabulary.size <= 256:
        return "uint8"
    return "uint16" if vocabulary.size <= 65536 else "int32"


def _vocabulary_hash(vocabulary: Vocabulary | None) -> str:
    if vocabulary is None:
        return "own"
    symbols = "\0".join(vocabulary.symbols).encode("utf-8", "surrogatepass")
    return hashlib.sha256(f"{vocabulary.unit} {vocabulary.size} ".encode() + symbols).hexdigest()


def _notes(decoder: TextDecoder) -> tuple[str, ...]:
    notes: list[str] = []
    if decoder.faults:
        notes.append(f"{decoder.faults:,} bytes could not be decoded; \ufffd stands for them")
    if decoder.marks:
        notes.append("a byte-order mark at the start was left out")
    return tuple(notes)
