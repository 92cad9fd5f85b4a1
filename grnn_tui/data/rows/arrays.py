"""`.npy` and `.npz`: arrays as numpy keeps them, never through pickle, and never believed beyond their file."""

from __future__ import annotations

import math
import os
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from grnn_tui.data.rows.content import Content, Labels, classify, read_exactly
from grnn_tui.errors import DataError
from grnn_tui.foreign import open_file

VALUES = ("x", "images", "image", "data", "rows", "train", "x_train", "train_images", "train_x", "samples", "arr_0")
LABELS = ("y", "labels", "label", "target", "targets", "classes", "y_train", "train_labels", "train_y", "arr_1")
_LENGTHS = "_lengths"
_PAIRS = (("images", "labels"), ("data", "labels"), ("x", "y"), ("X", "Y"), ("data", "target"))


def read_npy(path: Path) -> Content:
    """The array of a `.npy` file.

    Raises:
        DataError: damaged, cut short, of Python objects, or of no rows.
    """
    values = load_npy(path)
    return Content(name=path.name, values=as_rows(values, path), full=_full(values))


def load_npy(path: Path) -> NDArray[Any]:
    """The array of a `.npy` file, of any shape.

    Raises:
        DataError: damaged, cut short, or of Python objects.
    """
    with _numpy_errors(path), open_file(path) as file:
        return read_array(file, os.fstat(file.fileno()).st_size, path)


def read_npz(path: Path, array: str | None, labels: str | None) -> Content:
    """Rows and labels of a `.npz` file; `array` and `labels` are names of arrays in it, else the usual ones are sought.

    Where NAME_lengths stands beside the rows NAME, they are the moments of pieces that are so many rows long.

    Raises:
        DataError: damaged, no such array, or several that could be meant.
    """
    with _numpy_errors(path), open_file(path) as file, zipfile.ZipFile(file) as archive:
        names = {
            Path(i.filename).with_suffix("").as_posix(): i for i in archive.infolist() if i.filename.endswith(".npy")
        }
        chosen = _choose(names, array, path)

        def load(name: str) -> NDArray[Any]:
            with archive.open(names[name]) as member:
                return read_array(member, names[name].file_size, f"{name} of {path}")

        values = load(chosen)
        told = labels if labels in names else None
        beside = _beside(chosen, names) if labels is None else told
        found: Labels | None = None
        if beside is not None:
            column = load(beside)
            if column.shape == values.shape[:1]:
                found = classify(column)
            elif told is not None:
                raise DataError(f"{beside} of {path} has shape {column.shape}, not one label for {len(values):,} rows")
        pieces = load(f"{chosen}{_LENGTHS}") if f"{chosen}{_LENGTHS}" in names else None
    content = Content(name=path.name, values=as_rows(values, path), labels=found, full=_full(values))
    return content if pieces is None else _in_pieces(content, pieces, path)


def _in_pieces(content: Content, pieces: NDArray[Any], path: Path) -> Content:
    """Rows that follow one another in `pieces` of so many each; bytes beyond 1 are eight bits, as `packbits` makes."""
    values = content.values
    if pieces.ndim != 1 or pieces.dtype.kind not in "iu" or (pieces < 1).any() or pieces.sum() != len(values):
        raise DataError(
            f"{path} does not say how its {len(values):,} rows fall into pieces: lengths must add up to them"
        )
    if values.ndim == 2 and values.dtype == np.uint8 and values.max() > 1:
        values = np.unpackbits(values, axis=1)
        note = f"each byte of {path.name} was taken for eight bits, as numpy.packbits makes them: save levels as int16"
        content = replace(content, notes=(*content.notes, note))
    return replace(content, values=values, pieces=pieces.astype(np.int64))


def read_array(file: IO[bytes], size: int, what: object) -> NDArray[Any]:
    """One array in numpy's format, from a file of `size` bytes; what its header promises must be there.

    Raises:
        DataError: it is not, or it holds Python objects.
    """
    version = np.lib.format.read_magic(file)
    readers = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
    if version not in readers:
        raise DataError(f"{what} is of version {version} of numpy's format: save it again with a plain numpy.save")
    shape, fortran, dtype = readers[version](file)
    if dtype.kind not in "biufSU":
        raise DataError(f"{what} holds {dtype}, not numbers: save it as an array of numbers")
    needed = math.prod(shape) * dtype.itemsize
    if needed > size:
        raise DataError(f"{what} is cut short: its header promises {needed:,} bytes and there are {size:,}")
    values = np.frombuffer(read_exactly(file, needed, what), dtype).reshape(shape, order="F" if fortran else "C")
    return values.astype(dtype.newbyteorder("="), copy=False)


def as_rows(values: NDArray[Any], what: object) -> NDArray[Any]:
    """An array of rows [n, D], [n, H, W] or [n, H, W, 3] from one with the same numbers.

    Raises:
        DataError: no numbers, no rows, or axes that are none of these.
    """
    if values.dtype.kind not in "biuf":
        raise DataError(f"{what} holds {values.dtype}, not numbers: save it as an array of numbers")
    if values.ndim == 4 and values.shape[3] == 1:
        values = values[..., 0]
    elif values.ndim == 4 and values.shape[3] != 3 and values.shape[1] == 1:
        values = values[:, 0]
    elif values.ndim == 4 and values.shape[3] != 3 and values.shape[1] == 3:
        values = np.moveaxis(values, 1, 3)
    shape = "x".join(map(str, values.shape)) or "a single number"
    if values.ndim not in (2, 3, 4) or (values.ndim == 4 and values.shape[3] != 3):
        raise DataError(
            f"{what} is {shape}: give rows as n x D, grey images as n x H x W, colour ones as n x H x W x 3"
        )
    if not values.size:
        raise DataError(f"{what} is {shape}: there are no rows in it")
    return values


def _full(values: NDArray[Any]) -> int | None:
    """Full light of bytes that go beyond half of it."""
    return 255 if values.dtype == np.uint8 and values.ndim > 2 and values.size and values.max() > 127 else None


def _choose(names: dict[str, zipfile.ZipInfo], array: str | None, path: Path) -> str:
    there = ", ".join(sorted(names)) or "no array"
    if array is not None:
        if array not in names:
            raise DataError(f"{path} has no array {array!r}; it holds: {there}")
        return array
    lower = {name.lower(): name for name in reversed(names)}
    usual = next((lower[name] for name in VALUES if name in lower), None)
    if usual is None and len(names) == 1:
        usual = next(iter(names))
    if usual is None:
        raise DataError(f"which array of {path} holds the rows? It holds: {there}; write {path.name}:NAME")
    return usual


def _beside(chosen: str, names: dict[str, zipfile.ZipInfo]) -> str | None:
    """The array of labels that belongs to the array of rows called `chosen`."""
    for values, labels in _PAIRS:
        name = chosen.replace(values, labels, 1)
        if name != chosen and name in names:
            return name
    lower = {name.lower(): name for name in reversed(names)}
    return next((lower[name] for name in LABELS if name in lower and lower[name] != chosen), None)


@contextmanager
def _numpy_errors(path: Path) -> Iterator[None]:
    """Turn what damaged files raise in numpy and zipfile into one line."""
    try:
        yield
    except DataError:
        raise
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror or error}") from None
    except Exception as error:  # numpy's reader of headers raises what its tokenizer, its parser and zlib raise
        kind = "a zip of numpy arrays" if path.suffix == ".npz" else "a numpy array"
        raise DataError(f"{path} is not {kind}, or it is damaged ({error})") from None
