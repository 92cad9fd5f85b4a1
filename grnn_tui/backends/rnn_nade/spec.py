"""Name and settings of the RNN-NADE backend."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from grnn_tui.backends.activations import Activation
from grnn_tui.backends.contract import Backend, Settings

Cell = Literal["lstm", "rnn"]


class RnnNadeSettings(Settings, frozen=True, kw_only=True):
    """What can be chosen about an RNN-NADE."""

    hidden: Annotated[int, Meta(ge=1, le=8192, description="hidden units of the NADE within a row")] = 200
    state: Annotated[int, Meta(ge=1, le=8192, description="recurrent units that carry from row to row")] = 200
    cell: Annotated[Cell, Meta(description="recurrent units: a tanh RNN or an LSTM")] = "lstm"
    activation: Annotated[Activation, Meta(description="nonlinearity of the NADE's hidden units")] = "sigmoid"
    dropout: Annotated[
        float, Meta(ge=0, lt=1, description="share of units, recurrent and hidden, dropped in training")
    ] = 0.0


RNN_NADE = Backend(
    name="rnn-nade",
    summary="rows that follow one another, such as the moments of a piano roll: a recurrent state sets a NADE's biases",
    settings=RnnNadeSettings,
    player="grnn_tui.backends.rnn_nade.player:RnnNadePlayer",
    network="grnn_tui.backends.rnn_nade.network:RnnNadeNetwork",
    fits=frozenset({"binary"}),
    sequences=True,
)
