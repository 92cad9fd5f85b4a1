"""What the registry finds."""

from typing import Annotated

from msgspec import Meta

from grnn_tui.backends.contract import Backend, Settings


class EchoSettings(Settings, frozen=True, kw_only=True):
    """One number to choose."""

    doubt: Annotated[float, Meta(ge=-9, le=9, description="where the echo's log-odds start")] = 0.0


ECHO = Backend(
    name="echo",
    summary="repeats the last symbol, or draws any",
    settings=EchoSettings,
    player="grnn_echo.player:EchoPlayer",
    network="grnn_echo.network:EchoNetwork",
)
