"""What one line of `metrics.jsonl` can say: facts, appended, never rewritten."""

from __future__ import annotations

import msgspec


class Row(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Common to every line: the step it belongs to and when it was written."""

    step: int = 0
    at: float = 0.0
    """Seconds since the epoch, for the age of the last line only."""
    seconds: float = 0.0
    """Seconds of training so far, over all sittings, by a monotonic clock."""


class Started(Row, frozen=True, kw_only=True, tag="started", omit_defaults=True):
    """A sitting began (step 0), or went on at `step`: earlier lines beyond that step no longer count."""

    device: str = "cpu"
    threads: int = 1
    """Of each process."""
    processes: int = 1
    parameters: int = 0
    train_symbols: int = 0
    validation_symbols: int = 0
    total_steps: int | None = None
    batch: int = 0
    length: int = 0
    unit: str = ""
    """What a symbol is called; losses are per symbol."""
    row: int = 0
    """Symbols in a row, where the data are rows: 784 for an image of 28 x 28. 0: a text."""
    row_name: str = ""
    """What a row is called: `image` or `row`."""
    data_fingerprint: str = ""
    faults: int = 0
    bound: bool = False
    """Whether all losses are a lower bound K on the log-likelihood, as nats per symbol: the model has noise in it."""
    floor: float | None = None
    """Exact entropy of the source, nats per symbol, where it is known."""
    references: dict[str, float] = {}
    """Nats per symbol on the validation text of uniform, unigram, bigram and the best n-gram."""
    warnings: list[str] = []


class Trained(Row, frozen=True, kw_only=True, tag="train", omit_defaults=True):
    """Training over the steps since the line before."""

    loss: float | None = None
    """Mean nats per symbol; None stands for not a number."""
    tokens: int = 0
    """Symbols seen so far."""
    tokens_per_second: float = 0.0
    lr: float = 0.0
    norm: float | None = None
    """Gradient norm before clipping, of the last step."""
    epoch: float = 0.0
    memory: int = 0
    """Resident bytes of the trainer (device bytes on a GPU)."""
    progress: float = 0.0
    """Fraction of the whole run done, whichever limit ends it."""
    eta: float | None = None
    """Seconds left."""


class Validated(Row, frozen=True, kw_only=True, tag="validation", omit_defaults=True):
    """Loss on the validation text, state carried through it."""

    loss: float | None = None
    symbols: int = 0
    """How many symbols it was measured on: of a very long text, a sample spread evenly over it."""
    best: bool = False


class Saved(Row, frozen=True, kw_only=True, tag="checkpoint", omit_defaults=True):
    """A checkpoint became visible."""

    validation: float | None = None


class Noted(Row, frozen=True, kw_only=True, tag="event", omit_defaults=True):
    """Something a person wants to know: paused, resumed, rate set, disk full, stopped on NaN ..."""

    event: str = ""
    """A word a program can test: paused, resumed, rate, stopped, finished, failed, alarm, sample."""
    text: str = ""


AnyRow = Started | Trained | Validated | Saved | Noted
