"""NADE over real rows on the playing path: numpy, one value at a time. Equations and weights: `network.py`."""

from __future__ import annotations

import numpy as np

from grnn_tui.backends.contract import Arrays, Vector
from grnn_tui.backends.distribution import Floats, MixtureOfGaussians, Symbol
from grnn_tui.backends.rnade.spec import RnadeSettings
from grnn_tui.backends.running_sum.player import RunningSumPlayer, State
from grnn_tui.backends.together import Mixtures, Together
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
        weights, means, scales = self.mixture(self._order[state.step], self.features(state), state.told)
        return MixtureOfGaussians(weights, means, scales)

    def mixture(self, d: int, h: Vector, told: Vector | None) -> tuple[Floats, Floats, Floats]:
        """Weights, means and scales [..., components] of value `d`, from `h` [..., hidden]."""
        z = np.matmul(self.V[d], h[..., None])[..., 0]
        z += self.b[d]
        if told is not None:
            z += told[d]
        z = z.astype(np.float64).reshape(*h.shape[:-1], 3, -1)
        u, m, v = z[..., 0, :], z[..., 1, :], z[..., 2, :]
        weights = np.exp(u - u.max(-1, keepdims=True))
        scale = self.scale[d]
        return (
            weights / weights.sum(-1, keepdims=True),
            self.mean[d] + scale * m,
            scale * (self.floor + np.exp(v)),
        )

    def together(self, rows: int, condition: Vector | None = None) -> Together:
        """So many rows side by side."""
        return _Rows(self, self.start(condition), rows)

    def features(self, state: State) -> Vector:
        """h_t [hidden], and after the last value that of the last step's rho."""
        h: Vector = state.a * self.rho[min(state.step, self.rho.size - 1)]
        self.act(h)
        return h

    def _term(self, d: int, symbol: float | Symbol) -> Vector:
        term: Vector = self.W[d] * np.float32((symbol - self.mean[d]) / self.scale[d])
        return term


class _Rows(Together):
    """Sums of several rows [rows, hidden]."""

    def __init__(self, player: RnadePlayer, start: State, rows: int) -> None:
        self.player, self.told = player, start.told
        self.order, self.step = player.ordering.tolist(), 0
        self.a = np.repeat(start.a[None], rows, axis=0)

    def predict(self) -> Mixtures:
        """The mixture of the next value of each row."""
        player = self.player
        h = self.a * player.rho[self.step]
        player.act(h)
        return Mixtures(*player.mixture(self.order[self.step], h, self.told))

    def advance(self, values: Floats) -> None:
        """The sums with one value more."""
        player, d = self.player, self.order[self.step]
        self.step += 1
        self.a += player.W[d] * ((values - player.mean[d]) / player.scale[d]).astype(np.float32)[:, None]
