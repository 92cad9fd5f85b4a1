"""No test reaches beyond this machine: an audit hook refuses every connection, binding and look-up that would."""

from __future__ import annotations

import sys
from typing import Any

EVENTS = ("socket.connect", "socket.bind", "socket.sendto", "socket.getaddrinfo", "socket.gethostbyname")
_LOCAL = ("", "localhost", "::1", "0", "None")
refused: list[str] = []
"""What was refused in this process."""


class BeyondThisMachineError(BaseException):
    """Something tried to reach another machine."""


def host_of(event: str, arguments: tuple[Any, ...]) -> str | None:
    """The host that an event is about; None for what never leaves the machine, such as sockets of the file system."""
    if event.startswith("socket.get"):
        return str(arguments[0])
    address = arguments[1]
    return str(address[0]) if isinstance(address, tuple) else None


def is_local(event: str, arguments: tuple[Any, ...]) -> bool:
    host = host_of(event, arguments)
    return host is None or host in _LOCAL or host.startswith("127.")


def _hear(event: str, arguments: tuple[Any, ...], events: tuple[str, ...] = EVENTS) -> None:
    if event in events and not is_local(event, arguments):
        refused.append(f"{event} {arguments[1:]!r}")
        raise BeyondThisMachineError(refused[-1])


sys.addaudithook(_hear)
