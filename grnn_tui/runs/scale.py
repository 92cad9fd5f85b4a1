"""How a loss is told: it is kept in nats per symbol, and told per image or per row where the data are rows."""

from __future__ import annotations

import math
from dataclasses import dataclass

from grnn_tui.data.domain import Domain
from grnn_tui.data.row_domain import RowDomain
from grnn_tui.runs.rows import Started

BITS = 1 / math.log(2)


@dataclass(frozen=True)
class LossScale:
    """What a symbol is called, and how many of them make a row of what name; `row` 0 is a text."""

    unit: str
    row: int = 0
    row_name: str = ""

    @classmethod
    def of(cls, domain: Domain) -> LossScale:
        """The scale of a model."""
        if isinstance(domain, RowDomain):
            return cls(domain.unit, domain.length, domain.row_name)
        return cls(domain.unit)

    @classmethod
    def of_run(cls, started: Started | None, unit: str) -> LossScale:
        """The scale of a run, as its first row tells it; `unit` where it tells nothing."""
        if started is None or not started.unit:
            return cls(unit)
        return cls(started.unit, started.row, started.row_name)

    @property
    def per(self) -> str:
        """What a told loss is per: `character`, `image` ..."""
        return self.row_name if self.row else self.unit

    def nats(self, loss: float) -> float:
        """The told loss, from nats per symbol."""
        return loss * (self.row or 1)

    def figure(self, loss: float) -> str:
        """The told loss as a plain figure."""
        return f"{self.nats(loss):.{2 if self.row >= 100 else 4}f}"

    def text(self, loss: float) -> str:
        """`1.4866 nats (2.145 bits/char)`, or `81.42 nats per image (0.1498 bits/pixel)`; short enough for a line."""
        unit = {"character": "char", "dimension": "dim"}.get(self.unit, self.unit)
        if self.row:
            return f"{self.figure(loss)} nats per {self.row_name} ({loss * BITS:.4f} bits/{unit})"
        return f"{loss:.4f} nats ({loss * BITS:.3f} bits/{unit})"
