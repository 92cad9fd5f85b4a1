"""Settings of every model that carries a running sum."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from grnn_tui.backends.activations import Activation
from grnn_tui.backends.contract import Settings
from grnn_tui.backends.orderings import Ordering, OrderingName, named_ordering


class RunningSumSettings(Settings, frozen=True, kw_only=True):
    """What can be chosen about a NADE over rows."""

    hidden: Annotated[int, Meta(ge=1, le=8192, description="hidden units in each layer")] = 500
    activation: Annotated[Activation, Meta(description="nonlinearity of the hidden units")] = "relu"
    ordering: Annotated[
        Literal[OrderingName, "file"], Meta(description="in which order the values of a row are written")
    ] = "raster"
    ordering_seed: Annotated[int, Meta(ge=0, description="of a random ordering")] = 0
    ordering_file: Annotated[str, Meta(description="a .npy file that holds the ordering, read once at the start")] = ""
    dropout: Annotated[float, Meta(ge=0, lt=1, description="share of hidden units dropped in training")] = 0.0

    def __post_init__(self) -> None:
        if (self.ordering == "file") != bool(self.ordering_file):
            raise ValueError("an ordering of one's own needs both ordering = file and ordering_file = its path")

    def first_ordering(self, shape: tuple[int, ...]) -> Ordering | None:
        """The order over rows of `shape` that the settings name [D]; None if it is in a file."""
        return None if self.ordering == "file" else named_ordering(self.ordering, shape, self.ordering_seed)
