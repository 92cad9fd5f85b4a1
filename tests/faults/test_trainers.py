"""Real trainers that are killed, told to stop, robbed of their disk, and of the time of day."""

from __future__ import annotations

import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from grnn_tui.runs.checkpoint import list_steps, newest_step, read_step
from grnn_tui.runs.directory import Run
from grnn_tui.runs.metrics import read_rows
from grnn_tui.runs.rows import AnyRow, Noted, Saved, Started, Trained, Validated
from grnn_tui.runs.view import RunView
from tests.support.promises import Harm, Reached
from tests.support.waiting import wait_for

SMALL = ("--backend", "gru", "--hidden", "8", "--embedding", "4", "--batch", "4", "--length", "16", "--threads", "1")
LARGE = ("--backend", "gru", "--hidden", "64", "--batch", "32", "--length", "256", "--threads", "1")
"""Steps that take a good part of a second: a signal falls into one."""
ENDLESS = ("--steps", "10000000")
DAY = 86400.0
CLOCK = """
import os, time
_real, _file = time.time, os.environ["CLOCK_OF_THE_TEST"]
def _set():
    with open(_file) as told:
        return _real() + float(told.read() or 0)
time.time = _set
"""


class Home:
    """Where `grnn-tui` keeps all it has while a test runs; what was started here is gone afterwards."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.started: list[subprocess.Popen[str]] = []
        self.environment = os.environ | {
            "GRNN_TUI_RUNS": str(folder / "runs"),
            "GRNN_TUI_CACHE": str(folder / "cache"),
            "PYTHONPATH": f"{folder / 'modules'}{os.pathsep}{Path(__file__).parents[2]}",
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        (folder / "modules").mkdir()
        (folder / "text.txt").write_text("the cat sat on the mat and saw ten dogs\n" * 600)

    def start(self, *words: str, before: tuple[str, ...] = ()) -> subprocess.Popen[str]:
        pipe = subprocess.PIPE
        process = subprocess.Popen(
            [*before, sys.executable, "-m", "grnn_tui", *words],
            cwd=self.folder, env=self.environment, text=True, stdin=subprocess.DEVNULL, stdout=pipe, stderr=pipe,
        )  # fmt: skip
        self.started.append(process)
        return process

    def __call__(self, *words: str) -> str:
        process = self.start(*words)
        out, err = process.communicate(timeout=150)
        assert process.returncode == 0, err
        return out

    def run(self, name: str = "mine") -> Run:
        return Run(self.folder / "runs" / name)


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    made = Home(tmp_path)
    yield made
    pids = [process.pid for process in made.started if process.poll() is None]
    held = [Run(path).status().pid for path in (tmp_path / "runs").glob("*")]
    pids += [pid for pid in held if pid is not None and pid not in pids]
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
    for process in made.started:
        process.communicate()


def rows_of(run: Run) -> list[AnyRow]:
    return read_rows(run.metrics).rows


def last_step(run: Run) -> int:
    return max((row.step for row in rows_of(run) if isinstance(row, Trained)), default=0)


def has_begun(run: Run, beyond: int = 0) -> Callable[[], bool]:
    return lambda: last_step(run) > beyond


def assert_nothing_lost(run: Run) -> int:
    """Every step there is verifies, and the newest is the last one that was told; it."""
    for number in list_steps(run.path):
        read_step(run.path, number)
    newest = newest_step(run.path)
    assert newest is not None
    assert newest.number == last_step(run)
    return newest.number


# --- kills and signals


@pytest.mark.complete
@pytest.mark.timeout(900)
@pytest.mark.promise(1, 2)
@pytest.mark.skipif(shutil.which("strace") is None, reason="no strace here")
def test_a_trainer_that_is_killed_in_a_save_goes_on(home: Home, reached: Reached) -> None:
    words: tuple[str, ...] = ("train", "text.txt", *SMALL, *ENDLESS, "--checkpoint-steps", "5", "--name", "mine")
    run, before = home.run(), 0
    plan = [("fsync", 31), ("rename", 6), ("mkdir", 5), ("fchmod", 40), ("fsync", 64), ("rename", 9), ("unlinkat", 4)]
    plan += [("rmdir", 3), ("fsync", 77), ("fchmod", 83)]
    for name, number in plan:
        inject = ("-e", f"trace={name}", "-e", f"inject={name}:signal=SIGKILL:when={number}")
        process = home.start(*words, before=("strace", "-f", "-o", "/dev/null", *inject))
        process.communicate(timeout=120)
        assert process.returncode == -9
        for step in list_steps(run.path):
            read_step(run.path, step)
        newest = newest_step(run.path)
        assert newest is not None
        assert newest.number >= max([before, *(row.step for row in rows_of(run) if isinstance(row, Saved))])
        assert not run.status().live
        words, before = ("train", "--resume", "mine"), newest.number
    home("train", "--resume", "mine", "--steps", str(before + 7))
    assert assert_nothing_lost(run) == before + 7
    reached(kills=len(plan), mixed_or_unreadable=0, next_saves_that_worked=len(plan))


def ended_well(process: subprocess.Popen[str]) -> float:
    """The seconds that a trainer takes to end once it is told to."""
    began = time.monotonic()
    process.terminate()
    _, err = process.communicate(timeout=60)
    seconds = time.monotonic() - began
    assert process.returncode == 0, err
    assert seconds <= 10
    return seconds


@pytest.mark.complete
@pytest.mark.timeout(900)
@pytest.mark.promise(20)
def test_a_signal_in_the_midst_of_a_step_saves_it(home: Home, reached: Reached) -> None:
    words: tuple[str, ...] = ("train", "text.txt", *LARGE, *ENDLESS, "--name", "mine")
    run, before = home.run(), 0
    for _ in range(10):
        process = home.start(*words)
        wait_for(has_begun(run, before))
        seconds = ended_well(process)
        assert run.status().state == "stopped"
        before = assert_nothing_lost(run)
        words = ("train", "--resume", "mine")
        reached(signals=1, steps_lost=0, seconds_to_the_end=seconds)


@pytest.mark.complete
@pytest.mark.promise(20)
def test_a_signal_in_the_midst_of_the_last_validation_saves_too(home: Home, reached: Reached) -> None:
    (home.folder / "held.txt").write_text("the cat sat on the mat and saw ten dogs\n" * 100_000)
    process = home.start("train", "text.txt", "--val", "held.txt", *LARGE, "--steps", "3", "--name", "mine")
    run = home.run()
    wait_for(lambda: any(isinstance(row, Validated) for row in rows_of(run)))
    seconds = ended_well(process)
    ends = [row.text for row in rows_of(run) if isinstance(row, Noted) and row.event == "finished"]
    assert [end.partition("; ")[2] for end in ends] == ["SIGTERM came before all was measured"]
    assert assert_nothing_lost(run) == 3
    reached(signals=1, steps_lost=0, seconds_to_the_end=seconds)


@pytest.mark.complete
@pytest.mark.promise(8, 20)
@pytest.mark.skipif(not hasattr(resource, "prlimit"), reason="no limits of other processes here")
def test_a_trainer_that_can_write_neither_rows_nor_log_trains_on(home: Home, reached: Reached) -> None:
    home("train", "text.txt", *SMALL, *ENDLESS, "--checkpoint-steps", "50", "--name", "mine", "--detach")
    run = home.run()
    wait_for(lambda: len(run.steps()) > 1 and has_begun(run)())
    pid = run.status().pid
    assert pid is not None
    full(pid)
    wait_for(lambda: no_longer_grows(run.metrics))
    steps, told = run.steps(), last_step(run)
    worked = cpu_seconds(pid)
    wait_for(lambda: cpu_seconds(pid) > worked + 1)
    assert run.steps() == steps
    assert_all_verify(run, steps)
    full(pid, to=resource.RLIM_INFINITY)
    wait_for(lambda: "rows are written again" in alarms(run))
    wait_for(lambda: "checkpoints are saved again" in alarms(run))
    meanwhile = [row for row in rows_of(run) if isinstance(row, Trained) and row.step > told]
    assert len(meanwhile) > 2
    assert rows_of(run) == sorted(rows_of(run), key=lambda row: row.step)
    began = time.monotonic()
    os.kill(pid, signal.SIGTERM)
    wait_for(lambda: not run.status().live)
    assert time.monotonic() - began < 10
    assert run.status().state == "stopped"
    assert_nothing_lost(run)
    reached(steps_lost=0)


# --- the disk


@pytest.mark.promise(8)
@pytest.mark.skipif(not hasattr(resource, "prlimit"), reason="no limits of other processes here")
def test_a_full_disk_is_told_at_once(home: Home, harm: Harm, reached: Reached) -> None:
    process = home.start("train", "text.txt", *SMALL, *ENDLESS, "--checkpoint-steps", "50", "--name", "mine")
    assert process.stdout is not None
    run = home.run()
    wait_for(lambda: len(run.steps()) > 1 and has_begun(run)())
    began = time.monotonic()
    full(process.pid)
    until(process, "rows cannot be written")
    seconds = time.monotonic() - began
    assert seconds <= harm(30, 2)
    steps = run.steps()
    until(process, "loss")
    until(process, "loss")
    assert process.poll() is None
    assert_all_verify(run, steps)
    full(process.pid, to=resource.RLIM_INFINITY)
    until(process, "rows are written again")
    process.terminate()
    _, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    assert "not saved" in alarms(run)
    assert_nothing_lost(run)
    reached(seconds_to_the_alarm=seconds, good_steps_lost=0)


@pytest.mark.complete
@pytest.mark.promise(8)
@pytest.mark.skipif(os.getuid() != 0 or shutil.which("mount") is None, reason="only root mounts a small disk")
def test_a_disk_that_is_really_full_is_seen_from_outside(home: Home, reached: Reached) -> None:
    disk = home.folder / "runs"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16m", "none", str(disk)], check=False)
    if mounted.returncode:
        pytest.skip("no disk can be mounted here")
    try:
        home("train", "text.txt", *SMALL, *ENDLESS, "--checkpoint-steps", "50", "--name", "mine", "--detach")
        run = home.run()
        wait_for(lambda: len(run.steps()) > 1 and has_begun(run)())
        watch = home.start("watch", "mine")
        assert watch.stdout is not None
        until(watch, "loss")
        began = time.monotonic()
        fill(disk / "fill")
        until(watch, "disk full", watch.stderr)
        seconds = time.monotonic() - began
        assert seconds <= 2
        good = newest_step(run.path)
        assert good is not None
        fill(disk / "fill")
        assert run.status().live
        (disk / "fill").unlink()
        until(watch, "there is room", watch.stderr)
        wait_for(has_begun(run, last_step(run)))
        home("stop", "mine")
        wait_for(lambda: not run.status().live)
        assert assert_nothing_lost(run) > good.number
        reached(seconds_to_the_alarm=seconds, good_steps_lost=0)
        fill(disk / "fill")
        refused = home.start("train", "--resume", "mine", "--steps", "20000000")
        _, err = refused.communicate(timeout=60)
        assert refused.returncode == 2
        assert err.splitlines()[-1].startswith("grnn-tui: cannot write into the run")
        assert "Traceback" not in err
    finally:
        for process in home.started:
            process.kill()
        if (pid := home.run().status().pid) is not None:
            os.kill(pid, signal.SIGKILL)
        subprocess.run(["umount", "-l", str(disk)], check=True)


@pytest.mark.complete
@pytest.mark.promise(8)
def test_a_stdout_on_a_full_disk_costs_no_training(home: Home) -> None:
    with Path("/dev/full").open("wb") as full:
        process = subprocess.run(
            [sys.executable, "-m", "grnn_tui", "train", "text.txt", *SMALL, "--steps", "20", "--name", "mine"],
            cwd=home.folder, env=home.environment, stdout=full, stderr=subprocess.PIPE, check=False,
        )  # fmt: skip
    assert process.returncode == 1
    assert process.stderr.splitlines()[-1].startswith(b"grnn-tui: cannot write what there is to say")
    assert home.run().status().state == "finished"
    assert assert_nothing_lost(home.run()) == 20


def full(pid: int, to: int = 0) -> None:
    """Let no file of the process grow beyond `to` bytes: each write is refused as on a full disk."""
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (to, resource.RLIM_INFINITY))


def fill(file: Path) -> None:
    with file.open("ab", buffering=0) as filling:
        try:
            while filling.write(b"\0" * 4096):
                pass
        except OSError:
            return


def until(process: subprocess.Popen[str], words: str, stream: object = None) -> None:
    """Read what the process says until it says this."""
    said = process.stdout if stream is None else process.stderr
    assert said is not None
    for line in said:
        if words in line:
            return
    raise AssertionError(f"it ended without saying {words!r}")


def no_longer_grows(file: Path) -> bool:
    before = file.stat().st_size
    began = time.monotonic()
    wait_for(lambda: time.monotonic() - began > 0.7)
    return file.stat().st_size == before


def cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def alarms(run: Run) -> str:
    return "\n".join(row.text for row in rows_of(run) if isinstance(row, Noted) and row.event == "alarm")


def assert_all_verify(run: Run, steps: list[int]) -> None:
    for step in steps:
        read_step(run.path, step)


# --- the clock


@pytest.mark.promise(28)
def test_the_time_of_day_jumps_while_training_and_between(home: Home, reached: Reached) -> None:
    clock = home.folder / "clock"
    clock.write_text("0")
    (home.folder / "modules" / "sitecustomize.py").write_text(CLOCK)
    home.environment["CLOCK_OF_THE_TEST"] = str(clock)
    home("train", "text.txt", *SMALL, *ENDLESS, "--name", "mine", "--detach")
    run = home.run()
    wait_for(has_begun(run))
    jumps = (DAY, -DAY)
    for jump in jumps:
        clock.write_text(str(jump))
        wait_for(lambda jump=jump: abs(rows_of(run)[-1].at - time.time() - jump) < DAY / 2)  # type: ignore[misc]
    home("stop", "mine")
    wait_for(lambda: not run.status().live)
    stopped = assert_nothing_lost(run)
    clock.write_text(str(DAY))
    home("train", "--resume", "mine", "--steps", str(stopped + 40))
    assert assert_nothing_lost(run) == stopped + 40
    clock.write_text(str(-DAY))
    os.utime(run.path / "run.json", (time.time() + DAY, time.time() + DAY))
    assert f'"step": {stopped + 40}' in home("runs", "--json")
    assert "finished" in home("watch", "mine").splitlines()[-1]

    rows = rows_of(run)
    assert [row.step for row in rows] == sorted(row.step for row in rows)
    trained = [row for row in rows if isinstance(row, Trained)]
    assert all(row.tokens_per_second >= 0 and (row.eta is None or row.eta >= 0) for row in trained)
    assert [row.seconds for row in rows] == sorted(row.seconds for row in rows)
    assert rows[-1].seconds < DAY / 2
    assert [row.step for row in rows if isinstance(row, Started)] == [0, stopped]
    view = RunView()
    view.feed(rows)
    assert len(view.loss) == len(trained)
    reached(jumps=4, rates_below_zero=0, steps_out_of_order=0)
