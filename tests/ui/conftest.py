"""Fixtures of the screens: a home of its own for each test, and a terminal that is always the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.ui.support.on_terminal import terminal as terminal
from tests.ui.support.picture import picture as picture
from tests.ui.support.text_snapshot import text_snapshot as text_snapshot


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of the user's is read or written, and colours do not depend on who runs the tests."""
    for name in ("CONFIG", "STATE", "RUNS", "CACHE"):
        monkeypatch.setenv(f"GRNN_TUI_{name}", str(tmp_path / name.lower()))
    for name in ("NO_COLOR", "GRNN_TUI_MARKERS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("textual.constants.COLOR_SYSTEM", "truecolor")
