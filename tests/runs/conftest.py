from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from grnn_tui.runs.directory import Run
from grnn_tui.runs.request import DataRequest, RunRequest
from grnn_tui.runs.store import new_run

MakeRun = Callable[[str], Run]


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home for runs and models that holds none yet."""
    folder = tmp_path / "runs"
    monkeypatch.setenv("GRNN_TUI_RUNS", str(folder))
    monkeypatch.setenv("GRNN_TUI_MODELS", str(tmp_path / "models"))
    return folder


@pytest.fixture
def make_run(root: Path) -> MakeRun:
    def make(name: str) -> Run:
        data = DataRequest(sources=("tales",))
        return new_run(RunRequest(name=name, created="2026-01-01T00:00:00+00:00", backend="lstm", data=data))

    return make
