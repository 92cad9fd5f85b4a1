"""Counts over rows on the playing path: the state is the place and the last few values."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from grnn_tui.backends.contract import Arrays, Player, Vector
from grnn_tui.backends.distribution import Categorical, Symbol
from grnn_tui.backends.markov.spec import MarkovSettings
from grnn_tui.backends.ngram.trie import Trie
from grnn_tui.backends.weights import integers
from grnn_tui.data.domain import Domain


class State(NamedTuple):
    """Where in the row it is."""

    place: int
    last: tuple[Symbol, ...]
    """The last `order` values, oldest first; fewer at the start of a row."""


def read_tries(settings: MarkovSettings, domain: Domain, arrays: Arrays) -> Trie:
    """The counts a model directory holds.

    Raises:
        ModelError: arrays are missing, or not the counts of such rows.
    """
    edges, followers, counts = (integers(arrays, name) for name in ("edges", "followers", "counts"))
    return Trie(domain.size, edges, followers, counts, roots=domain.length or 1, smoothing=settings.smoothing)


class MarkovPlayer(Player[State]):
    """Each value given the last `order` of its row."""

    def __init__(self, settings: MarkovSettings, domain: Domain, arrays: Arrays) -> None:
        self.order = settings.order
        self.trie = read_tries(settings, domain, arrays)

    def start(self, condition: Vector | None = None) -> State:
        """No values yet."""
        del condition
        return State(0, ())

    def predict(self, state: State) -> Categorical:
        """p(x_d | the last values), as log-probabilities."""
        return Categorical(np.log(self.trie.distribution(state.last, state.place)))

    def advance(self, state: State, symbol: Symbol) -> State:
        """The next place, with `symbol` as the newest of the last values."""
        return State(state.place + 1, (*state.last, symbol)[-self.order :] if self.order else ())
