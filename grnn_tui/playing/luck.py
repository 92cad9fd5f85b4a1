"""The uniform numbers behind every drawn symbol: number i of a seed, found directly, whatever was drawn before.

Two models, two temperatures or a way taken twice see the same number at the same place after the prompt.
"""

from __future__ import annotations

import secrets

import numpy as np
from numpy.typing import NDArray

from grnn_tui.errors import UsageError

BLOCK = 1024
MAX_SEED = (1 << 63) - 1


class Luck:
    """The sequence of one seed: `luck[i]` in [0, 1) belongs to the i-th symbol after the prompt."""

    def __init__(self, seed: int) -> None:
        """Raises UsageError for a seed outside 0 .. 2**63 - 1."""
        if not 0 <= seed <= MAX_SEED:
            raise UsageError(f"the seed must lie between 0 and {MAX_SEED}, not {seed}")
        self.seed = seed
        self._block = -1
        self._numbers: list[float] = []

    def first(self, count: int) -> NDArray[np.float64]:
        """Numbers 0 to `count` - 1."""
        blocks = [self.block(block) for block in range(-(-count // BLOCK))]
        return np.concatenate([np.zeros(0), *blocks])[:count]

    def __getitem__(self, index: int) -> float:
        """Number `index` >= 0; O(1) along a text, one block of `BLOCK` numbers when jumping."""
        block, offset = divmod(index, BLOCK)
        if block != self._block:
            self._numbers = self.block(block).tolist()
            self._block = block
        return self._numbers[offset]

    def block(self, number: int) -> NDArray[np.float64]:
        """Numbers `number` * BLOCK up to the next block [BLOCK]."""
        # Philox is a function of key and counter, and a double takes one 64-bit word, four to a counter step. The
        # block stands in the second counter word, so that blocks never overlap.
        return np.random.Generator(np.random.Philox(key=self.seed, counter=[0, number, 0, 0])).random(BLOCK)


def fresh_seed() -> int:
    """A seed nobody chose, short enough to be typed again."""
    return secrets.randbelow(1_000_000_000)
