"""What comes from outside: files opened without waiting, and JSON that is a value or one kind of fault.

A name on the disk may be a pipe, a device or a socket, whose reading never ends. Only regular files are opened here;
links to them are followed for reading, and never for writing.
"""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import BinaryIO, TypeVar

import msgspec

Decoded = TypeVar("Decoded")
MAX_BYTES = 16 << 20
"""Of anything that is read in one go, unless its reader says otherwise."""
_KINDS = {
    stat.S_IFIFO: "a pipe",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
    stat.S_IFSOCK: "a socket",
    stat.S_IFDIR: "a directory",
}


def kind_of(mode: int) -> str | None:
    """What a file of this mode is, in a word or two; None for a regular file."""
    return None if stat.S_ISREG(mode) else _KINDS.get(stat.S_IFMT(mode), "no regular file")


def require_file(path: Path) -> os.stat_result:
    """The status of the regular file `path`, or of what it links to.

    Raises:
        OSError: it is missing, or something else than a file.
    """
    status = path.stat()
    _require(status.st_mode, path)
    return status


def open_file(path: Path, *, buffering: int = -1) -> BinaryIO:
    """Open the regular file `path` for reading, at once whatever it is.

    Raises:
        OSError: it cannot be opened, or is something else than a file.
    """
    return os.fdopen(open_descriptor(path, os.O_RDONLY), "rb", buffering=buffering)


def open_descriptor(path: Path, flags: int, mode: int = 0o600) -> int:
    """A descriptor of the regular file `path`; for writing, no link is followed.

    Raises:
        OSError: it cannot be opened, or is something else than a file.
    """
    if flags & (os.O_WRONLY | os.O_RDWR):
        flags |= os.O_NOFOLLOW
    try:
        descriptor = os.open(path, flags | os.O_NONBLOCK | os.O_CLOEXEC, mode)
    except OSError as error:
        if error.errno == errno.ENXIO:  # a pipe that nobody reads, or a socket
            raise OSError(errno.EINVAL, "it is no regular file", str(path)) from None
        raise
    try:
        _require(os.fstat(descriptor).st_mode, path)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def read_file(path: Path, limit: int = MAX_BYTES) -> bytes:
    """The content of the regular file `path`.

    Raises:
        OSError: it cannot be read, is something else than a file, or has more than `limit` bytes.
    """
    with open_file(path, buffering=0) as file:
        size = os.fstat(file.fileno()).st_size
        # Files of the system claim to be empty, and what grows is read no further than it may.
        content = b"" if size > limit else _all(file, min(max(size, 4096), limit) + 1, limit)
    if size > limit or len(content) > limit:
        raise OSError(errno.EFBIG, "it is too large to be what its name says", str(path))
    return content


def from_json(content: bytes, kind: type[Decoded] | msgspec.json.Decoder[Decoded]) -> Decoded:
    """The value that `content` is, in JSON.

    Raises:
        msgspec.DecodeError: it is not JSON, not of that kind, or nested too deeply to be read.
    """
    try:
        if isinstance(kind, msgspec.json.Decoder):
            return kind.decode(content)
        return msgspec.json.decode(content, type=kind)
    except (UnicodeDecodeError, RecursionError) as error:
        raise msgspec.DecodeError(str(error)) from None


def _all(file: BinaryIO, first: int, limit: int) -> bytes:
    content = file.read(first) or b""
    while len(content) <= limit and (more := file.read(1 << 16)):
        content += more
    return content


def _require(mode: int, path: Path) -> None:
    if kind := kind_of(mode):
        raise OSError(errno.EINVAL, f"it is {kind}, not a file", str(path))
