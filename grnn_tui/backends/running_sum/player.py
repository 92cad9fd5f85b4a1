"""What the playing paths share: the running sum as a state, one addition a value."""

from __future__ import annotations

import copy
from abc import abstractmethod
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from grnn_tui.backends.activations import ACTIVATIONS
from grnn_tui.backends.contract import Arrays, Player, Prediction, Vector
from grnn_tui.backends.distribution import Symbol
from grnn_tui.backends.orderings import Ordering, check_ordering
from grnn_tui.backends.running_sum.settings import RunningSumSettings
from grnn_tui.backends.weights import floats, integers
from grnn_tui.data.row_domain import RowDomain
from grnn_tui.errors import ModelError, UsageError


class State(NamedTuple):
    """How many values were seen, their sum, and what the model was told."""

    step: int
    a: Vector
    """a_t [hidden]."""
    told: Vector | None
    """What is added to the outputs [D, outputs]; None: nothing."""
    h: Vector | None = None
    """The hidden units [hidden], of a model whose hidden units stay as they are for as long as the sum does."""


class RunningSumPlayer(Player[State, Prediction]):
    """a_{t+1} = a_t + x_t W_t: O(hidden) a value, whatever came before."""

    ordering: Ordering

    def __init__(self, settings: RunningSumSettings, domain: RowDomain, arrays: Arrays, outputs: int) -> None:
        D, H = domain.length, settings.hidden
        try:
            self.ordering = check_ordering(integers(arrays, "ordering", D), D)
        except UsageError as error:
            raise ModelError(f"weights do not fit the model: {error}") from None
        self.act = ACTIVATIONS[settings.activation]
        self.W = floats(arrays, "W", D, H)
        self.c = floats(arrays, "c", H)
        self.outputs = outputs
        size = domain.condition.size if domain.condition is not None else 0
        self.U = floats(arrays, "U", size, H) if size else None
        self.B = floats(arrays, "B", size, D * outputs) if size else None
        self._order = self.ordering.tolist()

    def start(self, condition: Vector | None = None) -> State:
        """The sum over nothing, moved by what the model is told."""
        if condition is None or self.U is None or self.B is None:
            return State(0, self.c, None)
        return State(0, self.c + condition @ self.U, (condition @ self.B).reshape(-1, self.outputs))

    def advance(self, state: State, symbol: float | Symbol) -> State:
        """The sum with one value more."""
        d = self._order[state.step]
        return State(state.step + 1, state.a + self._term(d, symbol), state.told)

    @abstractmethod
    def _term(self, d: int, symbol: float | Symbol) -> Vector:
        """What `symbol` adds to the sum as value `d` [hidden]."""

    def under(self, ordering: NDArray[np.integer]) -> RunningSumPlayer[Prediction]:
        """The same weights under another ordering [D].

        Raises:
            UsageError: it is no permutation of the values.
        """
        other = copy.copy(self)
        other.ordering = check_ordering(ordering, len(self._order))
        other._order = other.ordering.tolist()
        return other

    def features(self, state: State) -> Vector:
        """The hidden units [hidden] after everything seen."""
        h = state.a.copy()
        self.act(h)
        return h
