"""A terminal, and homes of one's own."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.ui.support.on_terminal import terminal as terminal


@pytest.fixture
def own_homes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Nothing of the user's is read or written."""
    for name in ("CONFIG", "STATE", "RUNS", "CACHE"):
        monkeypatch.setenv(f"GRNN_TUI_{name}", str(tmp_path / name.lower()))
    for name in ("NO_COLOR", "GRNN_TUI_MARKERS"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path
