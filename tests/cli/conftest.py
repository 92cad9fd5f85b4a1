from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.command import Command
from tests.support.models import BYTES, LETTERS, make_model


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes], tmp_path: Path) -> Command:
    """The command line with homes of its own for caches, runs and models."""
    for variable, folder in (("GRNN_TUI_CACHE", "cache"), ("GRNN_TUI_RUNS", "runs"), ("GRNN_TUI_MODELS", "models")):
        monkeypatch.setenv(variable, str(tmp_path / folder))
    return Command(monkeypatch, capsysbinary)


@pytest.fixture(scope="session")
def lstm(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small model of characters."""
    return make_model(tmp_path_factory.mktemp("models") / "lstm", "lstm", LETTERS).path


@pytest.fixture(scope="session")
def gru_of_bytes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small model of bytes."""
    return make_model(tmp_path_factory.mktemp("models") / "bytes", "gru", BYTES).path
