"""A save that dies at any system call: real processes, killed for good, at every call that changes the disk."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from grnn_tui.runs.checkpoint import newest_step
from tests.support.promises import Harm, Reached
from tests.support.sitting import assert_goes_on, assert_sound, damage, sit

ROOT = Path(__file__).parents[2]
SITTING = [sys.executable, "-B", "-m", "tests.support.sitting"]
CALLS = "openat,write,fsync,rename,renameat,mkdir,mkdirat,unlink,unlinkat,rmdir,chmod,fchmod,fchmodat,link,linkat"
TRACED = ",".join(f"?{name}" for name in CALLS.split(","))


class Breaker:
    """Sits in run directories and breaks at the n-th call, one forked process each."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(SITTING, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def __call__(self, call: int, fault: str, run: Path) -> int:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(f"{call} {fault} {run}\n")
        self.process.stdin.flush()
        return int(self.process.stdout.readline())


@pytest.fixture(scope="module")
def breaker() -> Iterator[Breaker]:
    made = Breaker()
    with made.process:
        yield made
        assert made.process.stdin is not None
        made.process.stdin.close()


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """In memory where that is possible: there are thousands of flushes."""
    memory = Path("/dev/shm")
    if not os.access(memory, os.W_OK):
        yield tmp_path
        return
    with tempfile.TemporaryDirectory(dir=memory) as made:
        yield Path(made)


def prepared(folder: Path, before: str) -> Path:
    """A run with steps 1 and 2, and what an earlier mishap left."""
    run = folder / before
    run.mkdir()
    sit(run)
    match before:
        case "half written":
            (run / "steps" / "000000003.tmp").mkdir()
            (run / "steps" / "000000003.tmp" / "model.json").write_bytes(b"{")
            with (run / "metrics.jsonl").open("ab") as file:
                file.write(b'{"type":"tr')
        case "damaged":
            sit(run, 1)
            damage(run, 3)
        case "pruning":
            sit(run, 3)
    return run


SOUND = {"plain": 2, "half written": 2, "damaged": 2, "pruning": 5}
"""The newest step that has to be there whatever happens."""


def again(run: Path) -> Path:
    """A copy to break in."""
    copy = run.with_name("broken")
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(run, copy, symlinks=True)
    return copy


@pytest.mark.promise(1, 2)
@pytest.mark.parametrize("before", SOUND)
def test_a_kill_at_any_call_of_a_save_costs_that_save_alone(
    folder: Path, breaker: Breaker, harm: Harm, reached: Reached, before: str
) -> None:
    run = prepared(folder, before)
    calls = breaker(0, "none", again(run))
    assert calls > 60
    tried = range(1, calls + 1, harm(3, 1))
    for call in tried:
        broken = again(run)
        assert breaker(call, "kill", broken) == -9
        assert_still_sound(broken, before)
    reached(kills=len(tried), mixed_or_unreadable=0, next_saves_that_worked=len(tried))


@pytest.mark.promise(8)
@pytest.mark.parametrize("before", SOUND)
def test_a_full_disk_at_any_call_of_a_save_loses_no_good_step(
    folder: Path, breaker: Breaker, harm: Harm, reached: Reached, before: str
) -> None:
    run = prepared(folder, before)
    calls = breaker(0, "none", again(run))
    tried = range(1, calls + 1, harm(6, 1))
    for call in tried:
        broken = again(run)
        assert breaker(call, "full", broken) >= 0
        assert_still_sound(broken, before)
    reached(calls_refused=len(tried), good_steps_lost=0)


def assert_still_sound(run: Path, before: str) -> None:
    assert_sound(run, SOUND[before], damaged=3 if before == "damaged" else -1)
    assert_goes_on(run)


def traced(run: Path) -> list[tuple[str, int]]:
    """The system calls of a sitting that change the disk: name, and the how manieth of its name it is."""
    log = run.with_name("trace")
    strace = ["strace", "-f", "-o", str(log), "-e", f"trace={TRACED}"]
    subprocess.run([*strace, *SITTING, str(run)], cwd=ROOT, check=True, capture_output=True)
    counts: dict[str, int] = {}
    found: list[tuple[str, int]] = []
    begun = False
    for line in log.read_text(errors="replace").splitlines():
        match = re.match(r"\d+ +(\w+)\((.*)", line)
        if match is None:
            continue
        name, rest = match.groups()
        counts[name] = counts.get(name, 0) + 1
        begun = begun or str(run) in rest
        if begun and (name != "openat" or "O_CREAT" in rest):
            found.append((name, counts[name]))
    return found


def injected(run: Path, name: str, number: int, fault: str) -> int:
    """How a sitting ends that meets `fault` at the `number`-th call of that name."""
    strace = ["strace", "-f", "-o", "/dev/null", "-e", f"trace={name}"]
    strace += ["-e", f"inject={name}:{fault}:when={number}"]
    return subprocess.run([*strace, *SITTING, str(run)], cwd=ROOT, check=False, capture_output=True).returncode


def broken_by_the_system(folder: Path, before: str, fault: str, every: int) -> int:
    """Break sittings at every so manieth call, and look what is left; how many."""
    run = prepared(folder, before)
    calls = traced(again(run))
    assert len(calls) > 60
    for name, number in calls[every // 2 :: every]:
        broken = again(run)
        status = injected(broken, name, number, fault)
        assert status == -9 if "KILL" in fault else status in (0, 1)
        assert_still_sound(broken, before)
    return len(calls[every // 2 :: every])


needs_strace = pytest.mark.skipif(shutil.which("strace") is None, reason="no strace here; the same is done from within")


@needs_strace
@pytest.mark.promise(1, 2)
def test_the_system_kills_at_any_call_of_a_save(folder: Path, harm: Harm, reached: Reached) -> None:
    every = harm(30, 1)
    kills = sum(broken_by_the_system(folder, before, "signal=SIGKILL", every) for before in ("damaged", "pruning"))
    reached(kills=kills, mixed_or_unreadable=0, next_saves_that_worked=kills)


@needs_strace
@pytest.mark.promise(8)
def test_the_system_is_full_at_any_call_of_a_save(folder: Path, harm: Harm, reached: Reached) -> None:
    refused = broken_by_the_system(folder, "pruning", "error=ENOSPC", harm(30, 1))
    reached(calls_refused=refused, good_steps_lost=0)


def test_a_link_or_a_file_in_place_of_a_folder_stops_no_save(folder: Path) -> None:
    run = prepared(folder, "plain")
    elsewhere = folder / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "mine").write_bytes(b"mine")
    steps = run / "steps"
    (steps / "000000003.tmp").symlink_to(elsewhere)
    (steps / "000000004.tmp").write_bytes(b"")
    (steps / "000000003").symlink_to(folder / "nowhere")
    (steps / "000000004").symlink_to(elsewhere)
    newest = newest_step(run)
    assert newest is not None
    assert newest.number == 2
    assert sit(run) == 4
    assert (elsewhere / "mine").read_bytes() == b"mine"
    (steps / "000000003.damaged").unlink()
    assert_goes_on(run)
