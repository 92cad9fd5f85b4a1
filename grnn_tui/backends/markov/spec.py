"""Name and settings of the Markov backend."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from grnn_tui.backends.contract import Backend, Settings


class MarkovSettings(Settings, frozen=True, kw_only=True):
    """What can be chosen about counts over rows."""

    order: Annotated[
        int, Meta(ge=0, le=32, description="values before it that a value depends on; 0: each by itself, 1: AR(1)")
    ] = 1
    smoothing: Annotated[
        float, Meta(ge=0, le=1e9, description="weight, in counts, of the next shorter context; 0: by Witten and Bell")
    ] = 0.0


MARKOV = Backend(
    name="markov",
    summary="AR(n) by counting: each value of a row given the n before it, one table a place (0: independent)",
    settings=MarkovSettings,
    player="grnn_tui.backends.markov.player:MarkovPlayer",
    network="grnn_tui.backends.markov.network:MarkovNetwork",
    learning="counting",
    fits=frozenset({"binary", "levels"}),
)
