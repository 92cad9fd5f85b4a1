"""NADE for text on the playing path: numpy, one symbol at a time. Equations and weights: `network.py`."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from grnn_tui.backends.activations import ACTIVATIONS
from grnn_tui.backends.contract import Arrays, Player
from grnn_tui.backends.distribution import Categorical, Symbol
from grnn_tui.backends.nade.spec import NadeSettings
from grnn_tui.backends.weights import floats
from grnn_tui.data.domain import Domain

Vector = NDArray[np.float32]
State = tuple[Vector, tuple[Symbol, ...]]
"""The bias of the hidden units, moved by what the model is told, and the last n symbols, oldest first; fewer at the
start of a text."""


class NadePlayer(Player[State]):
    """The sum over the window is one gather of rows; its cost does not depend on how much text there is."""

    def __init__(self, settings: NadeSettings, domain: Domain, arrays: Arrays) -> None:
        n, V, H = settings.window, domain.size, settings.hidden
        self.window = n
        self.act = ACTIVATIONS[settings.activation]
        self.table = floats(arrays, "table", n * V + 1, H)
        self.c = floats(arrays, "c", H)
        size = domain.condition.size if domain.condition is not None else 0
        self.condition = floats(arrays, "condition_h", size, H) if size else None
        self.layers = [
            (floats(arrays, f"A.layer{k}", H, H), floats(arrays, f"a.layer{k}", H))
            for k in range(2, settings.layers + 1)
        ]
        self.V = floats(arrays, "V", V, H)
        self.b = floats(arrays, "b", V)
        self.lags = np.arange(n - 1, -1, -1) * V

    def start(self, condition: Vector | None = None) -> State:
        """No symbols yet."""
        if condition is None or self.condition is None:
            return self.c, ()
        return self.c + condition @ self.condition, ()

    def predict(self, state: State) -> Categorical:
        """softmax(b + V h)."""
        logits = self.V @ self.features(state)
        logits += self.b
        return Categorical(logits)

    def advance(self, state: State, symbol: Symbol) -> State:
        """The last n symbols with `symbol` as the newest."""
        c, past = state
        return c, (*past, symbol)[-self.window :]

    def features(self, state: State) -> Vector:
        """The last layer's h [hidden]."""
        c, past = state
        h = c.copy()
        if past:
            h += self.table[self.lags[-len(past) :] + past].sum(axis=0)
        self.act(h)
        for A, a in self.layers:
            z = A @ h
            z += a
            self.act(z)
            h += z
        return h
