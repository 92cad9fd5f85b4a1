"""The columns of a table apart: values to model, a label, features; and which are left out, with a note of each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from grnn_tui.data.row_form import RowForm
from grnn_tui.data.rows.content import Content, classify
from grnn_tui.errors import DataError

_NAMED = 8


@dataclass(frozen=True)
class Parted:
    """Values [n, D] or pictures, labels, features [n, F], and lines to tell a person; rows with gaps are gone.

    `columns` names the values where the file does, and by their number in the file where some were left out.
    """

    content: Content
    columns: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    """What the file calls them: words, or numbers from 0; each another."""
    features: NDArray[np.float64] | None = None
    feature_names: tuple[str, ...] = ()


def part(content: Content, form: RowForm, wanted: tuple[str, ...] = (), features: tuple[str, ...] = ()) -> Parted:
    """Take labels, features and dropped columns out of `content`, then the rows with something missing.

    `wanted` are the columns of a trained model, where it has names for them: those are taken and no others. `features`
    are those it is told.

    Raises:
        DataError: no such column, words where numbers are needed, or no row or column left.
    """
    if content.values.ndim != 2:
        return _pictures(content, form)
    D = content.values.shape[1]
    names = _distinct(content.columns) or tuple(map(str, range(D)))
    kept = list(range(D))
    labels, label_column = content.labels, _label_column(content, form, names)
    if label_column is not None:
        kept.remove(label_column)
    feature_columns = [_find(name, names, content.name) for name in form.features or features]
    dropped = {_find(name, names, content.name) for name in form.drop}
    kept = [c for c in kept if c not in dropped and c not in feature_columns]
    values = content.values
    notes = list(content.notes)
    if wanted:
        lacking = [name for name in wanted if name not in names]
        if lacking:
            raise DataError(f"{content.name} lacks {_listed(lacking)}: the model was trained on a column of that name")
        kept = [names.index(name) for name in wanted]
    else:
        kept, empty = _without_empty(values, kept)
        if empty:
            notes.append(f"{_columns(len(empty))} without any value left out: {_listed([names[c] for c in empty])}")
    _require_numbers([*kept, *feature_columns], content, names)
    if not kept:
        raise DataError(f"no column of {content.name} is left to model: drop fewer of them")
    used = [*kept, *feature_columns, *([] if label_column is None else [label_column])]
    whole = _whole_rows(values, used)
    if whole is not None:
        gaps = int((~whole).sum())
        if gaps == len(whole):
            raise DataError(f"every row of {content.name} has something missing: drop the columns with gaps by --drop")
        notes.append(f"{gaps:,} of {len(whole):,} rows left out, because something is missing in them")
        values = values[whole]
        labels = None if labels is None else replace(labels, codes=labels.codes[whole])
        if content.pieces is not None:
            lengths = np.add.reduceat(whole, content.pieces.cumsum() - content.pieces, dtype=np.int64)
            content = replace(content, pieces=lengths[lengths > 0])
    if label_column is not None:
        labels = classify(values[:, label_column], content.texts.get(label_column, ()))
    told = np.asarray(values[:, feature_columns], dtype=np.float64) if feature_columns else None
    if told is not None and not (finite := np.isfinite(told).all(axis=1)).all():
        row = int(np.argmin(finite))
        raise DataError(f"row {row} of {content.name} is not finite in its features: correct it or leave it out")
    if len(kept) < D:
        values = values[:, kept]
    named = bool(content.columns or wanted) or len(kept) + (label_column is not None) < D
    return Parted(
        content=replace(content, values=values, labels=labels, notes=tuple(notes), texts={}),
        columns=tuple(names[c] for c in kept) if named else (),
        names=tuple(names[c] for c in kept),
        features=told,
        feature_names=tuple(names[c] for c in feature_columns),
    )


def vary(parted: Parted, content: Content, form: RowForm) -> Parted:
    """Leave out the columns of real values that never change, and one of each pair correlated beyond `uncorrelated`.

    Of a pair the later one goes, unless the earlier one is gone already. `parted` is what `part` made of `content` and
    `form`. Rows that only had gaps in columns left out come back, so the columns left are looked at again until none
    goes: whoever asks for those columns by name gets the same rows.

    Raises:
        DataError: no column is left.
    """
    notes: list[str] = []
    drop = form.drop
    while True:
        gone, told = _idle(parted, form.uncorrelated)
        notes += told
        if not gone:
            return replace(parted, content=replace(parted.content, notes=(*parted.content.notes, *notes)))
        drop += gone
        parted = part(content, msgspec.structs.replace(form, drop=drop))


def _idle(parted: Parted, uncorrelated: float | None) -> tuple[tuple[str, ...], list[str]]:
    """The columns of `parted` that `vary` leaves out, with notes of them."""
    values, names = parted.content.values, parted.names
    notes: list[str] = []
    changing = np.flatnonzero(values.min(axis=0) != values.max(axis=0))
    if not changing.size:
        raise DataError(f"no column of {parted.content.name} ever changes: there is nothing to model")
    kept = set(changing.tolist())
    constant = tuple(name for c, name in enumerate(names) if c not in kept)
    if constant:
        notes.append(f"{_columns(len(constant), 'constant ')} left out: {_listed(constant)}")
    if uncorrelated is None:
        return constant, notes
    with np.errstate(invalid="ignore"):  # what is infinite is refused once the rows are shaped
        r = np.abs(np.atleast_2d(np.corrcoef(values[:, changing], rowvar=False)))
    chosen: list[int] = []
    for i in range(len(changing)):
        if not any(r[i, j] > uncorrelated for j in chosen):
            chosen.append(i)
    gone = tuple(names[c] for i, c in enumerate(changing) if i not in set(chosen))
    if gone:
        notes.append(f"{_columns(len(gone))} correlated beyond {uncorrelated:g} left out: {_listed(gone)}")
    return constant + gone, notes


def _pictures(content: Content, form: RowForm) -> Parted:
    if form.drop or form.features:
        raise DataError(f"{content.name} holds pictures, which have no columns: --drop and --features are for vectors")
    if content.values.dtype.kind == "f":
        whole = np.isfinite(content.values).all(axis=tuple(range(1, content.values.ndim)))
        if not whole.all():
            raise DataError(f"{content.name} has pixels that are no numbers in row {int(np.argmin(whole))}: correct it")
    return Parted(content)


def _label_column(content: Content, form: RowForm, names: Sequence[str]) -> int | None:
    """The column that holds labels, if `form` names one of them."""
    where = form.labels
    if where is None or where == "none" or content.labels is not None:
        return None
    if where in ("first", "last"):
        return 0 if where == "first" else len(names) - 1
    return _find(where, names, content.name)


def _distinct(names: Sequence[str]) -> tuple[str, ...]:
    """The same names, but `x (2)` for what is called `x` a second time."""
    found: dict[str, None] = {}
    times: Counter[str] = Counter()
    for name in names:
        called = name
        while called in found:
            times[name] += 1
            called = f"{name} ({times[name] + 1})"
        found[called] = None
    return tuple(found)


def _find(name: str, names: Sequence[str], what: str) -> int:
    """The column called `name`, or of that number from 0."""
    if name in names:
        return names.index(name)
    if name.isdecimal() and int(name) < len(names):
        return int(name)
    raise DataError(f"{what} has no column {name!r}; it has: {_listed(names)}")


def _without_empty(values: NDArray[Any], kept: list[int]) -> tuple[list[int], list[int]]:
    if values.dtype.kind != "f":
        return kept, []
    empty = np.isnan(values).all(axis=0)
    return [c for c in kept if not empty[c]], [c for c in kept if empty[c]]


def _require_numbers(used: Sequence[int], content: Content, names: Sequence[str]) -> None:
    for column in used:
        if words := content.texts.get(column):
            name = names[column]
            raise DataError(
                f"column {name} of {content.name} holds words such as {words[0][:40]!r}: "
                f"leave it out with --drop {name}, or make it the label with --labels {name}"
            )


def _whole_rows(values: NDArray[Any], used: Sequence[int]) -> NDArray[np.bool_] | None:
    """Which rows have a number in each of the columns used; None: all."""
    if values.dtype.kind != "f":
        return None
    whole = ~np.isnan(values[:, used]).any(axis=1)
    return None if whole.all() else whole


def _columns(count: int, which: str = "") -> str:
    return f"1 {which}column" if count == 1 else f"{count} {which}columns"


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(name[:40] for name in names[:_NAMED]) + more
