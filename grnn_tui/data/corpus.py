"""A corpus: text encoded once into symbols that are mapped from disk, however long it is.

Two passes in chunks: the first decodes, collects the alphabet and hashes the text; the second writes one symbol
index per character through a table over all code points. Memory stays at a few chunks. Of words the first pass counts
each, which takes memory for the different ones (see `words.Census`).
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
from grnn_tui.data.unit import DEFAULT_LIMIT, Unit
from grnn_tui.data.vocabulary import Vocabulary
from grnn_tui.data.words import Census, Splitter
from grnn_tui.errors import DataError

Progress = Callable[[int, int | None], None]
"""Called with the bytes consumed so far, over both passes, and how many there will be."""
Pieces = NDArray[Any] | list[str]
"""Some of a text: code points, bytes, or words."""

_CODE_POINTS = 0x110000


@dataclass(frozen=True)
class Corpus:
    """Text as symbols.

    `symbols` [n] is mapped read-only (uint8, uint16 or int32, the smallest that holds the vocabulary). `fingerprint`
    is the SHA-256 of the unit and the decoded text. `faults` counts bytes that could not be decoded (U+FFFD stands
    for them), `unseen` the characters that a given vocabulary lacks (dropped), `unknown` the words that it lacks
    (`<unk>` stands for them). `characters` is how many a text of words has. `floor` is the exact entropy rate in nats
    per symbol, where it is known. `notes` are lines to tell a person.
    """

    name: str
    vocabulary: Vocabulary
    symbols: Symbols
    fingerprint: str
    faults: int = 0
    unseen: int = 0
    unknown: int = 0
    characters: int | None = None
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


def divide_text(corpus: Corpus, share: float, held: Corpus | None = None) -> tuple[Symbols, Symbols]:
    """Symbols to train and to validate on: the last `share` is held out, or the text `held` of its own.

    Raises:
        DataError: they are too few.
    """
    train, validation = corpus.split(share) if held is None else (corpus.symbols, held.symbols)
    if train.size < 2 or validation.size < 1:
        many = "1 symbol" if len(corpus) == 1 else f"{len(corpus):,} symbols"
        raise DataError(f"{corpus.name} has {many}, too few to train and validate on: give at least a few hundred")
    return train, validation


def open_corpus(
    reference: str | Sequence[str],
    *,
    unit: Unit = "character",
    encoding: str = "utf-8",
    seed: int = 0,
    size: int | None = None,
    vocabulary: Vocabulary | None = None,
    vocabulary_limit: int = DEFAULT_LIMIT,
    cache: Path | None = None,
    progress: Progress | None = None,
) -> Corpus:
    """The corpus that `reference` names (see `sources.resolve`), from the cache where the same text was read before.

    `seed` and `size` (characters) are those of a generated corpus. A `vocabulary` is used instead of the text's own
    and decides the unit. With bytes as the unit, files are taken as they are and `encoding` plays no part. With words,
    the `vocabulary_limit` most frequent have a symbol.

    Raises:
        DataError: missing, unreadable, empty, not a file, changed while read, or no room for it.
    """
    unit = vocabulary.unit if vocabulary is not None else unit
    check_encoding(encoding)
    store = CorpusCache(cache_directory(cache))
    source = resolve(reference, seed=seed, size=size, cache=store.root, any_bytes=unit == "byte")
    reading = _Reading(source, unit, encoding, vocabulary, progress, vocabulary_limit)
    found = store.recall(reading.signature)
    hit = store.find(found.key) if found is not None else None
    if found is None or hit is None:
        found, hit = _read(reading, store)
    entry, symbols = hit
    return _corpus(source, entry, symbols, found)


def _corpus(source: Source, entry: Entry, symbols: Symbols, found: Remembered) -> Corpus:
    built_in = source.built_in
    unit = entry.vocabulary.unit
    exact = not entry.unseen and (unit == "character" or (unit == "byte" and _is_ascii(symbols)))
    notes = [*source.notes, *found.notes]
    if entry.unseen:
        notes.append(f"{entry.unseen:,} characters that the vocabulary lacks were dropped")
    if entry.unknown:
        share = entry.unknown / entry.count
        notes.append(f"{entry.unknown:,} of {entry.count:,} words ({share:.2%}) are unknown; <unk> stands for them")
    return Corpus(
        name=source.name,
        vocabulary=entry.vocabulary,
        symbols=symbols,
        fingerprint=entry.fingerprint,
        faults=found.faults,
        unseen=entry.unseen,
        unknown=entry.unknown,
        characters=entry.characters,
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
    limit: int = DEFAULT_LIMIT

    @property
    def signature(self) -> str:
        """Names this reading of these files in the index."""
        facts = (FORMAT, self.unit, self.encoding, self.vocabulary_name, self.source.signature())
        return hashlib.sha256(repr(facts).encode()).hexdigest()

    @property
    def vocabulary_name(self) -> str:
        """Names the vocabulary, given or to be found."""
        if self.vocabulary is None:
            return "own" if self.unit != "word" else f"own {self.limit}"
        symbols = "\0".join(self.vocabulary.symbols).encode("utf-8", "surrogatepass")
        return hashlib.sha256(f"{self.unit} {self.vocabulary.size} ".encode() + symbols).hexdigest()

    def digest(self) -> hashlib._Hash:
        """The hash that becomes the fingerprint: of the unit, then of the text in UTF-8 or the bytes."""
        return hashlib.sha256(self.unit.encode() + b"\0")

    def pieces(self, decoder: TextDecoder, done: int) -> Iterator[tuple[Pieces, bytes]]:
        """Code points, bytes or words in chunks, each with the bytes to hash; `done` bytes were consumed before."""
        splitter = Splitter()
        for data in self._data(done):
            if self.unit != "byte":
                text, utf8 = decoder.feed(data or b"", last=data is None)
                yield splitter.feed(text) if self.unit == "word" else _code_points(text, utf8), utf8
            elif data is not None:
                yield np.frombuffer(data, np.uint8), data
        if self.unit == "word":
            yield splitter.feed("", last=True), b""

    def _data(self, done: int) -> Iterator[bytes | None]:
        """The bytes of all files in chunks; None where a file ends."""
        total = 2 * self.source.size
        for part in self.source.parts:
            consumed = 0
            for data, consumed in part.chunks():
                yield data
                if self.progress is not None:
                    self.progress(min(done + consumed, total), total)
            yield None
            done += consumed


def _code_points(text: str, utf8: bytes) -> NDArray[Any]:
    if len(text) == len(utf8):
        return np.frombuffer(utf8, np.uint8)
    return np.frombuffer(text.encode("utf-32-le"), np.uint32)


class _Alphabet:
    """What of code points, bytes or words a text has."""

    def __init__(self, unit: Unit) -> None:
        self.unit = unit
        self.count = 0
        """Of all of them."""
        self.characters: int | None = 0 if unit == "word" else None
        self._seen = np.zeros(_CODE_POINTS if unit == "character" else 0, dtype=np.bool_)
        self._census = Census()

    def add(self, pieces: Pieces) -> None:
        """These too."""
        self.count += len(pieces)
        if isinstance(pieces, list):
            self._census.add(pieces)
            self.characters = (self.characters or 0) + sum(map(len, pieces))
        elif self.unit == "character":
            self._seen[pieces] = True

    def vocabulary(self, limit: int) -> Vocabulary:
        """The alphabet of the text, in order of code points; all bytes; or the most frequent words."""
        if self.unit == "byte":
            return Vocabulary(unit="byte")
        if self.unit == "word":
            return Vocabulary(unit="word", symbols=self._census.symbols(limit))
        return Vocabulary(unit="character", symbols=tuple(map(chr, np.flatnonzero(self._seen).tolist())))


def _read(reading: _Reading, store: CorpusCache) -> tuple[Remembered, tuple[Entry, Symbols]]:
    """Read the source, encode it unless the same text is in the cache, and remember what was found."""
    started = time.time_ns()
    before = reading.signature
    decoder = TextDecoder(reading.encoding)
    alphabet = _Alphabet(reading.unit)
    digest = reading.digest()
    for pieces, data in reading.pieces(decoder, 0):
        alphabet.add(pieces)
        digest.update(data)
    if not alphabet.count:
        raise DataError(f"{reading.source.name} is empty: give a text of at least a few hundred symbols")
    fingerprint = digest.hexdigest()
    key = hashlib.sha256(f"{FORMAT} {fingerprint} {reading.vocabulary_name}".encode()).hexdigest()
    found = Remembered(key=key, faults=decoder.faults, notes=_notes(decoder))
    hit = store.find(key)
    if hit is None:
        hit = _encode(reading, store, found, alphabet, fingerprint)
    if reading.signature != before:
        raise _changed(reading.source)
    if reading.source.settled(started):
        store.remember(before, found)
    return found, hit


def _encode(
    reading: _Reading, store: CorpusCache, found: Remembered, alphabet: _Alphabet, fingerprint: str
) -> tuple[Entry, Symbols]:
    """The second pass: symbols through a table over all code points, -1 for what the vocabulary lacks."""
    vocabulary = reading.vocabulary or alphabet.vocabulary(reading.limit)
    table = _table(vocabulary)

    def blocks() -> Iterator[Symbols]:
        digest = reading.digest()
        any_known = False
        for pieces, data in reading.pieces(TextDecoder(reading.encoding), reading.source.size):
            digest.update(data)
            block = vocabulary.symbols_of(pieces) if isinstance(pieces, list) else table[pieces]
            known = block >= 0
            any_known = any_known or bool(known.any())
            yield block[known]
        # Checked before the entry becomes visible: no text may ever stand under the hash of another.
        if digest.hexdigest() != fingerprint:
            raise _changed(reading.source)
        if not any_known:
            raise DataError(f"the vocabulary has no character of {reading.source.name}: it is another kind of text")

    store.write(
        found.key,
        blocks(),
        vocabulary=vocabulary,
        dtype=_dtype(vocabulary),
        fingerprint=fingerprint,
        length=alphabet.count,
        characters=alphabet.characters,
    )
    hit = store.find(found.key)
    if hit is None:
        raise DataError(f"what was just written to the cache {store.root} does not read back: check that disk")
    return hit


def _changed(source: Source) -> DataError:
    return DataError(f"{source.name} changed while it was being read: try again when it is at rest")


def _table(vocabulary: Vocabulary) -> NDArray[np.int32]:
    """Symbol index by code point, -1 where there is none; of words there is no such table."""
    if vocabulary.unit == "word":
        return np.zeros(0, dtype=np.int32)
    if vocabulary.unit == "byte":
        return np.arange(256, dtype=np.int32)
    table = np.full(_CODE_POINTS, -1, dtype=np.int32)
    table[[ord(symbol) for symbol in vocabulary.symbols]] = np.arange(vocabulary.size, dtype=np.int32)
    return table


def _dtype(vocabulary: Vocabulary) -> SymbolType:
    if vocabulary.size <= 256:
        return "uint8"
    return "uint16" if vocabulary.size <= 65536 else "int32"


def _notes(decoder: TextDecoder) -> tuple[str, ...]:
    notes: list[str] = []
    if decoder.faults:
        notes.append(f"{decoder.faults:,} bytes could not be decoded; \ufffd stands for them")
    if decoder.marks:
        notes.append("a byte-order mark at the start was left out")
    return tuple(notes)
