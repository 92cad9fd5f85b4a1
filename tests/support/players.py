"""A player that needs no weights: what it predicts depends on every symbol it has seen, and on their order."""

from __future__ import annotations

import numpy as np

from grnn_tui.backends.contract import Player, Vector
from grnn_tui.backends.distribution import Categorical

_MODULUS = (1 << 61) - 1


class HistoryPlayer(Player[int]):
    """The state is a hash of the whole history; two texts with the same state are the same text."""

    def __init__(self, size: int, salt: int = 1) -> None:
        self.size = size
        self.salt = salt
        self.steps = 0
        self.predictions = 0

    def start(self, condition: Vector | None = None) -> int:
        del condition
        return self.salt

    def predict(self, state: int) -> Categorical:
        self.predictions += 1
        spread = np.arange(1, self.size + 1, dtype=np.uint64) * np.uint64(state % (1 << 31) + 7)
        return Categorical((spread % np.uint64(1013)).astype(np.float32) / np.float32(300))

    def advance(self, state: int, symbol: int) -> int:
        self.steps += 1
        return (state * 1_000_003 + symbol + 1) % _MODULUS


def state_after(player: HistoryPlayer, symbols: list[int]) -> int:
    """The state a fresh replay of `symbols` reaches; -1 is skipped."""
    state = player.start()
    for symbol in symbols:
        if symbol >= 0:
            state = player.advance(state, symbol)
    return state
