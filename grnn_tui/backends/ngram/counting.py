"""Counting every context of a text into a trie, level by level, by sorting."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from grnn_tui.backends.ngram.trie import Keys, Trie
from grnn_tui.errors import TrainingError

CHUNK = 1 << 22
"""Positions sorted at once: bounds the working memory beside four bytes per position and the counts themselves."""


def count_ngrams(symbols: NDArray[np.integer], size: int, order: int, chunk: int = CHUNK) -> Trie:
    """The trie of all contexts of up to `order` symbols in the text `symbols` [n], each symbol below `size`.

    Time O(n log n) a level; memory 4 n bytes, O(chunk), and what the result takes.

    Raises:
        TrainingError: more contexts than can be numbered; a lower order has fewer.
    """
    n = len(symbols)
    node = np.zeros(n, dtype=np.int32)  # node[t]: the context of the `length` symbols before t, for t >= length
    nodes = 1
    edges: list[Keys] = []
    followers: list[Keys] = []
    counts: list[Keys] = []

    def keys(first: int, ahead: int) -> Iterator[tuple[slice, Keys]]:
        """node * size + the symbol `ahead` of each position from `first` on, in chunks of positions."""
        for start in range(first, n, chunk):
            stop = min(start + chunk, n)
            label = np.asarray(symbols[start + ahead : stop + ahead], dtype=np.int64)
            yield slice(start, stop), node[start:stop] * np.int64(size) + label

    for length in range(order + 1):
        level, times = _tally(key for _, key in keys(length, 0))
        followers.append(level)
        counts.append(times)
        if length == order:
            break
        level, _ = _tally(key for _, key in keys(length + 1, -length - 1))
        for where, key in keys(length + 1, -length - 1):
            node[where] = nodes + np.searchsorted(level, key)
        edges.append(level)
        nodes += level.size
        if nodes > np.iinfo(np.int32).max:
            raise TrainingError(f"this text has too many contexts of {length + 1} symbols; use a lower order")
    empty = np.zeros(0, dtype=np.int64)
    return Trie(size, np.concatenate([empty, *edges]), np.concatenate(followers), np.concatenate(counts))


def _tally(chunks: Iterable[Keys]) -> tuple[Keys, Keys]:
    """The different keys in rising order, and how often each occurs."""
    keys, counts = np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    for chunk in chunks:
        more, times = np.unique(chunk, return_counts=True)
        if not keys.size:
            keys, counts = more, times
            continue
        both = np.concatenate((keys, more))
        keys, place = np.unique(both, return_inverse=True)
        summed = np.zeros(keys.size, dtype=np.int64)
        np.add.at(summed, place, np.concatenate((counts, times)))
        counts = summed
    return keys, counts
