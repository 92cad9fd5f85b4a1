"""Pictures of the training side for the gallery."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from textual.app import App

from grnn_tui.safetext import SafeText, sanitise
from grnn_tui.ui.panes.training.followed import FollowedRun
from grnn_tui.ui.screens.monitor import MonitorScreen
from grnn_tui.ui.screens.runs import RunsScreen
from grnn_tui.ui.screens.train_form import TrainForm
from tests.ui.support.catalogue import catalogue
from tests.ui.support.host import Host, until
from tests.ui.support.text_snapshot import screen_text
from tests.ui.support.training_runs import EPOCH_SECONDS, make_run, row_story, story
from tests.ui.test_runs_screen import NOW, several

pytestmark = pytest.mark.picture
Compare = Callable[[App[object], str], None]


async def _sample(path: Path) -> SafeText | None:
    text = "Once there was a miller who had three sons.\nThe eldest said to the king: bring me the lamp."
    return sanitise(text, keep_newlines=True)


async def test_picture_of_the_monitor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, picture: Compare) -> None:
    monkeypatch.setenv("GRNN_TUI_RUNS", str(tmp_path))
    followed = FollowedRun(make_run(tmp_path, rows=list(story(5800)), alive=True))
    screen = MonitorScreen(followed, write_sample=_sample)
    app = Host(screen)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.pause()
        screen.tick(EPOCH_SECONDS + 291)
        await until(pilot, lambda: "three sons" in screen_text(app))
        picture(app, "monitor-120x40")


async def _drawn(path: Path) -> SafeText | None:
    return sanitise(
        "   ▄▄████▄▄\n  ██▀▀  ▀▀██\n         ▄██\n      ▄██▀▀\n         ▀██▄\n  ▄▄      ▄██\n   ▀██▄▄██▀▀",
        keep_newlines=True,
    )


async def test_picture_of_the_monitor_of_images(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, picture: Compare
) -> None:
    monkeypatch.setenv("GRNN_TUI_RUNS", str(tmp_path))
    rows = list(row_story(5800))
    run = make_run(tmp_path, "1124-strokes-binary-nade", rows, alive=True, backend="binary-nade", data="strokes")
    screen = MonitorScreen(FollowedRun(run), write_sample=_drawn)
    app = Host(screen)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.pause()
        screen.tick(EPOCH_SECONDS + 291)
        await until(pilot, lambda: "▀██▄▄██▀▀" in screen_text(app))
        picture(app, "monitor-images-120x40")


async def test_picture_of_the_form(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, picture: Compare) -> None:
    monkeypatch.setenv("GRNN_TUI_RUNS", str(tmp_path))
    app = Host(TrainForm(catalogue()))
    async with app.run_test(size=(100, 34)) as pilot:
        await until(pilot, lambda: "$ grnn-tui train" in screen_text(app))
        app.screen.query_one("#name").focus()
        await pilot.press(*"my-first-run")
        await until(pilot, lambda: "run my-first-run" in screen_text(app))
        app.screen.query_one("#data").focus()
        await pilot.pause()
        picture(app, "form-100x34")


async def test_picture_of_the_runs(monkeypatch: pytest.MonkeyPatch, picture: Compare) -> None:
    monkeypatch.setattr(time, "time", lambda: NOW)
    app = Host(RunsScreen(read=several))
    async with app.run_test(size=(100, 20)) as pilot:
        await until(pilot, lambda: "1120" in screen_text(app))
        picture(app, "runs-100x20")
