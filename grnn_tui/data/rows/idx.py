"""idx files, the format of MNIST: a magic number, the axes, then the numbers, big-endian."""

from __future__ import annotations

import gzip
import math
import os
import re
import struct
import zlib
from pathlib import Path
from typing import IO, Any, cast

import numpy as np
from numpy.typing import NDArray

from grnn_tui.data.rows.arrays import as_rows
from grnn_tui.data.rows.content import Content, Labels, classify, read_exactly
from grnn_tui.errors import DataError
from grnn_tui.foreign import open_file

_TYPES = {0x08: "u1", 0x09: "i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
_IMAGES = re.compile(r"images([-.]?)idx3")


def read_idx(path: Path, *, labels: bool = True) -> Content:
    """Rows of an idx file, plain or gzipped, with the labels of the `*labels-idx1*` file beside it if there is one.

    Raises:
        DataError: not an idx file, cut short, or labels for another number of rows.
    """
    values = read_idx_array(path)
    beside = labels_beside(path) if labels else None
    found: Labels | None = None
    notes: tuple[str, ...] = ()
    if beside is not None:
        found = classify(read_idx_array(beside))
        if len(found.codes) != len(values):
            raise DataError(f"{beside} has {len(found.codes):,} labels for {len(values):,} rows: --labels none")
        notes = (f"labels from {beside.name}",)
    full = 255 if values.dtype == np.uint8 and values.ndim > 2 else None
    return Content(name=path.name, values=as_rows(values, path), labels=found, full=full, notes=notes)


def labels_beside(path: Path) -> Path | None:
    """The file of labels that goes with a file of images, by its name."""
    name = _IMAGES.sub(r"labels\1idx1", path.name)
    if name == path.name:
        return None
    stem = name.removesuffix(".gz")
    return next((path.with_name(n) for n in (name, stem, stem + ".gz") if path.with_name(n).is_file()), None)


def read_idx_array(path: Path) -> NDArray[Any]:
    """The array of an idx file, plain or gzipped.

    Raises:
        DataError: not an idx file, or cut short.
    """
    try:
        with open_file(path) as raw:
            gzipped = raw.read(2) == b"\x1f\x8b"
            raw.seek(0)
            if gzipped:
                return _read(cast("IO[bytes]", gzip.GzipFile(fileobj=raw)), path, None)
            return _read(raw, path, os.fstat(raw.fileno()).st_size)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise DataError(f"{path} is not a whole gzip file: {error}") from None
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror or error}") from None


def _read(file: IO[bytes], path: Path, size: int | None) -> NDArray[Any]:
    head = file.read(4)
    if len(head) < 4 or head[:2] != b"\0\0" or head[2] not in _TYPES or not 1 <= head[3] <= 4:
        raise DataError(f"{path} is not an idx file: it does not start as one")
    axes = file.read(4 * head[3])
    if len(axes) < 4 * head[3]:
        raise DataError(f"{path} is cut short within its header")
    shape = struct.unpack(f">{head[3]}I", axes)
    dtype = np.dtype(_TYPES[head[2]])
    needed = math.prod(shape) * dtype.itemsize
    if size is not None and needed > size:
        raise DataError(f"{path} is cut short: its header promises {needed:,} bytes and there are {size:,}")
    values = np.frombuffer(read_exactly(file, needed, path), dtype).reshape(shape)
    return values.astype(dtype.newbyteorder("="), copy=False)
