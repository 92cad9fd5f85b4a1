"""Words on the screen: bars that are words, steps that are words, and unknown ones that are marked."""

from __future__ import annotations

from array import array
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from textual.app import App
from textual.pilot import Pilot

from grnn_tui.engine.client import EngineClient
from grnn_tui.safetext import name_of
from grnn_tui.ui.app import GrnnApp
from grnn_tui.ui.panes.next_symbol.view import name_width
from grnn_tui.ui.panes.output.view import TextView, look_of
from grnn_tui.ui.settings import LastState
from grnn_tui.ui.transcript import Transcript
from tests.support.models import WORDS, make_model
from tests.ui.support.host import until
from tests.ui.support.text_snapshot import screen_text

Compare = Callable[[App[object], str], None]


@asynccontextmanager
async def playing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, **last: Any
) -> AsyncIterator[tuple[GrnnApp, Pilot[Any]]]:
    monkeypatch.setenv("GRNN_TUI_MODELS", str(tmp_path / "models"))
    monkeypatch.setenv("GRNN_TUI_RUNS", str(tmp_path / "runs"))
    make_model(tmp_path / "models" / "tiny", "ngram", WORDS)
    app = GrnnApp(EngineClient(tmp_path / "engine.log"), last=LastState(reference="tiny", **last))
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.controller.state.prediction is not None, 60)
        yield app, pilot


async def test_bars_are_words_and_stepping_back_removes_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text_snapshot: Compare
) -> None:
    async with playing(tmp_path, monkeypatch) as (app, pilot):
        controller, screen = app.controller, app.playground
        await pilot.press(*"the boat was low")
        await until(pilot, lambda: controller.state.prompt_text == "the boat was low" and not controller.state.busy)
        assert controller.state.transcript.text[:4] == ["the", " boat", " was", " low"]
        await until(pilot, lambda: screen.bars.view.prediction is controller.state.prediction)
        shown = screen_text(app)
        assert "Next word" in shown
        assert "\u2423river" in shown
        assert "\x1b" not in shown
        await pilot.press("tab", "2", "left")
        await until(pilot, lambda: controller.state.cursor == 3 and controller.state.prediction.chosen == 11)  # type: ignore[union-attr]
        await until(pilot, lambda: screen.bars.view.prediction is controller.state.prediction)
        assert "stands here \u2423low" in screen_text(app)
        text_snapshot(app, "play-words-80x24")
        await pilot.press("n")
        await until(pilot, lambda: controller.state.cursor == 4 and not controller.state.generating)
        await pilot.press("5", "down", "enter")
        await until(pilot, lambda: controller.state.cursor == 5)
        assert controller.state.transcript.text[4] in WORDS.symbols


async def test_a_text_of_words_is_there_again_after_a_restart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with playing(tmp_path, monkeypatch, prompt="the miller", written=" was<unk>.") as (app, pilot):
        await until(pilot, lambda: app.controller.state.length == 5)
        assert app.controller.state.transcript.text == ["the", " miller", " was", "<unk>", "."]


def test_what_the_model_does_not_know_is_marked_and_still_coloured() -> None:
    transcript = Transcript(3, ["the", " boat", "\u4e2d"], array("i", [7, 1, -1]), array("d", [2.0, 9.0, 0.0]))
    view = TextView(transcript, unknown=WORDS.unknown)
    assert [look_of(view, i).unknown for i in range(3)] == [False, True, True]
    assert look_of(view, 1).level is not None
    assert look_of(view, 2).level is None


def test_words_have_room_beside_their_bars() -> None:
    assert [name_width(unit, 30) for unit in ("character", "word")] == [7, 10]
    assert [name_width("word", width) for width in (18, 30, 90)] == [7, 10, 16]


def test_a_word_is_named_with_its_space_and_nothing_that_acts() -> None:
    assert name_of(" the") == "\u2423the"
    assert name_of(" the", ascii_only=True) == "_the"
    assert name_of(" \x1b[2J") == "\u2423\u241b[2J"
    assert name_of(" internationally", cells=7) == "\u2423inter\u2026"
