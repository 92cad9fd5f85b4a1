"""The screen over a real engine process and a real (if tiny) model."""

from __future__ import annotations

import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from grnn_tui.data.row_domain import RowDomain
from grnn_tui.engine.client import EngineClient
from grnn_tui.runs.checkpoint import step_path
from grnn_tui.ui.app import GrnnApp
from grnn_tui.ui.settings import LastState
from tests.runs.conftest import MakeRun
from tests.runs.conftest import make_run as make_run
from tests.runs.conftest import root as root
from tests.runs.test_locate import save
from tests.support.models import LETTERS, make_model, make_row_model
from tests.support.promises import Reached
from tests.ui.support.host import until
from tests.ui.support.text_snapshot import screen_text


@asynccontextmanager
async def playing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, **last: Any
) -> AsyncIterator[tuple[GrnnApp, Pilot[Any]]]:
    monkeypatch.setenv("GRNN_TUI_MODELS", str(tmp_path / "models"))
    make_model(tmp_path / "models" / "tiny", "gru", LETTERS)
    app = GrnnApp(EngineClient(tmp_path / "engine.log"), last=LastState(reference="tiny", **last))
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: app.controller.state.prediction is not None, 60)
        yield app, pilot


async def test_type_generate_step_back_force_and_return(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with playing(tmp_path, monkeypatch) as (app, pilot):
        controller, screen = app.controller, app.playground
        before = controller.state.prediction
        await pilot.press("a", "b")
        await until(pilot, lambda: controller.state.prompt_text == "ab" and controller.state.prediction != before)
        controller.controls = type(controller.controls)(per_second=0, length=200)
        await pilot.press("enter")
        await until(pilot, lambda: controller.state.length == 202 and not controller.state.generating)
        await until(pilot, lambda: "written 200 characters" in screen_text(app))
        text = controller.state.transcript.between(0, 202)
        await pilot.press("tab", "left", "left", "left", "5")
        await until(pilot, lambda: controller.state.cursor == 199 and controller.state.prediction.chosen is not None)  # type: ignore[union-attr]
        await until(pilot, lambda: screen.bars.view.prediction is controller.state.prediction)
        standing = screen.bars.view.selected
        await pilot.press("down" if standing == 0 else "up", "enter")
        await until(pilot, lambda: len(controller.state.branches) == 2 and controller.state.length == 200)
        assert controller.state.transcript.between(0, 199) == text[:199]
        await pilot.press("6", "down", "enter")
        await until(pilot, lambda: controller.state.branch == 0 and controller.state.length == 202)
        assert controller.state.transcript.between(0, 202) == text


async def test_a_killed_engine_comes_back_with_the_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with playing(tmp_path, monkeypatch) as (app, pilot):
        controller = app.controller
        controller.controls = type(controller.controls)(per_second=0, length=50)
        await pilot.press("a", "enter")
        await until(pilot, lambda: controller.state.length == 51 and not controller.state.generating)
        text = controller.state.transcript.between(0, 51)
        pid = app.link.engine.pid  # type: ignore[attr-defined]
        os.kill(pid, signal.SIGKILL)
        await until(pilot, lambda: controller.state.deaths == 1)
        await until(pilot, lambda: controller.state.engine == "ready" and controller.state.length == 51, 60)
        assert controller.state.transcript.between(0, 51) == text
        assert "your text is kept" in screen_text(app)
        await pilot.press("tab", "n")
        await until(pilot, lambda: controller.state.length == 52)


async def test_the_same_seed_writes_the_same_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with playing(tmp_path, monkeypatch) as (app, pilot):
        controller = app.controller
        controller.controls = type(controller.controls)(per_second=0, length=60)
        await pilot.press("a", "enter")
        await until(pilot, lambda: controller.state.length == 61 and not controller.state.generating)
        text = controller.state.written
        await pilot.press("tab", "R")
        await until(pilot, lambda: controller.state.branch == 1 and controller.state.length == 61)
        assert controller.state.written == text
        await pilot.press("r")
        await until(pilot, lambda: controller.state.branch == 2 and controller.state.length == 61)
        assert controller.state.written != text


async def test_where_one_left_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with playing(tmp_path, monkeypatch, prompt="abc", written="def", cursor=5, forced=[4]) as (app, pilot):
        await until(pilot, lambda: app.controller.state.length == 6)
        assert app.controller.state.transcript.between(0, 6) == "abcdef"
        assert app.controller.state.cursor == 5
        assert 4 in app.controller.state.transcript.forced


async def test_the_list_of_models_comes_from_the_engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with playing(tmp_path, monkeypatch) as (app, pilot):
        await pilot.press("tab", "o")
        await until(pilot, lambda: "tiny" in screen_text(app) and "opened as" in screen_text(app))


@pytest.mark.promise(3)
async def test_a_damaged_checkpoint_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, make_run: MakeRun, reached: Reached
) -> None:
    run = make_run("mine")
    for step in (1, 2):
        save(run.path, step)
    (step_path(run.path, 2) / "model.json").write_bytes(b"{}")
    async with playing(tmp_path, monkeypatch) as (app, pilot):
        app.controller.open("mine")
        await until(pilot, lambda: "step 1 of mine is taken" in screen_text(app))
        assert app.controller.state.notice is not None
        assert "000000002/model.json is damaged" in app.controller.state.notice.text
    reached(silent=0)


async def test_rows_over_a_real_engine_grow_and_are_completed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_row_model(tmp_path / "models" / "bits", "markov", RowDomain(kind="binary", shape=(5, 6)))
    async with playing(tmp_path, monkeypatch) as (app, pilot):
        app.controller.open("bits")
        await until(pilot, lambda: app.controller.state.rows is not None and app.playground.has_class("-rows"))
        rows = app.controller.rows
        assert rows is not None
        await until(pilot, lambda: rows.state.order.size == 30)
        await pilot.press("enter")
        await until(pilot, lambda: app.controller.state.generating and rows.state.cursor > 1)
        await until(pilot, lambda: rows.state.finished and "mean" in screen_text(app))
        before = rows.state.samples[0].values.tolist()
        await pilot.press("home", "space", "down", "space", "f")
        await until(pilot, lambda: rows.state.finished and not rows.state.painted and not rows.state.exact)
        assert all((sample.values[0], sample.values[6]) == (1, 1) for sample in rows.state.samples)
        assert rows.state.samples[0].values.tolist() != before
