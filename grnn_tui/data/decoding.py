"""Bytes to text in chunks: what cannot be decoded becomes U+FFFD and is counted, never raised."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from grnn_tui.errors import DataError

_COUNT = "grnn_tui.replace_and_count"
_SURROGATE = re.compile("[\ud800-\udfff]")
_undecodable: ContextVar[int] = ContextVar("undecodable", default=0)


def _replace_and_count(error: UnicodeError) -> tuple[str, int]:
    """Error handler of the codecs: one U+FFFD for each undecodable run, its bytes counted."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    _undecodable.set(_undecodable.get() + error.end - error.start)
    return "\ufffd", error.end


codecs.register_error(_COUNT, _replace_and_count)


def check_encoding(encoding: str) -> None:
    """Refuse what is not the name of a text encoding.

    Raises:
        DataError: unknown, or a codec that is not one of text.
    """
    try:
        "a".encode(encoding)
        codecs.getincrementaldecoder(encoding)
    except (LookupError, UnicodeError, ValueError):
        raise DataError(
            f"{encoding!r} is not a text encoding that Python knows: try utf-8, latin-1, cp1252 or utf-16"
        ) from None


class TextDecoder:
    """Decodes the files of a corpus one after another.

    Newlines are kept as they are. A byte-order mark at the start of a file is dropped and counted in `marks`.
    `faults` counts the bytes that could not be decoded. The text never holds a lone surrogate.
    """

    def __init__(self, encoding: str) -> None:
        check_encoding(encoding)
        self._encoding = encoding
        self._decoder = codecs.getincrementaldecoder(encoding)(errors=_COUNT)
        self._at_start = True
        self.faults = 0
        self.marks = 0

    def feed(self, data: bytes, *, last: bool) -> tuple[str, bytes]:
        """The text of the next chunk of the file, and the same text in UTF-8; `last` ends the file.

        Raises:
            DataError: the codec gave up for a reason of its own.
        """
        with self._counting():
            text = self._decoder.decode(data, last)
        if self._at_start and text:
            self._at_start = False
            if text[0] == "\ufeff":
                self.marks += 1
                text = text[1:]
        if last:
            self._decoder.reset()
            self._at_start = True
        try:
            return text, text.encode()
        except UnicodeEncodeError:
            text, count = _SURROGATE.subn("\ufffd", text)
            self.faults += count
            return text, text.encode()

    @contextmanager
    def _counting(self) -> Iterator[None]:
        token = _undecodable.set(0)
        try:
            yield
            self.faults += _undecodable.get()
        except UnicodeError as error:
            raise DataError(f"this is not {self._encoding} text ({error}): name its encoding") from None
        finally:
            _undecodable.reset(token)
