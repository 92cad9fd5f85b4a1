"""Name and settings of the NADE over real rows."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from grnn_tui.backends.contract import Backend
from grnn_tui.backends.running_sum.settings import RunningSumSettings


class RnadeSettings(RunningSumSettings, frozen=True, kw_only=True):
    """What can be chosen about a NADE over real rows."""

    hidden: Annotated[int, Meta(ge=1, le=8192, description="hidden units in each layer")] = 50
    components: Annotated[int, Meta(ge=1, le=256, description="Gaussians in the mixture of each value")] = 20
    floor: Annotated[
        float,
        Meta(gt=0, le=1, description="least standard deviation of a Gaussian, as a share of that of the column"),
    ] = 0.01
    scaled_means: Annotated[
        bool, Meta(description="in training, multiply the gradient of each mean by its standard deviation")
    ] = True


RNADE = Backend(
    name="rnade",
    summary="NADE over real numbers: a running sum, hidden units, a mixture of Gaussians each, no narrower than floor",
    settings=RnadeSettings,
    player="grnn_tui.backends.rnade.player:RnadePlayer",
    network="grnn_tui.backends.rnade.network:RnadeNetwork",
    fits=frozenset({"real"}),
    conditional=True,
)
