"""Many texts of one model, written side by side: blocks of them as the rows of matrices, a block on each core.

A step of 64 texts costs a matrix product for each weight matrix where 64 single steps read all weights 64 times. One
thread of the matrix library each: blocks share nothing, so that they keep every core busier than one large product
would. Measured for an LSTM of 256 units on one core: 16 thousand symbols a second alone, 20 with 4 texts, 55 with 32,
61 with 64, 48 with 256, which no longer fit the cache; 44 % of that time is the product h U, at the speed of the
processor, 22 % are hyperbolic tangents and 12 % the draws.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from threading import Event

import numpy as np
from numpy.typing import NDArray

from grnn_tui.backends.contract import Many
from grnn_tui.playing.drawing import draw_each
from grnn_tui.playing.luck import BLOCK, Luck
from grnn_tui.playing.settings import Sampling

FEWEST = 4
"""Fewer texts are written one after the other, which is as fast."""
TEXTS, SHARE = 64, 16
"""Texts of a block: so many at the most, and so many before another core is given some."""
PROBABILITIES, POSITIONS = 1 << 20, 1 << 18
"""A block holds no more probabilities than these at a time, nor more symbols: a few seconds' work."""
Drawn = tuple[NDArray[np.int32], NDArray[np.float64]]
"""Symbols and their surprisals in bits, [length, texts] each."""


def texts_of_a_block(count: int, size: int, length: int) -> int:
    """How many of `count` texts of `length` symbols of a vocabulary of `size` are best written side by side."""
    share = max(SHARE, -(-count // _cores()))
    return min(count, TEXTS, share, PROBABILITIES // size, POSITIONS // max(length, 1))


def write_many(
    open_many: Callable[[int], Many],
    texts: int,
    seen: Sequence[int],
    length: int,
    sampling: Sampling,
    seeds: Sequence[int],
) -> Iterator[Iterator[tuple[int, float]]]:
    """Symbols and surprisals in bits of `length` symbols for each of `seeds`, in turn, `texts` to a block.

    `open_many` gives so many texts that have read `seen`. The first block hands out its first text while it is drawn,
    by whoever takes it, and others beside it; at most two blocks more than there are cores are held at a time.
    """
    blocks = (_Block(open_many, seen, length, sampling, seeds[at : at + texts]) for at in range(0, len(seeds), texts))
    first = next(blocks)
    if len(seeds) <= texts:
        yield from first.stream()
        return
    cores = _cores()
    pool, stop = ThreadPoolExecutor(cores), Event()
    ahead: deque[Future[Drawn]] = deque()
    try:
        ahead.extend(pool.submit(block.draw, stop) for block in islice(blocks, cores - 1))
        yield from first.stream()
        while True:
            ahead.extend(pool.submit(block.draw, stop) for block in islice(blocks, cores + 1 - len(ahead)))
            if not ahead:
                return
            yield from _texts(ahead.popleft().result(), 0)
    finally:
        stop.set()
        pool.shutdown(cancel_futures=True)


class _Block:
    """Some of the texts."""

    def __init__(
        self,
        open_many: Callable[[int], Many],
        seen: Sequence[int],
        length: int,
        sampling: Sampling,
        seeds: Sequence[int],
    ) -> None:
        self.open_many, self.seen, self.length, self.sampling, self.seeds = open_many, seen, length, sampling, seeds

    def draw(self, stop: Event) -> Drawn:
        """All of them, or what there is of them once `stop` is set."""
        drawn = self._empty()
        for _ in self._steps(drawn):
            if stop.is_set():
                break
        return drawn

    def stream(self) -> Iterator[Iterator[tuple[int, float]]]:
        """The first text as it is drawn, then the others, which have been drawn along with it."""
        drawn = symbols, bits = self._empty()
        steps = self._steps(drawn)
        yield ((symbols.item(i, 0), bits.item(i, 0)) for i in steps)
        yield from _texts(drawn, 1)

    def _empty(self) -> Drawn:
        shape = self.length, len(self.seeds)
        return np.empty(shape, np.int32), np.empty(shape)

    def _steps(self, drawn: Drawn) -> Iterator[int]:
        """Fill `drawn` step by step; the number of each step once it is there."""
        symbols, bits = drawn
        many = self.open_many(len(self.seeds))
        lucks = [Luck(seed) for seed in self.seeds]
        window = self.sampling.repetition_window if self.sampling.repetition_penalty != 1.0 else 0
        recent: NDArray[np.integer] = np.tile(
            np.array(self.seen, np.int64)[max(0, len(self.seen) - window) :], (len(lucks), 1)
        )
        for i in range(self.length):
            block, offset = divmod(i, BLOCK)
            if offset == 0:
                uniforms = np.stack([luck.block(block) for luck in lucks], axis=1)
            symbols[i], bits[i] = draw_each(many.logits(), self.sampling, recent, uniforms[offset])
            yield i
            if window:
                recent = np.concatenate((recent, symbols[i, :, None]), axis=1)[:, -window:]
            many.advance(symbols[i])


def _cores() -> int:
    """Those that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _texts(drawn: Drawn, start: int) -> Iterator[Iterator[tuple[int, float]]]:
    symbols, bits = drawn
    for k in range(start, symbols.shape[1]):
        yield zip(symbols[:, k].tolist(), bits[:, k].tolist(), strict=True)
