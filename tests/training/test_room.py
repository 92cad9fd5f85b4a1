"""Room is probed before the first step, and too little of it is told in one line."""

from __future__ import annotations

import pytest

from grnn_tui.runs import room
from grnn_tui.runs.metrics import first_row
from grnn_tui.training.session import train
from tests.training.conftest import MakeRun


@pytest.mark.promise(8)
@pytest.mark.parametrize(("free", "warned"), [(2 << 20, True), (10 << 30, False)])
def test_little_room_is_told_at_the_start(
    make_run: MakeRun, monkeypatch: pytest.MonkeyPatch, free: int, warned: bool
) -> None:
    monkeypatch.setattr(room, "free_bytes", lambda path: free)
    run = make_run("mine", steps=2)
    assert train(run).state == "finished"
    began = first_row(run.metrics)
    assert began is not None
    told = [warning for warning in began.warnings if "nearly full" in warning]
    assert len(told) == warned
    if warned:
        assert "2M free, room for fewer than 3 checkpoints of about" in told[0]
