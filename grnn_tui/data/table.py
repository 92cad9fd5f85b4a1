"""A table: rows of values that belong together, with their labels where they have some."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from grnn_tui.data.condition import Condition
from grnn_tui.data.row_domain import RowDomain
from grnn_tui.data.row_form import ConditionKind
from grnn_tui.errors import DataError

Rows = NDArray[Any]


@dataclass(frozen=True)
class Table:
    """Rows of symbols.

    `rows` [n, D] are uint8 or uint16 (binary, levels) or float64 in their own units (real). `labels` [n] are indices of
    `classes`; `features` [n, F] are real numbers. `fingerprint` is a SHA-256 of what was read. `floor` is the exact
    entropy in nats per row, where it is known. `notes` are lines to tell a person.
    """

    name: str
    domain: RowDomain
    rows: Rows
    fingerprint: str
    labels: NDArray[np.int64] | None = None
    classes: tuple[str, ...] = ()
    features: NDArray[np.float64] | None = None
    feature_names: tuple[str, ...] = ()
    floor: float | None = None
    pieces: NDArray[np.int64] | None = None
    """Rows of each piece, one after the other, where the domain is one of rows in sequence."""
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return int(self.rows.shape[0])

    def take(self, index: slice | NDArray[np.integer]) -> Table:
        """Some of the rows, with what belongs to them; of a table in pieces, some of the pieces."""
        if self.pieces is None:
            return self._take_rows(index)
        ends = self.pieces.cumsum()
        spans = [np.arange(end - length, end) for end, length in zip(ends[index], self.pieces[index], strict=True)]
        return replace(self._take_rows(np.concatenate([ends[:0], *spans])), pieces=self.pieces[index])

    @property
    def items(self) -> int:
        """How many there are to divide: rows, or pieces of them."""
        return len(self) if self.pieces is None else len(self.pieces)

    def _take_rows(self, index: slice | NDArray[np.integer]) -> Table:
        return replace(
            self,
            rows=self.rows[index],
            labels=None if self.labels is None else self.labels[index],
            features=None if self.features is None else self.features[index],
        )

    def split(self, fraction: float) -> tuple[Table, Table]:
        """Training and validation rows: the last `fraction`, of rows or pieces, is held out; at least one is left.

        Raises:
            DataError: a fraction outside 0 <= fraction < 1.
        """
        if not 0 <= fraction < 1:
            raise DataError(f"cannot hold out a fraction of {fraction}: give at least 0 and less than 1")
        cut = max(1, int(self.items * (1 - fraction)))
        return self.take(slice(0, cut)), self.take(slice(cut, None))

    def learned_domain(self, condition: ConditionKind | None = None) -> RowDomain:
        """The domain of a model trained on these rows: with mean and scale of real values, and what it is told.

        Raises:
            DataError: it is to be told labels or features, and there are none.
        """
        domain = self.domain
        if domain.kind == "real":
            mean, scale = _moments(self.rows)
            domain = msgspec.structs.replace(domain, mean=mean, scale=scale)
        if condition == "label":
            if self.labels is None:
                raise DataError(f"{self.name} has no labels to condition on: say where they are with --labels")
            counts = np.bincount(self.labels, minlength=len(self.classes))
            told = Condition(classes=self.classes, shares=tuple((counts / counts.sum()).tolist()))
        elif condition == "features":
            if self.features is None:
                raise DataError(f"{self.name} has no features to condition on: name columns with --features")
            mean, scale = _moments(self.features)
            told = Condition(features=self.feature_names, mean=mean, scale=scale)
        else:
            return domain
        return msgspec.structs.replace(domain, condition=told)

    def conditions(self, condition: Condition) -> NDArray[np.float32]:
        """What a model of `condition` is told of each row [n, size].

        Raises:
            DataError: these rows lack the labels or features it takes.
        """
        if condition.classes:
            if self.labels is None:
                raise DataError(f"{self.name} has no labels, and the model is told one: say where with --labels")
            where = {name: i for i, name in enumerate(condition.classes)}
            unknown = [name for name in self.classes if name not in where]
            if unknown and np.isin(self.labels, [self.classes.index(name) for name in unknown]).any():
                raise DataError(f"{self.name} has the label {unknown[0]!r}, which the model does not know")
            index = np.array([where.get(name, 0) for name in self.classes])[self.labels]
            return np.asarray(np.eye(condition.size, dtype=np.float32)[index])
        if self.features is None or self.feature_names != condition.features:
            raise DataError(f"{self.name} lacks the features that the model is told: {', '.join(condition.features)}")
        standard = (self.features - np.array(condition.mean)) / np.array(condition.scale)
        return np.asarray(standard, dtype=np.float32)


def _moments(values: NDArray[Any]) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Mean and standard deviation of each column; 1 for one that does not vary."""
    scale = values.std(axis=0)
    return tuple(values.mean(axis=0).tolist()), tuple(np.where(scale > 0, scale, 1.0).tolist())
