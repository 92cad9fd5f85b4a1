from __future__ import annotations

import fcntl
import os
import subprocess
import sys
import time
from pathlib import Path

import msgspec
import pytest

from grnn_tui.errors import RunError
from grnn_tui.runs import lock
from grnn_tui.runs.lock import Owner, RunLock, is_dead, read_owner, this_process
from tests.support.promises import Harm, Reached
from tests.support.waiting import wait_for

RACER = """
import fcntl, sys, time
from pathlib import Path
from grnn_tui.errors import RunError
from grnn_tui.runs.lock import RunLock
if sys.argv[2] == "no-flock":
    def nothing(*_): raise OSError(95, "not supported")
    fcntl.flock = nothing
sys.stdin.readline()
try:
    with RunLock(Path(sys.argv[1])):
        print("won", flush=True)
        sys.stdin.readline()
except RunError:
    print("lost", flush=True)
"""


def leave_marker(folder: Path, number: int, owner: Owner) -> None:
    (folder / f"owner-{number}").write_bytes(msgspec.json.encode(owner))


def dead_owner() -> Owner:
    child = subprocess.Popen([sys.executable, "-c", ""])
    owner = msgspec.structs.replace(this_process(), pid=child.pid, started="1")
    child.wait()
    return owner


@pytest.mark.promise(17)
@pytest.mark.parametrize("flock", ["flock", "no-flock"])
@pytest.mark.parametrize("stale", ["none", "dead", "reused pid"])
def test_of_many_racing_starts_one_wins(tmp_path: Path, flock: str, stale: str, harm: Harm, reached: Reached) -> None:
    many = harm(8, 50)
    if stale != "none":
        leave_marker(tmp_path, 4, dead_owner() if stale == "dead" else reused_pid())
    command = [sys.executable, "-c", RACER, str(tmp_path), flock]
    racers = [subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(many)]
    for racer in racers:
        assert racer.stdin is not None
        racer.stdin.write("go\n")
        racer.stdin.flush()
    said = [racer.stdout.readline().strip() for racer in racers if racer.stdout is not None]
    assert said.count("won") == 1
    assert said.count("lost") == many - 1
    for racer in racers:
        racer.communicate()
    assert not read_owner(tmp_path).alive
    began = time.monotonic()
    with RunLock(tmp_path):
        freed = time.monotonic() - began
        assert read_owner(tmp_path).alive
    assert freed < 5
    reached(racing_starts=many, winners_beyond_one=said.count("won") - 1, s_until_freed=freed)


def reused_pid() -> Owner:
    """Of a process that is gone, whose number a living one has."""
    return msgspec.structs.replace(this_process(), started="123")


@pytest.mark.promise(17)
@pytest.mark.complete
def test_of_two_real_trainers_of_one_run_one_is_refused_in_a_line(tmp_path: Path, reached: Reached) -> None:
    environment = os.environ | {f"GRNN_TUI_{name}": str(tmp_path / name.lower()) for name in ("RUNS", "CACHE")}
    program = [sys.executable, "-m", "grnn_tui", "train"]
    small = ["reber", "--data-size", "3000", "--backend", "gru", "--hidden", "4", "--steps", "1", "--name", "mine"]
    subprocess.run([*program, *small], env=environment, capture_output=True, check=True)
    again = [*program, "--resume", "mine", "--steps", "10000000"]
    both = [subprocess.Popen(again, env=environment, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    try:
        wait_for(lambda: any(one.poll() is not None for one in both))
        loser, winner = sorted(both, key=lambda one: one.poll() is None)
        assert loser.stderr is not None
        said = loser.stderr.read()
        assert (loser.returncode, len(said.splitlines())) == (2, 1), said
        assert "is being trained by process" in said
        assert winner.poll() is None
        owner = read_owner(tmp_path / "runs" / "mine").owner
        assert owner is not None
        assert owner.pid == winner.pid
        winner.kill()
        winner.wait()
        began = time.monotonic()
        with RunLock(tmp_path / "runs" / "mine"):
            freed = time.monotonic() - began
        assert freed < 5
        reached(racing_trainers=2, s_until_freed=freed)
    finally:
        for one in both:
            one.kill()
            one.communicate()


def test_a_held_run_is_refused_and_says_by_whom(tmp_path: Path) -> None:
    with RunLock(tmp_path), pytest.raises(RunError, match=f"process {os.getpid()}"), RunLock(tmp_path):
        pass


@pytest.mark.promise(17)
def test_a_dead_owners_marker_is_taken_over_at_once(tmp_path: Path) -> None:
    leave_marker(tmp_path, 3, dead_owner())
    assert not read_owner(tmp_path).alive
    with RunLock(tmp_path):
        assert sorted(path.name for path in tmp_path.glob("owner-*")) == ["owner-4"]


@pytest.mark.promise(17)
def test_a_reused_pid_is_not_mistaken_for_the_owner(tmp_path: Path) -> None:
    leave_marker(tmp_path, 1, msgspec.structs.replace(this_process(), started="123"))
    assert not read_owner(tmp_path).alive
    with RunLock(tmp_path):
        pass


@pytest.mark.promise(17)
def test_an_owner_from_before_the_machine_was_started_anew_is_dead() -> None:
    assert is_dead(msgspec.structs.replace(this_process(), boot="another"), have_flock=False)


@pytest.mark.promise(17)
def test_another_machines_owner_is_left_for_a_person_to_judge(tmp_path: Path) -> None:
    leave_marker(tmp_path, 1, msgspec.structs.replace(this_process(), host="far-away", boot="another"))
    with (
        pytest.raises(RunError, match=r"far-away; if that machine no longer trains it, delete .*owner-1"),
        RunLock(tmp_path),
    ):
        pass
    assert read_owner(tmp_path).alive


@pytest.mark.promise(17)
def test_another_containers_owner_is_dead_only_if_its_flock_is_free() -> None:
    owner = msgspec.structs.replace(this_process(), namespace="pid:[1]", pid=1)
    assert not is_dead(owner, have_flock=False)
    assert is_dead(owner, have_flock=True)
    assert not is_dead(msgspec.structs.replace(owner, flock=False), have_flock=True)


@pytest.mark.promise(17)
def test_a_marker_alone_holds_where_the_file_system_has_no_flock(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(95, "not supported")

    monkeypatch.setattr(fcntl, "flock", refuse)
    with RunLock(tmp_path), pytest.raises(RunError), RunLock(tmp_path):
        pass


@pytest.mark.promise(17)
def test_whoever_was_slow_to_look_at_a_dead_marker_gives_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    leave_marker(tmp_path, 5, this_process())
    real = lock._newest_marker
    stale = iter([(3, dead_owner())])
    monkeypatch.setattr(lock, "_newest_marker", lambda folder: next(stale, None) or real(folder))
    with pytest.raises(RunError, match=f"process {os.getpid()}"), RunLock(tmp_path):
        pass
    assert sorted(path.name for path in tmp_path.glob("owner-*")) == ["owner-5"]


@pytest.mark.promise(17)
def test_the_lock_alone_holds_where_the_marker_is_gone(tmp_path: Path) -> None:
    with RunLock(tmp_path):
        for marker in tmp_path.glob("owner-*"):
            marker.unlink()
        with pytest.raises(RunError), RunLock(tmp_path):
            pass


@pytest.mark.promise(17)
def test_a_process_waiting_to_be_collected_is_dead() -> None:
    child = subprocess.Popen([sys.executable, "-c", ""], stdout=subprocess.PIPE)
    assert child.stdout is not None
    child.stdout.read()
    wait_for(lambda: lock.process_start(child.pid) is None)
    child.communicate()
