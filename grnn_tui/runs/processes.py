"""Several processes for one training on one machine: started, watched, and started again when one is lost.

This process holds the run's lock throughout, imports no torch and opens no port. Each start gets a fresh meeting place,
a file in a folder of its own; the processes (`grnn-tui train --resume RUN`, told their
place by the environment) die with this one, however it dies.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from grnn_tui.errors import TrainingError
from grnn_tui.runs.directory import Run
from grnn_tui.runs.launch import module_path, trainer_command
from grnn_tui.runs.metrics import MetricsWriter, last_rows
from grnn_tui.runs.place import LAUNCHER, LOST, MEETING
from grnn_tui.runs.rows import Noted
from grnn_tui.runs.store import called
from grnn_tui.safetext import for_terminal

ATTEMPTS = 3
"""Starts in a row without a new checkpoint, after which it is given up."""
GRACE = 5.0
"""Seconds the other processes have to end by themselves once one has ended."""
LEAVE = 60.0
"""Seconds rank 0 has once it has let the others end: the run is over, and a full disk is tried for a while."""
_POLL = 0.05


def launch(run: Run, count: int, arguments: Sequence[str] = ()) -> int:
    """Train `run` with `count` processes until it ends; the exit status of rank 0. The caller holds the run's lock.

    `arguments` are further options of `grnn-tui train --resume RUN`. A process that is lost (killed, hung, out
    of memory) costs at most what was not saved: all are started again from the newest checkpoint.

    Raises:
        TrainingError: processes were lost over and over.
    """
    lost_at: list[int] = []
    with _Forwarding() as forwarding:
        while True:
            status, lost = _one_start(run, count, arguments, forwarding)
            if lost is None:
                return status
            whole = run.newest()
            newest = whole.number if whole is not None else 0
            lost_at = [*(at for at in lost_at if at == newest), newest]
            where = f"the last checkpoint is step {newest}"
            if forwarding.asked is not None:
                raise TrainingError(f"the run was stopped ({forwarding.asked}) before it was saved; {where}")
            given_up = len(lost_at) >= ATTEMPTS
            _tell(run, newest, f"{lost}; {where}{'' if given_up else ', from which all start again'}")
            if given_up:
                raise TrainingError(
                    f"{lost}, {ATTEMPTS} times in a row since the last checkpoint; go on with fewer --processes"
                    f" or a smaller model: `grnn-tui train --resume {called(run)} --processes 1`"
                )


class _Forwarding:
    """While entered, TERM, INT and HUP are passed on to rank 0 as a wish to stop."""

    def __init__(self) -> None:
        self.asked: str | None = None
        self.leader: subprocess.Popen[bytes] | None = None
        self._before: dict[signal.Signals, Callable[[int, FrameType | None], object] | int | None] = {}

    def __enter__(self) -> _Forwarding:
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            self._before[number] = signal.signal(number, self._pass_on)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _pass_on(self, number: int, _: FrameType | None) -> None:
        self.asked = signal.Signals(number).name
        if self.leader is not None and self.leader.poll() is None:
            self.leader.send_signal(signal.SIGTERM)


def _one_start(run: Run, count: int, arguments: Sequence[str], forwarding: _Forwarding) -> tuple[int, str | None]:
    """Start all, wait until all have ended; the run's exit status, and which process was lost, if that was it."""
    with _meeting_place() as folder:
        ranks: list[subprocess.Popen[bytes]] = []
        try:
            ranks.extend(_start(run, rank, count, arguments, folder) for rank in range(count))
            forwarding.leader = ranks[0]
            if forwarding.asked is not None:
                ranks[0].send_signal(signal.SIGTERM)
            while all(process.poll() is None for process in ranks):
                time.sleep(_POLL)
            began = time.monotonic()
            while any(process.poll() is None for process in ranks):
                if time.monotonic() - began >= (LEAVE if _dismissed(ranks) else GRACE):
                    break
                time.sleep(_POLL)
            ended = [process.returncode for process in ranks]
        finally:
            forwarding.leader = None
            for process in ranks:
                process.kill()
                process.wait()
        if forwarding.asked is not None and ended[0] == -signal.SIGTERM:  # it had not begun: nothing is lost
            return 128 + signal.Signals[forwarding.asked], None
        status, lost = _judge(ended)
        if lost is None and status not in (0, ended[0]):
            said = _log(folder, ended.index(status)).read_text("utf-8", "replace")
            sys.stderr.write(for_terminal(said, sys.stderr))
            _note(run, "failed", (said.strip().splitlines() or [f"a process ended with status {status}"])[-1])
    return status, lost


@contextmanager
def _meeting_place() -> Iterator[Path]:
    """A folder for one start, that only the owner can look into."""
    try:
        folder = tempfile.TemporaryDirectory(prefix="grnn-tui-")
    except OSError as error:
        raise TrainingError(f"the processes have no place to meet: {error.strerror or error}; set TMPDIR") from None
    with folder as name:
        yield Path(name)


def _dismissed(ranks: Sequence[subprocess.Popen[bytes]]) -> bool:
    """Whether rank 0 alone is left, and has let all others end."""
    return ranks[0].poll() is None and all(process.poll() == 0 for process in ranks[1:])


def _start(run: Run, rank: int, count: int, arguments: Sequence[str], folder: Path) -> subprocess.Popen[bytes]:
    """Start one process. Rank 0 speaks for all; what another one says is kept, in case that it alone fails."""
    environment = os.environ | {
        "PYTHONPATH": module_path(),
        MEETING: str(folder / "meeting"),
        LAUNCHER: str(os.getpid()),
        "RANK": str(rank),
        "LOCAL_RANK": str(rank),
        "LOCAL_WORLD_SIZE": str(count),
        "WORLD_SIZE": str(count),
    }
    command = [*trainer_command(run), *arguments]
    if rank == 0:
        return subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL)
    with _log(folder, rank).open("wb") as log:
        return subprocess.Popen(
            command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=log
        )


def _log(folder: Path, rank: int) -> Path:
    return folder / f"{rank}.log"


def _judge(ended: list[int | None]) -> tuple[int, str | None]:
    """What the exit statuses mean (None: it had to be killed): the run's own, and what was lost, if anything was."""
    if ended[0] == 0:
        return 0, None
    for status in ended:
        if status is not None and status > 0 and status != LOST:
            return status, None
    for rank, status in enumerate(ended):
        if status is not None and status < 0:
            return LOST, f"process {rank} was lost ({signal.Signals(-status).name})"
    silent = ended.index(None) if None in ended else 0
    return LOST, f"process {silent} stopped answering"


def _tell(run: Run, step: int, text: str) -> None:
    """An alarm, to whoever stands by and among the run's rows: at the step that is gone on from, to outlast it."""
    _note(run, "alarm", text, step)
    sys.stderr.write(f"grnn-tui: {text}\n")
    sys.stderr.flush()


def _note(run: Run, event: str, text: str, step: int | None = None) -> None:
    """A row of the run, at the last step told unless `step` is another: nobody else writes while no process trains."""
    rows = [row for row in last_rows(run.metrics) if step is None or row.step <= step]
    last = rows[-1] if rows else Noted()
    at = last.step if step is None else step
    MetricsWriter(run.metrics).append(Noted(step=at, at=time.time(), seconds=last.seconds, event=event, text=text))
