"""Names and settings of the PixelRNN backends."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from grnn_tui.backends.contract import Backend, Settings


class PixelSettings(Settings, frozen=True, kw_only=True):
    """What can be chosen about a Diagonal BiLSTM, and about a Row LSTM too."""

    hidden: Annotated[
        int, Meta(ge=3, le=1024, description="units of each LSTM; maps between layers have twice as many")
    ] = 24
    layers: Annotated[int, Meta(ge=1, le=12, description="recurrent layers, each adding to the map it reads")] = 2
    head: Annotated[int, Meta(ge=3, le=4096, description="units of the 1 x 1 convolution before the output")] = 48
    position: Annotated[bool, Meta(description="learn a bias for each place in the image")] = True


class RowSettings(PixelSettings, frozen=True, kw_only=True):
    """What can be chosen about a Row LSTM."""

    kernel: Annotated[
        int, Meta(ge=1, le=15, description="pixels of the row above that a pixel reads, an odd number")
    ] = 3

    def __post_init__(self) -> None:
        if self.kernel % 2 == 0:
            raise ValueError(f"kernel has to be odd, so that it has a middle, not {self.kernel}")


def _pixelrnn(name: str, settings: type[PixelSettings], attribute: str, summary: str) -> Backend:
    family = "grnn_tui.backends.pixelrnn"
    return Backend(
        name=name,
        summary=summary,
        settings=settings,
        player=f"{family}.player:{attribute}Player",
        network=f"{family}.network:{attribute}Network",
        fits=frozenset({"binary", "levels"}),
        images=True,
        conditional=True,
    )


ROWLSTM = _pixelrnn(
    "rowlstm", RowSettings, "Row", "PixelRNN, Row LSTM: each row read by convolutions, and the row above"
)
DIAGONAL = _pixelrnn(
    "diagonal", PixelSettings, "Diagonal", "PixelRNN, Diagonal BiLSTM: two LSTMs over the diagonals, all pixels before"
)
