"""n-grams on the playing path: the state is the last few symbols, and a prediction walks the trie along them."""

from __future__ import annotations

import numpy as np

from grnn_tui.backends.contract import Arrays, Player, Vector
from grnn_tui.backends.distribution import Categorical, Symbol
from grnn_tui.backends.ngram.spec import NgramSettings
from grnn_tui.backends.ngram.trie import Trie
from grnn_tui.backends.weights import integers
from grnn_tui.data.domain import Domain

State = tuple[Symbol, ...]
"""The last `order` symbols, oldest first; fewer at the start of a text."""


def read_trie(domain: Domain, arrays: Arrays) -> Trie:
    """The counts a model directory holds.

    Raises:
        ModelError: arrays are missing, or not the counts of n-grams.
    """
    edges, followers, counts = (integers(arrays, name) for name in ("edges", "followers", "counts"))
    return Trie(domain.size, edges, followers, counts)


class NgramPlayer(Player[State]):
    """Interpolated Witten-Bell over the last `order` symbols."""

    def __init__(self, settings: NgramSettings, domain: Domain, arrays: Arrays) -> None:
        self.order = settings.order
        self.trie = read_trie(domain, arrays)

    def start(self, condition: Vector | None = None) -> State:
        """No symbols yet."""
        del condition
        return ()

    def predict(self, state: State) -> Categorical:
        """p(x | the last symbols), as log-probabilities."""
        return Categorical(np.log(self.trie.distribution(state)))

    def advance(self, state: State, symbol: Symbol) -> State:
        """The last `order` symbols with `symbol` as the newest."""
        return (*state, symbol)[-self.order :] if self.order else ()
