"""Private files that survive a crash: exclusive, flushed, and seen by others only when whole."""

from __future__ import annotations

import os
from pathlib import Path

from grnn_tui.errors import RunError
from grnn_tui.runs.seals import sealed_line

FILE_MODE = 0o600
FOLDER_MODE = 0o700
TAIL_BYTES = 1 << 16
MAX_JSON_BYTES = 64 << 20


def make_folder(path: Path) -> None:
    """Make the folder `path`, for its owner only whatever the umask; FileExistsError if it is there."""
    os.mkdir(path, FOLDER_MODE)  # noqa: PTH102  the same door as the other calls here, for tests that break it
    os.chmod(path, FOLDER_MODE)  # noqa: PTH101


def write_new(path: Path, content: bytes) -> None:
    """Write a file that is not there yet and flush it to the disk."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, FILE_MODE)
    try:
        os.fchmod(descriptor, FILE_MODE)
        view = memoryview(content)
        while view:
            view = view[os.write(descriptor, view) :]
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_once(path: Path, content: bytes) -> None:
    """Write a file that appears whole or not at all, in place of any of that name."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        temporary.unlink(missing_ok=True)
        write_new(temporary, content)
        os.rename(temporary, path)  # noqa: PTH104
    except OSError:
        temporary.unlink(missing_ok=True)
        raise
    flush_folder(path.parent)


def is_file(path: Path) -> bool:
    """Whether a file is there; a name that cannot be one is not."""
    return os.path.isfile(path)  # noqa: PTH113  pathlib raises for names that are too long


def expanded(reference: str) -> Path:
    """`reference` as a path, `~` meaning home where there is one."""
    return Path(os.path.expanduser(reference))  # noqa: PTH111  pathlib raises for unknown users


def flush_folder(path: Path) -> bool:
    """Make renames in `path` durable; False if the file system will not promise it."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        os.fsync(descriptor)
    except OSError:
        return False
    finally:
        os.close(descriptor)
    return True


_SMALL = 1 << 13


def read_small(path: Path, limit: int = MAX_JSON_BYTES) -> bytes:
    """The content of a small file.

    Raises:
        OSError: it cannot be read.
        RunError: it is larger than anything of its kind may be.
    """
    with path.open("rb") as file:
        content = file.read(_SMALL)
        if len(content) == _SMALL:  # asked for at once, the limit would be allocated for every file
            content += file.read(limit + 1 - _SMALL)
    if len(content) > limit:
        raise RunError(f"{path} is too large to be what its name says")
    return content


def read_tail(path: Path, size: int = TAIL_BYTES) -> list[bytes]:
    """The last complete lines of `path`, about `size` bytes of them; none if it is missing."""
    try:
        with path.open("rb") as file:
            end = file.seek(0, os.SEEK_END)
            start = max(0, end - size)
            file.seek(start)
            content = file.read(size)
    except OSError:
        return []
    lines = content.split(b"\n")
    return lines[1:-1] if start else lines[:-1]


class LineAppender:
    """Appends whole JSON objects to a file that may end in half a line, one write each, each with its sum.

    A line cut short by a crash or a full disk is ended before the next one, so that nothing is ever glued to it.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._torn: bool | None = None

    def append(self, line: bytes) -> None:
        """Append `line`, without its newline, in one write.

        Raises:
            OSError: it could not be written; the file may end in a part of it.
        """
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
        descriptor = os.open(self.path, flags, FILE_MODE)
        try:
            if self._torn is None:
                os.fchmod(descriptor, FILE_MODE)
                self._torn = self._ends_torn()
            content = (b"\n" if self._torn else b"") + sealed_line(line) + b"\n"
            self._torn = True
            written = os.write(descriptor, content)
            if written != len(content):
                raise OSError(28, "no space left for a whole line")
            self._torn = False
        finally:
            os.close(descriptor)

    def _ends_torn(self) -> bool:
        with self.path.open("rb") as file:
            if file.seek(0, os.SEEK_END) == 0:
                return False
            file.seek(-1, os.SEEK_END)
            return file.read(1) != b"\n"
