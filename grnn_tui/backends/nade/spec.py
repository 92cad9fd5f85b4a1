"""Name and settings of the text NADE backend."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from grnn_tui.backends.activations import Activation
from grnn_tui.backends.contract import Backend, Settings


class NadeSettings(Settings, frozen=True, kw_only=True):
    """What can be chosen about a text NADE."""

    window: Annotated[int, Meta(ge=1, le=512, description="how many of the last symbols it sees")] = 12
    hidden: Annotated[int, Meta(ge=1, le=8192, description="hidden units in each layer")] = 512
    layers: Annotated[int, Meta(ge=1, le=4, description="hidden layers; each after the first is added to the last")] = 1
    activation: Annotated[Activation, Meta(description="nonlinearity of the hidden units")] = "relu"
    dropout: Annotated[float, Meta(ge=0, lt=1, description="share of hidden units dropped in training")] = 0.0


NADE = Backend(
    name="nade",
    summary="neural autoregressive distribution estimator: a sum over the last symbols, hidden units, a softmax",
    settings=NadeSettings,
    player="grnn_tui.backends.nade.player:NadePlayer",
    network="grnn_tui.backends.nade.network:NadeNetwork",
    conditional=True,
)
