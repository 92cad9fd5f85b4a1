from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.command import Command
from tests.support.models import LETTERS, make_model


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes], tmp_path: Path) -> Command:
    """The command line with homes of its own."""
    for variable, folder in (("GRNN_TUI_CACHE", "cache"), ("GRNN_TUI_RUNS", "runs")):
        monkeypatch.setenv(variable, str(tmp_path / folder))
    return Command(monkeypatch, capsysbinary)


@pytest.fixture(scope="session")
def untrained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model that has learned nothing."""
    return make_model(tmp_path_factory.mktemp("models") / "untrained", "gru", LETTERS).path
