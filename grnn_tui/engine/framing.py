"""Messages as frames: 4 bytes of length (big endian), then that many bytes of msgpack.

Undecodable bytes of a text travel through Python as lone surrogates (PEP 383), which UTF-8, and so msgpack, cannot
carry. A frame that holds any has the highest bit of its length set, and its strings quote them.
"""

from __future__ import annotations

import re
from typing import Any, Generic, TypeVar

import msgspec
from msgspec import Struct

from grnn_tui.engine.protocol import MAX_FRAME_BYTES, Event, Request

HEADER_BYTES = 4
_QUOTED = 1 << 31
_ESCAPE = "\U0010fffd"
_TO_QUOTE = re.compile(f"[\ud800-\udfff{_ESCAPE}]")
_TO_UNQUOTE = re.compile(f"{_ESCAPE}(0000|d[89a-f][0-9a-f]{{2}})")

_encoder = msgspec.msgpack.Encoder()
Message = TypeVar("Message")


class FrameError(Exception):
    """Bytes that are no frame of this protocol; nothing after them can be trusted."""


def encode(message: Request | Event) -> bytes:
    """One message as one frame.

    Raises:
        FrameError: it would be larger than `MAX_FRAME_BYTES`.
    """
    mark = 0
    try:
        body = _encoder.encode(message)
    except UnicodeEncodeError:
        body = _encoder.encode(_map_strings(msgspec.to_builtins(message), _quote))
        mark = _QUOTED
    if len(body) > MAX_FRAME_BYTES:
        raise FrameError(f"a message of {len(body)} bytes is over the limit of {MAX_FRAME_BYTES}")
    return (len(body) | mark).to_bytes(HEADER_BYTES, "big") + body


class Rejected(Struct, frozen=True):
    """A whole frame whose content is not a message of the protocol; the frames after it are fine."""

    text: str


class Decoder(Generic[Message]):
    """Cuts a stream of bytes into messages of one kind, `Request` or `Event`."""

    def __init__(self, kind: Any) -> None:
        self._kind = kind
        self._decoder = msgspec.msgpack.Decoder(kind)
        self._buffer = bytearray()

    def feed(self, data: bytes) -> list[Message | Rejected]:
        """The messages that `data` completes, in order; the rest waits for more.

        Raises:
            FrameError: a length over the limit, or a body that is not msgpack.
        """
        self._buffer += data
        messages: list[Message | Rejected] = []
        start = 0
        while (body := self._body(start)) is not None:
            length, mark = body
            stop = start + HEADER_BYTES + length
            messages.append(self._decode(bytes(self._buffer[start + HEADER_BYTES : stop]), mark))
            start = stop
        del self._buffer[:start]
        return messages

    def _body(self, start: int) -> tuple[int, bool] | None:
        if len(self._buffer) < start + HEADER_BYTES:
            return None
        head = int.from_bytes(self._buffer[start : start + HEADER_BYTES], "big")
        length = head & ~_QUOTED
        if length > MAX_FRAME_BYTES:
            raise FrameError(f"a frame of {length} bytes is over the limit of {MAX_FRAME_BYTES}")
        if len(self._buffer) < start + HEADER_BYTES + length:
            return None
        return length, bool(head & _QUOTED)

    def _decode(self, body: bytes, quoted: bool) -> Message | Rejected:
        try:
            if not quoted:
                message: Message = self._decoder.decode(body)
                return message
            plain = _map_strings(msgspec.msgpack.decode(body), _unquote)
            unquoted: Message = msgspec.convert(plain, self._kind)
        except msgspec.ValidationError as error:
            return Rejected(f"not a message: {error}")
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise FrameError(f"a frame that is no message: {error}") from None
        return unquoted


def request_decoder() -> Decoder[Request]:
    """What the engine reads with."""
    return Decoder(Request)


def event_decoder() -> Decoder[Event]:
    """What the screen reads with."""
    return Decoder(Event)


def _quote(text: str) -> str:
    return _TO_QUOTE.sub(lambda m: _ESCAPE + ("0000" if m[0] == _ESCAPE else f"{ord(m[0]):04x}"), text)


def _unquote(text: str) -> str:
    return _TO_UNQUOTE.sub(lambda m: _ESCAPE if m[1] == "0000" else chr(int(m[1], 16)), text)


def _map_strings(value: Any, change: Any) -> Any:
    if isinstance(value, str):
        return change(value)
    if isinstance(value, list | tuple):
        return [_map_strings(item, change) for item in value]
    if isinstance(value, dict):
        return {key: _map_strings(item, change) for key, item in value.items()}
    return value
