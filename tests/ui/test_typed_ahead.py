"""Keys that arrive faster than they are taken, all in one burst."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from textual import events
from textual.widgets import Input

from grnn_tui.engine import protocol as p
from grnn_tui.ui.screens.models import ModelsScreen
from grnn_tui.ui.screens.train_form import TrainForm
from tests.ui.support.catalogue import catalogue
from tests.ui.support.host import until
from tests.ui.support.on_terminal import OnTerminal
from tests.ui.support.stage import Stage, stage
from tests.ui.support.text_snapshot import screen_text


async def burst(here: Stage, keys: str) -> None:
    """All at once; what stands in brackets is a paste."""
    for key in keys.split():
        if key.startswith("["):
            here.app.post_message(events.Paste(key.strip("[]")))
        else:
            here.app.post_message(events.Key(key, key if len(key) == 1 else None))
    await here.settle()


async def test_a_key_typed_ahead_of_tab_is_no_text() -> None:
    async with stage() as here:
        await burst(here, "tab n")
        assert here.screen.prompt.text == ""
        assert here.engine.of_kind(p.Generate) == [p.Generate(1)]


@pytest.mark.parametrize("keys", ["i h e l l o", "tab i h e l l o", "3 1 h e l l o", "i [hello]", "tab 3 i [hel] l o"])
@pytest.mark.parametrize("start", ["prompt", "output"])
async def test_letters_after_the_way_to_the_prompt_are_text(start: str, keys: str) -> None:
    if start == "prompt" and not keys.startswith("tab"):
        keys = f"escape {keys}"
    async with stage() as here:
        here.screen.jump(start)
        await here.settle()
        await burst(here, keys)
        assert here.screen.prompt.text == "hello"
        assert here.screen.prompt.has_focus
        assert here.screen.colouring == "surprisal"
        assert len(here.app.screen_stack) == 1


async def test_keys_that_move_in_the_prompt_keep_their_place_among_letters() -> None:
    async with stage() as here:
        await burst(here, "a c left b end d backspace e")
        assert here.screen.prompt.text == "abce"


async def test_the_prompt_is_whole_when_it_is_written_on_from() -> None:
    async with stage() as here:
        await burst(here, "O n c e enter")
        kinds = [r for r in here.engine.requests if isinstance(r, p.SetPrompt | p.Generate)]
        assert kinds[-2:] == [p.SetPrompt("Once"), p.Generate(400, 80.0)]
        assert here.state.generating
        await here.write(5)
        assert "5 of 400" in screen_text(here.app)
        assert here.state.transcript.between(0, 4) == "Once"
        assert here.state.length == 9


async def test_writing_does_not_overtake_the_news_of_the_last_letters() -> None:
    async with stage() as here:
        here.screen.prompt.insert("Once")
        here.screen.action_generate()
        kinds = [type(r) for r in here.engine.requests if isinstance(r, p.SetPrompt | p.Generate)]
        assert kinds == [p.SetPrompt, p.Generate]


async def test_keys_for_a_screen_wait_until_it_stands() -> None:
    async with stage() as here:
        await burst(here, "tab o escape n")
        await until(here.pilot, lambda: not isinstance(here.app.screen, ModelsScreen))
        assert here.engine.of_kind(p.Generate) == [p.Generate(1)]


@pytest.mark.parametrize("known", [True, False])
async def test_keys_for_the_form_wait_until_the_engine_has_told_what_there_is(
    known: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with stage() as here:
        if not known:
            monkeypatch.setattr(here.engine, "send", lambda _: None)
        await burst(here, "tab t c w [/x] b")
        assert here.screen.colouring == "surprisal"
        here.engine.say(catalogue())
        await until(here.pilot, lambda: here.app.screen.query("#path"))
        await until(here.pilot, lambda: here.app.screen.query_one("#path", Input).value == "cw/xb")


@pytest.mark.parametrize("key", ["escape", "ctrl+c"])
async def test_a_form_that_does_not_come_can_be_given_up(key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async with stage() as here:
        monkeypatch.setattr(here.engine, "send", lambda _: None)
        await burst(here, f"tab t c {key} c")
        assert here.screen.colouring == "unit"
        assert "asking the engine" not in screen_text(here.app)
        here.engine.say(catalogue())
        await here.settle()
        assert here.app.screen is here.screen


async def test_a_late_form_does_not_keep_keys_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("grnn_tui.ui.training_side.FORM_KEYS_SECONDS", 0.1)
    async with stage() as here:
        monkeypatch.setattr(here.engine, "send", lambda _: None)
        await burst(here, "tab t c")
        await until(here.pilot, lambda: not here.app.keys_wait())
        assert here.screen.colouring == "surprisal"
        await here.press("c")
        assert here.screen.colouring == "unit"
        here.engine.say(catalogue())
        await until(here.pilot, lambda: isinstance(here.app.screen, TrainForm))


async def test_a_notice_goes_with_the_next_command_but_not_with_its_own() -> None:
    async with stage() as here:
        await burst(here, "tab m")
        assert here.screen.keys.view.notice is not None
        await burst(here, "c")
        assert here.screen.keys.view.notice is None


def test_a_burst_on_a_terminal_goes_on_from_the_whole_prompt(terminal: Callable[..., OnTerminal]) -> None:
    on = terminal("tiny")
    on.until(on.stands)
    on.type("abba abba\r")
    on.until(lambda: any("abba abba" in row and row.lstrip("│ ").startswith("abba abba") for row in on.rows()[4:]))
