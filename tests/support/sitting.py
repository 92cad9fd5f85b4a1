"""What a trainer does to its run directory, without any training: a process that can be killed many times a second.

`python -m tests.support.sitting RUN` is one such sitting. Without RUN, each line of stdin, such as `3 kill RUN`, is
another one in a process of its own, broken at its third call.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from grnn_tui.errors import RunError
from grnn_tui.foreign import read_file
from grnn_tui.runs.checkpoint import list_steps, newest_step, prune, read_step, step_path, sweep, write_step
from grnn_tui.runs.lock import RunLock, read_owner
from grnn_tui.runs.metrics import MetricsWriter, read_rows
from grnn_tui.runs.rows import Saved, Started, Trained
from tests.support.breaking import broken_at, full_disk, kill_this_process

KEEP = 2
FAULTS = {"kill": kill_this_process, "full": full_disk, "none": full_disk}


def files(step: int) -> dict[str, bytes]:
    """The content of the checkpoint of `step`."""
    return {"model.json": b"{}" * step, "model.safetensors": bytes([step % 256]) * 3000, "trainer.json": b"[]"}


def sit(run: Path, saves: int = 2) -> int:
    """Go on from the newest checkpoint, save `saves` times; the newest step then."""
    with RunLock(run):
        sweep(run)
        newest = newest_step(run)
        begun = newest.number if newest is not None else 0
        metrics = MetricsWriter(run / "metrics.jsonl")
        metrics.append(Started(step=begun))
        for step in range(begun + 1, begun + saves + 1):
            metrics.append(Trained(step=step, loss=1 / step))
            write_step(run, step, files(step), validation=1 / step)
            metrics.append(Saved(step=step, validation=1 / step))
            prune(run, KEEP)
    return begun + saves


def assert_sound(run: Path, newest_before: int, damaged: int = -1) -> None:
    """Every step but `damaged` is whole and of one piece, none is lost, nobody holds the run, its rows can be read."""
    for number in list_steps(run):
        try:
            step = read_step(run, number)
        except RunError:
            assert number == damaged
            continue
        assert {name: step.read(name) for name in step.manifest.files} == files(number)
    newest = newest_step(run)
    assert newest is not None
    assert newest.number >= newest_before
    assert not read_owner(run).alive
    rows = read_rows(run / "metrics.jsonl")
    assert rows.bad <= 1
    told = [row.step for row in rows.rows if isinstance(row, Saved)]
    assert told == sorted(set(told))
    assert max(told, default=0) <= max(newest.number, damaged)


def assert_goes_on(run: Path) -> None:
    """The next sitting saves, and leaves nothing half done."""
    newest = newest_step(run)
    assert newest is not None
    assert sit(run) == newest.number + 2
    assert_sound(run, newest.number + 2)
    odd = [path.name for path in (run / "steps").iterdir() if path.suffix in (".tmp", ".gone")]
    assert odd == []
    assert [row.step for row in read_rows(run / "metrics.jsonl").rows if isinstance(row, Saved)][-2:] == [
        newest.number + 1,
        newest.number + 2,
    ]


def damage(run: Path, step: int) -> None:
    """Flip a bit of a checkpoint."""
    file = step_path(run, step) / "model.safetensors"
    content = bytearray(read_file(file))
    content[1500] ^= 1
    file.write_bytes(content)


def _break_each() -> None:
    """Sit in directories as stdin tells, in a process each, and print how it ended and how many calls it made."""
    for line in sys.stdin:
        call, fault, run = line.split()
        pid = os.fork()
        if pid == 0:
            status = 1
            try:
                with broken_at(int(call), FAULTS[fault]) as calls:
                    sit(Path(run))
                status = min(len(calls), 250) if fault == "none" else 0
            finally:
                os._exit(status)
        print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        sit(Path(sys.argv[1]))
    else:
        _break_each()
