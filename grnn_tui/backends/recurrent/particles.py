"""Several particles on the playing path, and opening a player for one or for several.

    p(x_{t+1} | x_1..x_t) = (1/L) sum_l p(x_{t+1} | h_t^l)

The weights of the mixture stay even. Beside it each particle keeps account of how well it has foretold the text: its
responsibility r^l is proportional to prod_t p(x_t | h_{t-1}^l), the posterior of the hypothesis that this particle
alone wrote everything so far.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from grnn_tui.backends.contract import Arrays, Player
from grnn_tui.backends.distribution import Categorical, Components, Symbol
from grnn_tui.backends.recurrent.player import GRUPlayer, LSTMPlayer, RecurrentPlayer, RNNPlayer, State, Vector
from grnn_tui.backends.recurrent.spec import RecurrentSettings
from grnn_tui.data.domain import Domain


@dataclass(frozen=True)
class Swarm:
    """The state of all particles after a text."""

    cells: State
    log_probs: NDArray[np.float64]
    """What each particle says of the next symbol, in nats [particles, symbols]."""
    log_weights: NDArray[np.float64]
    """Logarithm of each particle's responsibility [particles]."""


class ParticlePlayer(Player[Swarm]):
    """The particles of one recurrent player, side by side.

    The output is computed when a symbol is taken in, not when it is asked for: the responsibilities need it anyway.
    """

    def __init__(self, cells: RecurrentPlayer) -> None:
        self.cells = cells
        self._even = np.full(cells.particles, -np.log(cells.particles))
        self._start = self._arrived(cells.start(), self._even)

    def _arrived(self, cells: State, log_weights: NDArray[np.float64]) -> Swarm:
        log_probs = self.cells.logits(cells).astype(np.float64)
        log_probs -= log_sum_exp(log_probs, axis=1)
        return Swarm(cells, log_probs, log_weights)

    def start(self, condition: Vector | None = None) -> Swarm:
        """The learned start states, equally likely, all shifted alike by what is told."""
        return self._start if condition is None else self._arrived(self.cells.start(condition), self._even)

    def predict(self, state: Swarm) -> Categorical:
        """The even mixture of what the particles say."""
        return Categorical(log_sum_exp(state.log_probs, axis=0)[0])

    def advance(self, state: Swarm, symbol: Symbol) -> Swarm:
        """One step of every particle; each answers for what it said of `symbol`."""
        weights = state.log_weights + state.log_probs[:, symbol]
        weights -= log_sum_exp(weights, axis=0)
        return self._arrived(self.cells.advance(state.cells, symbol), weights)

    def components(self, state: Swarm) -> Components:
        """Each particle's own distribution, and the responsibilities."""
        parts = tuple(Categorical(log_probs) for log_probs in state.log_probs)
        return Components(parts, np.exp(state.log_weights))

    def features(self, state: Swarm) -> Vector:
        """The units that a player of one particle shows, one particle after the other [particles * units]."""
        return self.cells.features(state.cells).ravel()


def log_sum_exp(a: NDArray[np.float64], axis: int) -> NDArray[np.float64]:
    """log sum exp(a) along `axis`, which is kept with length one."""
    highest = a.max(axis=axis, keepdims=True)
    total: NDArray[np.float64] = np.log(np.exp(a - highest).sum(axis=axis, keepdims=True))
    total += highest
    return total


def open_rnn(settings: RecurrentSettings, domain: Domain, arrays: Arrays) -> Player[State] | Player[Swarm]:
    """The player of an RNN."""
    return _opened(RNNPlayer(settings, domain, arrays))


def open_lstm(settings: RecurrentSettings, domain: Domain, arrays: Arrays) -> Player[State] | Player[Swarm]:
    """The player of an LSTM."""
    return _opened(LSTMPlayer(settings, domain, arrays))


def open_gru(settings: RecurrentSettings, domain: Domain, arrays: Arrays) -> Player[State] | Player[Swarm]:
    """The player of a GRU."""
    return _opened(GRUPlayer(settings, domain, arrays))


def _opened(player: RecurrentPlayer) -> Player[State] | Player[Swarm]:
    return player if player.particles == 1 else ParticlePlayer(player)
