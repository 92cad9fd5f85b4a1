"""Every state of the playing side as text, at both sizes, and a few as pictures for the gallery."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from textual.app import App

from grnn_tui.ui.settings import Preferences
from tests.ui.support.host import until
from tests.ui.support.scenes import SCENES
from tests.ui.support.stage import LARGE, SMALL, stage
from tests.ui.support.text_snapshot import screen_text
from tests.ui.support.training_runs import EPOCH_SECONDS, make_run, story

Compare = Callable[[App[object], str], None]

PICTURES = ["empty", "stepped-back", "branched", "unit", "compared", "palette", "help-screen", "models"]


@pytest.mark.parametrize("size", [SMALL, LARGE], ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("name", SCENES)
async def test_the_screen_as_text(name: str, size: tuple[int, int], text_snapshot: Compare) -> None:
    async with stage(size) as here:
        await SCENES[name](here)
        text_snapshot(here.app, f"play-{name}-{size[0]}x{size[1]}")


@pytest.mark.parametrize("size", [(40, 12), (60, 18), (100, 30), (160, 50), (200, 24)], ids=lambda s: f"{s[0]}x{s[1]}")
async def test_other_sizes_as_text(size: tuple[int, int], text_snapshot: Compare) -> None:
    async with stage(size) as here:
        await SCENES["generating"](here)
        text_snapshot(here.app, f"play-generating-{size[0]}x{size[1]}")


async def test_ascii_as_text(text_snapshot: Compare) -> None:
    async with stage(SMALL, markers="ascii") as here:
        await SCENES["stepped-back"](here)
        assert screen_text(here.app).isascii()
        text_snapshot(here.app, "play-ascii-80x24")


@pytest.mark.picture
@pytest.mark.parametrize("name", PICTURES)
async def test_a_picture_of_each(name: str, picture: Compare) -> None:
    async with stage() as here:
        await SCENES[name](here)
        picture(here.app, f"play-{name}")


@pytest.mark.picture
@pytest.mark.parametrize("theme", ["paper", "contrast", "cividis"])
async def test_a_picture_of_each_theme(theme: str, picture: Compare) -> None:
    async with stage((100, 30), preferences=Preferences(theme=theme)) as here:
        await SCENES["stepped-back"](here)
        picture(here.app, f"theme-{theme}")


@pytest.mark.picture
@pytest.mark.parametrize("size", [SMALL, LARGE], ids=["80x24", "120x40"])
async def test_a_picture_of_playing_while_a_run_learns(
    size: tuple[int, int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, picture: Compare
) -> None:
    run = make_run(tmp_path / "runs", rows=list(story(5800)), alive=True)
    monkeypatch.setattr(time, "time", lambda: EPOCH_SECONDS + 291)
    async with stage(size) as here:
        await SCENES["generating"](here)
        here.app.follow(run.path)
        await until(here.pilot, lambda: "train 58%" in screen_text(here.app))
        await here.settle()
        picture(here.app, f"play-training-{size[0]}x{size[1]}")
