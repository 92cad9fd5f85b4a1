from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.models import BYTES, LETTERS, make_model


@pytest.fixture(scope="session")
def lstm(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small model of characters."""
    return make_model(tmp_path_factory.mktemp("models") / "lstm", "lstm", LETTERS).path


@pytest.fixture(scope="session")
def gru_of_bytes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small model of bytes."""
    return make_model(tmp_path_factory.mktemp("models") / "bytes", "gru", BYTES).path
