"""A real trainer in the background, and what processes use of the processor and of memory."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.home import environment
from grnn_tui.runs.directory import Run
from grnn_tui.runs.lock import process_start, read_owner
from grnn_tui.runs.metrics import last_rows
from grnn_tui.runs.rows import Trained

TRAIN = ["train", "tales", "--backend", "lstm", "--hidden", "256", "--threads", "1", "--seconds", "3600", "--detach"]
TRAIN += ["--validate-every", "3600", "--checkpoint-every", "3600"]
"""One layer of 256 units, batch 32, length 64; nothing in between that would slow down one period and not another."""
PATIENCE = 60.0


@contextlib.contextmanager
def trainer(home: Path, name: str = "flat-out") -> Iterator[Run]:
    """A run being trained as the training form starts it, past its first rows; killed at the end.

    Raises:
        TimeoutError: it tells nothing within `PATIENCE` seconds.
    """
    run = Run(home / "runs" / name)
    command = [sys.executable, "-m", "grnn_tui", *TRAIN, "--run", str(run.path)]
    subprocess.run(command, check=True, capture_output=True, env=environment(home))
    owner = read_owner(run.path).owner
    assert owner is not None
    try:
        deadline = time.monotonic() + PATIENCE
        while not any(isinstance(row, Trained) for row in last_rows(run.metrics)):
            if time.monotonic() > deadline:
                raise TimeoutError(f"the trainer tells nothing: {run.log.read_text()}")
            time.sleep(0.1)
        yield run
    finally:
        os.kill(owner.pid, signal.SIGKILL)
        while process_start(owner.pid) is not None:
            time.sleep(0.02)


def cpu_seconds(pid: int) -> float:
    """What a process has used of the processor so far, all its threads, in ticks of 10 ms."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident_bytes(pid: int) -> int:
    """What a process holds in memory."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
