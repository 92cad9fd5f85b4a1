"""The figures of a run as plain values, ready to be written; no numpy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from grnn_tui.runs.scale import PER_SYMBOL, LossScale
from grnn_tui.safetext import SafeText
from grnn_tui.ui.panes.training.events import Told

State = Literal["new", "alive", "paused", "finished", "stopped", "failed", "died"]


@dataclass(frozen=True)
class Shown:
    """The figures beside the chart, ready to be written."""

    name: SafeText
    state: State
    warming: bool = True
    data: SafeText | None = None
    backend: SafeText | None = None
    step: str = "0"
    train: str = "–"
    valid: str = "–"
    scale: LossScale = PER_SYMBOL
    """How all losses are told."""
    bits: str = ""
    """Best validation in bits per symbol."""
    best: str = ""
    best_step: str = ""
    gap: float | None = None
    """Best validation minus the best reference, told nats: below 0 is better than that."""
    gap_label: str = ""
    over_floor: str = ""
    """Best validation over the exact entropy: `+5.2%`; nats where densities make a share senseless."""
    epoch: str = ""
    epoch_share: float | None = None
    share: float = 0.0
    eta: str = ""
    spent: str = ""
    speed: str = ""
    rate: str = ""
    norm: str = ""
    memory: str = ""
    device: str = ""
    parameters: str = ""
    smoothing: float = 0.0
    silent: str = ""
    alarm: SafeText | None = None
    """That the disk is full, or nearly."""
    reading: str = ""
    """How much of a long history has been read, while it is being read."""
    saved: str = ""
    event: SafeText | None = None
    log: tuple[Told, ...] = ()
    """The newest events, the newest last."""


@dataclass(frozen=True)
class Reading:
    """What the cursor stands on."""

    x: str
    train: str
    raw: str
    valid: str
