"""Name and settings of the NADE over binary rows."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from grnn_tui.backends.contract import Backend
from grnn_tui.backends.running_sum.settings import RunningSumSettings


class BinaryNadeSettings(RunningSumSettings, frozen=True, kw_only=True):
    """What can be chosen about a NADE over binary rows."""

    layers: Annotated[int, Meta(ge=1, le=3, description="hidden layers; more than one need order_agnostic")] = 1
    tied: Annotated[bool, Meta(description="use the input weights as output weights too; with one layer")] = False
    order_agnostic: Annotated[
        bool, Meta(description="train under random orderings, told which values it sees: any ordering fits it")
    ] = False

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.layers > 1 and not self.order_agnostic:
            raise ValueError(
                f"{self.layers} hidden layers under one fixed ordering would need a pass for each value;"
                " turn order_agnostic on or set layers to 1"
            )
        if self.layers > 1 and self.tied:
            raise ValueError("tied weights need one hidden layer; set layers to 1 or leave tied out")


BINARY_NADE = Backend(
    name="binary-nade",
    summary="NADE over bits and black and white images: a running sum in any order, hidden units, a Bernoulli each",
    settings=BinaryNadeSettings,
    player="grnn_tui.backends.binary_nade.player:BinaryNadePlayer",
    network="grnn_tui.backends.binary_nade.network:BinaryNadeNetwork",
    fits=frozenset({"binary"}),
    conditional=True,
)
