"""NADE over real rows on the playing path: numpy, one value at a time. Equations and weights: `network.py`."""

from __future__ import annotations

import numpy as np

from grnn_tui.backends.contract import Arrays, Vector
from grnn_tui.backends.distribution import MixtureOfGaussians, Symbol
from grnn_tui.backends.rnade.spec import RnadeSettings
from grnn_tui.backends.running_sum.player import RunningSumPlayer, State
from grnn_tui.backends.weights import floats
from grnn_tui.data.row_domain import RowDomain


class RnadePlayer(RunningSumPlayer[MixtureOfGaussians]):
    """One addition and one product a value; densities are in the units of the data."""

    def __init__(self, settings: RnadeSettings, domain: RowDomain, arrays: Arrays) -> None:
        D, H, C = domain.length, settings.hidden, settings.components
        super().__init__(settings, domain, arrays, outputs=3 * C)
        self.floor = settings.floor
        self.mean = domain.mean or (0.0,) * D
        self.scale = domain.scale or (1.0,) * D
        self.rho = floats(arrays, "rho", D)
        self.V = floats(arrays, "V", D, 3 * C, H)
        self.b = floats(arrays, "b", D, 3 * C)

    def predict(self, state: State) -> MixtureOfGaussians:
        """The mixture of the next value."""
        d = self._order[state.step]
        z = self.V[d] @ self.features(state)
        z += self.b[d]
        if state.told is not None:
            z += state.told[d]
        u, m, v = z.astype(np.float64).reshape(3, -1)
        weights = np.exp(u - u.max())
        scale = self.scale[d]
        return MixtureOfGaussians(weights / weights.sum(), self.mean[d] + scale * m, scale * (self.floor + np.exp(v)))

    def features(self, state: State) -> Vector:
        """h_t [hidden], and after the last value that of the last step's rho."""
        h: Vector = state.a * self.rho[min(state.step, self.rho.size - 1)]
        self.act(h)
        return h

    def _term(self, d: int, symbol: float | Symbol) -> Vector:
        term: Vector = self.W[d] * np.float32((symbol - self.mean[d]) / self.scale[d])
        return term
