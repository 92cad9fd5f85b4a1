"""What a built-in set of rows is: a name, a way to make its rows, and what is known exactly about it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from grnn_tui.data.row_domain import RowDomain


@dataclass(frozen=True)
class Made:
    """Rows [n, D] of uint8 or float64 and, where the set has classes, the index of each row's class [n]."""

    rows: NDArray[Any]
    labels: NDArray[np.int64] | None = None


@dataclass(frozen=True)
class RowBuiltIn:
    """A set of rows that needs no file and no network.

    `make(seed, size)` returns `size` rows of `domain`: the same for the same arguments on every machine.
    `exact_entropy` gives nats per row; it is called once, when first asked.
    """

    name: str
    summary: str
    default_size: int
    domain: RowDomain
    make: Callable[[int, int], Made]
    exact_entropy: Callable[[], float] | None = None
    classes: tuple[str, ...] = ()

    @cached_property
    def floor(self) -> float | None:
        """Exact entropy in nats per row (differential entropy of real values), or None where nobody knows it."""
        return None if self.exact_entropy is None else self.exact_entropy()
