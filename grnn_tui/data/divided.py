"""A table divided into rows to train on and rows held out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from grnn_tui.data.row_domain import RowDomain
from grnn_tui.data.row_form import ConditionKind, RowForm, form_of_others
from grnn_tui.data.table import Table
from grnn_tui.data.tables import open_table
from grnn_tui.errors import DataError


@dataclass(frozen=True)
class Divided:
    """What a model of rows is trained and validated on, and the domain it learns."""

    table: Table
    domain: RowDomain
    training: Table
    held: Table


def divide(
    sources: Sequence[str],
    *,
    form: RowForm,
    share: float,
    file: str | None = None,
    seed: int = 0,
    size: int | None = None,
    condition: ConditionKind | None = None,
    known: RowDomain | None = None,
) -> Divided:
    """Read `sources`, and hold out the rows of `file`, or a `share` of all rows drawn by `seed`.

    Rows (or pieces of them) have no order to keep: files sorted by class are mixed before they are divided. A file of
    labels in `form` is for `sources`: the rows of `file` have theirs beside them, or none. `known` is the domain of a
    model that was trained on them before.

    Raises:
        DataError: missing, unreadable, too few rows, or not those of the model.
    """
    reference = sources[0] if len(sources) == 1 else list(sources)
    table = open_table(reference, form=form, seed=seed, size=size, like=known)
    if file is None:
        order = np.random.Generator(np.random.PCG64(seed)).permutation(table.items)
        training, held = table.take(order).split(share)
    else:
        training, held = table, open_table(file, form=form_of_others(form), like=table.domain)
    if len(training) < 2 or len(held) < 1:
        raise DataError(f"{table.name} has {len(table):,} rows, too few to train and validate on: give at least ten")
    return Divided(table, known if known is not None else training.learned_domain(condition), training, held)
