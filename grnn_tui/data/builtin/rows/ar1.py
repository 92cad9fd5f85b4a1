"""A stationary autoregression of order one: x_1 ~ N(0, 1), x_t = rho x_(t-1) + sqrt(1 - rho^2) e_t, e_t ~ N(0, 1).

Its differential entropy is that of D standard normals and D - 1 changes of scale:
D/2 ln(2 pi e) + (D - 1)/2 ln(1 - rho^2), 5.5389 nats for D = 8 and rho = 0.9.
"""

from __future__ import annotations

import math

import numpy as np

from grnn_tui.data.builtin.rows.draws import Draws
from grnn_tui.data.builtin.rows.row_set import Made

D = 8
RHO = 0.9
_DECIMALS = 6


def make_ar1(seed: int, size: int) -> Made:
    """`size` rows [size, 8], rounded to 6 decimals, which makes them the same everywhere."""
    e = Draws(seed).normal(size, D)
    x = np.empty_like(e)
    x[:, 0] = e[:, 0]
    for t in range(1, D):
        x[:, t] = RHO * x[:, t - 1] + math.sqrt(1 - RHO**2) * e[:, t]
    return Made(np.round(x, _DECIMALS) + 0.0)


def ar1_entropy() -> float:
    """Exact differential entropy in nats of one row."""
    return D / 2 * math.log(2 * math.pi * math.e) + (D - 1) / 2 * math.log(1 - RHO**2)
