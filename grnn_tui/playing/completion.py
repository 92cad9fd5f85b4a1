"""Rows that agree with what is known of them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from grnn_tui.backends.contract import Player, Vector
from grnn_tui.data.row_domain import RowDomain
from grnn_tui.playing.known import PARTICLES, known_of, planned
from grnn_tui.playing.row_drawing import draw_rows
from grnn_tui.playing.sampling import Sampling, checked


def complete(
    player: Player[Any, Any],
    domain: RowDomain,
    known_mask: NDArray[Any],
    known_values: NDArray[Any],
    count: int,
    sampling: Sampling | None = None,
    seed: int = 0,
    particles: int = PARTICLES,
    condition: Vector | None = None,
) -> tuple[NDArray[np.float64], bool]:
    """`count` rows [count, D] in row-major order that hold the known values, and whether they are exact.

    `known_mask` [D] says which values are known, `known_values` [D] what they are (the rest of it is not looked at).
    Row i has the seed `seed + i`. Exact means that every value is drawn from the model's own conditional given what is
    known: the known values come first in its order, or it was trained for every order and writes them first. Otherwise
    each row is one of `particles` by sequential importance resampling (see `cloud.py`): the larger their number, the
    nearer to exact.

    Raises:
        UsageError: a mask or a value that does not fit the domain, or settings out of their bounds.
        ModelError: a prediction is not a number.
    """
    sampling = checked(sampling or Sampling())
    plan = planned(player, domain, known_of(domain, known_mask, known_values), particles)
    drawn = [part.rows for part in draw_rows(plan, seed, count, sampling, condition)]
    return np.concatenate([np.zeros((0, domain.length)), *drawn]), plan.exact
