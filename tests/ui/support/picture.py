"""Screens as SVG files in `snapshots/`: the gallery of the README. `--snapshot-update` draws them anew."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from pytest_textual_snapshot import normalize_svg
from textual.app import App

FOLDER = Path(__file__).parents[3] / "snapshots"


@pytest.fixture
def picture(request: pytest.FixtureRequest) -> Callable[[App[object], str], None]:
    """Compares a drawing of the screen with the file of that name."""
    update = bool(request.config.getoption("update_snapshots", default=False))

    def compare(app: App[object], name: str) -> None:
        path = FOLDER / f"{name}.svg"
        drawn = normalize_svg(app.export_screenshot(title="grnn-tui"))
        if update:
            path.write_text(drawn, encoding="utf-8")
        assert path.exists(), f"there is no picture {path.name}: run `make snapshots` and look at it"
        assert drawn == path.read_text(encoding="utf-8"), (
            f"{path.name} has changed: run `make snapshots` and look at it"
        )

    return compare
