"""Bars and stripes: a picture is made of whole rows or of whole columns, each light or dark with probability 1/2.

First the direction is drawn, then every line. Of N x N pictures the all light and the all dark one come from both
directions with probability 2^-N together, each of the 2 (2^N - 2) others with 2^-(N+1): for N = 8 the entropy is
8.9922 bits, 6.2329 nats, for 64 pixels.

Source: Hinton and Sejnowski (1986), "Learning and relearning in Boltzmann machines"; the two-step sampling is that
of MacKay (2003), chapter 43.
"""

from __future__ import annotations

import math

import numpy as np

from grnn_tui.data.builtin.rows.draws import Draws
from grnn_tui.data.builtin.rows.row_set import Made

SIDE = 8


def make_bars_and_stripes(seed: int, size: int) -> Made:
    """`size` pictures [size, 64]."""
    draws = Draws(seed)
    bars = draws.below(2, size) == 1
    lines = draws.below(2, size, SIDE).astype(np.uint8)
    across = np.repeat(lines[:, :, None], SIDE, axis=2)
    pictures = np.where(bars[:, None, None], across.transpose(0, 2, 1), across)
    return Made(pictures.reshape(size, SIDE * SIDE))


def bars_and_stripes_entropy(side: int = SIDE) -> float:
    """Exact entropy in nats of one picture of side x side, side at least 2."""
    both = 2 * 2.0**-side
    bits = both * side + (1 - both) * (side + 1)
    return bits * math.log(2)
