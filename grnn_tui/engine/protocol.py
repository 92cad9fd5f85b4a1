"""What the screen and the engine say to each other: tagged structs in length-bounded frames.

Requests are verbs, events are facts. Streams are pulled: the engine sends one `Frame` and then waits for `FrameShown`
before it sends the next, which holds everything that has happened since. However fast symbols arrive, the screen is
told at most as often as it can paint, and nothing piles up in the pipe.

A frame on the wire is 4 bytes of length (big endian) and that many bytes of msgpack.
"""

from __future__ import annotations

from typing import Any

from msgspec import field

from grnn_tui.engine.message import Message
from grnn_tui.engine.prediction import Bar as Bar
from grnn_tui.engine.prediction import Particle as Particle
from grnn_tui.engine.prediction import Prediction as Prediction
from grnn_tui.engine.row_protocol import (
    BranchSample,
    ForceValue,
    PaintKnown,
    RowsOpened,
    SelectSample,
    SetCondition,
    SetOrdering,
    SetSheet,
    SheetFrame,
)
from grnn_tui.playing.settings import Sampling
from grnn_tui.runs.scale import LossScale

MAX_FRAME_BYTES = 64 << 20


# --- requests ---------------------------------------------------------------------------------------------------------


class OpenModel(Message, frozen=True):
    """Play a shipped name, a model directory or a run (`RUN`, `RUN@best`, `RUN@1200`); the text is kept."""

    reference: str


class SetPrompt(Message, frozen=True):
    """The prompt is now `text`; what was generated after the old one becomes a branch of its own."""

    text: str


class SetSampling(Message, frozen=True):
    """From the very next symbol on."""

    sampling: Sampling
    seed: int


class Generate(Message, frozen=True):
    """Write `count` symbols from the cursor, at most `per_second` of them each second (0: as fast as it goes)."""

    count: int
    per_second: float = 0.0


class Pause(Message, frozen=True):
    """Stop writing; the text stays."""


class MoveCursor(Message, frozen=True):
    """Step back (negative) or forward again along this branch, by symbols; stops at the ends."""

    by: int


class ForceSymbol(Message, frozen=True):
    """Write this symbol at the cursor instead of a drawn one. If another stood there, a branch opens."""

    symbol: int


class Reroll(Message, frozen=True):
    """Write again from the end of the prompt, with this seed, on a new branch."""

    seed: int
    count: int
    per_second: float = 0.0


class SwitchBranch(Message, frozen=True):
    """Return to another branch, at its end."""

    branch: int


class RestoreText(Message, frozen=True):
    """The text is now `prompt` and then `written`: what a screen asks of a fresh engine after the old one died."""

    prompt: str
    written: str = ""
    cursor: int | None = None
    """Position; None: the end."""
    forced: list[int] = field(default_factory=list)
    """Positions that a person chose."""


class ReadBranch(Message, frozen=True):
    """Ask for the whole of another branch, to compare; answered by `BranchRead`."""

    branch: int


class ShowUnit(Message, frozen=True):
    """Tell with each frame what one hidden unit does along the text."""

    unit: int | None = None
    """None, or more than there are: the first in the order."""
    mark: str = ""
    """Units are ordered by how well they follow this symbol, or tell what it encloses; empty: by their variance."""


class HideUnit(Message, frozen=True):
    """Tell no more of hidden units."""


class ReadCatalogue(Message, frozen=True):
    """Ask what there is; answered by `CatalogueRead`."""


class FrameShown(Message, frozen=True):
    """The last frame has been painted: send the next when there is something new."""


Request = (
    OpenModel
    | SetPrompt
    | SetSampling
    | Generate
    | Pause
    | MoveCursor
    | ForceSymbol
    | Reroll
    | SwitchBranch
    | RestoreText
    | ReadBranch
    | ShowUnit
    | HideUnit
    | ReadCatalogue
    | SetSheet
    | SetCondition
    | PaintKnown
    | SelectSample
    | ForceValue
    | BranchSample
    | SetOrdering
    | FrameShown
)


# --- events -----------------------------------------------------------------------------------------------------------


class ModelOpened(Message, frozen=True):
    """A model is ready. Sent again when a newer checkpoint of the run it belongs to has been taken up."""

    reference: str
    name: str
    backend: str
    summary: str
    """Settings in a few words: `LSTM 128 x 1, 93 k parameters`."""
    step: int | None
    """Of the checkpoint, if it belongs to a run."""
    live: bool
    """Whether the run it belongs to may still write newer checkpoints."""
    unit: str
    """`character`, `byte` or `word`: what the figures are per."""
    labels: list[str]
    """What each symbol stands for, raw; show it through safetext only."""
    validation_nats: float | None = None
    floor_nats: float | None = None
    bound: bool = False
    """Whether `validation_nats` is a bound K."""
    unknown: list[int] = field(default_factory=list)
    """Symbols that stand for words the model does not know."""
    classes: list[str] = field(default_factory=list)
    """What it can be told before it writes, raw; empty: nothing."""
    passed_over: str = ""
    """Why a newer checkpoint of the run was not taken, if one is damaged."""


class Splice(Message, frozen=True):
    """From position `start` on, the text of the branch is now this. `-1` marks a character the model does not know."""

    start: int
    text: list[str]
    """One entry per position."""
    symbols: list[int]
    bits: list[float]
    """Surprisal of each, bits; 0 where the model saw none."""
    forced: list[int] = field(default_factory=list)
    """Positions (absolute) that a person chose."""


class Totals(Message, frozen=True):
    """Of the text up to the cursor."""

    symbols: int
    bits: float
    prompt_symbols: int
    prompt_bits: float


class BranchInfo(Message, frozen=True):
    """One way the text has gone."""

    branch: int
    parent: int | None
    fork: int
    """Position at which it leaves its parent."""
    length: int
    seed: int
    bits: float
    """Of the generated part."""
    preview: str
    """The first characters after the fork."""


class UnitShown(Message, frozen=True):
    """What changed in the hidden unit that is shown, and in the order of all units."""

    unit: int | None
    """None: the model has no hidden units."""
    mark: str
    order: list[int]
    """All units, the most telling first."""
    score: float
    """Of this one: its variance, or its correlation with what the mark points to."""
    low: float
    high: float
    """The range of this one along the text."""
    first: int
    """Nothing is known of the positions before this one."""
    start: int
    """From this position on, activations are `values`; before it they are what was told of this unit."""
    values: bytes
    """One 32-bit float for each position, as this machine has them: the activation once its symbol was seen."""


class Frame(Message, frozen=True):
    """Everything that changed since the frame before."""

    splices: list[Splice]
    branch: int
    cursor: int
    length: int
    prompt: int
    """Positions of the prompt."""
    prompt_text: str
    """The prompt these figures belong to; the screen may already be further on."""
    prediction: Prediction | None
    totals: Totals
    generating: bool
    rate: float
    """Symbols a second while generating."""
    busy: bool = False
    """Still reading the text with the model; figures follow."""
    branches: list[BranchInfo] | None = None
    """All of them, when they changed."""
    unit: UnitShown | None = None
    """What one hidden unit does, once that was asked for; of its values only those that changed."""


class BranchRead(Message, frozen=True):
    """The whole text of a branch, as `ReadBranch` asked."""

    info: BranchInfo
    text: list[str]
    bits: list[float]


class Field(Message, frozen=True):
    """One setting of a backend, for the training form."""

    name: str
    kind: str
    """`int`, `float`, `bool`, `choice` or `str`."""
    default: Any
    help: str
    low: float | None = None
    high: float | None = None
    choices: list[str] = field(default_factory=list)


class BackendInfo(Message, frozen=True):
    """A family of models that can be trained."""

    name: str
    summary: str
    fields: list[Field]
    gates: tuple[int, int] | None = None
    """Of a stack of recurrent layers: matrices of a layer for what lies below, and for its own past."""
    fits: list[str] = field(default_factory=lambda: ["text"])
    """Of what kinds of data it can be a model: `text`, `binary`, `levels`, `real`."""
    images: bool = False
    """Whether rows have to be images."""
    sequences: bool = False
    """Whether rows that follow one another can be kept in sequence."""
    conditional: bool = False
    """Whether it can be told a label or features."""


class ModelInfo(Message, frozen=True):
    """A model that can be opened."""

    reference: str
    name: str
    backend: str
    data: str
    parameters: int
    validation_nats: float | None
    floor_nats: float | None
    origin: str
    """`shipped`, `local` or `run`."""
    scale: LossScale = LossScale("character")
    """How its losses are told."""


class CorpusInfo(Message, frozen=True):
    """A corpus that can be trained on by name."""

    name: str
    summary: str
    ready: bool
    """False: `grnn-tui fetch NAME` brings it first."""
    floor_nats: float | None = None
    """Per symbol."""
    kind: str = "text"
    """`text`, or rows: `binary`, `levels`, `real`."""
    shape: list[int] = field(default_factory=list)
    """Of a row."""
    levels: int = 0
    classes: list[str] = field(default_factory=list)
    """Labels of its rows or lines."""
    size: int = 0
    """Characters or rows."""
    scale: LossScale = LossScale("character")
    """How losses on it are told."""


class CatalogueRead(Message, frozen=True):
    """What there is."""

    models: list[ModelInfo]
    backends: list[BackendInfo]
    corpora: list[CorpusInfo]


class Failed(Message, frozen=True):
    """A request could not be carried out; one line that says what to do. Everything else stays as it was."""

    text: str


Event = ModelOpened | RowsOpened | Frame | SheetFrame | BranchRead | CatalogueRead | Failed
