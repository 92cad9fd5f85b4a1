"""Reading the arrays of a model on the playing path: every shape is checked before it is used."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from grnn_tui.backends.contract import Arrays
from grnn_tui.errors import ModelError


def floats(arrays: Arrays, name: str, *shape: int) -> NDArray[np.float32]:
    """The array `name` as contiguous float32 of exactly `shape`.

    Raises:
        ModelError: it is missing, or of another shape, or not of real numbers.
    """
    array = arrays.get(name)
    if array is None:
        raise ModelError(f"weights do not fit the model: {name} is missing")
    if array.shape != shape or array.dtype.kind != "f":
        raise ModelError(f"weights do not fit the model: {name} is {array.dtype} {array.shape}, not real {shape}")
    return np.ascontiguousarray(array, dtype=np.float32)


def integers(arrays: Arrays, name: str, size: int | None = None) -> NDArray[np.int64]:
    """The vector `name` as contiguous int64, of `size` entries if that is given.

    Raises:
        ModelError: it is missing, or not a vector of integers, or of another size.
    """
    array = arrays.get(name)
    if array is None:
        raise ModelError(f"weights do not fit the model: {name} is missing")
    if array.ndim != 1 or array.dtype.kind not in "iu" or (size is not None and array.size != size):
        raise ModelError(f"weights do not fit the model: {name} is {array.dtype} {array.shape}, not integers [{size}]")
    return np.ascontiguousarray(array, dtype=np.int64)
