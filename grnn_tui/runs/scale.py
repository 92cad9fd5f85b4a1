"""How a loss is told: it is kept in nats per symbol, and told per image or per row where the data are rows."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from grnn_tui.data.domain import Domain
    from grnn_tui.runs.rows import Started

BITS = 1 / math.log(2)
SHORT = {"character": "char", "dimension": "dim"}


UNITS = frozenset({"character", "byte", "word", "pixel", "value", "dimension"})
ROW_NAMES = frozenset({"", "image", "row", "moment"})
"""What a run may call its symbols and rows: a foreign one's words go no further."""


class LossScale(Struct, frozen=True):
    """What a symbol is called, how many of them make a row of what name (0: a text), and whether losses are a bound."""

    unit: str
    row: int = 0
    row_name: str = ""
    bound: bool = False
    """Whether losses are a lower bound K on the log-likelihood, not itself."""

    @classmethod
    def of(cls, domain: Domain, *, bound: bool = False) -> LossScale:
        """The scale of a model."""
        return cls(domain.unit, domain.length or 0, getattr(domain, "row_name", ""), bound)

    @classmethod
    def of_run(cls, started: Started | None, unit: str = "symbol") -> LossScale:
        """The scale of a run, as its first row tells it; `unit` where it tells nothing."""
        if started is None or not started.unit:
            return cls(unit, bound=started is not None and started.bound)
        unit = started.unit if started.unit in UNITS else "symbol"
        row_name = started.row_name if started.row_name in ROW_NAMES else "row"
        return cls(unit, started.row, row_name, started.bound)

    @property
    def per(self) -> str:
        """What a told loss is per: `character`, `image` ..."""
        return self.row_name if self.row else self.unit

    @property
    def nats_unit(self) -> str:
        """`nats per image`, `nats per word`."""
        return f"nats per {self.per}"

    @property
    def short_nats_unit(self) -> str:
        """`nats/image`, `nats/char`."""
        return f"nats/{SHORT.get(self.per, self.per)}"

    @property
    def bits_unit(self) -> str:
        """`bits/pixel`, `bits/char`: always per symbol."""
        return f"bits/{SHORT.get(self.unit, self.unit)}"

    @property
    def factor(self) -> int:
        """Told nats for each nat per symbol."""
        return self.row or 1

    def nats(self, loss: float) -> float:
        """The told loss, from nats per symbol."""
        return loss * self.factor

    def figure(self, loss: float) -> str:
        """The told loss as a plain figure."""
        return f"{self.nats(loss):.{2 if self.row >= 100 else 4}f}"

    def bits(self, loss: float) -> str:
        """Bits per symbol as a plain figure."""
        return f"{loss * BITS:.{4 if self.row else 3}f}"

    def text(self, loss: float) -> str:
        """`1.4866 nats (2.145 bits/char)`, or `81.42 nats per image (0.1498 bits/pixel)`; short enough for a line."""
        return f"{self.figure(loss)} {self.nats_unit if self.row else 'nats'} ({self.bits(loss)} {self.bits_unit})"

    def listed(self, loss: float | None) -> str:
        """The figure for a list of models, to stand before `listed_unit`: a text is told in bits, rows in nats."""
        return "" if loss is None else self.figure(loss) if self.row else self.bits(loss)

    @property
    def listed_unit(self) -> str:
        """`bits/char`, `nats/image`."""
        return self.short_nats_unit if self.row else self.bits_unit

    @property
    def mark(self) -> str:
        """What stands before a figure: `K ` before a bound."""
        return "K " if self.bound else ""

    def called(self, what: str = "loss") -> str:
        """What losses are called: `loss` and `validation`, or `bound K` and `validation bound K`."""
        return what if not self.bound else "bound K" if what == "loss" else f"{what} bound K"


PER_SYMBOL = LossScale("symbol")
"""Where nothing is known of the symbols."""
