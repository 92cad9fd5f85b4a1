"""In which order the values of a row are written: permutations of 0 to D - 1, by name or from a file."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from grnn_tui.data.rows.arrays import load_npy
from grnn_tui.errors import DataError, UsageError
from grnn_tui.places import expanded

Ordering = NDArray[np.int64]
OrderingName = Literal["raster", "column", "spiral", "centre-out", "random"]


def raster(shape: tuple[int, ...]) -> Ordering:
    """Row by row, as values lie [D]."""
    return np.arange(int(np.prod(shape)))


def column(shape: tuple[int, ...]) -> Ordering:
    """Column by column, from the left, each from the top [D]."""
    return _values(_pixels(shape).T.ravel(), shape)


def spiral(shape: tuple[int, ...]) -> Ordering:
    """From the top left corner along the edge, clockwise and inwards [D]; a vector is an image of one row."""
    left = _pixels(shape)
    turns = []
    while left.size:
        turns.append(left[0])
        left = np.rot90(left[1:])
    return _values(np.concatenate(turns), shape)


def centre_out(shape: tuple[int, ...]) -> Ordering:
    """By the distance from the centre, equally far ones in raster order [D]."""
    pixels = _pixels(shape)
    height, width = pixels.shape
    rows, columns = np.divmod(np.arange(pixels.size), width)
    squared = (2 * rows - height + 1) ** 2 + (2 * columns - width + 1) ** 2
    return _values(squared.argsort(kind="stable"), shape)


def shuffled(shape: tuple[int, ...], seed: int) -> Ordering:
    """A random order of all values [D]; the same seed gives the same one everywhere."""
    return np.random.default_rng(seed).permutation(int(np.prod(shape)))


_NAMED: dict[str, Callable[[tuple[int, ...]], Ordering]] = {
    "raster": raster,
    "column": column,
    "spiral": spiral,
    "centre-out": centre_out,
}


def named_ordering(name: OrderingName, shape: tuple[int, ...], seed: int = 0) -> Ordering:
    """The order called `name` over rows of `shape` ([D], [H, W] or [H, W, 3]); `seed` matters to `random` alone.

    The channels of a pixel stay together, in their order, except at random.
    """
    return shuffled(shape, seed) if name == "random" else _NAMED[name](shape)


def check_ordering(ordering: NDArray[Any], length: int) -> Ordering:
    """`ordering` as int64 [length].

    Raises:
        UsageError: it is not a permutation of 0 to length - 1.
    """
    ordering = np.asarray(ordering)
    if ordering.dtype.kind not in "iu" or ordering.ndim != 1:
        raise UsageError(f"an ordering is a vector of whole numbers, not {ordering.dtype} {ordering.shape}")
    if ordering.size != length or not np.array_equal(np.sort(ordering), np.arange(length)):
        raise UsageError(f"an ordering of {length} values holds each of 0 to {length - 1} once")
    return np.ascontiguousarray(ordering, np.int64)


def read_ordering(path: str, length: int) -> Ordering:
    """The ordering [length] in the file `path`, a `.npy` array.

    Raises:
        UsageError: it cannot be read, or holds something else.
    """
    file = expanded(path)
    if not file.is_file():
        raise UsageError(f"cannot read the ordering {path}: there is no such file")
    try:
        ordering = load_npy(file)
    except DataError:
        raise UsageError(f"{path} is not a .npy file of whole numbers, as an ordering is") from None
    except OSError as error:
        raise UsageError(f"cannot read the ordering {path}: {error.strerror or error}") from None
    try:
        return check_ordering(ordering, length)
    except UsageError as error:
        raise UsageError(f"{path}: {error}") from None


def _pixels(shape: tuple[int, ...]) -> Ordering:
    """The number of each pixel [H, W]; a vector is one row."""
    height, width = shape[:2] if len(shape) > 1 else (1, shape[0])
    return np.arange(height * width).reshape(height, width)


def _values(pixels: Ordering, shape: tuple[int, ...]) -> Ordering:
    """The numbers of the values of `pixels`, channels together."""
    channels = shape[2] if len(shape) == 3 else 1
    return (pixels[:, None] * channels + np.arange(channels)).ravel()
