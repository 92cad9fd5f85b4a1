"""NADE over binary rows on the playing path: numpy, one value at a time. Equations and weights: `network.py`."""

from __future__ import annotations

import numpy as np

from grnn_tui.backends.binary_nade.spec import BinaryNadeSettings
from grnn_tui.backends.contract import Arrays, Vector
from grnn_tui.backends.distribution import Bernoulli, Symbol
from grnn_tui.backends.running_sum.player import RunningSumPlayer, State
from grnn_tui.backends.weights import floats
from grnn_tui.data.row_domain import RowDomain


class BinaryNadePlayer(RunningSumPlayer[Bernoulli]):
    """One addition and one dot product a value; further layers are a product each."""

    def __init__(self, settings: BinaryNadeSettings, domain: RowDomain, arrays: Arrays) -> None:
        super().__init__(settings, domain, arrays, outputs=1)
        D, H = domain.length, settings.hidden
        self.V = self.W if settings.tied else floats(arrays, "V", D, H)
        self.b = floats(arrays, "b", D)
        self._nothing = np.zeros(H, np.float32)
        self.agnostic = settings.order_agnostic
        self.M = floats(arrays, "M", D, H) if settings.order_agnostic else None
        self.layers = [
            (floats(arrays, f"A.layer{k}", H, H), floats(arrays, f"a.layer{k}", H))
            for k in range(2, settings.layers + 1)
        ]

    def advance(self, state: State, symbol: float | Symbol) -> State:
        """The sum with one value more; a zero adds nothing to it."""
        if self.M is None and not symbol:
            return State(state.step + 1, state.a, state.told)
        return super().advance(state, symbol)

    def predict(self, state: State) -> Bernoulli:
        """sigmoid(b_d + V_d h)."""
        d = self._order[state.step]
        logit = float(self.b[d]) + float(self.V[d] @ self.features(state))
        return Bernoulli(logit if state.told is None else logit + float(state.told[d, 0]))

    def features(self, state: State) -> Vector:
        """The last layer's h [hidden]."""
        h = super().features(state)
        for A, a in self.layers:
            h = A @ h
            h += a
            self.act(h)
        return h

    def _term(self, d: int, symbol: float | Symbol) -> Vector:
        term: Vector = self.W[d] if symbol else self._nothing
        return term if self.M is None else term + self.M[d]
