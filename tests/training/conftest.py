from __future__ import annotations

from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pytest

from grnn_tui.runs.directory import Run
from grnn_tui.runs.request import DataRequest, RunRequest, TrainingOptions
from grnn_tui.runs.store import new_run


class MakeRun(Protocol):
    def __call__(self, name: str, backend: str = "gru", settings: dict[str, Any] | None = None, **options: Any) -> Run:
        """A run over a small text, or other `data`, trained in the process of the test."""


@pytest.fixture
def text(tmp_path: Path) -> Path:
    """Some 4,700 characters with structure to learn."""
    luck = np.random.default_rng(0)
    words = ["the", "cat", "sat", "on", "a", "mat", "and", "saw", "ten", "dogs\n"]
    path = tmp_path / "text.txt"
    path.write_text(" ".join(words[i] for i in luck.integers(len(words), size=1200)))
    return path


@pytest.fixture
def make_run(tmp_path: Path, text: Path, monkeypatch: pytest.MonkeyPatch) -> MakeRun:
    monkeypatch.setenv("GRNN_TUI_RUNS", str(tmp_path / "runs"))
    monkeypatch.setenv("GRNN_TUI_CACHE", str(tmp_path / "cache"))

    def make(
        name: str,
        backend: str = "gru",
        settings: dict[str, Any] | None = None,
        data: DataRequest | None = None,
        **options: Any,
    ) -> Run:
        small: dict[str, Any] = {"batch": 4, "length": 16, "validate_every": 1e6, "checkpoint_every": 1e6, "warmup": 5}
        request = RunRequest(
            name=name,
            created="2026-01-01T00:00:00+00:00",
            backend=backend,
            settings=settings if settings is not None else {"hidden": 12, "embedding": 6, "dropout": 0.2},
            data=data or DataRequest(sources=(str(text),)),
            training=TrainingOptions(**(small | options)),
        )
        return new_run(request)

    return make
