"""Screens as text files under `snapshots/text/`: diffs can be read. `--snapshot-update` writes them anew."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from textual.app import App

FOLDER = Path(__file__).parents[3] / "snapshots" / "text"


def screen_text(app: App[object]) -> str:
    """What is on the screen, one line a row, without blanks at their ends."""
    strips = app.screen._compositor.render_strips()
    lines = ["".join(segment.text for segment in strip).rstrip() for strip in strips]
    return "\n".join(lines).rstrip() + "\n"


@pytest.fixture
def text_snapshot(request: pytest.FixtureRequest) -> Callable[[App[object], str], None]:
    """Compares the screen with the file of that name."""
    update = bool(request.config.getoption("update_snapshots", default=False))

    def compare(app: App[object], name: str) -> None:
        path = FOLDER / f"{name}.txt"
        shown = screen_text(app)
        if update:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(shown, encoding="utf-8")
        assert path.exists(), f"there is no snapshot {path.name}: run `make snapshots` and look at it"
        assert shown == path.read_text(encoding="utf-8")

    return compare
