"""One writer for a run: `flock` for the writer's life, and a marker that says who it is.

`flock` alone is not enough (on some network file systems it always succeeds), a marker alone outlives its writer. So
both: the marker `owner-N` is made by linking a finished file, which only one process can do; a dead owner's marker is
never removed to be taken over, the successor links `owner-N+1` instead. Numbers never go down, so whoever was slow
to look at an old marker finds a higher one and gives way.

A marker is broken only on proof of death: the same kernel and no such process, a process of another start time, or the
same machine started anew. Another machine's marker is left for a person to judge.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import platform
import re
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

import msgspec

from grnn_tui.errors import RunError
from grnn_tui.foreign import from_json, open_descriptor, read_file
from grnn_tui.private import FILE_MODE
from grnn_tui.runs.files import write_new
from grnn_tui.runs.seals import opened_line, sealed_line

NAME = "lock"
_LINUX = platform.system() == "Linux"
_MARKER = re.compile(r"owner-(\d{1,12})")


class Owner(msgspec.Struct, frozen=True, kw_only=True):
    """Who holds a run, or held it last."""

    host: str
    boot: str
    """Changes each time the machine starts."""
    pid: int
    started: str
    """The process's start time, so that a reused pid is not mistaken for it."""
    namespace: str = ""
    """In which pid namespace `pid` means something."""
    flock: bool = True
    released: bool = False


@dataclass(frozen=True)
class Held:
    """What the marker says of a run now."""

    owner: Owner | None
    alive: bool
    """Whether the owner lives, as far as can be proved: another machine's unreleased owner counts as alive."""


class RunLock:
    """The right to write into a run directory; a context manager.

    Whoever only moves the directory does without a marker where `flock` works, and so without room on the disk.

    Raises (on entering):
        RunError: another process holds it.
    """

    def __init__(self, folder: Path, *, marked: bool = True) -> None:
        self.folder = folder
        self._marked = marked
        self._descriptor = -1
        self._marker: str | None = None
        self._owner: Owner | None = None

    def __enter__(self) -> RunLock:
        try:
            self._descriptor = open_descriptor(self.folder / NAME, os.O_RDWR | os.O_CREAT, FILE_MODE)
        except OSError as error:
            raise _unwritable(self.folder, error) from None
        try:
            flocked = _flock(self._descriptor)
            if flocked is False:
                raise _held(self.folder, read_owner(self.folder).owner)
            self._owner = this_process(flock=bool(flocked))
            if self._marked or not flocked:
                self._marker = self._take_marker(self._owner).name
            else:
                self._refuse_others(self._owner)
        except OSError as error:
            os.close(self._descriptor)
            raise _unwritable(self.folder, error) from None
        except BaseException:
            os.close(self._descriptor)
            raise
        return self

    def __exit__(self, *_: object) -> None:
        if self._marker is not None and self._owner is not None:
            with contextlib.suppress(OSError):
                note = self.folder / f".{self._marker}.{os.getpid()}.tmp"
                note.unlink(missing_ok=True)
                write_new(note, _told(msgspec.structs.replace(self._owner, released=True)))
                note.rename(self.folder / self._marker)
        os.close(self._descriptor)

    def _take_marker(self, me: Owner) -> Path:
        note = self.folder / f".owner.{os.getpid()}.{os.urandom(4).hex()}.tmp"
        try:
            write_new(note, _told(me))
            while True:
                number = self._refuse_others(me)
                marker = self.folder / f"owner-{number + 1}"
                try:
                    os.link(note, marker)
                except FileExistsError:
                    continue
                if _newest_marker(self.folder)[0] > number + 1:
                    marker.unlink(missing_ok=True)
                    continue
                for older in _markers(self.folder):
                    if older <= number:
                        (self.folder / f"owner-{older}").unlink(missing_ok=True)
                return marker
        finally:
            note.unlink(missing_ok=True)

    def _refuse_others(self, me: Owner) -> int:
        """The number of the newest marker; RunError if its owner may live."""
        number, owner = _newest_marker(self.folder)
        if owner is not None and not is_dead(owner, have_flock=me.flock):
            raise _held(self.folder, owner)
        return number


def read_owner(folder: Path) -> Held:
    """Who holds the run in `folder`; cheap, and no lock is taken."""
    _, owner = _newest_marker(folder)
    return Held(owner, owner is not None and not is_dead(owner, have_flock=False))


def this_process(*, flock: bool = True) -> Owner:
    """The calling process as an owner."""
    pid = os.getpid()
    return Owner(
        host=platform.node(),
        boot=_boot(),
        pid=pid,
        started=process_start(pid) or "",
        namespace=_namespace(),
        flock=flock,
    )


def is_dead(owner: Owner, *, have_flock: bool) -> bool:
    """Whether `owner` provably no longer writes.

    `have_flock` says that the caller holds the run's flock, which proves the death of an owner on the same kernel whose
    pid cannot be looked up from here (another container).
    """
    if owner.released:
        return True
    if owner.boot == _boot():
        if owner.namespace == _namespace():
            start = process_start(owner.pid)
            return start is None or (bool(owner.started) and start != owner.started)
        return have_flock and owner.flock
    return owner.host == platform.node()


def process_start(pid: int) -> str | None:
    """When the process `pid` began, in the system's own words; None if there is none, or it is only waiting to be
    collected by its parent."""
    if _LINUX:
        try:
            stat = Path(f"/proc/{pid}/stat").read_bytes()
        except OSError:
            return None
        fields = stat[stat.rindex(b")") + 2 :].split()
        return None if fields[0] in (b"Z", b"X") else fields[19].decode()
    shown = subprocess.run(["ps", "-o", "stat=,lstart=", "-p", str(pid)], capture_output=True, text=True, check=False)
    status, _, start = shown.stdout.strip().partition(" ")
    return None if not start or status.startswith("Z") else start.strip()


def _boot() -> str:
    if _LINUX:
        with contextlib.suppress(OSError):
            return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    shown = subprocess.run(["sysctl", "-n", "kern.boottime"], capture_output=True, text=True, check=False)
    return shown.stdout.strip()


def _namespace() -> str:
    try:
        return os.readlink("/proc/self/ns/pid")  # noqa: PTH115
    except OSError:
        return ""


def _flock(descriptor: int) -> bool | None:
    """True: taken. False: another process has it. None: this file system has no such lock."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return None
    return True


def _markers(folder: Path) -> list[int]:
    found = (_MARKER.fullmatch(name) for name in os.listdir(folder))  # noqa: PTH208  names only, and many runs
    return sorted(int(match[1]) for match in found if match)


def _newest_marker(folder: Path) -> tuple[int, Owner | None]:
    """The highest marker and what it says; an owner that cannot be read counts as one that is not there."""
    for _ in range(100):
        try:
            numbers = _markers(folder)
        except OSError:
            return 0, None
        if not numbers:
            return 0, None
        try:
            content = read_file(folder / f"owner-{numbers[-1]}", 1 << 16)
            return numbers[-1], from_json(opened_line(content) or b"", Owner)
        except FileNotFoundError:
            time.sleep(0)  # superseded between the listing and the reading: look again
        except (OSError, msgspec.DecodeError):
            return numbers[-1], None
    return 0, None


def _told(owner: Owner) -> bytes:
    return sealed_line(msgspec.json.encode(owner))


def _unwritable(folder: Path, error: OSError) -> RunError:
    return RunError(f"cannot write into the run {folder}: {error.strerror or error}; nothing of it is lost")


def _held(folder: Path, owner: Owner | None) -> RunError:
    if owner is not None and owner.host != platform.node():
        marker = folder / f"owner-{_newest_marker(folder)[0]}"
        return RunError(
            f"the run {folder.name} is held by process {owner.pid} on {owner.host};"
            f" if that machine no longer trains it, delete {marker}"
        )
    who = f"process {owner.pid}" if owner is not None else "another process"
    return RunError(f"the run {folder.name} is being trained by {who}; follow it with `grnn-tui watch {folder.name}`")
