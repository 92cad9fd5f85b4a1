"""The Ising model on a square grid with free edges: exact samples and exact entropy, row by row.

p(s) is proportional to exp(beta sum s_i s_j) over neighbours i, j, with s = -1 or 1 written as 0 or 1. A whole row of W
spins is one state of a Markov chain of H steps: with w(a) the weight within row a and T(a, b) that between two rows,
the messages M_H(a) = 1, M_h(a) = sum_b T(a, b) w(b) M_h+1(b) give without approximation the conditionals
p(b | a) = T(a, b) w(b) M_h+1(b) / M_h(a), and the entropy as that of the first row plus the mean entropy of each next
one. At 8 x 8 and beta = ln(1 + sqrt 2) / 2 = 0.4407, where an endless grid is critical, it is 28.076 nats for 64 spins.

Source: Kramers and Wannier (1941), "Statistics of the two-dimensional ferromagnet", for the transfer matrix.
"""

from __future__ import annotations

import math
from functools import cache

import numpy as np
from numpy.typing import NDArray

from grnn_tui.data.builtin.rows.draws import Draws
from grnn_tui.data.builtin.rows.row_set import Made

SIDE = 8
BETA = math.log(1 + math.sqrt(2)) / 2
Probabilities = NDArray[np.float64]


def spins(width: int) -> NDArray[np.int64]:
    """Every row of `width` spins [2^width, width], -1 or 1, in the order of binary numbers."""
    return 2 * (np.arange(2**width)[:, None] >> np.arange(width)[::-1] & 1) - 1


@cache
def conditionals(height: int, width: int, beta: float) -> tuple[Probabilities, tuple[Probabilities, ...]]:
    """p(first row) [2^width], and p(next row | row) [2^width, 2^width] for each of the height - 1 next ones."""
    s = spins(width)
    w = np.exp(beta * (s[:, 1:] * s[:, :-1]).sum(axis=1))
    T = np.exp(beta * (s[:, None, :] * s[None, :, :]).sum(axis=2))
    M = np.ones(len(s))
    steps: list[Probabilities] = []
    for _ in range(height - 1):
        joint = T * (w * M)
        M = joint.sum(axis=1)
        steps.append(joint / M[:, None])
        M = M / M.max()
    first = w * M
    return first / first.sum(), tuple(reversed(steps))


def ising_entropy(height: int = SIDE, width: int = SIDE, beta: float = BETA) -> float:
    """Exact entropy in nats of a grid: H(row 1) + sum_h sum_a p(row h = a) H(row h+1 | a)."""
    p, steps = conditionals(height, width, beta)
    total = float(-(p * np.log(p)).sum())
    for step in steps:
        total += float(p @ -(step * np.log(step)).sum(axis=1))
        p = p @ step
    return total


def make_ising(seed: int, size: int) -> Made:
    """`size` grids [size, 64], one uniform number for each row of spins, by inverse CDF.

    The CDF is a sum of exponentials that may differ in its last bit between machines, which a draw of 53 bits meets
    with a probability of about 1e-13.
    """
    first, steps = conditionals(SIDE, SIDE, BETA)
    draws = Draws(seed)
    bits = ((spins(SIDE) + 1) // 2).astype(np.uint8)
    rows = np.empty((size, SIDE, SIDE), dtype=np.uint8)
    a = np.minimum(np.searchsorted(np.cumsum(first), draws.uniform(size), side="right"), len(first) - 1)
    rows[:, 0] = bits[a]
    for h, step in enumerate(steps, 1):
        F = np.cumsum(step, axis=1)
        u = draws.uniform(size)
        b = np.empty_like(a)
        for state in np.unique(a):
            chosen = a == state
            b[chosen] = np.searchsorted(F[state], u[chosen], side="right")
        a = np.minimum(b, len(first) - 1)
        rows[:, h] = bits[a]
    return Made(rows.reshape(size, SIDE * SIDE))
