"""States of playing rows as text, at both sizes, and as pictures for the gallery."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from textual.app import App

from grnn_tui.ui.settings import Preferences
from tests.ui.support.row_scenes import SCENES
from tests.ui.support.row_stage import row_stage
from tests.ui.support.stage import LARGE, SMALL
from tests.ui.support.text_snapshot import screen_text

Compare = Callable[[App[object], str], None]
AS_TEXT = ("empty", "flags", "real-known", "labelled", "forced")
SMALL_TOO = ("growing", "real", "labelled")
PICTURES = ("finished", "completed", "order", "real", "colour")


@pytest.mark.parametrize("name", AS_TEXT)
async def test_the_screen_as_text(name: str, text_snapshot: Compare, monkeypatch: pytest.MonkeyPatch) -> None:
    model, scene = SCENES[name]
    async with row_stage(monkeypatch, model, LARGE) as here:
        await scene(here)
        text_snapshot(here.app, f"rows-{name}-120x40")


@pytest.mark.parametrize("name", SMALL_TOO)
async def test_the_small_screen_as_text(name: str, text_snapshot: Compare, monkeypatch: pytest.MonkeyPatch) -> None:
    model, scene = SCENES[name]
    async with row_stage(monkeypatch, model, SMALL) as here:
        await scene(here)
        text_snapshot(here.app, f"rows-{name}-80x24")


async def test_ascii_as_text(text_snapshot: Compare, monkeypatch: pytest.MonkeyPatch) -> None:
    async with row_stage(monkeypatch, "flags", SMALL, markers="ascii") as here:
        await SCENES["half"][1](here)
        assert screen_text(here.app).isascii()
        text_snapshot(here.app, "rows-ascii-80x24")


async def test_without_colours_as_text(text_snapshot: Compare, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with row_stage(monkeypatch, "small", LARGE) as here:
        await SCENES["half"][1](here)
        text_snapshot(here.app, "rows-plain-120x40")


@pytest.mark.picture
@pytest.mark.parametrize("name", PICTURES)
async def test_a_picture_of_each(name: str, picture: Compare, monkeypatch: pytest.MonkeyPatch) -> None:
    model, scene = SCENES[name]
    async with row_stage(monkeypatch, model, LARGE) as here:
        await scene(here)
        picture(here.app, f"rows-{name}")


@pytest.mark.picture
async def test_a_picture_of_a_small_screen_in_a_light_theme(picture: Compare, monkeypatch: pytest.MonkeyPatch) -> None:
    async with row_stage(monkeypatch, "digits", SMALL, preferences=Preferences(theme="paper")) as here:
        await SCENES["growing"][1](here)
        picture(here.app, "rows-growing-80x24")
