from __future__ import annotations

import fcntl
import os
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from grnn_tui.errors import RunError
from grnn_tui.runs import lock
from grnn_tui.runs.lock import Owner, RunLock, is_dead, read_owner, this_process

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


@pytest.mark.parametrize("flock", ["flock", "no-flock"])
@pytest.mark.parametrize("stale", [False, True])
def test_of_many_racing_starts_one_wins(tmp_path: Path, flock: str, stale: bool) -> None:
    if stale:
        leave_marker(tmp_path, 4, dead_owner())
    command = [sys.executable, "-c", RACER, str(tmp_path), flock]
    racers = [subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(8)]
    for racer in racers:
        assert racer.stdin is not None
        racer.stdin.write("go\n")
        racer.stdin.flush()
    said = [racer.stdout.readline().strip() for racer in racers if racer.stdout is not None]
    assert said.count("won") == 1
    assert said.count("lost") == 7
    for racer in racers:
        racer.communicate()
    assert not read_owner(tmp_path).alive
    with RunLock(tmp_path):
        assert read_owner(tmp_path).alive


def test_a_held_run_is_refused_and_says_by_whom(tmp_path: Path) -> None:
    with RunLock(tmp_path), pytest.raises(RunError, match=f"process {os.getpid()}"), RunLock(tmp_path):
        pass


def test_a_dead_owners_marker_is_taken_over_at_once(tmp_path: Path) -> None:
    leave_marker(tmp_path, 3, dead_owner())
    assert not read_owner(tmp_path).alive
    with RunLock(tmp_path):
        assert sorted(path.name for path in tmp_path.glob("owner-*")) == ["owner-4"]


def test_a_reused_pid_is_not_mistaken_for_the_owner(tmp_path: Path) -> None:
    leave_marker(tmp_path, 1, msgspec.structs.replace(this_process(), started="123"))
    assert not read_owner(tmp_path).alive
    with RunLock(tmp_path):
        pass


def test_an_owner_from_before_the_machine_was_started_anew_is_dead() -> None:
    assert is_dead(msgspec.structs.replace(this_process(), boot="another"), have_flock=False)


def test_another_machines_owner_is_left_for_a_person_to_judge(tmp_path: Path) -> None:
    leave_marker(tmp_path, 1, msgspec.structs.replace(this_process(), host="far-away", boot="another"))
    with (
        pytest.raises(RunError, match=r"far-away; if that machine no longer trains it, delete .*owner-1"),
        RunLock(tmp_path),
    ):
        pass
    assert read_owner(tmp_path).alive


def test_another_containers_owner_is_dead_only_if_its_flock_is_free() -> None:
    owner = msgspec.structs.replace(this_process(), namespace="pid:[1]", pid=1)
    assert not is_dead(owner, have_flock=False)
    assert is_dead(owner, have_flock=True)
    assert not is_dead(msgspec.structs.replace(owner, flock=False), have_flock=True)


def test_a_marker_alone_holds_where_the_file_system_has_no_flock(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(95, "not supported")

    monkeypatch.setattr(fcntl, "flock", refuse)
    with RunLock(tmp_path), pytest.raises(RunError), RunLock(tmp_path):
        pass


def test_whoever_was_slow_to_look_at_a_dead_marker_gives_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    leave_marker(tmp_path, 5, this_process())
    real = lock._newest_marker
    stale = iter([(3, dead_owner())])
    monkeypatch.setattr(lock, "_newest_marker", lambda folder: next(stale, None) or real(folder))
    with pytest.raises(RunError, match=f"process {os.getpid()}"), RunLock(tmp_path):
        pass
    assert sorted(path.name for path in tmp_path.glob("owner-*")) == ["owner-5"]


def test_the_lock_alone_holds_where_the_marker_is_gone(tmp_path: Path) -> None:
    with RunLock(tmp_path):
        for marker in tmp_path.glob("owner-*"):
            marker.unlink()
        with pytest.raises(RunError), RunLock(tmp_path):
            pass


def test_a_process_waiting_to_be_collected_is_dead() -> None:
    child = subprocess.Popen([sys.executable, "-c", ""], stdout=subprocess.PIPE)
    assert child.stdout is not None
    child.stdout.read()
    from tests.support.waiting import wait_for

    wait_for(lambda: lock.process_start(child.pid) is None)
    child.communicate()
