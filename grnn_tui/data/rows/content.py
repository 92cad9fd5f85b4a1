"""What a file of rows holds, before anything is made of it."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from grnn_tui.data.condition import MOST_CLASSES
from grnn_tui.data.row_domain import RowKind
from grnn_tui.errors import DataError

Values = NDArray[Any]
_BLOCK = 1 << 20


@dataclass(frozen=True)
class Labels:
    """The class of each row: `codes` [n] are indices of `classes`."""

    codes: NDArray[np.int64]
    classes: tuple[str, ...]


@dataclass(frozen=True)
class Content:
    """Numbers as they were read: vectors [n, D], or pictures [n, H, W] or [n, H, W, 3].

    A column of words holds indices into its entry of `texts`. `full` is the value of full light, where the format says
    it. `kind` and `levels` are set where they are known without looking.
    """

    name: str
    values: Values
    columns: tuple[str, ...] = ()
    texts: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    labels: Labels | None = None
    full: int | None = None
    kind: RowKind | None = None
    levels: int | None = None
    shape: tuple[int, ...] | None = None
    pieces: NDArray[np.int64] | None = None
    """Rows of each piece, where rows follow one another in pieces."""
    notes: tuple[str, ...] = ()


def classify(values: Values, texts: Sequence[str] = ()) -> Labels:
    """Labels from a column of them [n]: words, whole numbers, or indices into `texts`.

    Classes are in the order of numbers where all are numbers, else of the alphabet.

    Raises:
        DataError: fractions or too many different values, which are no classes.
    """
    if values.ndim != 1:
        raise DataError(f"labels are one number or word a row, not an array of {values.ndim} axes")
    found, codes = np.unique(values, return_inverse=True)
    _require_classes(len(found))
    if texts:
        names = [texts[int(code)] for code in found]
    elif found.dtype.kind == "f":
        if not np.isfinite(found).all():
            raise DataError("labels that are infinite or no numbers are no classes: correct them")
        if not np.array_equal(found, np.rint(found)):
            raise DataError("labels with fractions are no classes: give such a column with --features instead")
        names = [str(int(value)) for value in found]
    elif found.dtype.kind in "biuSU":
        names = [value.decode("latin-1") if isinstance(value, bytes) else str(value) for value in found.tolist()]
        names = [str(int(value)) if found.dtype.kind == "b" else name for name, value in zip(names, found, strict=True)]
    else:
        raise DataError(f"labels are words or whole numbers, not {found.dtype}")
    order = sorted(range(len(names)), key=lambda i: _natural(names[i]))
    places = np.empty(len(names), dtype=np.int64)
    places[order] = np.arange(len(names))
    return Labels(places[codes.reshape(-1)], tuple(names[i] for i in order))


def _require_classes(count: int) -> None:
    if count > MOST_CLASSES:
        raise DataError(f"{count:,} different labels are no classes: give real numbers with --features instead")


def join(contents: Sequence[Content]) -> Content:
    """The rows of several files as those of one.

    Raises:
        DataError: they do not have the same columns, the same shape, or labels all or none.
    """
    first = contents[0]
    if len(contents) == 1:
        return first
    for other in contents[1:]:
        if other.values.shape[1:] != first.values.shape[1:]:
            shapes = ("x".join(map(str, c.values.shape[1:])) for c in (first, other))
            raise DataError(f"{first.name} and {other.name} do not belong together: rows of {' and '.join(shapes)}")
        if other.columns != first.columns:
            raise DataError(f"{first.name} and {other.name} do not have the same columns: give them apart")
        if (other.pieces is None) != (first.pieces is None):
            raise DataError(f"of {first.name} and {other.name} only one says where pieces end: give them apart")
        if (other.labels is None) != (first.labels is None):
            raise DataError(f"of {first.name} and {other.name} only one has labels: leave them out with --labels none")
    values = [np.array(c.values, dtype=np.float64) if c.texts else c.values for c in contents]
    texts: dict[int, tuple[str, ...]] = {}
    for column in sorted({column for c in contents for column in c.texts}):
        if not all(column in c.texts for c in contents):
            raise DataError(f"column {column} holds words in some of the files only: leave it out with --drop {column}")
        words = sorted({word for c in contents for word in c.texts[column]})
        texts[column] = tuple(words)
        place = {word: i for i, word in enumerate(words)}
        for array, c in zip(values, contents, strict=True):
            places = np.array([place[word] for word in c.texts[column]], dtype=np.float64)
            known = ~np.isnan(array[:, column])
            array[known, column] = places[array[known, column].astype(np.int64)]
    require_memory(sum(array.nbytes for array in values), f"{first.name} and {len(contents) - 1} more")
    return Content(
        name=f"{first.name} and {len(contents) - 1} more",
        values=np.concatenate(values),
        columns=first.columns,
        texts=texts,
        labels=_join_labels([c.labels for c in contents if c.labels is not None]),
        full=first.full if all(c.full == first.full for c in contents) else None,
        kind=first.kind if all(c.kind == first.kind for c in contents) else None,
        levels=first.levels if all(c.levels == first.levels for c in contents) else None,
        shape=first.shape if all(c.shape == first.shape for c in contents) else None,
        pieces=np.concatenate([c.pieces for c in contents if c.pieces is not None])
        if first.pieces is not None
        else None,
        notes=tuple(note for c in contents for note in c.notes),
    )


def _join_labels(labels: Sequence[Labels]) -> Labels | None:
    if not labels:
        return None
    classes = sorted({name for one in labels for name in one.classes}, key=_natural)
    _require_classes(len(classes))
    place = {name: i for i, name in enumerate(classes)}
    codes = [np.array([place[name] for name in one.classes], dtype=np.int64)[one.codes] for one in labels]
    return Labels(np.concatenate(codes), tuple(classes))


def _natural(name: str) -> tuple[bool, float, str]:
    """Numbers first, by size."""
    try:
        return (False, float(name), name) if math.isfinite(float(name)) else (True, 0.0, name)
    except ValueError:
        return (True, 0.0, name)


def read_exactly(file: IO[bytes], size: int, what: object) -> NDArray[np.uint8]:
    """The next `size` bytes of a file, to be written over by whoever holds them.

    However many a header promises, memory is taken up for those that are there.

    Raises:
        DataError: there are fewer, or the machine has no room for them.
    """
    require_memory(size, str(what))
    try:
        data = np.empty(size, np.uint8)
    except MemoryError:
        raise DataError(f"{what} needs {size / 1e9:,.1f} GB of memory, more than there is: give fewer rows") from None
    got = 0
    # In blocks: to fill a buffer, gzip makes another one of that size first.
    while got < size and (block := file.read(min(_BLOCK, size - got))):
        data[got : got + len(block)] = np.frombuffer(block, np.uint8)
        got += len(block)
    if got < size:
        raise DataError(f"{what} is cut short: its header promises {size:,} bytes and there are {got:,}")
    return data


def require_memory(size: int, what: str | Path) -> None:
    """Refuse to take up `size` bytes where the machine does not have as many.

    Raises:
        DataError: it does not.
    """
    have = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    if size > have:
        raise DataError(
            f"{what} needs {size / 1e9:,.1f} GB of memory and this machine has {have / 1e9:,.1f} GB: give fewer rows"
        )
