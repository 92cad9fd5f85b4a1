"""What every message of the protocol is: a tagged struct, on the wire an array that begins with its name."""

from __future__ import annotations

import msgspec


class Message(msgspec.Struct, frozen=True, tag=True, array_like=True):
    """A request or an event, or a part of one."""
