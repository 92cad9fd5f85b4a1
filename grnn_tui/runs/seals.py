"""Sums that a JSON file, or a line of one, carries of itself: a flipped bit in a number would else read as a number.

A file of one object holds the SHA-256 of its other fields, a line the CRC-32 of what stands before it, which finds any
one flip. What carries no sum is taken as it is: whoever writes a run by other means need not know of them.
"""

from __future__ import annotations

import hashlib
import zlib

import msgspec

from grnn_tui.foreign import from_json

FIELD = "sha256"
_MARK = b',"crc":"'
_LENGTH = len(_MARK) + 8 + len(b'"}')


def sealed_file(document: msgspec.Struct) -> bytes:
    """`document` as JSON for people to read, with its sum."""
    fields = msgspec.to_builtins(document)
    return msgspec.json.format(msgspec.json.encode(fields | {FIELD: _sum(fields)}), indent=1) + b"\n"


def is_whole(content: bytes) -> bool:
    """Whether JSON that decodes has the sum it tells, or tells none."""
    fields: dict[str, object] = from_json(content, dict)
    told = fields.pop(FIELD, None)
    return told is None or told == _sum(fields)


def _sum(fields: dict[str, object]) -> str:
    return hashlib.sha256(msgspec.json.encode(fields)).hexdigest()


def sealed_line(line: bytes) -> bytes:
    """The JSON object `line`, which has fields, with its sum."""
    return line[:-1] + _MARK + b'%08x"}' % zlib.crc32(line)


def opened_line(line: bytes) -> bytes | None:
    """`line` as it was before it got its sum; None if it is no longer that."""
    if line[-_LENGTH : 8 - _LENGTH] != _MARK:
        return line
    content = line[:-_LENGTH] + b"}"
    return content if b"%08x" % zlib.crc32(content) == line[-10:-2] else None
