from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from grnn_tui.cli.main import cli
from grnn_tui.errors import RunError, UsageError
from grnn_tui.runs.commands import Command, CommandReader, PauseRun, ResumeRun, SaveCheckpoint, SetRate, StopRun
from grnn_tui.runs.directory import Run
from grnn_tui.runs.lock import RunLock
from grnn_tui.runs.metrics import MetricsWriter
from grnn_tui.runs.request import DataRequest, RunRequest
from grnn_tui.runs.rows import Noted, Started, Trained, Validated
from grnn_tui.runs.store import new_run


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("GRNN_TUI_RUNS", str(tmp_path))
    return new_run(RunRequest(name="mine", created="", backend="lstm", data=DataRequest(sources=("tales",))))


def invoke(*words: str) -> str:
    result = CliRunner().invoke(cli, words, standalone_mode=False)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.stdout


@pytest.mark.parametrize(
    ("words", "command"),
    [
        (("pause", "mine"), PauseRun()),
        (("resume", "mine"), ResumeRun()),
        (("stop", "mine"), StopRun()),
        (("checkpoint", "mine"), SaveCheckpoint()),
        (("set", "mine", "lr=3e-4"), SetRate(3e-4)),
    ],
)
def test_each_command_reaches_a_run_that_is_alive(run: Run, words: tuple[str, ...], command: Command) -> None:
    reader = CommandReader(run.commands)
    with RunLock(run.path):
        invoke(*words)
    assert reader.poll() == [command]


@pytest.mark.parametrize("word", ["pause", "resume", "stop", "checkpoint"])
def test_a_run_that_nobody_trains_is_not_steered(run: Run, word: str) -> None:
    with pytest.raises(RunError, match="train --resume mine"):
        invoke(word, "mine")
    assert not run.commands.exists()


@pytest.mark.parametrize("assignment", ["lr", "lr=", "lr=x", "lr=0", "lr=-1", "lr=nan", "lr=inf", "momentum=1", "=1"])
def test_a_rate_that_cannot_be_is_refused(run: Run, assignment: str) -> None:
    with RunLock(run.path), pytest.raises(UsageError):
        invoke("set", "mine", assignment)


def test_watching_an_ended_run_shows_it_all_and_ends(run: Run) -> None:
    writer = MetricsWriter(run.metrics)
    for row in (
        Started(parameters=5000, references={"uniform": 4.0}),
        Trained(step=10, loss=2.0, seconds=3.0),
        Validated(step=10, loss=1.9, best=True),
        Noted(step=10, event="finished", text="\x1b]52;c;x\x07"),
    ):
        writer.append(row)
    lines = invoke("watch", "mine").splitlines()
    assert "uniform 4.0000" in lines[1]
    assert any("2.885 bits/char" in line for line in lines)
    assert any("(best)" in line for line in lines)
    assert lines[-1] == "mine: finished"
    rows = [json.loads(line) for line in invoke("watch", "mine", "--json").splitlines()]
    assert [row["type"] for row in rows] == ["started", "train", "validation", "event"]
