"""What is written for its owner alone, whatever the umask: folders, with their parents, and files that come whole."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import IO

FOLDER_MODE = 0o700
FILE_MODE = 0o600
SHARED_FOLDER_MODE = 0o750
SHARED_FILE_MODE = 0o640
PART = ".part-"
"""How the name of a file begins that is not whole yet."""


def make_private(path: Path, mode: int = FOLDER_MODE) -> None:
    """Make the folder `path`, and its parents where they are missing, for their owner only unless `mode` says else.

    Raises:
        OSError: it cannot be made, or something else is there.
    """
    missing = [folder for folder in (path, *path.parents) if not folder.exists()]
    for folder in reversed(missing):
        with contextlib.suppress(FileExistsError):
            os.mkdir(folder, mode)  # noqa: PTH102  pathlib gives parents another mode
            os.chmod(folder, mode)  # noqa: PTH101  the umask may have taken what the group was to have
    path.mkdir(mode=mode, exist_ok=True)


@contextlib.contextmanager
def private_file(path: Path) -> Iterator[IO[bytes]]:
    """A file for its owner alone, to be written; when it is whole it appears at `path`, in place of any of that name.

    Raises:
        OSError: it cannot be written; what was there stays.
    """
    import tempfile

    make_private(path.parent)
    descriptor, temporary = tempfile.mkstemp(prefix=PART, dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield file
        Path(temporary).replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(temporary).unlink()
        raise


def write_private(path: Path, content: bytes) -> None:
    """Put `content` at `path`, whole or not at all, for its owner alone; the same errors."""
    with private_file(path) as file:
        file.write(content)


def is_shared(folder: Path) -> bool:
    """Whether the group may read in `folder`, as `train --share-group` makes it; nobody else can."""
    return folder.stat().st_mode & 0o777 == SHARED_FOLDER_MODE


def closed_above(path: Path) -> Path | None:
    """The nearest folder above `path` that keeps the group out, whatever the modes of `path` are."""
    return next((folder for folder in path.absolute().parents if not folder.stat().st_mode & 0o011), None)


def file_mode(folder: Path) -> int:
    """The mode of files in `folder`."""
    return SHARED_FILE_MODE if is_shared(folder) else FILE_MODE


def folder_mode(folder: Path) -> int:
    """The mode of folders in `folder`."""
    return SHARED_FOLDER_MODE if is_shared(folder) else FOLDER_MODE
