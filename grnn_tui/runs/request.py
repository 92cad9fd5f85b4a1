"""`run.json`: what was asked for, written once when a run is made and never again."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from grnn_tui.data.row_form import ConditionKind, RowForm
from grnn_tui.data.unit import DEFAULT_LIMIT, MAX_LIMIT, Unit

Device = Literal["auto", "cpu", "cuda", "mps"]
Schedule = Literal["cosine", "constant", "plateau"]
Precision = Literal["float32", "tf32", "bf16"]


class DataRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which corpus, and what of it is held out."""

    sources: tuple[str, ...]
    """A built-in or fetched name, or absolute paths."""
    unit: Unit = "character"
    vocabulary_limit: Annotated[
        int, Meta(ge=3, le=MAX_LIMIT, description="of words: symbols at most; what is rarer becomes <unk>")
    ] = DEFAULT_LIMIT
    encoding: str = "utf-8"
    validation: Annotated[float, Meta(gt=0, lt=1, description="fraction held out, from the end")] = 0.1
    validation_file: str | None = None
    """A text of its own to validate on, instead of the end of the corpus."""
    seed: int = 0
    """Of a generated corpus."""
    size: int | None = None
    """Characters, or rows, of a generated corpus."""
    rows: RowForm | None = None
    """How to read rows; None: it is a text."""
    condition: ConditionKind | None = None
    """What the model is told before it writes a row or a line."""


class TrainingOptions(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How to optimise. The form, the command line and the README read names, bounds and help from here."""

    steps: Annotated[int, Meta(ge=1, description="stop after so many steps")] | None = None
    seconds: Annotated[float, Meta(gt=0, description="stop after so many seconds of training")] | None = None
    epochs: Annotated[float, Meta(gt=0, description="stop after so many passes over the training text")] | None = None
    batch: Annotated[int, Meta(ge=1, le=65536, description="parallel streams, or rows a step")] = 32
    length: Annotated[int, Meta(ge=1, le=65536, description="symbols per stream and step (truncation)")] = 64
    lr: Annotated[float, Meta(gt=0, le=10, description="peak learning rate")] = 4e-3
    schedule: Annotated[Schedule, Meta(description="learning rate over the run")] = "cosine"
    warmup: Annotated[int, Meta(ge=0, description="steps of linear warm-up")] = 50
    weight_decay: Annotated[float, Meta(ge=0, le=10, description="AdamW's decoupled decay")] = 0.01
    clip: Annotated[float, Meta(ge=0, description="largest gradient norm; 0 switches clipping off")] = 1.0
    seed: Annotated[int, Meta(ge=0, description="of initial weights, dropout and data order")] = 0
    device: Annotated[Device, Meta(description="where to train")] = "auto"
    precision: Annotated[
        Precision,
        Meta(description="of products: tf32 is for CUDA, bf16 for recurrent models; weights stay float32"),
    ] = "float32"
    processes: Annotated[int, Meta(ge=1, le=64, description="sharing each batch, on this machine")] = 1
    threads: Annotated[int, Meta(ge=0, description="torch threads of each; 0 leaves one core free")] = 0
    validate_every: Annotated[float, Meta(gt=0, description="seconds between validations")] = 10.0
    checkpoint_every: Annotated[float, Meta(gt=0, description="seconds between checkpoints")] = 30.0
    checkpoint_steps: Annotated[int, Meta(ge=0, description="steps between checkpoints; 0: by time only")] = 0
    keep: Annotated[int, Meta(ge=2, description="newest checkpoints kept, beside the best")] = 3


class RunRequest(msgspec.Struct, frozen=True, kw_only=True):
    """The whole of `run.json`."""

    format: int = 1
    name: str
    created: str
    """UTC, ISO 8601."""
    backend: str
    settings: dict[str, Any] = {}
    data: DataRequest
    training: TrainingOptions = TrainingOptions()
    command: str = ""
    """The command line that would make this run again."""
    versions: dict[str, str] = {}
