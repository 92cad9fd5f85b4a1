"""Everything a person can do on the main screen, by keys, over an engine that answers when it is let."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from textual.content import Content

from grnn_tui.engine import protocol as p
from grnn_tui.ui.settings import LastState, load_last, load_preferences
from tests.ui.support.fake_engine import LABELS, FakeEngine
from tests.ui.support.host import until
from tests.ui.support.stage import SMALL, Stage, stage
from tests.ui.support.text_snapshot import screen_text


def bars_of(here: Stage) -> list[tuple[int, float]]:
    shown = here.screen.bars.view.prediction
    return [(bar.symbol, bar.raw) for bar in shown.bars]


async def written(here: Stage, prompt: str = "once", count: int = 40) -> None:
    """A prompt, and so many symbols after it."""
    await here.type(prompt)
    await here.press("enter")
    await here.write(count)
    await here.press("ctrl+c")
    here.screen.jump("output")
    await here.settle()


async def test_typing_moves_the_bars_with_every_letter() -> None:
    async with stage() as here:
        seen = [bars_of(here)]
        for letter in "the":
            await here.press(letter)
            seen.append(bars_of(here))
        assert [r.text for r in here.engine.of_kind(p.SetPrompt)] == ["t", "th", "the"]  # type: ignore[union-attr]
        assert len({tuple(bars) for bars in seen}) == 4


async def test_letters_do_not_wait_for_a_slow_engine() -> None:
    async with stage() as here:
        here.engine.held = True
        await here.pilot.press(*"slow")
        assert here.screen.prompt.text == "slow"
        assert here.state.prompt_text == ""
        here.engine.held = False
        here.engine.send(p.FrameShown())
        await here.settle()
        assert here.state.prompt_text == "slow"


async def test_enter_generates_from_the_prompt_and_the_text_streams() -> None:
    async with stage() as here:
        await here.type("once")
        await here.press("enter")
        assert here.engine.of_kind(p.Generate) == [p.Generate(400, 80.0)]
        assert here.state.generating
        await here.write(25)
        assert here.state.length == 29
        assert "25 of 400" in screen_text(here.app)
        await here.write()
        assert not here.state.generating
        assert here.state.length == 404


async def test_pause_keeps_the_rest_and_goes_on_with_it() -> None:
    async with stage() as here:
        await here.type("once")
        await here.press("enter")
        await here.write(100)
        await here.press("tab", "p")
        assert not here.state.generating
        assert "paused" in screen_text(here.app)
        await here.press("space")
        assert here.engine.of_kind(p.Generate)[-1] == p.Generate(300, 80.0)


async def test_stop_forgets_the_rest() -> None:
    async with stage() as here:
        await here.press("enter")
        await here.write(10)
        await here.press("tab", "x")
        assert not here.state.generating
        assert here.app.controller.target is None


async def test_ctrl_c_stops_from_within_the_prompt() -> None:
    async with stage() as here:
        await here.press("enter")
        await here.write(10)
        await here.press("ctrl+c")
        assert not here.state.generating
        assert here.screen.prompt.has_focus


async def test_one_symbol_at_a_time() -> None:
    async with stage() as here:
        await here.press("tab", "n", "n", "n")
        assert here.state.length == 3


async def test_stepping_back_shows_rank_and_surprisal_of_what_stands_there() -> None:
    async with stage() as here:
        await written(here)
        end = bars_of(here)
        await here.press("left", "left", "left")
        assert here.state.cursor == here.state.length - 3
        assert here.state.prediction.chosen is not None
        assert "stands here" in screen_text(here.app)
        assert "rank" in screen_text(here.app)
        await here.press("right", "right", "right")
        assert bars_of(here) == end


async def test_the_cursor_moves_by_rows_and_to_the_ends() -> None:
    async with stage() as here:
        await written(here, count=300)
        length = here.state.length
        await here.press("up")
        assert 20 < length - here.state.cursor < 100
        await here.press("home")
        assert here.state.cursor == 4
        await here.press("end")
        assert here.state.cursor == length
        await here.press("pageup", "pageup")
        assert here.state.cursor == 0
        await here.press("pagedown", "down")
        assert here.state.cursor > 0


async def test_forcing_a_bar_opens_a_branch_and_the_old_one_stays() -> None:
    async with stage() as here:
        await written(here)
        before = here.engine.text
        await here.press("left", "left", "left", "5", "down", "down", "down")
        symbol = here.screen.bars.view.prediction.bars[here.screen.bars.view.selected].symbol
        await here.press("enter")
        assert here.engine.of_kind(p.ForceSymbol) == [p.ForceSymbol(symbol)]
        assert here.state.branch == 1
        assert here.engine.text == before[:-3] + LABELS[symbol]
        assert len(here.state.branches) == 2
        await here.press("6", "down", "enter")
        assert here.state.branch == 0
        assert here.state.transcript.between(0, 99) == before


async def test_a_click_forces_the_bar_that_was_chosen() -> None:
    async with stage() as here:
        await here.pilot.click("#next", offset=(6, 4))
        await here.settle()
        assert here.engine.of_kind(p.ForceSymbol) == []
        await here.pilot.click("#next", offset=(6, 4))
        await here.settle()
        assert len(here.engine.of_kind(p.ForceSymbol)) == 1


async def test_a_click_in_the_text_places_the_cursor() -> None:
    async with stage() as here:
        await written(here)
        await here.pilot.click("#output", offset=(2 + 7, 1))
        await here.settle()
        assert here.state.cursor == 7


async def test_reroll_takes_a_new_seed_and_replay_the_same() -> None:
    async with stage() as here:
        await written(here)
        first, seed = here.engine.text, here.app.controller.controls.seed
        await here.press("R")
        await here.write()
        await here.press("x")
        assert here.engine.text[: len(first)] == first
        here.app.controller.draw_seed = lambda: 4711
        await here.press("r")
        assert here.engine.of_kind(p.Reroll)[-1] == p.Reroll(4711, 400, 80.0)
        await here.write()
        assert here.engine.text[: len(first)] != first
        assert here.app.controller.controls.seed == 4711 != seed
        assert "4711" in screen_text(here.app)


async def test_a_random_seed_is_drawn_for_each_writing_and_shown() -> None:
    async with stage() as here:
        await here.press("tab", "3", *["down"] * 7, "enter")
        here.app.controller.draw_seed = lambda: 99_123
        await here.press("2", "enter")
        assert here.engine.seed == 99_123
        assert "99123" in screen_text(here.app)
        assert "new each time" in screen_text(here.app)


async def test_controls_act_on_the_next_symbol() -> None:
    async with stage() as here:
        await here.type("the ")
        before = [bar.used for bar in here.state.prediction.bars]
        await here.press("tab", "minus", "minus")
        assert here.engine.sampling.temperature == pytest.approx(0.9)
        assert [bar.used for bar in here.state.prediction.bars] != before
        await here.press("3", "down", *["left"] * 13)
        assert here.engine.sampling.top_k == 5
        assert here.state.prediction.removed == len(LABELS) - 5
        assert f"cut {len(LABELS) - 5}" in screen_text(here.app)
        await here.press("0")
        assert here.engine.sampling.top_k == 0


async def test_greedy_is_a_temperature() -> None:
    async with stage() as here:
        await here.press("tab", "3", *["left"] * 20)
        assert here.engine.sampling.temperature == 0
        assert "greedy" in screen_text(here.app)


async def test_the_mouse_turns_settings() -> None:
    async with stage() as here:
        await here.pilot.click("#controls", offset=(2 + 23, 1))
        await here.settle()
        assert here.engine.sampling.temperature == pytest.approx(1.05)


async def test_colours_can_be_switched_off() -> None:
    async with stage() as here:
        await written(here)
        await here.press("c", "c")
        assert here.screen.colouring == "plain"
        await here.press("c")
        assert here.screen.colouring == "surprisal"


async def test_the_log_scale_shows_small_probabilities() -> None:
    async with stage() as here:
        await here.type("the ")
        before = here.screen.bars.plain()
        await here.press("tab", "5", "percent_sign")
        assert here.screen.bars.view.log
        assert here.screen.bars.plain() != before


async def test_any_pane_can_have_the_whole_screen() -> None:
    async with stage() as here:
        await here.press("tab")
        for number, name in enumerate(("prompt", "output", "controls", "training", "next", "branches"), 1):
            if name == "prompt":
                continue
            await here.press(str(number), "z")
            pane = here.screen.query_one(f"#{name}")
            assert pane.outer_size.width == 120, name
            assert pane.outer_size.height >= 37, name
            await here.press("z")
            assert pane.outer_size.width < 120, name


async def test_a_pane_that_small_screens_leave_out_is_a_key_away() -> None:
    async with stage(SMALL) as here:
        await here.press("tab", "6")
        assert here.screen.branches.outer_size.width == 80
        assert here.screen.branches.has_focus
        await here.press("z")
        assert here.screen.focused is here.screen.output


async def test_zoom_follows_the_keys() -> None:
    async with stage() as here:
        await here.press("tab", "z", "5")
        assert here.screen.bars.outer_size.width == 120
        await here.press("1")
        assert here.screen.prompt.outer_size.width == 120


async def test_copying_keeps_a_file_beside_the_clipboard(tmp_path: Path) -> None:
    async with stage() as here:
        await written(here)
        await here.press("y")
        kept = tmp_path / "state" / "copied.txt"
        assert kept.read_text() == here.engine.text[4:]
        assert here.app.clipboard == here.engine.text[4:]
        assert "copied.txt" in screen_text(here.app)
        await here.press("Y")
        assert kept.read_text() == here.engine.text


async def test_nothing_reaches_the_clipboard_unasked() -> None:
    async with stage() as here:
        await written(here)
        assert here.app.clipboard == ""


async def test_writing_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    async with stage() as here:
        await written(here)
        await here.press("w", "w")
        files = sorted(tmp_path.glob("grnn-*.txt"))
        assert [file.read_text() for file in files] == [here.engine.text] * 2


async def test_the_editor_gets_the_prompt_and_gives_it_back(monkeypatch: pytest.MonkeyPatch) -> None:
    from collections.abc import Iterator
    from contextlib import contextmanager

    async with stage() as here:
        await here.type("draft")

        @contextmanager
        def suspended() -> Iterator[None]:
            yield

        def edited(argv: list[str]) -> int:
            path = Path(argv[-1])
            assert path.read_text() == "draft"
            path.write_text("from the editor\nsecond line\n")
            return 0

        monkeypatch.setattr(here.app, "suspend", suspended)
        monkeypatch.setattr(here.app, "run_editor", edited)
        await here.press("tab", "e")
        assert here.screen.prompt.text == "from the editor\nsecond line"
        assert here.engine.text == "from the editor\nsecond line"


async def test_an_editor_that_fails_leaves_the_prompt(monkeypatch: pytest.MonkeyPatch) -> None:
    async with stage() as here:
        await here.type("draft")
        await here.press("tab", "e")
        assert here.screen.prompt.text == "draft"
        assert "no terminal" in screen_text(here.app)


async def test_prompts_come_back_from_the_history() -> None:
    async with stage() as here:
        await here.type("one")
        await here.press("enter", "ctrl+c", "ctrl+n")
        await here.type("two")
        await here.press("enter", "ctrl+c", "ctrl+n")
        await here.type("dra")
        await here.press("up")
        assert here.screen.prompt.text == "two"
        await here.press("up")
        assert here.screen.prompt.text == "one"
        await here.press("down", "down")
        assert here.screen.prompt.text == "dra"


async def test_lines_break_with_ctrl_j_and_with_a_backslash() -> None:
    async with stage() as here:
        await here.type("a")
        await here.press("ctrl+j")
        await here.type("b")
        await here.press("backslash", "enter")
        await here.type("c")
        assert here.screen.prompt.text == "a\nb\nc"
        assert here.engine.of_kind(p.Generate) == []


async def test_an_engine_that_dies_is_started_again_with_the_text() -> None:
    async with stage() as here:
        await written(here)
        text, cursor = here.engine.text, here.state.cursor
        here.engine.kill()
        await until(here.pilot, lambda: here.engine.starts == 2)
        await here.settle()
        assert here.engine.text == text
        assert here.state.transcript.between(0, 99) == text
        assert here.state.cursor == cursor
        assert "your text is kept" in screen_text(here.app)
        await here.press("n")
        assert here.state.length == len(text) + 1


async def test_an_engine_that_contradicts_itself_is_started_again() -> None:
    async with stage() as here:
        await here.type("abc")
        here.engine.say(
            p.Frame([p.Splice(99, ["x"], [0], [0.0])], 0, 0, 100, 0, "", None, p.Totals(0, 0, 0, 0), False, 0)
        )
        await until(here.pilot, lambda: here.engine.starts == 2)
        await here.settle()
        assert here.state.transcript.between(0, 9) == "abc"


async def test_a_failure_is_told_and_nothing_else_changes() -> None:
    async with stage() as here:
        await written(here)
        text = here.engine.text
        here.engine.say(p.Failed("that cannot be done; do something else"))
        await here.settle()
        await until(here.pilot, lambda: "do something else" in screen_text(here.app))
        assert here.state.transcript.between(0, 99) == text
        await here.press("right")
        assert "do something else" not in screen_text(here.app)


async def test_every_frame_that_was_painted_is_paid_for() -> None:
    async with stage() as here:
        await here.type("abcd")
        assert here.engine._may_send


async def test_a_busy_terminal_gets_no_frames(monkeypatch: pytest.MonkeyPatch) -> None:
    async with stage() as here:
        busy = True
        monkeypatch.setattr("grnn_tui.ui.app.terminal_is_busy", lambda _: busy)
        here.app.controller.set_prompt("hidden")
        await here.pilot.pause(0.3)
        assert here.state.prompt_text == ""
        busy = False
        await here.settle()
        assert here.state.prompt_text == "hidden"


async def test_a_frame_that_is_due_when_the_screen_has_gone_is_let_go() -> None:
    async with stage() as here:
        pass
    here.app.link._inbox.append(here.engine.opened())
    here.app._frame()
    assert here.app.link._inbox


async def test_a_live_run_says_which_step_it_plays() -> None:
    async with stage() as here:
        here.engine.step = 1200
        here.engine.say(here.engine.opened())
        await until(here.pilot, lambda: "step 1200" in screen_text(here.app))
        here.engine.step = 1300
        here.engine.say(here.engine.opened())
        await until(here.pilot, lambda: "now playing step 1300" in screen_text(here.app))


async def test_preferences_and_place_outlive_the_screen() -> None:
    async with stage() as here:
        await written(here)
        await here.press("minus", "c", "c", "left", "left")
        text, cursor = here.engine.text, here.state.cursor
        here.app.keep()
    preferences, note = load_preferences()
    last, second = load_last()
    assert (note, second) == ("", "")
    assert preferences.sampling.temperature == pytest.approx(0.95)
    assert preferences.colouring == "plain"
    async with stage(preferences=preferences, last=last) as again:
        assert again.engine.text == text
        assert again.state.cursor == cursor
        assert again.screen.prompt.text == "once"
        assert again.screen.colouring == "plain"


async def test_what_could_not_be_read_is_told() -> None:
    async with stage(notes=("settings.json is not used: damaged",)) as here:
        assert "settings.json is not used" in screen_text(here.app)


async def test_without_a_model_the_screen_says_so() -> None:
    engine = FakeEngine()
    engine.broken.add("gone")
    async with stage(engine=engine, last=LastState(reference="gone")) as here:
        await until(here.pilot, lambda: "there is no model or run 'gone'" in screen_text(here.app))
        await here.type("still typing")
        assert here.screen.prompt.text == "still typing"


@pytest.mark.parametrize("key", ["ctrl+q"])
async def test_leaving_without_runs_asks_nothing(key: str) -> None:
    async with stage() as here:
        await here.pilot.press(key)
        await until(here.pilot, lambda: here.app._exit)
        assert here.app.return_code == 0


async def test_resizing_never_fails() -> None:
    async with stage() as here:
        await written(here, count=200)
        sizes: list[tuple[int, int]] = [
            (1, 1),
            (2, 1),
            (39, 11),
            (40, 12),
            (80, 24),
            (5, 60),
            (200, 3),
            (200, 70),
            (67, 17),
        ]
        for width, height in sizes * 2:
            await here.pilot.resize_terminal(width, height)
            await here.settle()
        await here.pilot.resize_terminal(120, 40)
        await here.settle()
        assert here.state.length == 204
        assert "once" in screen_text(here.app)


async def test_too_small_a_screen_asks_for_room() -> None:
    async with stage((38, 10)) as here:
        assert "a little more room" in screen_text(here.app)


@pytest.mark.parametrize("key", ["", "?"])
async def test_keys_go_where_they_went_before_the_screen_was_too_small(key: str) -> None:
    async with stage((80, 24)) as here:
        await here.press("tab", "3")
        assert here.app.focused is here.screen.controls
        await here.pilot.resize_terminal(39, 10)
        await here.settle()
        if key:
            await here.press(key)
        await here.pilot.resize_terminal(80, 24)
        await here.settle()
        if key:
            await here.press("escape")
        await here.settle()
        assert here.app.focused is here.screen.controls


async def test_streaming_paints_new_cells_only() -> None:
    async with stage() as here:
        await written(here, count=30)
        painted: list[Any] = []
        refresh = here.screen.output.refresh

        def spy(*regions: Any, **options: Any) -> Any:
            painted.extend(regions or [None])
            return refresh(*regions, **options)

        here.screen.output.refresh = spy
        await here.press("n")
        assert painted
        assert None not in painted
        assert sum(region.area for region in painted) < 200


async def test_a_person_who_scrolled_away_is_left_alone() -> None:
    async with stage(SMALL) as here:
        await here.type("once")
        await here.press("enter")
        await here.write(399)
        top = here.screen.output._top
        here.screen.output._show_from(0)
        here.engine.let_write(0)
        await here.settle()
        assert here.state.generating
        assert here.screen.output._top == 0
        await here.press("ctrl+c", "tab", "left")
        assert here.screen.output._top > 0 or top == 0


async def test_a_key_steps_from_the_mixture_through_its_particles_and_back() -> None:
    engine = FakeEngine()
    engine.particles = 3
    async with stage(engine=engine) as here:
        await here.type("once")
        await here.press("tab", "5")
        titles = [str(here.screen.bars.border_title)]
        symbols = bars_of(here)
        for _ in range(4):
            await here.press("v")
            assert ("own%" in screen_text(here.app)) == (here.screen.bars.view.particle > 0)
            titles.append(str(here.screen.bars.border_title))
            assert bars_of(here) == symbols
        assert [text.split(" · ")[0].split("5 ")[-1] for text in map(plain_title, titles)] == [
            "Mixture of 3",
            "Particle 1/3",
            "Particle 2/3",
            "Particle 3/3",
            "Mixture of 3",
        ]
        await here.press("v", "v", "left")
        assert here.screen.bars.view.particle == 2
        assert "Particle 2/3" in screen_text(here.app)
        engine.particles = 0
        await here.press("left")
        assert here.screen.bars.view.particle == 0
        await here.press("v")
        assert "one particle" in screen_text(here.app)


def plain_title(markup: str) -> str:
    """A title without its styles."""
    return Content.from_markup(markup).plain
