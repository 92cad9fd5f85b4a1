"""Starting a trainer that outlives the terminal: double fork, its own session, nothing inherited but the environment.

The launcher never imports torch. It returns when the trainer holds the run's lock, or has failed.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import grnn_tui
from grnn_tui.errors import RunError
from grnn_tui.runs.directory import Run
from grnn_tui.runs.files import FILE_MODE
from grnn_tui.runs.lock import process_start, read_owner
from grnn_tui.runs.room import free_bytes

NICENESS = 5
PATIENCE = 60.0
"""Seconds a trainer may take until it holds the lock."""
_POLL = 0.02
_LAST_BYTES = 4096

_SHIM = """
import os, sys
os.setsid()
pid = os.fork()
if pid:
    sys.stdout.write(str(pid))
    sys.stdout.flush()
    os._exit(0)
os.dup2(2, 1)
os.umask(0o077)
os.nice(int(sys.argv[1]))
os.execv(sys.argv[2], sys.argv[2:])
"""


def start_detached(run: Run, arguments: Sequence[str] = ()) -> int:
    """Start a trainer for `run` in a session of its own; returns its pid once it holds the run's lock.

    `arguments` are further options of `grnn-tui train --resume RUN`.

    Raises:
        RunError: it could not be started, ended at once, or never took the lock; the message is its own.
    """
    held = read_owner(run.path)
    if held.alive and held.owner is not None:
        raise RunError(f"the run {run.name} is being trained already, by process {held.owner.pid}")
    if free_bytes(run.path) == 0:
        raise RunError(f"the disk of {run.path} is full; make room, nothing of the run is lost")
    log = os.open(run.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW, FILE_MODE)
    try:
        os.fchmod(log, FILE_MODE)
        begin = os.fstat(log).st_size
        trainer = [*trainer_command(run), "--trainer", *arguments]
        environment = os.environ | {"PYTHONPATH": module_path(), "PYTHONUNBUFFERED": "1"}
        shim = [sys.executable, "-I", "-S", "-c", _SHIM, str(NICENESS), *trainer]
        started = subprocess.run(
            shim, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log, env=environment, cwd="/", check=False
        )
    finally:
        os.close(log)
    if started.returncode != 0 or not started.stdout:
        raise RunError(f"the trainer could not be started: {_last_line(run.log, begin) or started.returncode}")
    return _wait_for_lock(run, int(started.stdout), begin)


def _wait_for_lock(run: Run, pid: int, begin: int) -> int:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        gone = process_start(pid) is None
        owner = read_owner(run.path).owner
        if owner is not None and owner.pid == pid:
            return pid
        if gone:
            raise RunError(_last_line(run.log, begin) or f"the trainer ended at once; see {run.log}")
        time.sleep(_POLL)
    raise RunError(f"the trainer (process {pid}) has not begun after {PATIENCE:.0f} s; see {run.log}")


def trainer_command(run: Run) -> list[str]:
    """The command that goes on with `run` in a process of its own."""
    return [sys.executable, "-P", "-m", "grnn_tui", "train", "--resume", str(run.path)]


def module_path() -> str:
    """A `PYTHONPATH` that holds in any directory and includes this very package."""
    paths = [str(Path(grnn_tui.__file__).parent.parent)]
    paths += [str(Path(path).absolute()) for path in os.environ.get("PYTHONPATH", "").split(os.pathsep) if path]
    return os.pathsep.join(dict.fromkeys(paths))


def _last_line(log: Path, begin: int) -> str:
    """The last thing a trainer printed since `begin`, as one line."""
    try:
        with log.open("rb") as file:
            end = file.seek(0, os.SEEK_END)
            file.seek(max(begin, end - _LAST_BYTES))
            lines = file.read().decode("utf-8", "replace").strip().splitlines()
    except OSError:
        return ""
    return lines[-1].removeprefix("grnn-tui: ") if lines else ""


def logout_warning() -> str | None:
    """A line to show if this system ends a person's processes when they log out; None if it does not, or cannot say."""
    if not os.environ.get("XDG_SESSION_ID") or shutil.which("busctl") is None:
        return None
    try:
        kills = _ask_logind("KillUserProcesses")
        if kills != "b true":
            return None
        exempt = Path("/var/lib/systemd/linger", os.environ.get("USER", "")).is_file()
    except (OSError, subprocess.SubprocessError):
        return None
    if exempt:
        return None
    return "this system ends your processes when you log out: run `loginctl enable-linger` once to let training go on"


def _ask_logind(name: str) -> str:
    bus = ["org.freedesktop.login1", "/org/freedesktop/login1", "org.freedesktop.login1.Manager", name]
    answer = subprocess.run(
        ["busctl", "--system", "get-property", *bus], capture_output=True, text=True, timeout=1.0, check=False
    )
    return answer.stdout.strip()
