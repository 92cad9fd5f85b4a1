"""How to read a file of rows; apart from the arrays, because a run can be asked for without them."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from grnn_tui.data.row_domain import Axes, RowKind

ConditionKind = Literal["label", "features"]


class RowForm(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a person says of rows that their file does not."""

    kind: Annotated[RowKind | None, Meta(description="what a value is; by itself it looks at the values")] = None
    shape: Annotated[Axes | None, Meta(description="of an image, such as 28x28; by itself it looks at the file")] = None
    levels: Annotated[int | None, Meta(ge=2, le=65536, description="levels of grey or colour to round to")] = None
    threshold: Annotated[float | None, Meta(description="values above it become 1, others 0")] = None
    pool: Annotated[int, Meta(ge=1, le=64, description="side of the square made one pixel, by majority or mean")] = 1
    labels: Annotated[
        str | None,
        Meta(description="where labels are: `none`, `last`, `first`, a column's name, an array's name, or a file"),
    ] = None
    drop: Annotated[tuple[str, ...], Meta(description="columns to leave out, by name or number from 0")] = ()
    uncorrelated: Annotated[
        float | None, Meta(gt=0, le=1, description="drop one of each pair of columns that are correlated beyond this")
    ] = None
    condition: Annotated[ConditionKind | None, Meta(description="what the model is told before it writes a row")] = None
    features: Annotated[tuple[str, ...], Meta(description="columns that become the features it is told")] = ()
