"""A last line that a crash cut at any byte hides nothing, and what came after the step gone on from does not count."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from grnn_tui.runs.checkpoint import step_path
from grnn_tui.runs.commands import CommandReader, PauseRun, SetRate, StopRun, append_command
from grnn_tui.runs.directory import Run
from grnn_tui.runs.metrics import read_rows
from grnn_tui.runs.rows import Started, Trained
from grnn_tui.training.session import train
from tests.support.promises import Harm, Reached
from tests.training.conftest import MakeRun


@pytest.mark.promise(9)
def test_a_run_goes_on_after_rows_cut_at_any_byte(
    make_run: MakeRun, monkeypatch: pytest.MonkeyPatch, harm: Harm, reached: Reached
) -> None:
    monkeypatch.setattr("grnn_tui.training.tally.ROWS_EVERY", 0.0)
    run = make_run("mine", steps=100, checkpoint_steps=8)
    train(run, until=12)
    shutil.rmtree(step_path(run.path, 12))  # as if killed before it was saved
    kept = [line for line in run.metrics.read_bytes().splitlines() if b'"type":"train"' in line]
    whole = b"\n".join(run.metrics.read_bytes().splitlines()[:2] + kept) + b"\n"
    last = whole.rindex(b"\n", 0, -1) + 1
    cuts = range(last, len(whole) + 1, harm(16, 1))
    for cut in cuts:
        torn = Run(run.path.with_name(f"cut-{cut}"))
        shutil.copytree(run.path, torn.path)
        torn.metrics.write_bytes(whole[:cut])
        train(torn, until=10)
        assert_told_right(torn, whole, cut, last)
        shutil.rmtree(torn.path)
    reached(cuts=len(cuts), rows_glued=0, rows_past_the_resume=0)


def assert_told_right(torn: Run, whole: bytes, cut: int, last: int) -> None:
    content = torn.metrics.read_bytes()
    before = whole.splitlines()
    fragment = whole[last:cut].removesuffix(b"\n")
    lines = content.splitlines()
    assert lines[: len(before) - 1] == before[:-1]
    assert not fragment or lines[len(before) - 1] == fragment
    found = read_rows(torn.metrics)
    complete = cut >= len(whole) - 1
    assert found.bad == (0 if complete or not fragment else 1)
    begun = max(i for i, row in enumerate(found.rows) if isinstance(row, Started))
    assert found.rows[begun].step == 8
    assert all(row.step <= 8 for row in found.rows[:begun])
    assert [row.step for row in found.rows if isinstance(row, Trained)] == list(range(1, 11))


@pytest.mark.promise(9)
def test_what_is_asked_after_a_line_cut_at_any_byte_arrives(tmp_path: Path, reached: Reached) -> None:
    path = tmp_path / "commands.jsonl"
    append_command(path, PauseRun())
    append_command(path, SetRate(3e-4))
    whole = path.read_bytes()
    last = whole.index(b"\n") + 1
    for cut in range(last, len(whole) + 1):
        path.write_bytes(whole[:cut])
        reader = CommandReader(path)
        append_command(path, StopRun())
        assert reader.poll() == [StopRun()]
        path.write_bytes(whole[:last])
        reader = CommandReader(path)
        with path.open("ab") as file:
            file.write(whole[last:cut])
        asked = reader.poll()
        append_command(path, StopRun())
        asked += reader.poll()
        assert asked == ([SetRate(3e-4)] if cut >= len(whole) - 1 else []) + [StopRun()]
    reached(cuts=len(whole) + 1 - last, rows_glued=0)
