"""Scoring a long text on the training path: stretches of it side by side, each warmed up on what stands before it."""

from __future__ import annotations

import os
from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray

from grnn_tui.backends.modeldir import ModelDirectory

STRETCHES = 64
WARM_UP = 2048
"""Symbols that a stretch reads before its own begin; recurrent models have long forgotten what came earlier."""
WINDOW = 64
"""Symbols of every stretch taken in one call, so few that the next finds its memory warm; fewer for a vocabulary of
many words ..."""
LOGITS = 1 << 23
"""... so that no more probabilities than these are held at a time."""


def score_in_stretches(
    model: ModelDirectory,
    symbols: NDArray[np.integer],
    progress: Callable[[int], None] | None = None,
    stretches: int = STRETCHES,
    threads: int | None = None,
) -> NDArray[np.float64]:
    """-log p of each symbol given those before it [n]; the first stretch is exact, the others after a warm-up.

    Computed by `threads`; None: one for each core.
    """
    torch.set_num_threads(threads or os.cpu_count() or 1)
    network = model.backend.build_network(model.settings, model.header.vocabulary).eval()
    network.load_arrays(model.arrays)
    n = symbols.size
    window = max(1, min(WINDOW, LOGITS // (stretches * model.header.vocabulary.size)))
    length = -(-n // stretches)
    warm_up = min(WARM_UP, length)
    own = np.full((stretches, length), -1, dtype=np.int64)
    own.reshape(-1)[:n] = symbols
    missing = own < 0
    own[missing] = 0
    nats = np.zeros((stretches, length))
    with torch.inference_mode():
        carry = network.start(stretches)
        start = tuple(part[:1].clone() for part in carry)
        before = np.zeros((stretches, warm_up), dtype=np.int64)
        before[1:] = own[:-1, length - warm_up :]
        for at in range(0, warm_up, window):
            _, carry = network.log_prob(torch.from_numpy(before[:, at : at + window].copy()), carry)
        # Nothing stands before the first stretch: it begins at the start state.
        carry = tuple(torch.cat([first, part[1:]]) for first, part in zip(start, carry, strict=True))
        for at in range(0, length, window):
            log_prob, carry = network.log_prob(torch.from_numpy(own[:, at : at + window].copy()), carry)
            nats[:, at : at + window] = -log_prob.double().numpy()
            if progress is not None:
                progress(min(n, (at + window) * stretches))
    return nats.reshape(-1)[:n]
