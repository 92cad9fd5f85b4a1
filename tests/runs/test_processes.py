"""The launcher, over small programs in place of trainers."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from grnn_tui.errors import TrainingError
from grnn_tui.runs import processes
from grnn_tui.runs.directory import Run
from grnn_tui.runs.lock import process_start
from grnn_tui.runs.metrics import read_rows
from grnn_tui.runs.processes import launch
from grnn_tui.runs.rows import Noted
from tests.support.waiting import wait_for

BEGIN = (
    "import os, signal, sys, time; from pathlib import Path; rank = int(os.environ['RANK']); run = Path(sys.argv[1])\n"
)
BEGIN += "tries = run / f'tries-{rank}'; tries.write_bytes((tries.read_bytes() if tries.exists() else b'') + b'.')\n"
BEGIN += "(run / f'pid-{rank}').write_text(str(os.getpid()))\n"


@pytest.fixture
def begin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Run]:
    """A run whose trainers are the program given; it knows `rank`, `run`, and `tries`, a file of one byte a start."""
    monkeypatch.setattr(processes, "GRACE", 0.5)

    def make(program: str) -> Run:
        monkeypatch.setattr(
            processes, "trainer_command", lambda run: [sys.executable, "-c", BEGIN + program, str(run.path)]
        )
        return Run(tmp_path)

    return make


def tries(run: Run, rank: int = 0) -> int:
    return (run.path / f"tries-{rank}").stat().st_size


def alarms(run: Run) -> list[str]:
    return [row.text for row in read_rows(run.metrics).rows if isinstance(row, Noted)]


@pytest.mark.parametrize("status", [0, 1, 2, 130])
def test_the_status_of_the_run_is_that_of_rank_0(begin: Callable[[str], Run], status: int) -> None:
    run = begin(f"sys.exit({status} if rank == 0 else 75)")
    assert launch(run, 2) == status
    assert tries(run) == 1
    assert not alarms(run)


def test_what_another_process_alone_finds_wrong_is_said_and_ends_the_run(
    begin: Callable[[str], Run], capfd: pytest.CaptureFixture[str]
) -> None:
    run = begin("rank and sys.stderr.write('grnn-tui: no such file'); sys.exit(2 if rank == 1 else 75)")
    assert launch(run, 3) == 2
    assert capfd.readouterr().err == "grnn-tui: no such file"
    assert run.status().state == "failed"
    assert tries(run) == 1


def test_a_lost_process_is_started_again_until_it_is_lost_over_and_over(begin: Callable[[str], Run]) -> None:
    run = begin("os.kill(os.getpid(), signal.SIGKILL) if rank == 1 else time.sleep(60)")
    with pytest.raises(TrainingError, match=r"process 1 was lost \(SIGKILL\), 3 times in a row"):
        launch(run, 2)
    assert tries(run) == 3
    told = "process 1 was lost (SIGKILL); the last checkpoint is step 0"
    assert alarms(run) == [*[f"{told}, from which all start again"] * 2, told]


def test_a_loss_after_a_new_checkpoint_is_not_counted_with_those_before(begin: Callable[[str], Run]) -> None:
    run = begin(
        "from grnn_tui.runs.checkpoint import write_step\n"
        "n = tries.stat().st_size\n"
        "if rank == 0: sys.exit(0 if n == 8 else 75)\n"
        "write_step(run, n, {'model.json': b'{}'})\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    assert launch(run, 2) == 0
    assert tries(run) == 8


def test_a_process_that_does_not_end_with_the_others_is_killed(begin: Callable[[str], Run]) -> None:
    run = begin("sys.exit(75) if rank == 0 else signal.pause()")
    with pytest.raises(TrainingError, match="process 1 stopped answering"):
        launch(run, 2)
    assert process_start(int((run.path / "pid-1").read_text())) is None


def test_rank_0_has_time_to_end_a_run_after_it_has_let_the_others_end(begin: Callable[[str], Run]) -> None:
    run = begin("if rank == 0: time.sleep(1.5)\nsys.exit(1 if rank == 0 else 0)")
    assert launch(run, 2) == 1
    assert tries(run) == 1
    assert not alarms(run)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_signal_is_a_wish_to_stop_for_rank_0(begin: Callable[[str], Run], number: signal.Signals) -> None:
    run = begin(
        "signal.signal(signal.SIGTERM, lambda *_: sys.exit(0)); (run / f'ready-{rank}').touch()\n"
        "while True: signal.pause()"
    )

    def person() -> None:
        wait_for(lambda: all((run.path / f"ready-{rank}").exists() for rank in range(2)))
        os.kill(os.getpid(), number)

    before = signal.getsignal(number)
    thread = threading.Thread(target=person)
    thread.start()
    assert launch(run, 2) == 0
    thread.join()
    assert signal.getsignal(number) is before
    assert process_start(int((run.path / "pid-1").read_text())) is None


def test_a_process_dies_with_the_one_that_started_it(tmp_path: Path) -> None:
    child = "from grnn_tui.runs.place import die_with_parent; die_with_parent(); print(flush=True)\n"
    child += "import signal; signal.pause()"
    parent = "import os, signal, subprocess, sys\n"
    parent += "child = subprocess.Popen([sys.executable, '-c', sys.argv[1]], stdout=subprocess.PIPE)\n"
    parent += "child.stdout.readline(); print(child.pid, flush=True); signal.pause()"
    with subprocess.Popen([sys.executable, "-c", parent, child], stdout=subprocess.PIPE, text=True) as started:
        assert started.stdout is not None
        pid = int(started.stdout.readline())
        started.kill()
    wait_for(lambda: process_start(pid) is None)


def test_a_process_whose_launcher_died_before_it_could_look_ends_at_once(begin: Callable[[str], Run]) -> None:
    run = begin(
        "import subprocess; from grnn_tui.runs.place import die_with_parent; die_with_parent()\n"
        "gone = subprocess.Popen(['true']); gone.wait(); os.environ['GRNN_TUI_LAUNCHER'] = str(gone.pid)\n"
        "die_with_parent(); sys.exit(1)"
    )
    with pytest.raises(TrainingError, match="3 times in a row"):
        launch(run, 2)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_wish_to_stop_before_anything_has_begun_loses_nothing(
    begin: Callable[[str], Run], number: signal.Signals
) -> None:
    run = begin("(run / f'ready-{rank}').touch(); signal.pause()")

    def person() -> None:
        wait_for(lambda: all((run.path / f"ready-{rank}").exists() for rank in range(2)))
        os.kill(os.getpid(), number)

    thread = threading.Thread(target=person)
    thread.start()
    assert launch(run, 2) == 128 + number
    thread.join()
    assert tries(run) == 1
    assert not alarms(run)


def test_what_another_process_says_cannot_drive_the_terminal(
    begin: Callable[[str], Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    terminal = io.StringIO()
    monkeypatch.setattr(terminal, "isatty", lambda: True)
    monkeypatch.setattr(sys, "stderr", terminal)
    run = begin("rank and sys.stderr.write('no \\x1b]52;c;eA==\\x07'); sys.exit(2 if rank == 1 else 75)")
    assert launch(run, 2) == 2
    assert terminal.getvalue().startswith("no ")
    assert "\x1b" not in terminal.getvalue()
