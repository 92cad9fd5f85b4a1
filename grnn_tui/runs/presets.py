"""Settings and options that go well together on a text, by name. They are measured by `make bench-quality`.

Nats per character of the held-out tenth of tinyshakespeare after 180 seconds of one core, everything else as in
`standard`, are what chose them:

    PLACEHOLDER
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Preset:
    """One model and one way of training it."""

    summary: str
    backend: str
    settings: Mapping[str, Any]
    """Of the model, where they differ from its defaults."""
    training: Mapping[str, Any]
    """Options of training, where they differ from theirs."""


PRESETS: Mapping[str, Preset] = {
    "standard": Preset(
        summary="for some minutes",
        backend="lstm",
        settings={"hidden": 256, "dropout": 0.15},
        training={"lr": 1.2e-2, "batch": 64, "length": 32, "weight_decay": 0.1},
    ),
}
STANDARD = "standard"
"""What trains a text where no model is named."""
