"""What the screen and the engine say to each other of rows: images, binary vectors, real numbers.

`Generate`, `Pause`, `Reroll`, `MoveCursor` and `SetSampling` mean for a sheet of samples what they mean for a text:
`Generate(count)` writes `count` more values of every sample, `Reroll` begins a new sheet. Arrays are bytes as this
machine has them.
"""

from __future__ import annotations

import math

from msgspec import field

from grnn_tui.engine.message import Message
from grnn_tui.engine.prediction import Prediction

# --- requests ---------------------------------------------------------------------------------------------------------


class SetSheet(Message, frozen=True):
    """How many samples the next sheet has, and how many particles each where they are needed."""

    samples: int
    particles: int = 32


class SetCondition(Message, frozen=True):
    """What samples of the next sheet are told, in turn."""

    vectors: list[list[float] | None]
    """One-hot classes or standardised features; None, or no vector at all: nothing."""


class PaintKnown(Message, frozen=True):
    """These values, and no others, are known of every row from the next sheet on."""

    places: list[int]
    """Row-major."""
    values: list[float]


class SelectSample(Message, frozen=True):
    """Look at this sample, with the cursor at its end or at `step`."""

    sample: int
    step: int | None = None


class ForceValue(Message, frozen=True):
    """Write this value at the cursor of the selected sample; what followed is gone."""

    value: float


class BranchSample(Message, frozen=True):
    """A new sample that begins as the selected one does up to the cursor, and is selected."""


class SetOrdering(Message, frozen=True):
    """Write in this order from now on, if the model can; a new sheet begins."""

    ordering: list[int]
    """Which value each step writes; empty: the model's own order."""


# --- events -----------------------------------------------------------------------------------------------------------


class RowsOpened(Message, frozen=True):
    """A model of rows is ready, or a newer checkpoint of it; `SheetFrame`s follow instead of `Frame`s.

    Losses are in nats a symbol, like those of a text; times `length` they are nats a row. Arrays are bytes as this
    machine has them.
    """

    reference: str
    name: str
    backend: str
    summary: str
    step: int | None
    live: bool
    unit: str
    """What the figures are per: `pixel`, `bit`, `value`, `dimension`."""
    kind: str
    """`binary`, `levels` or `real`."""
    shape: list[int]
    levels: int
    row_name: str
    """`image` or `row`."""
    columns: list[str]
    """A name for each value, where they have one; raw, like those of classes and features."""
    classes: list[str]
    features: list[str]
    feature_mean: list[float]
    feature_scale: list[float]
    mean: bytes
    """float64 of the training data [length], where values are real."""
    scale: bytes
    validation_nats: float | None = None
    floor_nats: float | None = None
    bound: bool = False
    passed_over: str = ""
    """Why a newer checkpoint of the run was not taken, if one is damaged."""

    @property
    def length(self) -> int:
        """Values in a row."""
        return math.prod(self.shape)

    @property
    def labels(self) -> list[str]:
        """What each symbol is called."""
        return [str(level) for level in range(self.levels)] if self.kind != "real" else []


class SampleSplice(Message, frozen=True):
    """From step `start` on, what has been written of one sample."""

    sample: int
    seed: int
    start: int
    length: int
    """Steps that are written."""
    values: bytes
    """Of the steps from `start` to `length`: float64 where values are real, else uint16."""
    nats: bytes
    """float32, surprisal under the model."""
    expected: bytes
    """float32, what the model expected: p(1) of a bit, the mean of levels or of a density."""
    forced: list[int] = field(default_factory=list)
    """Steps that a person chose, all of them."""


class Density(Message, frozen=True):
    """The density of a real value at the cursor."""

    low: float
    high: float
    raw: bytes
    """float32, the model's own density at evenly spaced places from `low` to `high`."""
    used: bytes
    """float32, the one that is drawn from."""
    components: list[list[float]]
    """Weight, mean and standard deviation of each, the heaviest first; at most 64."""
    entropy: float
    """Nats (differential)."""
    chosen: float | None = None
    chosen_nats: float | None = None


class Levels(Message, frozen=True):
    """The distribution over all levels at the cursor, float32 [levels] each."""

    raw: bytes
    used: bytes


class RowTotals(Message, frozen=True):
    """Of the selected sample up to the cursor, and of the finished samples."""

    values: int
    nats: float
    finished: int
    mean_nats: float
    """Nats a row over the finished ones."""


class KnownTold(Message, frozen=True):
    """What is known of every row of the next sheet."""

    places: list[int]
    values: list[float]


class SheetFrame(Message, frozen=True):
    """Everything that changed since the frame before, of a model of rows."""

    sheet: int
    """Grows with each new sheet: nothing that was told of the one before holds."""
    samples: int
    splices: list[SampleSplice]
    selected: int
    cursor: int
    """Step of the selected sample."""
    totals: RowTotals
    generating: bool
    rate: float
    """Values a second, of all samples together."""
    exact: bool
    """Whether this sheet is drawn from the model's own conditionals; else by importance sampling."""
    particles: int
    effective: float
    """The effective number of particles of the selected sample, while there are some."""
    prediction: Prediction | None = None
    levels: Levels | None = None
    density: Density | None = None
    ordering: bytes | None = None
    """int32, which value each step writes; when it changed."""
    known: KnownTold | None = None
    """When it changed."""
    busy: bool = False
