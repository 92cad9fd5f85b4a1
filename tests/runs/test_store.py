from __future__ import annotations

import os
import stat
from datetime import datetime
from pathlib import Path

import pytest

from grnn_tui.errors import RunError, UsageError
from grnn_tui.runs import checkpoint
from grnn_tui.runs.lock import RunLock
from grnn_tui.runs.metrics import MetricsWriter
from grnn_tui.runs.request import DataRequest, RunRequest
from grnn_tui.runs.rows import AnyRow, Noted, Started, Trained, Validated
from grnn_tui.runs.store import check_name, find_run, list_runs, new_run, reserve, suggest_name
from tests.runs.conftest import MakeRun


def write(path: Path, *rows: AnyRow) -> None:
    writer = MetricsWriter(path)
    for row in rows:
        writer.append(row)


def test_a_run_is_found_by_name_and_by_directory(make_run: MakeRun) -> None:
    run = make_run("mine")
    assert find_run("mine") == run
    assert find_run(str(run.path)) == run
    assert find_run("mine").request.backend == "lstm"


def test_a_run_that_is_not_there_is_refused_with_names_that_sound_alike(make_run: MakeRun) -> None:
    make_run("tales-lstm")
    with pytest.raises(RunError, match="did you mean tales-lstm"):
        find_run("tales-lstn")
    with pytest.raises(RunError, match="grnn-tui runs"):
        find_run("xyz")


@pytest.mark.parametrize("name", ["", ".", "..", ".hidden", "-x", "a/b", "a b", "é", "x" * 65, "a\n", "\x1b[31m"])
def test_names_that_could_do_harm_are_refused(name: str) -> None:
    with pytest.raises(UsageError):
        check_name(name)


def test_made_up_names_are_unique_and_allowed(root: Path) -> None:
    now = datetime(2026, 11, 20)
    assert suggest_name("tales", "lstm", now) == "1120-tales-lstm"
    assert suggest_name("/x/tinyshakespeare/input.txt", "gru", now) == "1120-tinyshakespeare-gru"
    for odd in ("/", "../..", "é*.txt", "-", "\x1b[2J", "x" * 300, ""):
        check_name(suggest_name(odd, "lstm"))
    request = RunRequest(name="", created="", backend="lstm", data=DataRequest(sources=("tales",)))
    names = {new_run(request).name for _ in range(3)}
    assert len(names) == 3


def test_a_name_that_is_taken_is_refused(make_run: MakeRun) -> None:
    make_run("mine")
    with pytest.raises(RunError, match="--resume mine"):
        make_run("mine")


def test_a_directory_that_holds_something_else_is_refused(root: Path, tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "thesis.tex").write_text("x")
    with pytest.raises(RunError, match="not an empty folder"):
        reserve(path=tmp_path / "full")


@pytest.mark.promise(21)
@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
def test_only_the_owner_reads_a_run_whatever_the_umask(make_run: MakeRun, umask: int) -> None:
    before = os.umask(umask)
    try:
        run = make_run(f"run-{umask:o}")
    finally:
        os.umask(before)
    assert stat.S_IMODE(run.path.stat().st_mode) == 0o700
    assert stat.S_IMODE((run.path / "run.json").stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("rows", "held", "state"),
    [
        ([], False, "new"),
        ([Started(), Trained(step=1)], True, "alive"),
        ([Started(), Noted(event="paused"), Noted(event="rate")], True, "paused"),
        ([Started(), Noted(event="paused"), Noted(event="resumed")], True, "alive"),
        ([Started(), Noted(event="finished")], False, "finished"),
        ([Started(), Noted(event="failed")], False, "failed"),
        ([Started(), Noted(event="stopped"), Started()], False, "died"),
        ([Started(), Noted(event="paused")], False, "died"),
    ],
)
def test_the_state_is_what_rows_and_owner_tell(make_run: MakeRun, rows: list[AnyRow], held: bool, state: str) -> None:
    run = make_run("mine")
    write(run.metrics, *rows)
    if held:
        with RunLock(run.path):
            assert run.status().state == state
    else:
        assert run.status().state == state


def test_the_list_tells_the_newest_of_each_run(make_run: MakeRun) -> None:
    run = make_run("mine")
    make_run("other")
    write(run.metrics, Started(), Validated(step=5, loss=2.5), Trained(step=9, loss=2.0, progress=0.4, seconds=3.0))
    checkpoint.write_step(run.path, 5, {"x": b""}, validation=2.25)
    (line,) = [line for line in list_runs() if line.name == "mine"]
    assert (line.step, line.loss, line.validation, line.progress, line.seconds) == (9, 2.0, 2.25, 0.4, 3.0)
    assert line.checkpoints == (5,)
    assert len(list_runs()) == 2


def test_a_damaged_run_does_not_spoil_the_list(make_run: MakeRun) -> None:
    make_run("good")
    bad = make_run("bad")
    (bad.path / "run.json").write_bytes(b"{")
    assert [line.name for line in list_runs()] == ["good"]
