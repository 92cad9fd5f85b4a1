"""How to read a file of rows; apart from the arrays, because a run can be asked for without them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from grnn_tui.data.row_domain import Axes, RowKind
from grnn_tui.errors import UsageError
from grnn_tui.places import expanded

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


def axes_of(text: str) -> tuple[int, ...]:
    """The shape that a person means by `28x28` or `28x28x3`.

    Raises:
        UsageError: it is none.
    """
    if not re.fullmatch(r"[1-9]\d{0,8}([x,][1-9]\d{0,8}){0,2}", text):
        raise UsageError("give height and width, such as 28x28, or 28x28x3 in colour")
    return tuple(int(part) for part in re.split("[x,]", text))


def pin_form(form: RowForm) -> RowForm:
    """The same form for a process in another directory: a file of labels gets its absolute path."""
    path = label_file(form)
    return form if path is None else msgspec.structs.replace(form, labels=str(path.absolute()))


def form_of_others(form: RowForm) -> RowForm:
    """The same form for other rows: a file of labels belongs to the first ones alone."""
    return form if label_file(form) is None else msgspec.structs.replace(form, labels=None)


def label_file(form: RowForm) -> Path | None:
    """The file of labels that a form names; None where it names something in the rows' own file, or nothing."""
    path = expanded(form.labels or "")
    return None if form.labels in (None, "none", "first", "last") or not path.is_file() else path
