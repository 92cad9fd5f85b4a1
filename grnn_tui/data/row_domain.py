"""What the values of a row stand for: binary vectors and images, levels of grey and colour, real numbers."""

from __future__ import annotations

import math
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from grnn_tui.data.condition import Condition, require_standard

RowKind = Literal["binary", "levels", "real"]
MOST_VALUES = 1 << 24
"""Rows of more values than these are refused."""
Axes = tuple[Annotated[int, Meta(ge=1)], ...]


class RowDomain(msgspec.Struct, frozen=True, kw_only=True, tag="rows", tag_field="domain"):
    """Rows of `length` values each, in row-major order of `shape`: [D] a vector, [H, W] an image, [H, W, 3] in colour.

    `binary`: 0 or 1. `levels`: 0 to levels - 1, from black to full light. `real`: any number, in its own units; `mean`
    and `scale` [D] are those of the training data, for models to standardise with.
    """

    kind: RowKind
    shape: Annotated[Axes, Meta(min_length=1, max_length=3)]
    levels: Annotated[int, Meta(ge=2, le=65536)] = 2
    full: Annotated[float, Meta(gt=0)] | None = None
    """What was full light in the files of the training data, where they were rounded to `levels`."""
    columns: tuple[str, ...] = ()
    """A name for each value, where the values have names."""
    mean: tuple[float, ...] = ()
    scale: tuple[float, ...] = ()
    sequence: bool = False
    """Whether rows follow one another in pieces, as the moments of a piano roll do, each depending on those before."""
    condition: Condition | None = None
    """What a model over these rows is told before it writes one; None: nothing."""

    def __post_init__(self) -> None:
        """Check that all belongs together.

        Raises:
            ValueError: it does not.
        """
        if self.length > MOST_VALUES:
            raise ValueError(f"rows of {self.length:,} values are longer than {MOST_VALUES:,}")
        if any(len(given) not in (0, self.length) for given in (self.columns, self.mean, self.scale)):
            raise ValueError(f"columns, mean and scale are not one for each of {self.length} values")
        require_standard(self.mean, self.scale)

    @property
    def length(self) -> int:
        """Values in a row, D."""
        return math.prod(self.shape)

    @property
    def size(self) -> int:
        """How many values a symbol can take; 0 stands for a real number."""
        return {"binary": 2, "levels": self.levels, "real": 0}[self.kind]

    @property
    def image(self) -> bool:
        """Whether a row is a picture."""
        return len(self.shape) > 1

    @property
    def channels(self) -> int:
        """Values a pixel has: 3 in colour, else 1."""
        return self.shape[2] if len(self.shape) == 3 else 1

    @property
    def row_name(self) -> str:
        """What a row is called: `image`, `moment` of a piece, or `row`."""
        return "moment" if self.sequence else "image" if self.image else "row"

    @property
    def unit(self) -> str:
        """What a symbol is called: `pixel`, `value` (of a channel of one), or `dimension` of a vector."""
        if self.image:
            return "pixel" if self.channels == 1 else "value"
        return "dimension"
