"""Players of rows whose every probability can be checked by hand."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
from numpy.typing import NDArray

from grnn_tui.backends.contract import Player, Vector
from grnn_tui.backends.distribution import Categorical, MixtureOfGaussians
from grnn_tui.data.row_domain import RowDomain
from grnn_tui.errors import UsageError


class TablePlayer(Player[tuple[int, ...], Categorical]):
    """The joint distribution of short rows as a table; its conditionals are sums over it, in any order."""

    def __init__(
        self, domain: RowDomain, seed: int = 0, ordering: list[int] | None = None, reorders: bool = False
    ) -> None:
        rng = np.random.default_rng(seed)
        self.domain, self.reorders, self._seed = domain, reorders, seed
        self.agnostic = reorders
        self.rows = np.array(list(itertools.product(range(domain.size), repeat=domain.length)))
        self.joint = rng.dirichlet(np.full(len(self.rows), 0.4))
        self.ordering = None if ordering is None else np.array(ordering)
        self.advanced = 0
        self._found: dict[tuple[int, ...], Categorical] = {}

    def start(self, condition: Vector | None = None) -> tuple[int, ...]:
        return ()

    def _order(self) -> list[int]:
        return list(range(self.domain.length)) if self.ordering is None else self.ordering.tolist()

    def predict(self, state: tuple[int, ...]) -> Categorical:
        if state not in self._found:
            self._found[state] = self._conditional(state)
        return self._found[state]

    def _conditional(self, state: tuple[int, ...]) -> Categorical:
        order = self._order()
        here = (self.rows[:, order[: len(state)]] == state).all(1)
        column = self.rows[:, order[len(state)]]
        mass = [self.joint[here & (column == value)].sum() for value in range(self.domain.size)]
        with np.errstate(divide="ignore"):
            return Categorical(np.log(np.array(mass)))

    def advance(self, state: tuple[int, ...], symbol: int) -> tuple[int, ...]:
        self.advanced += 1
        return (*state, symbol)

    def under(self, ordering: NDArray[np.integer]) -> TablePlayer:
        if not self.reorders:
            raise UsageError("this model writes in one order only")
        return TablePlayer(self.domain, self._seed, ordering.tolist(), reorders=True)

    def posterior(self, mask: NDArray[Any], values: NDArray[Any]) -> NDArray[np.float64]:
        """p(row | the known values), for each of `rows`."""
        agrees = (self.rows[:, mask] == values[mask]).all(1)
        weighed: NDArray[np.float64] = np.where(agrees, self.joint, 0) / self.joint[agrees].sum()
        return weighed


class DriftPlayer(Player[tuple[float, int], MixtureOfGaussians]):
    """Real values, each one of two Gaussians around 0.8 times the one before."""

    def start(self, condition: Vector | None = None) -> tuple[float, int]:
        return (0.0 if condition is None else float(condition[0]), 0)

    def predict(self, state: tuple[float, int]) -> MixtureOfGaussians:
        mean = 0.8 * state[0]
        return MixtureOfGaussians(np.array([0.7, 0.3]), np.array([mean - 1, mean + 2]), np.array([0.5, 1.0]))

    def advance(self, state: tuple[float, int], symbol: float) -> tuple[float, int]:
        return symbol, state[1] + 1
