"""`metrics.jsonl`: rows appended one write each, and read on from where the last reading ended."""

from __future__ import annotations

import errno
import os
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

import msgspec

from grnn_tui.foreign import from_json, open_file
from grnn_tui.runs.files import LineAppender, read_tail
from grnn_tui.runs.rows import AnyRow, Started
from grnn_tui.runs.seals import opened_line

NAME = "metrics.jsonl"
BUFFERED_ROWS = 10_000
CHUNK_BYTES = 2 << 20
_HEAD_BYTES = 1 << 16
_TRAINED, _STARTED = b'{"type":"train"', b'{"type":"started"'
"""How the writer begins them."""

_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(AnyRow)


class MetricsWriter:
    """Appends rows, and holds them back (bounded, the oldest dropped first) while the disk will not take them."""

    def __init__(self, path: Path) -> None:
        self._lines = LineAppender(path)
        self._waiting: deque[bytes] = deque(maxlen=BUFFERED_ROWS)
        self.fault: str | None = None
        """Why rows are waiting, or None."""

    @property
    def waiting(self) -> int:
        """Rows not yet on the disk."""
        return len(self._waiting)

    def append(self, row: AnyRow) -> None:
        """Append `row` and whatever waited before it; never raises for a disk that is full or failing."""
        self._waiting.append(_encoder.encode(row))
        self.flush()

    def flush(self) -> bool:
        """Try to write what waits; whether all of it is written."""
        try:
            while self._waiting:
                self._lines.append(self._waiting[0])
                self._waiting.popleft()
        except OSError as error:
            self.fault = error.strerror or errno.errorcode.get(error.errno or 0, "cannot be written")
            return False
        self.fault = None
        return True


class MetricsReader:
    """Reads a growing `metrics.jsonl` incrementally: each call returns only what is new."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.offset = 0
        self.bad = 0
        """Lines that were not rows: cut short, damaged, or of a newer version."""

    def unread(self) -> int:
        """Bytes that have not been handed out."""
        try:
            return self.path.stat().st_size - self.offset
        except OSError:
            return 0

    def read_new(self) -> list[AnyRow]:
        """Rows completed since the last call, in order; a half-written last line waits for its end.

        Rows beyond the step of a later `Started` row in the same batch are left out. Rows handed out earlier are the
        caller's to drop when it meets a `Started` row (`RunView` does).
        """
        rows: list[AnyRow] = []
        while self._read_chunk(rows):
            pass
        return rows

    def read_some(self) -> list[AnyRow]:
        """The first part, two megabytes or less, of what `read_new` would return."""
        rows: list[AnyRow] = []
        self._read_chunk(rows)
        return rows

    def _read_chunk(self, rows: list[AnyRow]) -> bool:
        try:
            with open_file(self.path) as file:
                file.seek(self.offset)
                chunk = file.read(CHUNK_BYTES)
                # No line of ours is as long as that; a hole in the file may be longer than can ever be read.
                after = _next_data(file, self.offset + len(chunk)) if b"\n" not in chunk else 0
        except OSError:  # not there yet, or out of reach for the moment: there is nothing new
            return False
        end = chunk.rfind(b"\n") + 1
        if not end and len(chunk) < CHUNK_BYTES:
            return False
        self._decode(chunk[: end or len(chunk)], rows)
        self.offset = after if not end else self.offset + end
        return True

    def _decode(self, content: bytes, rows: list[AnyRow]) -> None:
        for line in content.split(b"\n"):
            if not line:
                continue
            row = _row(line)
            if row is None:
                self.bad += 1
                continue
            if isinstance(row, Started):
                rows[:] = [earlier for earlier in rows if earlier.step <= row.step]
            rows.append(row)


def _next_data(file: BinaryIO, offset: int) -> int:
    """From where on `file` has been written to; its end if it is nowhere."""
    try:
        return os.lseek(file.fileno(), offset, os.SEEK_DATA)
    except OSError:
        return max(offset, os.fstat(file.fileno()).st_size)


def _row(line: bytes) -> AnyRow | None:
    """What `line` says; None if it is damaged, or of a newer version."""
    content = opened_line(line)
    if content is None:
        return None
    try:
        row: AnyRow = from_json(content, _decoder)
    except msgspec.DecodeError:
        return None
    return row


@dataclass(frozen=True)
class Rows:
    """A whole `metrics.jsonl`, as it counts now."""

    rows: list[AnyRow] = field(default_factory=list)
    bad: int = 0


def read_rows(path: Path) -> Rows:
    """Every row of the file `path` that still counts."""
    reader = MetricsReader(path)
    return Rows(reader.read_new(), reader.bad)


def first_row(path: Path) -> Started | None:
    """How the run began, without reading the rest; None if that is not told (yet)."""
    try:
        with open_file(path) as file:
            row = _row(file.readline(_HEAD_BYTES).removesuffix(b"\n"))
    except OSError:
        return None
    return row if isinstance(row, Started) else None


def last_rows(path: Path) -> list[AnyRow]:
    """The rows at the end of the file, without reading the rest."""
    return _rows_of(path, read_tail(path))


def last_facts(path: Path) -> list[AnyRow]:
    """The same, but of the rows of training only the newest, so that hundreds of runs are listed in no time."""
    lines = read_tail(path)
    trained = [i for i, line in enumerate(lines) if line.startswith(_TRAINED)]
    if not trained or any(line.startswith(_STARTED) for line in lines[trained[-1] :]):
        return _rows_of(path, lines)
    left_out = set(trained[:-1])
    return _rows_of(path, [line for i, line in enumerate(lines) if i not in left_out])


def _rows_of(path: Path, lines: list[bytes]) -> list[AnyRow]:
    rows: list[AnyRow] = []
    MetricsReader(path)._decode(b"\n".join(lines), rows)
    return rows
