"""The whole story of one next symbol: what the model says, what the settings make of it, what came."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from grnn_tui.backends.distribution import Categorical, Components, Symbol
from grnn_tui.playing.sampling import Sampling, shape

BITS = 1 / math.log(2)
"""Bits in a nat."""


@dataclass(frozen=True)
class Outlook:
    """One distribution before and after the settings; `order` ranks the symbols by the model's own probability."""

    raw: NDArray[np.float64]
    used: NDArray[np.float64]
    order: NDArray[np.intp]
    entropy: float
    """Of `raw`, in bits."""
    used_entropy: float
    """Of `used`, in bits."""
    removed: int
    """Symbols that truncation took out."""
    removed_mass: float
    """Their raw probability."""
    chosen: Symbol | None = None
    chosen_bits: float | None = None
    """Surprisal of `chosen` under the model, in bits."""
    components: Components | None = None
    """What `raw` is a mixture of, if it is one."""

    def top(self, count: int) -> list[tuple[int, Symbol]]:
        """Rank and symbol of the `count` most probable, and of `chosen` wherever it ranks."""
        ranked = list(enumerate(self.order[:count].tolist()))
        if self.chosen is not None and all(symbol != self.chosen for _, symbol in ranked):
            ranked.append((int(np.flatnonzero(self.order == self.chosen)[0]), self.chosen))
        return ranked


def look(
    distribution: Categorical,
    sampling: Sampling,
    recent: Iterable[int] = (),
    chosen: Symbol | None = None,
    components: Components | None = None,
) -> Outlook:
    """What stands before the draw of one symbol; `recent` is what the repetition penalty sees.

    Raises:
        ModelError: the prediction is not a number.
    """
    shaped = shape(distribution.logits, sampling, recent)
    raw, used = distribution.probs, shaped.probs
    gone = np.zeros(raw.size, dtype=bool) if shaped.kept is None else ~shaped.kept
    return Outlook(
        raw=raw,
        used=used,
        order=np.argsort(-raw, kind="stable"),
        entropy=distribution.entropy() * BITS,
        used_entropy=_entropy(used) * BITS,
        removed=int(gone.sum()),
        removed_mass=float(raw[gone].sum()),
        chosen=chosen,
        chosen_bits=None if chosen is None else -distribution.log_prob(chosen) * BITS,
        components=components,
    )


def _entropy(probs: NDArray[np.float64]) -> float:
    p = probs[probs > 0]
    return max(0.0, float(-np.dot(p, np.log(p))))
