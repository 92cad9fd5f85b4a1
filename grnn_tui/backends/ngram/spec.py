"""Name and settings of the n-gram backend."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from grnn_tui.backends.contract import Backend, Settings


class NgramSettings(Settings, frozen=True, kw_only=True):
    """What can be chosen about an n-gram model."""

    order: Annotated[
        int, Meta(ge=0, le=32, description="symbols of context; 0 knows frequencies alone, 1 is a Markov chain")
    ] = 5


NGRAM = Backend(
    name="ngram",
    summary="counts of what followed the last symbols, interpolated from short contexts to long (Witten-Bell)",
    settings=NgramSettings,
    player="grnn_tui.backends.ngram.player:NgramPlayer",
    network="grnn_tui.backends.ngram.network:NgramNetwork",
    learning="counting",
)
