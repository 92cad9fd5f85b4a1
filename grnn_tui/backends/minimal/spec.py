"""Names and settings of the minimal gated backends."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from grnn_tui.backends.contract import Backend, Settings

EPSILON = 1e-3
"""What a layer normalisation adds to the variance: enough that units which nearly agree do not become noise."""


class MinimalSettings(Settings, frozen=True, kw_only=True):
    """What can be chosen about a minGRU or a minLSTM."""

    hidden: Annotated[int, Meta(ge=1, le=8192, description="hidden units in each layer")] = 256
    layers: Annotated[int, Meta(ge=1, le=8, description="layers, each reading the sum of those below")] = 2
    dropout: Annotated[
        float, Meta(ge=0, lt=1, description="share of units dropped between layers and before the output, in training")
    ] = 0.0
    embedding: Annotated[
        int, Meta(ge=0, le=8192, description="width of the input embedding; 0 gives each symbol its own input weights")
    ] = 64
    tied: Annotated[bool, Meta(description="use the embedding as output weights too; needs embedding = hidden")] = False
    learned_start: Annotated[bool, Meta(description="learn the state before the first symbol instead of zeros")] = True

    def __post_init__(self) -> None:
        if self.tied and self.embedding != self.hidden:
            raise ValueError(
                f"tied weights need embedding = hidden, not {self.embedding} and {self.hidden};"
                f" set embedding to {self.hidden} or leave tied out"
            )


def _minimal(name: str, kind: str, gates: int, summary: str) -> Backend:
    family = "grnn_tui.backends.minimal"
    return Backend(
        name=name,
        summary=summary,
        settings=MinimalSettings,
        player=f"{family}.player:{kind}Player",
        network=f"{family}.network:{kind}Network",
        fits=frozenset({"text", "binary", "levels"}),
        sequences=True,
        conditional=True,
        gates=(gates, 0),
    )


MINGRU = _minimal(
    "mingru", "MinGRU", 2, "minimal GRU: h_t = (1 - z_t) h_{t-1} + z_t g(x_t), with a gate that does not see h"
)
MINLSTM = _minimal(
    "minlstm", "MinLSTM", 3, "minimal LSTM: forget and input gates that do not see h, scaled to a sum of one"
)
