"""csv and amat: one row a line, numbers between commas, semicolons, tabs or spaces; plain or gzipped."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from grnn_tui.data.rows.content import Content, require_memory
from grnn_tui.data.rows.digits import read_digits
from grnn_tui.data.sources import FilePart
from grnn_tui.errors import DataError

BLOCK = 8 << 20
MOST_WORDS = 100_000
_LONGEST_LINE = 64 << 20
_PEEK = 100
_MISSING = frozenset({"", "?", "na", "n/a", "nan", "null", "none"})


@dataclass
class _Layout:
    """How the lines of a file are made; `words` grow while a column of words is read."""

    delimiter: str | None
    columns: int
    names: tuple[str, ...]
    words: dict[int, dict[str, int]] = field(default_factory=dict)


def read_separated(path: Path) -> Content:
    """All columns of a file of separated values, numbers as they are and words as indices.

    A first line of words over numbers, or of the numbers from 0 on, gives the names of the columns. Lines that start
    with # before the first row are left out. What is missing (nothing, ?, NA, nan) becomes NaN. Files that are nothing
    but single digits are read without parsing numbers. Vectors of 784 values of an amat file are pictures of 28x28;
    no other number of values is taken for a square.

    Raises:
        DataError: no rows, lines of different lengths, or no numbers.
    """
    blocks: list[NDArray[Any]] = []
    layout: _Layout | None = None
    lines = size = 0
    for block in _blocks(path):
        data = block
        if layout is None:
            data, skipped = _without_comments(block)
            if not data.strip():
                lines += block.count(b"\n")
                continue
            layout, data, named = _layout(data, path)
            lines += skipped + named
        values = _parse(data, layout, path, lines)
        lines += data.count(b"\n")
        if values.size:
            blocks.append(values)
            size += values.nbytes
            require_memory(2 * size, path)
    if layout is None or not blocks:
        raise DataError(f"{path} holds no rows: give a file with one row of numbers a line")
    amat = path.name.removesuffix(".gz").endswith(".amat")
    return Content(
        name=path.name,
        values=np.concatenate(blocks) if len(blocks) > 1 else blocks[0],
        columns=layout.names,
        texts={column: tuple(words) for column, words in layout.words.items()},
        shape=(28, 28) if amat else None,
        notes=("the first line was taken for the names of the columns",) if layout.names else (),
    )


def _blocks(path: Path) -> Iterator[bytes]:
    """The bytes of a file in pieces of whole lines, each with its last newline."""
    rest: list[bytes] = []
    held = 0
    for chunk, _ in FilePart(path, gzipped=path.suffix == ".gz").chunks():
        rest.append(chunk)
        held += len(chunk)
        end = chunk.rfind(b"\n") + 1
        if held < BLOCK or not end:
            if held > _LONGEST_LINE:
                raise DataError(f"{path} has a line of more than {_LONGEST_LINE >> 20} MB: it is no file of rows")
            continue
        rest[-1] = chunk[:end]
        yield b"".join(rest)
        rest = [chunk[end:]]
        held = len(rest[0])
    if last := b"".join(rest):
        yield last if last.endswith(b"\n") else last + b"\n"


def _without_comments(block: bytes) -> tuple[bytes, int]:
    """What follows blank lines and lines of # at the start, and how many those are."""
    data = block.removeprefix(b"\xef\xbb\xbf")
    start = skipped = 0
    while start < len(data):
        end = data.find(b"\n", start)
        if (line := data[start:end].strip()) and not line.startswith(b"#"):
            break
        start, skipped = end + 1, skipped + 1
    return data[start:], skipped


def _layout(data: bytes, path: Path) -> tuple[_Layout, bytes, int]:
    """How the lines are made, what is left once the names of the columns are taken, and how many lines they took."""
    head = [line for line in islice(io.StringIO(_text(data[: 1 << 20])), _PEEK) if line.strip()]
    if "\0" in head[0]:
        raise DataError(f"{path} is a binary file: give numbers as csv, amat, npy, npz or idx")
    delimiter = next((d for d in "\t;," if d in head[0].strip("\n")), None)
    table = [_cells(line, delimiter) for line in head]
    first, rest = table[0], [row for row in table[1:] if len(row) == len(table[0])]
    named = any(
        not _is_number(cell) and not _is_missing(cell) and any(_is_number(row[column]) for row in rest)
        for column, cell in enumerate(first)
    )
    counted = len(first) > 1 and bool(rest) and first == [str(i) for i in range(len(first))]
    names: tuple[str, ...] = ()
    if named or counted:
        names = tuple(cell or str(i) for i, cell in enumerate(first))
        data = data[data.find(b"\n") + 1 :]
    else:
        rest = table
    layout = _Layout(delimiter, len(first), names)
    for column in range(len(first)):
        cells = [row[column] for row in rest if len(row) == len(first)]
        if any(not _is_number(cell) and not _is_missing(cell) for cell in cells):
            layout.words[column] = {}
    if len(layout.words) == len(first):
        raise DataError(f"{path} holds words, not rows of numbers: line 1 starts {head[0][:40].strip()!r}")
    return layout, data, int(bool(names))


def _parse(data: bytes, layout: _Layout, path: Path, line: int) -> NDArray[Any]:
    """The rows [n, columns] of some whole lines, which follow the first `line` lines of the file."""
    if not layout.words and (digits := read_digits(data, layout.columns)) is not None:
        return digits
    if not data.strip():
        return np.empty((0, layout.columns))
    values = _load(_text(data), layout)
    if values is None:
        marked = _text(_mark_missing(data, layout.delimiter))
        values = _load(marked, layout)
        if values is None:
            raise _fault(marked, layout, path, line)
    if any(len(words) > MOST_WORDS for words in layout.words.values()):
        raise DataError(f"{path} has a column of more than {MOST_WORDS:,} different words: take it out of the file")
    return _smallest(values)


def _load(text: str, layout: _Layout) -> NDArray[np.float64] | None:
    """The numbers of some lines; None where they are not all numbers, or not as many in every line."""
    try:
        values: NDArray[np.float64] = np.loadtxt(
            io.StringIO(text),
            delimiter=layout.delimiter,
            comments=None,
            quotechar='"',
            ndmin=2,
            converters={column: partial(_index, words) for column, words in layout.words.items()},
        )
    except (ValueError, OverflowError):
        return None
    return values if values.shape[1] == layout.columns else None


def _index(words: dict[str, int], cell: str) -> float:
    """The index of a word, new ones at the end."""
    word = cell.strip()
    return float("nan") if _is_missing(word) else words.setdefault(word, len(words))


def _mark_missing(data: bytes, delimiter: str | None) -> bytes:
    """Write `nan` for what is missing."""
    data = data.replace(b"\r\n", b"\n")
    if delimiter is None:
        return re.sub(rb"(?i)(?<!\S)(?:\?|na|n/a|null|none)(?!\S)", b"nan", data)
    d = re.escape(delimiter.encode())
    data = re.sub(rb"\n(?:[ \t]*\n)+", b"\n", data) if delimiter != "\t" else data
    # Possessive: a long run of spaces is gone through once, and not once for each of them.
    missing = rb'(?im)(^|%b)[ ]*+(?:\?|na|n/a|null|none|""|)[ ]*+(?=%b|$)' % (d, d)
    if data.endswith(b"\n"):  # $ also matches behind the last newline
        return re.sub(missing, rb"\1nan", data[:-1].lstrip(b"\n")) + b"\n"
    return re.sub(missing, rb"\1nan", data)


def _fault(text: str, layout: _Layout, path: Path, line: int) -> DataError:
    """The first line that is not like the others."""
    for number, row in enumerate(io.StringIO(text), line + 1):
        if not row.strip():
            continue
        cells = _cells(row, layout.delimiter)
        if len(cells) != layout.columns:
            found = f"line {number} of {path} has {len(cells)} values and the first one has {layout.columns}"
            return DataError(f"{found}: give every row as many")
        for column, cell in enumerate(cells):
            if column not in layout.words and not _is_number(cell):
                name = layout.names[column] if layout.names else str(column)
                return DataError(
                    f"line {number} of {path} has {cell[:40]!r} in column {name}, which is no number: correct it"
                )
    return DataError(f"{path} cannot be read as rows of numbers near line {line + 1}: look at it there")


def _smallest(values: NDArray[np.float64]) -> NDArray[Any]:
    """The same numbers in fewer bytes, where they are small and whole."""
    with np.errstate(invalid="ignore"):
        for dtype in (np.uint8, np.int16):
            info = np.iinfo(dtype)
            if values.min() >= info.min and values.max() <= info.max:
                narrow = values.astype(dtype)
                if np.array_equal(narrow, values):
                    return narrow
    return values


def _cells(line: str, delimiter: str | None) -> list[str]:
    if delimiter is None:
        return line.split()
    try:
        return [cell.strip() for cell in next(csv.reader([line.rstrip("\r\n")], delimiter=delimiter))]
    except csv.Error:
        return [cell.strip() for cell in line.rstrip("\r\n").split(delimiter)]


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return "_" not in cell and cell.lower() != "nan"


def _is_missing(cell: str) -> bool:
    return cell.strip().lower() in _MISSING
