"""Deleting runs so that it can be undone: moved aside for a week, and never anything else's loss.

A deleted run lies under its own name in `.trash/WHEN-LUCK/`, in the folder that held it, by one rename: it is gone at
once or not at all, and comes back by another. Whoever deletes or lists next removes what has lain there longer than
`KEPT`, a bounded part of it each time, and nothing that a process holds.

Names are looked up in folders held open, links are removed and never followed, and another file system mounted within
a run stays as it is.
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
import stat
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from grnn_tui.errors import RunError
from grnn_tui.private import FOLDER_MODE
from grnn_tui.runs.directory import REQUEST, Run, is_run
from grnn_tui.runs.files import make_folder
from grnn_tui.runs.lock import RunLock

TRASH = ".trash"
KEPT_DAYS = 7
KEPT = KEPT_DAYS * 86_400.0
"""Seconds until a deleted run is removed."""
LOOKED_AT = 4096
"""Entries of a trash that are looked at, at most."""
SWEEP_SECONDS = 2.0
"""How long one sweep removes at most; what is left waits for the next."""
_ENTRY = re.compile(r"(\d{11})-[0-9a-f]{8}")
_GONE = ".gone"
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT)

Identity = tuple[int, ...]


@dataclass(frozen=True)
class Deleted:
    """A run that can be brought back."""

    name: str
    path: Path
    """Where it lies now."""
    at: float
    """When it was deleted, seconds since the epoch."""

    @property
    def entry(self) -> str:
        """What tells it from others of the same name."""
        return self.path.parent.name

    @property
    def home(self) -> Path:
        """The folder that it was deleted from."""
        return self.path.parents[2]


def identity(run: Run) -> Identity:
    """What tells this run from another that takes its name: remember it when a person is asked.

    Raises:
        RunError: it is a link, or no run.
    """
    try:
        folder, request = os.lstat(run.path), os.lstat(run.path / REQUEST)
    except OSError:
        raise RunError(f"{run.path} is not a run") from None
    if stat.S_ISLNK(folder.st_mode):
        raise RunError(f"{run.path} is a link; delete what it points to, or the link, yourself")
    return folder.st_dev, folder.st_ino, request.st_ino, request.st_mtime_ns


def delete(run: Run, *, asked: Identity | None = None, forever: bool = False) -> Deleted | None:
    """Move `run` aside, or with `forever` remove it at once. `asked` is the identity that a person agreed to.

    Raises:
        RunError: it is being trained, is a link, is no longer what was asked about, or cannot be moved.
    """
    known = identity(run)
    if asked is not None and asked != known:
        raise RunError(f"the run {run.name} is no longer the one that was asked about; nothing is deleted")
    try:
        with RunLock(run.path, marked=False) as lock:
            deleted = _move_aside(run, known)
            lock.folder = deleted.path
    except OSError as error:
        if not (forever and error.errno in _NO_ROOM):
            hint = "; `grnn-tui delete --forever` frees its room at once" if error.errno in _NO_ROOM else ""
            raise RunError(f"cannot delete {run.path}: {error.strerror or error}{hint}") from None
        _remove_in_place(run, known)
        return None
    if not forever:
        return deleted
    remove(deleted)
    return None


def deleted_runs(home: Path) -> list[Deleted]:
    """What was deleted from the folder `home` and can be brought back, the newest first."""
    found = []
    for entry in _entries(home):
        if match := _ENTRY.fullmatch(entry):
            with contextlib.suppress(OSError):
                inside = [path for path in (home / TRASH / entry).iterdir() if is_run(path) and not path.is_symlink()]
                found += [Deleted(path.name, path, float(match[1])) for path in inside]
    return sorted(found, key=lambda each: (each.at, each.entry), reverse=True)


def restore(deleted: Deleted) -> Run:
    """Bring a run back under its name, or another if that is taken.

    Raises:
        RunError: it has been removed meanwhile, or cannot be moved.
    """
    if deleted.path.parent.is_symlink() or deleted.path.parents[1].is_symlink():
        raise RunError(f"{deleted.path.parents[1]} is not ours: it is a link")
    for count in range(1, 10_000):
        back = deleted.home / (deleted.name if count == 1 else f"{deleted.name}-{count}")
        try:
            make_folder(back)
        except FileExistsError:
            continue
        except OSError as error:
            raise RunError(f"cannot bring back {deleted.name}: {error.strerror or error}") from None
        try:
            os.rename(deleted.path, back)  # noqa: PTH104  over the empty folder that is ours
        except OSError as error:
            with contextlib.suppress(OSError):
                back.rmdir()
            if not deleted.path.exists():
                raise RunError(f"{deleted.name} is no longer among the deleted runs") from None
            raise RunError(f"cannot bring back {deleted.name}: {error.strerror or error}") from None
        with contextlib.suppress(OSError):
            deleted.path.parent.rmdir()
            deleted.path.parents[1].rmdir()
        return Run(back)
    raise RunError(f"too many runs are called {deleted.name}; rename one of them")


def remove(deleted: Deleted) -> None:
    """Remove a deleted run for good.

    Raises:
        RunError: a process holds it, or something of it cannot be removed.
    """
    try:
        with _opened(deleted.home / TRASH) as trash:
            _remove_entry(trash, deleted.path.parents[1], deleted.entry)
    except OSError as error:
        raise RunError(f"cannot remove all of {deleted.name}: {error.strerror or error}") from None
    with contextlib.suppress(OSError):
        (deleted.home / TRASH).rmdir()


def sweep(home: Path, *, seconds: float = SWEEP_SECONDS) -> int:
    """Remove what was deleted from `home` too long ago, and what a killed sweep left; how many went. Never raises."""
    end, count, before = time.monotonic() + seconds, 0, time.time() - KEPT
    old = []
    for entry in _entries(home):
        match = _ENTRY.fullmatch(entry.removesuffix(_GONE))
        if match and (entry.endswith(_GONE) or float(match[1]) < before):
            old.append(entry)
    for entry in sorted(old):
        if time.monotonic() > end:
            break
        with contextlib.suppress(OSError, RunError), _opened(home / TRASH) as trash:
            _remove_entry(trash, home / TRASH, entry, end)
            count += 1
    if old:
        with contextlib.suppress(OSError):
            (home / TRASH).rmdir()
    return count


def _move_aside(run: Run, known: Identity) -> Deleted:
    now = int(time.time())
    entry = f"{now:011d}-{os.urandom(4).hex()}"
    with _opened(run.path.parent, links=True) as home:
        with contextlib.suppress(FileExistsError):
            os.mkdir(TRASH, FOLDER_MODE, dir_fd=home)
        with _opened(TRASH, home) as trash:
            os.fchmod(trash, FOLDER_MODE)
            os.mkdir(entry, FOLDER_MODE, dir_fd=trash)
            with _opened(entry, trash) as inner:
                os.fchmod(inner, FOLDER_MODE)
                aside = Deleted(run.name, run.path.parent / TRASH / entry / run.name, float(now))
                try:
                    os.rename(run.name, run.name, src_dir_fd=home, dst_dir_fd=inner)
                except OSError:
                    os.rmdir(entry, dir_fd=trash)
                    raise
                moved = os.stat(run.name, dir_fd=inner, follow_symlinks=False)
    if (moved.st_dev, moved.st_ino) != known[:2]:  # something else took its name a moment ago
        aside.path.rename(run.path)
        aside.path.parent.rmdir()
        raise RunError(f"the run {run.name} is no longer the one that was asked about; nothing is deleted")
    return aside


def _remove_entry(trash: int, path: Path, entry: str, end: float = float("inf")) -> None:
    """Remove one entry of an opened trash, unless a process holds the run in it."""
    with _opened(entry, trash) as inner:
        device = os.fstat(trash).st_dev
        if os.fstat(inner).st_dev != device:
            raise OSError(errno.EXDEV, "another file system")
        if not entry.endswith(_GONE):
            for run in (path / entry).iterdir():
                if is_run(run) and not run.is_symlink():
                    with RunLock(run, marked=False):
                        pass
            os.rename(entry, entry + _GONE, src_dir_fd=trash, dst_dir_fd=trash)
        _empty(inner, end)
    os.rmdir(entry.removesuffix(_GONE) + _GONE, dir_fd=trash)


def _remove_in_place(run: Run, known: Identity) -> None:
    """Where there is no room for moving it aside: it ends being a run at once, and then to be there."""
    try:
        with _opened(run.path.parent, links=True) as home, _opened(run.name, home) as folder:
            found = os.fstat(folder)
            if (found.st_dev, found.st_ino) != known[:2]:
                raise RunError(f"the run {run.name} is no longer the one that was asked about; nothing is deleted")
            os.unlink(REQUEST, dir_fd=folder)
            _empty(folder)
            os.rmdir(run.name, dir_fd=home)
    except OSError as error:
        raise RunError(f"cannot delete all of {run.path}: {error.strerror or error}") from None


def _empty(top: int, end: float = float("inf")) -> None:
    """Remove everything in a folder; folders in folders come up one by one, so that no depth is too deep."""
    device = os.fstat(top).st_dev
    while names := os.listdir(top):
        for name in names:
            if time.monotonic() > end:
                raise TimeoutError(errno.ETIMEDOUT, "it takes long; the rest is removed later")
            with contextlib.suppress(FileNotFoundError):
                if not _unlinked(name, top):
                    _raise_contents(name, top, device)


def _raise_contents(name: str, top: int, device: int) -> None:
    with _opened(name, top) as folder:
        if os.fstat(folder).st_dev != device:
            raise OSError(errno.EXDEV, "another file system is mounted in it")
        os.fchmod(folder, FOLDER_MODE)
        for inner in os.listdir(folder):  # noqa: PTH208  names in an open folder
            with contextlib.suppress(FileNotFoundError):
                if not _unlinked(inner, folder):
                    os.rename(inner, os.urandom(8).hex(), src_dir_fd=folder, dst_dir_fd=top)
    os.rmdir(name, dir_fd=top)


def _unlinked(name: str, folder: int) -> bool:
    """Whether `name` was anything but a folder, and is gone."""
    if stat.S_ISDIR(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode):
        return False
    os.unlink(name, dir_fd=folder)
    return True


@contextlib.contextmanager
def _opened(name: str | Path, folder: int | None = None, *, links: bool = False) -> Iterator[int]:
    """A folder held open.

    Raises:
        OSError: it is not there, or is a link and `links` does not allow that.
    """
    try:
        descriptor = os.open(name, _FOLDER & ~os.O_NOFOLLOW if links else _FOLDER, dir_fd=folder)
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.ENOTDIR):
            raise OSError(error.errno, f"{name} is not a folder, or is a link") from None
        raise
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _entries(home: Path) -> list[str]:
    """Names in the trash of `home`; none if it is a link."""
    with contextlib.suppress(OSError), _opened(home / TRASH) as trash, os.scandir(trash) as found:
        return [entry.name for entry in islice(found, LOOKED_AT)]
    return []
