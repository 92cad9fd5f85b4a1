"""What is known of a row before it is written, and how the rest is to be written so that it agrees."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from grnn_tui.backends.contract import Player
from grnn_tui.data.row_domain import RowDomain
from grnn_tui.errors import UsageError

PARTICLES = 32
"""Of each row that has to be completed by importance sampling."""
MAX_PARTICLES = 4096
Order = NDArray[np.int64]


@dataclass(frozen=True)
class Known:
    """Some values of a row in row-major order: `mask` [D] says which, `values` [D] what they are."""

    mask: NDArray[np.bool_]
    values: NDArray[np.float64]

    @property
    def count(self) -> int:
        """Values that are known."""
        return int(self.mask.sum())


def known_of(domain: RowDomain, mask: NDArray[Any], values: NDArray[Any]) -> Known:
    """The known part of a row of `domain`, checked.

    Raises:
        UsageError: another length, or a value that a row cannot have.
    """
    mask, values = np.asarray(mask, bool).ravel(), np.asarray(values, np.float64).ravel()
    if mask.size != domain.length or values.size != domain.length:
        raise UsageError(f"the {domain.row_name} has {domain.length} values, not {max(mask.size, values.size)}")
    for value in values[mask].tolist():
        check_value(domain, value)
    return Known(mask, np.where(mask, values, 0.0))


def check_value(domain: RowDomain, value: float) -> None:
    """Whether a row can have such a value.

    Raises:
        UsageError: it cannot.
    """
    if domain.size == 0:
        if not np.isfinite(value):
            raise UsageError(f"a value must be a finite number, not {value}")
    elif value != int(value) or not 0 <= value < domain.size:
        raise UsageError(f"a value must be a whole number from 0 to {domain.size - 1}, not {value:g}")


def nothing_known(domain: RowDomain) -> Known:
    """No value at all."""
    return Known(np.zeros(domain.length, bool), np.zeros(domain.length))


@dataclass(frozen=True)
class Plan:
    """How rows are written: by whom, in which order, and what is given at which step.

    With one particle every value is drawn from the model's conditional given all that is known: nothing is known that
    comes later. With more, see `cloud.py`.
    """

    player: Player[Any, Any]
    order: Order
    given: tuple[float | None, ...]
    """Of each step the value it must write, if that is known."""
    particles: int = 1
    real: bool = False
    """Whether values are real numbers; else they are whole ones."""

    @property
    def length(self) -> int:
        """Steps."""
        return len(self.given)

    @property
    def exact(self) -> bool:
        """Whether rows are drawn from the model's own conditional distribution."""
        return self.particles == 1

    @property
    def opens(self) -> int:
        """The first step whose value is not given."""
        return next((t for t, value in enumerate(self.given) if value is None), self.length)

    @property
    def closes(self) -> int:
        """After this step nothing is given."""
        return max((t + 1 for t, value in enumerate(self.given) if value is not None), default=0)


def order_of(player: Player[Any, Any], domain: RowDomain) -> Order:
    """Which value each step writes [D]."""
    if player.ordering is None:
        return np.arange(domain.length)
    return np.asarray(player.ordering, np.int64)


def planned(
    player: Player[Any, Any], domain: RowDomain, known: Known | None = None, particles: int = PARTICLES
) -> Plan:
    """The exact way if there is one: what is known comes first, be it that the model was trained for such an order.

    Raises:
        UsageError: fewer than 2 or more than `MAX_PARTICLES` particles.
    """
    if not 2 <= particles <= MAX_PARTICLES:
        raise UsageError(f"a row is completed with 2 to {MAX_PARTICLES} particles, not {particles}")
    order, real = order_of(player, domain), domain.size == 0
    if known is None or known.count in (0, domain.length):
        return Plan(player, order, _given(order, known, domain), real=real)
    first = known.mask[order]
    if first[: known.count].all():
        return Plan(player, order, _given(order, known, domain), real=real)
    if not player.agnostic:
        return Plan(player, order, _given(order, known, domain), particles, real)
    known_first = np.concatenate([order[first], order[~first]])
    return Plan(player.under(known_first), known_first, _given(known_first, known, domain), real=real)


def _given(order: Order, known: Known | None, domain: RowDomain) -> tuple[float | None, ...]:
    if known is None:
        return (None,) * order.size
    kind = int if domain.size else float
    return tuple(kind(known.values[d]) if known.mask[d] else None for d in order.tolist())
