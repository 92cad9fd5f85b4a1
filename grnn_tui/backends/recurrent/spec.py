"""Names and settings of the recurrent backends."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar

from msgspec import Meta

from grnn_tui.backends.contract import Backend, Settings
from grnn_tui.backends.tails import AUTO, Softmax

CONDITION = {"start_h": "condition_h", "start_c": "condition_c"}
"""What shifts each start state where a model is told something, [layers, hidden, size]."""


class RecurrentSettings(Settings, frozen=True, kw_only=True):
    """What can be chosen about an RNN, an LSTM or a GRU."""

    unsaid: ClassVar[Mapping[str, object]] = {"softmax": "full"}

    hidden: Annotated[int, Meta(ge=1, le=8192, description="hidden units in each layer")] = 256
    layers: Annotated[int, Meta(ge=1, le=8, description="recurrent layers, each reading the one below")] = 1
    dropout: Annotated[
        float, Meta(ge=0, lt=1, description="share of units dropped between layers and before the output, in training")
    ] = 0.0
    embedding: Annotated[
        int, Meta(ge=0, le=8192, description="width of the input embedding; 0 gives each symbol its own input weights")
    ] = 64
    tied: Annotated[bool, Meta(description="use the embedding as output weights too; needs embedding = hidden")] = False
    softmax: Annotated[
        Softmax, Meta(description=f"adaptive: rare words share narrower output weights; auto: above {AUTO:,} words")
    ] = "auto"
    learned_start: Annotated[bool, Meta(description="learn the state before the first symbol instead of zeros")] = True
    particles: Annotated[int, Meta(ge=1, le=64, description="hidden states side by side, whose predictions mix")] = 1
    noise: Annotated[float, Meta(ge=0, le=10, description="sigma of noise added to h; losses are then a bound K")] = 0.0

    def __post_init__(self) -> None:
        if self.tied and self.embedding != self.hidden:
            raise ValueError(
                f"tied weights need embedding = hidden, not {self.embedding} and {self.hidden};"
                f" set embedding to {self.hidden} or leave tied out"
            )
        if self.particles > 1 and not self.learned_start:
            raise ValueError(
                f"{self.particles} particles that all start at zero are one;"
                " turn learned_start on or set particles to 1"
            )

    @property
    def bound(self) -> bool:
        """With noise in the hidden state, what is measured is a bound."""
        return self.noise > 0


class GatedSettings(RecurrentSettings, frozen=True, kw_only=True):
    """What can be chosen about an LSTM or a GRU."""

    memory: Annotated[
        int, Meta(ge=0, le=1_000_000, description="symbols that gates start out remembering, at the longest; 0: a few")
    ] = 0


def _recurrent(name: str, gates: int, summary: str) -> Backend:
    family = "grnn_tui.backends.recurrent"
    return Backend(
        name=name,
        summary=summary,
        settings=GatedSettings if gates > 1 else RecurrentSettings,
        player=f"{family}.particles:open_{name}",
        network=f"{family}.network:{name.upper()}Network",
        fits=frozenset({"text", "binary", "levels"}),
        sequences=True,
        conditional=True,
        low_precision=True,
        gates=(gates, gates),
    )


RNN = _recurrent("rnn", 1, "plain recurrent network: h_t = tanh(W x_t + U h_{t-1} + b)")
LSTM = _recurrent("lstm", 4, "long short-term memory: a cell state behind input, forget and output gates")
GRU = _recurrent("gru", 3, "gated recurrent unit: reset and update gates on the hidden state itself")
