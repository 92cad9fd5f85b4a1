"""Trees of dependence over binary values (Chow and Liu 1968): the best model in which each value has one parent.

    p(x) = prod_d p(x_d | x_pa(d))

The tree is the maximum spanning tree of the mutual information between every two values, which makes it that of the
highest likelihood. With n_ab how often the values (a, b) occur together in N rows and n_a how often a does,

    p(x_d = b | x_pa(d) = a) = (n_ab + s) / (n_a + 2 s),     p(x_root = b) = (n_b + 2 s) / (N + 4 s)
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

SMOOTHINGS = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0)
"""Pseudo-counts of a pair that `best_tree` tries."""
PAIRS = ((0, 0), (0, 1), (1, 0), (1, 1))
_CHUNK = 1 << 12

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Tree:
    """A fitted tree: `parents` [D], -1 at the root, and `tables` [D, 2, 2], log p(x_d = b | x_pa(d) = a) at [d, a, b].

    The root has the same row for either a.
    """

    parents: NDArray[np.int64]
    tables: Floats

    def log_prob(self, rows: NDArray[np.integer]) -> Floats:
        """log p of each of `rows` [n, D], in nats [n]."""
        flat = self.tables.reshape(-1)
        places = 4 * np.arange(len(self.parents))
        parts = [np.zeros(0)]
        for start in range(0, len(rows), _CHUNK):
            x = rows[start : start + _CHUNK].astype(np.int64)
            parts.append(flat[places + 2 * x[:, self.parents] + x].sum(axis=1))
        return np.concatenate(parts)


@dataclass(frozen=True)
class Pairs:
    """How often every two values are 1 together [D, D], in how many rows."""

    both: Floats
    rows: int

    def together(self, a: int, b: int) -> Floats:
        """How often value i is `a` and value j is `b` [D, D]."""
        one = self.both.diagonal()
        with_a = self.both if a else one - self.both
        return with_a if b else (one[:, None] if a else self.rows - one[:, None]) - with_a

    def alone(self, a: int) -> Floats:
        """How often each value is `a` [D]."""
        return self.together(a, a).diagonal()

    def information(self) -> Floats:
        """Mutual information of every two values, in nats [D, D]."""
        found = np.zeros_like(self.both)
        for a, b in PAIRS:
            n, expected = self.together(a, b), self.alone(a)[:, None] * self.alone(b) / self.rows
            found += n * np.log(np.where(n > 0, n, 1) / np.where(n > 0, expected, 1))
        return found / self.rows


def count_pairs(rows: NDArray[np.integer]) -> Pairs:
    """The counts of the rows [n, D] of zeros and ones; exact, since single precision counts to 2^24."""
    D = rows.shape[1]
    both = np.zeros((D, D))
    for start in range(0, len(rows), _CHUNK):
        x = rows[start : start + _CHUNK].astype(np.float32)
        both += x.T @ x
    return Pairs(both, len(rows))


def best_tree(train: NDArray[np.integer], validation: NDArray[np.integer]) -> Tree:
    """The tree of the rows `train` [n, D] with that of `SMOOTHINGS` which suits `validation` [m, D] best."""
    pairs = count_pairs(train)
    parents = spanning_tree(pairs.information())
    trees = [Tree(parents, conditionals(pairs, parents, s)) for s in SMOOTHINGS]
    return max(trees, key=lambda tree: float(tree.log_prob(validation).mean()))


def conditionals(pairs: Pairs, parents: NDArray[np.int64], smoothing: float) -> Floats:
    """The tables of a `Tree` with `smoothing` > 0 pseudo-counts for every two values of a pair."""
    s, N, child = smoothing, pairs.rows, np.arange(len(parents))
    tables = np.empty((len(parents), 2, 2))
    for a, b in PAIRS:
        root = (pairs.alone(b) + 2 * s) / (N + 4 * s)
        given = (pairs.together(a, b)[parents, child] + s) / (pairs.alone(a)[parents] + 2 * s)
        tables[:, a, b] = np.log(np.where(parents < 0, root, given))
    return tables


def spanning_tree(weights: Floats) -> NDArray[np.int64]:
    """The parent of each place in the maximum spanning tree of `weights` [D, D] with root 0 (-1): Prim 1957."""
    D = len(weights)
    parents = np.full(D, -1, dtype=np.int64)
    best = np.full(D, -np.inf)
    outside = np.ones(D, dtype=bool)
    newest = 0
    for _ in range(D - 1):
        outside[newest] = False
        nearer = outside & (weights[newest] > best)
        best[nearer] = weights[newest][nearer]
        parents[nearer] = newest
        newest = int(np.where(outside, best, -np.inf).argmax())
    return parents
