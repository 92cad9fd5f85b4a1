"""Whether bytes are a text at all. Imports nothing."""

from __future__ import annotations

PEEK = 8192
"""Bytes from the beginning that tell."""


def looks_binary(head: bytes) -> bool:
    """Whether the first bytes hold a NUL that UTF-16 or UTF-32 would not explain by its byte-order mark."""
    return b"\0" in head and not head.startswith((b"\xff\xfe", b"\xfe\xff", b"\0\0\xfe\xff"))
