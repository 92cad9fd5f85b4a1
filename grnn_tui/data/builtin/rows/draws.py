"""Uniform numbers that are the same everywhere: numpy promises the raw stream of a bit generator, and no more."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray


class Draws:
    """A stream of draws from one seed."""

    def __init__(self, seed: int) -> None:
        self._bits = np.random.PCG64(seed)

    def uniform(self, *shape: int) -> NDArray[np.float64]:
        """Uniform numbers in [0, 1), multiples of 2^-53."""
        raw = self._bits.random_raw(math.prod(shape))
        return np.asarray((raw >> np.uint64(11)) * 2.0**-53).reshape(shape)

    def between(self, low: float, high: float, *shape: int) -> NDArray[np.float64]:
        """Uniform numbers in [low, high)."""
        return low + (high - low) * self.uniform(*shape)

    def below(self, n: int, *shape: int) -> NDArray[np.int64]:
        """Uniform whole numbers from 0 to n - 1."""
        return (self.uniform(*shape) * n).astype(np.int64)

    def normal(self, *shape: int) -> NDArray[np.float64]:
        """Standard normal numbers, two uniform ones each: sqrt(-2 ln u) cos(2 pi v) (Box and Muller, 1958).

        Logarithm and cosine differ in the last bit between machines: round what is made of them.
        """
        u, v = self.uniform(*shape), self.uniform(*shape)
        z: NDArray[np.float64] = np.sqrt(-2 * np.log1p(-u)) * np.cos(2 * math.pi * v)
        return z
