"""The counts of every context up to some length, as a suffix trie in sorted arrays.

A node is a context. The root is the empty one; the edge labelled a out of a context prepends a to it, so that a walk
from the root reads the past backwards, newest symbol first, and passes every context that ends here, from short to
long. Nodes are numbered breadth first, siblings by symbol. With V symbols:

    edges[i - 1] = parent * V + label    of node i (the root is node 0)
    followers[j] = node * V + symbol     for each symbol seen after each context
    counts[j]                            how often

`edges` and `followers` rise strictly, so every look-up is one binary search and any size of alphabet fits. Several
tries side by side, such as one for each place of a row, share the arrays: nodes 0 to R - 1 are their R roots, and
edges[i - R] is that of node i.

The probability is interpolated Witten-Bell (Witten and Bell 1991): with c(u) the count of a context u, c(u, x) that of
x after it and T(u) the number of different symbols after it,

    p(x | u) = (c(u, x) + T(u) p(x | u without its oldest symbol)) / (c(u) + T(u)),

below the empty context the uniform distribution; a context never seen leaves p as it is. With `smoothing` > 0 that
number stands in the place of every T(u).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from grnn_tui.errors import ModelError

Keys = NDArray[np.int64]


@dataclass(frozen=True)
class Trie:
    """The arrays above for `size` symbols, and what is worked out from them once."""

    size: int
    edges: Keys
    followers: Keys
    counts: Keys
    roots: int = field(default=1, kw_only=True)
    smoothing: float = field(default=0.0, kw_only=True)
    starts: Keys = field(init=False)
    """followers[starts[u] : starts[u + 1]] belong to node u."""
    totals: NDArray[np.float64] = field(init=False)
    """c(u) of each node."""
    kinds: NDArray[np.float64] = field(init=False)
    """T(u) of each node, or `smoothing`."""

    def __post_init__(self) -> None:
        self._check()
        nodes = self.edges.size + self.roots
        starts = np.searchsorted(self.followers, np.arange(nodes + 1, dtype=np.int64) * self.size)
        cumulative = np.concatenate(([0], self.counts.cumsum()))
        object.__setattr__(self, "starts", starts)
        object.__setattr__(self, "totals", np.diff(cumulative[starts]).astype(np.float64))
        kinds = np.full(nodes, self.smoothing) if self.smoothing else np.diff(starts).astype(np.float64)
        object.__setattr__(self, "kinds", kinds)

    def _check(self) -> None:
        """Refuse arrays on which the look-ups would mislead or leave the arrays."""
        nodes = self.edges.size + self.roots
        sound = (
            self.followers.size == self.counts.size
            and bool((np.diff(self.edges) > 0).all() and (np.diff(self.followers) > 0).all())
            and (not self.edges.size or self.edges[0] >= 0)
            and bool((self.edges // self.size <= np.arange(self.roots - 1, nodes - 1)).all())
            and (not self.followers.size or (self.followers[0] >= 0 and self.followers[-1] < nodes * self.size))
            and bool((self.counts > 0).all())
        )
        if not sound:
            raise ModelError("weights do not fit the model: the counts are not a trie of n-grams")

    def distribution(self, context: Sequence[int], root: int = 0) -> NDArray[np.float64]:
        """p(x | context) for every symbol x [size], by the trie at `root`; `context` is oldest first."""
        p = np.full(self.size, 1.0 / self.size)
        node = root
        past = reversed(context)
        while True:
            total = self.totals[node]
            if total:
                own = slice(self.starts[node], self.starts[node + 1])
                p *= self.kinds[node]
                p[self.followers[own] - node * self.size] += self.counts[own]
                p /= total + self.kinds[node]
            symbol = next(past, None)
            if symbol is None:
                return p
            key = node * self.size + symbol
            edge = int(self.edges.searchsorted(key))
            if edge == self.edges.size or self.edges[edge] != key:
                return p
            node = edge + self.roots

    def log_prob(self, symbols: Keys, contexts: Keys, roots: Keys | None = None) -> NDArray[np.float64]:
        """log p(symbols[i] | contexts[i]) in nats [n], by the trie at roots[i] (root 0 without them).

        `contexts` [n, order] are oldest first, -1 where there is no symbol.
        """
        p = np.full(symbols.size, 1.0 / self.size)
        node = np.zeros(symbols.size, dtype=np.int64) if roots is None else roots
        active = np.arange(symbols.size)
        for k in range(contexts.shape[1] + 1):
            if k:
                past = contexts[active, -k]
                edge, found = _find(self.edges, node * self.size + past)
                found &= past >= 0
                active, node = active[found], edge[found] + self.roots
            total, kinds = self.totals[node], self.kinds[node]
            row, seen = _find(self.followers, node * self.size + symbols[active])
            count = np.zeros(active.size)
            count[seen] = self.counts[row[seen]]
            known = total > 0
            p[active[known]] = ((count + kinds * p[active]) / np.where(known, total + kinds, 1.0))[known]
        log_p: NDArray[np.float64] = np.log(p)
        return log_p


def _find(sorted_keys: Keys, keys: Keys) -> tuple[Keys, NDArray[np.bool_]]:
    """The place of each key, and whether it is there."""
    if not sorted_keys.size:
        return np.zeros(keys.size, dtype=np.int64), np.zeros(keys.size, dtype=bool)
    place = np.minimum(np.searchsorted(sorted_keys, keys), sorted_keys.size - 1)
    return place, sorted_keys[place] == keys
