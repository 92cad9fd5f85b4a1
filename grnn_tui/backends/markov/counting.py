"""Counting what follows the last values at every place of a row, into one trie a place."""

from __future__ import annotations

from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

from grnn_tui.backends.ngram.trie import Keys, Trie


def count_rows(rows: NDArray[np.integer], size: int, order: int, smoothing: float = 0.0) -> Trie:
    """The tries of all contexts of up to `order` values in `rows` [n, D], each value below `size`; root d is place d.

    A context ends where the row begins. Time O(n D order) for few values; memory O(n) and what the result takes.
    """
    n, D = rows.shape
    columns = np.ascontiguousarray(rows.T)
    contexts: list[list[Keys]] = [[] for _ in range(order + 1)]
    followers: list[list[Keys]] = [[] for _ in range(order + 1)]
    counts: list[list[Keys]] = [[] for _ in range(order + 1)]
    for d in range(D):
        node, nodes = np.zeros(n, dtype=np.int64), 1
        for length in range(min(order, d) + 1):
            if length:
                key = node * size + columns[d - length]
                known, _ = _tally(key, nodes * size)
                node, nodes = np.searchsorted(known, key), known.size
                contexts[length].append(known)
            seen, times = _tally(node * size + columns[d], nodes * size)
            followers[length].append(seen)
            counts[length].append(times)
    edges, offsets, total = [], list(range(D)), D
    numbered = [_shifted(followers[0], offsets, size)]
    for length in range(1, order + 1):
        edges.append(_shifted(contexts[length], offsets[1:], size))
        *offsets, total = accumulate((known.size for known in contexts[length]), initial=total)
        numbered.append(_shifted(followers[length], offsets, size))
    times = _joined([part for level in counts for part in level])
    return Trie(size, _joined(edges), _joined(numbered), times, roots=D, smoothing=smoothing)


def score_rows(trie: Trie, rows: NDArray[np.integer], order: int) -> NDArray[np.float64]:
    """log p of each value of `rows` [n, D] given the `order` before it in its row, in nats [n, D]."""
    n, D = rows.shape
    padded = np.concatenate((np.full((n, order), -1), rows), axis=1)
    windows = np.lib.stride_tricks.sliding_window_view(padded, order + 1, axis=1).swapaxes(0, 1)
    flat = windows.reshape(-1, order + 1)  # place by place, so that look-ups stay near each other
    places = np.repeat(np.arange(D, dtype=np.int64), n)
    return trie.log_prob(flat[:, -1], flat[:, :-1], places).reshape(D, n).T


def _tally(keys: Keys, bound: int) -> tuple[Keys, Keys]:
    """The different keys, all below `bound`, in rising order, and how often each occurs."""
    if bound > 8 * keys.size + 64:
        return np.unique(keys, return_counts=True)
    counts = np.bincount(keys, minlength=bound)
    found = np.flatnonzero(counts)
    return found, counts[found]


def _shifted(parts: list[Keys], offsets: list[int], size: int) -> Keys:
    """The keys of each place, its nodes being numbered from an offset on."""
    return _joined([keys + offset * size for keys, offset in zip(parts, offsets, strict=True)])


def _joined(parts: list[Keys]) -> Keys:
    return np.concatenate([np.zeros(0, dtype=np.int64), *parts])
