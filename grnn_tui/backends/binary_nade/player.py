"""NADE over binary rows on the playing path: numpy, one value at a time. Equations and weights: `network.py`.

The hidden units are kept with the sum: a zero moves neither, and most pixels of most images are zeros.
"""

from __future__ import annotations

import numpy as np

from grnn_tui.backends.binary_nade.spec import BinaryNadeSettings
from grnn_tui.backends.contract import Arrays, Vector
from grnn_tui.backends.distribution import Bernoulli, Floats, Symbol
from grnn_tui.backends.running_sum.player import RunningSumPlayer, State
from grnn_tui.backends.together import Bernoullis, Together
from grnn_tui.backends.weights import floats
from grnn_tui.data.row_domain import RowDomain


class BinaryNadePlayer(RunningSumPlayer[Bernoulli]):
    """One addition and one dot product a value; further layers are a product each."""

    def __init__(self, settings: BinaryNadeSettings, domain: RowDomain, arrays: Arrays) -> None:
        super().__init__(settings, domain, arrays, outputs=1)
        D, H = domain.length, settings.hidden
        self.V = self.W if settings.tied else floats(arrays, "V", D, H)
        self.b: list[float] = floats(arrays, "b", D).tolist()
        self._nothing = np.zeros(H, np.float32)
        self.agnostic = settings.order_agnostic
        self.M = floats(arrays, "M", D, H) if settings.order_agnostic else None
        self.layers = [
            (floats(arrays, f"A.layer{k}", H, H), floats(arrays, f"a.layer{k}", H))
            for k in range(2, settings.layers + 1)
        ]

    def start(self, condition: Vector | None = None) -> State:
        """The sum over nothing, moved by what the model is told, and its hidden units."""
        state = super().start(condition)
        return state._replace(h=self.above(state.a))

    def advance(self, state: State, symbol: float | Symbol) -> State:
        """The sum with one value more; a zero adds nothing to it."""
        step, a, told, h = state
        if symbol or self.M is not None:
            a = a + self._term(self._order[step], symbol)
            h = self.above(a)
        return State(step + 1, a, told, h)

    def predict(self, state: State) -> Bernoulli:
        """sigmoid(b_d + V_d h)."""
        d = self._order[state.step]
        logit = self.b[d] + float(self.V[d] @ state.h)
        return Bernoulli(logit if state.told is None else logit + float(state.told[d, 0]))

    def together(self, rows: int, condition: Vector | None = None) -> Together:
        """So many rows side by side."""
        return _Rows(self, self.start(condition), rows)

    def features(self, state: State) -> Vector:
        """The last layer's h [hidden]."""
        assert state.h is not None
        return state.h

    def above(self, a: Vector) -> Vector:
        """The last layer's h [..., hidden] from the first layer's sum."""
        h = a.copy()
        self.act(h)
        for A, a_l in self.layers:
            h = np.matmul(A, h[..., None])[..., 0]
            h += a_l
            self.act(h)
        return h

    def _term(self, d: int, symbol: float | Symbol) -> Vector:
        term: Vector = self.W[d] if symbol else self._nothing
        return term if self.M is None else term + self.M[d]


class _Rows(Together):
    """Sums and hidden units of several rows [rows, hidden]."""

    def __init__(self, player: BinaryNadePlayer, start: State, rows: int) -> None:
        self.player, self.told = player, start.told
        self.left = iter(player.ordering.tolist())
        self.a, self.h = (np.repeat(each[None], rows, axis=0) for each in (start.a, player.features(start)))
        self.d = next(self.left)

    def predict(self) -> Bernoullis:
        """sigmoid(b_d + V_d h) of each row."""
        player, d = self.player, self.d
        logits: Floats = np.vecdot(self.h, player.V[d]).astype(np.float64)
        logits += player.b[d]
        if self.told is not None:
            logits += float(self.told[d, 0])
        return Bernoullis(logits)

    def advance(self, values: Floats) -> None:
        """Only sums that move are touched, as a row alone would do it."""
        player, d = self.player, self.d
        self.d = next(self.left, d)
        if player.M is None:
            lit = values.nonzero()[0]
            if lit.size:
                self.a[lit] += player.W[d]
                self.h[lit] = player.above(self.a[lit])
            return
        self.a += np.where(values[:, None] != 0, player.W[d] + player.M[d], player.M[d])
        self.h = player.above(self.a)
