"""Short texts, one a line, that each have a label: what a model of text that is told a label is trained on."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from grnn_tui.data.builtin import BUILT_INS, BuiltIn
from grnn_tui.data.condition import Condition
from grnn_tui.data.corpus import Corpus, open_corpus
from grnn_tui.data.unit import DEFAULT_LIMIT, Unit
from grnn_tui.data.vocabulary import Vocabulary
from grnn_tui.errors import DataError

LONGEST = 1024
"""Symbols of a line; what is longer is cut, and told of."""


@dataclass(frozen=True)
class Labelled:
    """Lines as symbols, one after another: line i is `symbols[starts[i]:starts[i + 1]]`, its newline with it.

    `labels` [lines] are indices of `vocabulary.condition.classes`. `floor` is the exact entropy in nats per symbol of a
    line whose label is known, where it is known itself.
    """

    name: str
    vocabulary: Vocabulary
    symbols: NDArray[np.integer]
    starts: NDArray[np.int64]
    labels: NDArray[np.int64]
    fingerprint: str
    floor: float | None = None
    faults: int = 0
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return int(self.labels.size)

    @property
    def classes(self) -> tuple[str, ...]:
        """What the labels are called."""
        assert self.vocabulary.condition is not None
        return self.vocabulary.condition.classes

    def take(self, index: NDArray[np.integer]) -> Labelled:
        """Some of the lines, in that order."""
        parts = [self.symbols[self.starts[i] : self.starts[i + 1]] for i in index.tolist()]
        starts = np.concatenate(([0], np.cumsum([part.size for part in parts]))).astype(np.int64)
        symbols = np.concatenate(parts) if parts else self.symbols[:0]
        return replace(self, symbols=np.array(symbols), starts=starts, labels=self.labels[index])

    def split(self, share: float, seed: int) -> tuple[Labelled, Labelled]:
        """Lines to train on, and a `share` of them held out, drawn by `seed`; class shares are of the former."""
        order = np.random.Generator(np.random.PCG64(seed)).permutation(len(self))
        cut = max(1, int(len(self) * (1 - share)))
        vocabulary = _with_shares(self.vocabulary, self.classes, self.labels[order[:cut]])
        return tuple(replace(self.take(part), vocabulary=vocabulary) for part in (order[:cut], order[cut:]))  # type: ignore[return-value]


def open_labelled(
    sources: Sequence[str],
    *,
    unit: Unit = "character",
    encoding: str = "utf-8",
    seed: int = 0,
    size: int | None = None,
    vocabulary: Vocabulary | None = None,
    vocabulary_limit: int = DEFAULT_LIMIT,
) -> Labelled:
    """The lines of several files, the label of each being the name of its file; or of a built-in corpus with labels.

    A directory stands for the text files in it. `vocabulary` is that of a model trained on them before.

    Raises:
        DataError: one file alone, no lines, or what `open_corpus` raises.
    """
    plain = None if vocabulary is None else msgspec.structs.replace(vocabulary, condition=None)
    built_in = BUILT_INS.get(sources[0]) if len(sources) == 1 else None
    if built_in is not None:
        return _generated(built_in, unit, seed, size, plain, vocabulary_limit)
    files = _files(sources)
    names = tuple(path.stem.removesuffix(".txt") for path in files)
    if len(files) < 2 or len(set(names)) < len(names):
        raise DataError("to tell a label, give one file for each class, named after it, or a corpus with labels")
    paths = [str(path) for path in files]
    whole = open_corpus(paths, unit=unit, encoding=encoding, vocabulary=plain, vocabulary_limit=vocabulary_limit)
    each = [open_corpus(str(path), encoding=encoding, vocabulary=whole.vocabulary) for path in files]
    cut = [_lines(corpus) for corpus in each]
    parts = [line for lines, _ in cut for line in lines]
    labels = np.repeat(np.arange(len(files)), [len(lines) for lines, _ in cut])
    notes = list(whole.notes)
    if shortened := sum(longer for _, longer in cut):
        notes.append(f"{shortened:,} lines are longer than {LONGEST:,} symbols and were cut")
    return _together(whole, parts, labels, names, None, notes)


def open_lines(
    source: str, vocabulary: Vocabulary, *, encoding: str = "utf-8", seed: int = 0, size: int | None = None
) -> tuple[Labelled, bool]:
    """Lines for a model of `vocabulary`, and whether their labels are known: those of one file have none (all 0).

    Raises:
        DataError: see `open_labelled`.
    """
    path = Path(source)
    if source in BUILT_INS or not path.is_file():
        return open_labelled([source], encoding=encoding, seed=seed, size=size, vocabulary=vocabulary), True
    plain = msgspec.structs.replace(vocabulary, condition=None)
    whole = open_corpus(source, encoding=encoding, vocabulary=plain)
    parts, _ = _lines(whole)
    assert vocabulary.condition is not None
    unknown = np.zeros(len(parts), dtype=np.int64)
    return _together(whole, parts, unknown, vocabulary.condition.classes, None, whole.notes), False


def _files(sources: Sequence[str]) -> list[Path]:
    found: list[Path] = []
    for source in sources:
        path = Path(source)
        if path.is_dir():
            found += sorted(p for p in path.iterdir() if p.is_file() and not p.name.startswith("."))
        elif not path.exists() and any(sign in source for sign in "*?["):
            found += sorted(p for p in path.parent.glob(path.name) if p.is_file())
        else:
            found.append(path)
    return found


def _generated(
    built_in: BuiltIn, unit: Unit, seed: int, size: int | None, vocabulary: Vocabulary | None, limit: int
) -> Labelled:
    if built_in.labelled is None:
        known = ", ".join(name for name, other in BUILT_INS.items() if other.labelled is not None)
        raise DataError(f"the corpus {built_in.name} has no labels to tell; there are labels in: {known}")
    whole = open_corpus(built_in.name, unit=unit, seed=seed, size=size, vocabulary=vocabulary, vocabulary_limit=limit)
    parts, _ = _lines(whole)
    pairs = built_in.labelled(seed, len(parts))
    labels = np.array([built_in.labels.index(label) for label, _ in pairs])
    # A corpus knows its floor only where symbols are characters; so do its lines.
    floor = None if whole.floor is None else built_in.told_entropy
    return _together(whole, parts, labels, built_in.labels, floor, whole.notes)


def _lines(corpus: Corpus) -> tuple[list[NDArray[np.integer]], int]:
    """The lines that are not empty, each with its newline, and how many of them had to be cut."""
    symbols = np.asarray(corpus.symbols)
    if corpus.vocabulary.newline is None:
        return [symbols[:LONGEST]], int(symbols.size > LONGEST)
    ends = np.flatnonzero(symbols == corpus.vocabulary.newline) + 1
    edges = np.unique(np.concatenate(([0], ends, [symbols.size])))
    kept = symbols[edges[:-1]] != corpus.vocabulary.newline
    starts, lengths = edges[:-1][kept], np.diff(edges)[kept]
    lines = [symbols[s : s + min(n, LONGEST)] for s, n in zip(starts.tolist(), lengths.tolist(), strict=True)]
    return lines, int((lengths > LONGEST).sum())


def _with_shares(vocabulary: Vocabulary, classes: tuple[str, ...], labels: NDArray[np.integer]) -> Vocabulary:
    """The vocabulary of a model that is told one of `classes`, as frequent as in `labels` [lines]."""
    counts = np.bincount(labels, minlength=len(classes))
    condition = Condition(classes=classes, shares=tuple((counts / counts.sum()).tolist()))
    return msgspec.structs.replace(vocabulary, condition=condition)


def _together(
    whole: Corpus,
    parts: list[NDArray[np.integer]],
    labels: NDArray[np.integer],
    classes: tuple[str, ...],
    floor: float | None,
    notes: Sequence[str],
) -> Labelled:
    if not parts:
        raise DataError(f"{whole.name} has no lines")
    digest = hashlib.sha256(f"{whole.fingerprint} {classes}\0".encode())
    digest.update(np.ascontiguousarray(labels, dtype=np.int64).data)
    return Labelled(
        name=whole.name,
        vocabulary=_with_shares(whole.vocabulary, classes, labels),
        symbols=np.concatenate(parts),
        starts=np.concatenate(([0], np.cumsum([part.size for part in parts]))).astype(np.int64),
        labels=labels.astype(np.int64),
        fingerprint=digest.hexdigest(),
        floor=floor,
        faults=whole.faults,
        notes=tuple(notes),
    )
