"""How to read a file of rows; apart from the arrays, because a run can be asked for without them."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from grnn_tui.data.row_domain import Axes, RowKind

ConditionKind = Literal["label", "features"]
_Columns = tuple[str, ...]


class RowForm(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a person says of rows that their file does not."""

    kind: Annotated[RowKind, Meta(description="what a value is; by itself it looks at the values")] | None = None
    shape: Annotated[Axes, Meta(description="of an image, such as 28x28; by itself the file tells")] | None = None
    levels: Annotated[int, Meta(ge=2, le=65536, description="levels of grey or colour to round to")] | None = None
    threshold: Annotated[float, Meta(description="values above it become 1, others 0")] | None = None
    pool: Annotated[int, Meta(ge=1, le=64, description="side of the square made one pixel, by majority or mean")] = 1
    sequence: Annotated[bool, Meta(description="keep rows in the pieces that the file says, each after another")] = True
    labels: Annotated[str, Meta(description="none, last, first, a column, an array, or a file of labels")] | None = None
    drop: Annotated[_Columns, Meta(description="columns to leave out: names or numbers from 0, with commas")] = ()
    uncorrelated: (
        Annotated[float, Meta(gt=0, le=1, description="drop one of two columns correlated beyond this")] | None
    ) = None
    features: Annotated[_Columns, Meta(description="columns that become the features a model is told")] = ()
