"""Settings and options that go well together on a text, by name; `make bench-quality` measures them.

What chose `standard`: nats per character of the held-out tenth of tinyshakespeare, after as many symbols as one core of
an AMD EPYC reads in about 60, 190 and 630 seconds. All are an LSTM under a cosine, of 256 units but one.

    batch x length  rate   decay  dropout     60 s   190 s   630 s
    32 x 64         6e-3   0.01   0          1.599
    32 x 32         8e-3   0.01   0, 0.1     1.551   1.485
    32 x 16         8e-3   0.01   0          1.540
    32 x 8          8e-3   0.01   0          1.558
    64 x 16         8e-3   0.01   0          1.552
    64 x 24         1.2e-2 0.01   0          1.540
    64 x 24         1e-2   0.01   0.2                1.493
    64 x 32         1e-2   0.01   0.1                1.479
    64 x 32         1.2e-2 0.1    0.05       1.549
    64 x 32         1.2e-2 0.1    0.15               1.464
    64 x 32         1.2e-2 0.1    0.25                       1.441
    64 x 32         8e-3   0.1    0.3                        1.436   384 units
    64 x 32         1.2e-2 0.2    0.15               1.473
    64 x 16 to 32   1.2e-2 0.1    0.15               1.459   windows that grow
    64 x 16 to 64   1e-2   0.01   0.1                1.481   windows that grow

By two threads on two cores, `standard` reaches 1.527 in 60 seconds and 1.460 in 180, `long` 1.420 in 600.

Short windows are many steps early on, and a batch of 64 costs a sixth less a symbol than one of 32. Windows that grow
gain 0.005 at most, for a schedule more: left out. Muon (Jordan et al. 2024) on the recurrent matrices was worse, 1.563
for 1.540, and slower; an average of the weights, and a second moment of shorter memory, were worse too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Preset:
    """One model and one way of training it."""

    name: str
    summary: str
    backend: str
    settings: Mapping[str, Any]
    """Of the model, where they differ from its defaults."""
    training: Mapping[str, Any]
    """Options of training, where they differ from theirs."""


_ALL = (
    Preset(
        name="standard",
        summary="for some minutes",
        backend="lstm",
        settings={"hidden": 256, "dropout": 0.15},
        training={"lr": 1.2e-2, "batch": 64, "length": 32, "weight_decay": 0.1},
    ),
    Preset(
        name="long",
        summary="for five minutes and more",
        backend="lstm",
        settings={"hidden": 384, "dropout": 0.3},
        training={"lr": 8e-3, "batch": 64, "length": 32, "weight_decay": 0.1},
    ),
)
PRESETS: Mapping[str, Preset] = {preset.name: preset for preset in _ALL}
STANDARD = "standard"
_LONG_SECONDS = 300


def preset_for(seconds: float | None) -> str:
    """The preset that trains a text where no model is named, for so many seconds; None: another limit ends it."""
    return "long" if seconds is not None and seconds >= _LONG_SECONDS else STANDARD
