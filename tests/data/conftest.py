from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of the test's own; the default for everything it opens."""
    directory = tmp_path / "cache"
    monkeypatch.setenv("GRNN_TUI_CACHE", str(directory))
    return directory
