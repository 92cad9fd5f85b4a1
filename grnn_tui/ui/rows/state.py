"""A sheet of samples as the screen knows it, and the pure function that takes in what the engine says of it."""

from __future__ import annotations

import math
from functools import cached_property
from typing import Any

import numpy as np
from msgspec import Struct, field
from msgspec.structs import replace
from numpy.typing import NDArray

from grnn_tui.engine.row_protocol import Density, Levels, RowsOpened, RowTotals, SampleSplice, SheetFrame

Floats = NDArray[np.float64]


class Sample(Struct, frozen=True):
    """One row, by step: what is written, its surprisal in nats, what the model expected."""

    seed: int
    values: Floats
    nats: Floats
    expected: Floats
    forced: frozenset[int] = frozenset()

    @property
    def length(self) -> int:
        """Steps that are written."""
        return int(self.values.size)


class Shape(Struct, frozen=True, dict=True):
    """How the values of a row lie on the screen: `rows` x `columns` pixels of `channels` values each."""

    rows: int
    columns: int
    channels: int
    length: int
    """Values of a row; a vector may leave the last pixels of the grid empty."""

    @cached_property
    def pixels(self) -> int:
        """Pixels that hold values."""
        return self.length // self.channels


class RowState(Struct, frozen=True, dict=True):
    """Everything that is shown of rows."""

    opened: RowsOpened
    sheet: int = -1
    samples: tuple[Sample, ...] = ()
    selected: int = 0
    cursor: int = 0
    """Step of the selected sample."""
    order: NDArray[Any] = field(default_factory=lambda: np.zeros(0, np.int64))
    """Which value each step writes [length]."""
    known: dict[int, float] = field(default_factory=dict)
    """What is known of every row of the next sheet, by place."""
    painted: bool = False
    """Whether that has changed since this sheet was begun."""
    totals: RowTotals = RowTotals(0, 0.0, 0, 0.0)
    exact: bool = True
    particles: int = 1
    effective: float = 1.0
    levels: Levels | None = None
    density: Density | None = None
    busy: bool = False

    @cached_property
    def shape(self) -> Shape:
        """Of the picture."""
        return shape_of(self.opened)

    @cached_property
    def steps(self) -> NDArray[Any]:
        """At which step each value is written [length]."""
        steps = np.empty_like(self.order)
        steps[self.order] = np.arange(self.order.size)
        return steps

    @property
    def sample(self) -> Sample | None:
        """The selected one."""
        return self.samples[self.selected] if self.selected < len(self.samples) else None

    @property
    def length(self) -> int:
        """Values of a row."""
        return self.opened.length

    @property
    def finished(self) -> bool:
        """Whether every sample is whole."""
        return bool(self.samples) and all(sample.length == self.length for sample in self.samples)

    @property
    def untouched(self) -> bool:
        """Whether nothing has been written."""
        return not any(sample.length for sample in self.samples)

    @property
    def real(self) -> bool:
        """Whether values are real numbers."""
        return self.opened.kind == "real"

    @cached_property
    def moments(self) -> tuple[Floats, Floats]:
        """Mean and scale of the training data [length]; 0 and 1 where they are not known."""
        mean, scale = np.frombuffer(self.opened.mean), np.frombuffer(self.opened.scale)
        if mean.size != self.length or scale.size != self.length:
            return np.zeros(self.length), np.ones(self.length)
        return mean, scale


def shape_of(opened: RowsOpened) -> Shape:
    """Images as they are; a vector in rows that make it about twice as wide as high in cells."""
    shape, length = opened.shape, opened.length
    if len(shape) > 1:
        return Shape(shape[0], shape[1], shape[2] if len(shape) > 2 else 1, length)
    columns = length if length <= 16 else math.ceil(math.sqrt(length))
    return Shape(-(-length // columns), columns, 1, length)


def begun(before: RowState | None, opened: RowsOpened) -> RowState:
    """The state after a model has been opened; what was written stays, if it is about the same rows."""
    if before is not None and _same_rows(before.opened, opened):
        return replace(before, opened=opened)
    return RowState(opened)


def told(state: RowState, frame: SheetFrame) -> RowState:
    """The state after a frame.

    Raises:
        ValueError: it cannot follow what was told before.
    """
    fresh = frame.sheet != state.sheet
    samples = [] if fresh else list(state.samples[: frame.samples])
    nothing = np.zeros(0)
    samples += [Sample(0, nothing, nothing, nothing)] * (frame.samples - len(samples))
    for splice in frame.splices:
        samples[splice.sample] = _spliced(samples[splice.sample], splice, state.opened)
    known = state.known if frame.known is None else dict(zip(frame.known.places, frame.known.values, strict=True))
    return replace(
        state,
        sheet=frame.sheet,
        samples=tuple(samples),
        selected=frame.selected,
        cursor=frame.cursor,
        order=state.order if frame.ordering is None else np.frombuffer(frame.ordering, np.int32).astype(np.int64),
        known=known,
        painted=state.painted and not fresh,
        totals=frame.totals,
        exact=frame.exact,
        particles=frame.particles,
        effective=frame.effective,
        levels=frame.levels,
        density=frame.density,
        busy=frame.busy,
    )


def _spliced(sample: Sample, splice: SampleSplice, opened: RowsOpened) -> Sample:
    if splice.start > sample.length:
        raise ValueError(f"sample {splice.sample} has {sample.length} values, not {splice.start}")
    kind: Any = np.float64 if opened.kind == "real" else np.uint16
    values, start = np.frombuffer(splice.values, kind), splice.start
    if values.size != splice.length - start:
        raise ValueError(f"sample {splice.sample} is told {values.size} values, not {splice.length - start}")
    return Sample(
        seed=splice.seed,
        values=np.concatenate([sample.values[:start], values]),
        nats=np.concatenate([sample.nats[:start], np.frombuffer(splice.nats, np.float32)]),
        expected=np.concatenate([sample.expected[:start], np.frombuffer(splice.expected, np.float32)]),
        forced=frozenset(splice.forced),
    )


def _same_rows(one: RowsOpened, other: RowsOpened) -> bool:
    return (one.kind, one.shape, one.levels, one.classes, one.features) == (
        other.kind,
        other.shape,
        other.levels,
        other.classes,
        other.features,
    )
