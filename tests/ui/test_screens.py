"""Help, palette, themes, models, comparison and leaving."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from textual.command import CommandPalette
from textual.widgets import Input, OptionList

from grnn_tui.engine import protocol as p
from grnn_tui.ui.actions import ACTIONS
from grnn_tui.ui.screens import quit as leaving
from grnn_tui.ui.screens.compare import CompareScreen
from grnn_tui.ui.screens.help import HelpScreen, help_rows
from grnn_tui.ui.screens.models import ModelsScreen
from grnn_tui.ui.screens.quit import QuitDialog
from tests.ui.support.host import until
from tests.ui.support.stage import LARGE, SMALL, Stage, stage
from tests.ui.support.text_snapshot import screen_text


async def palette_for(here: Stage, words: str, key: str = "ctrl+o") -> Any:
    """The palette with something typed in it, and its list of matches."""
    await here.pilot.press(key)
    await until(here.pilot, lambda: CommandPalette.is_open(here.app))
    for letter in words:
        await here.pilot.press("space" if letter == " " else letter)
    options = here.app.screen.query_one(OptionList)
    await until(here.pilot, lambda: options.option_count > 0)
    return options


async def branched(here: Stage) -> None:
    """Two branches that part after a while."""
    await here.type("once")
    await here.press("enter")
    await here.write(60)
    await here.press("ctrl+c", "tab", *["left"] * 30, "5", "down", "down", "enter", "2", "enter")
    await here.write(60)
    await here.press("x")


@pytest.mark.parametrize("size", [SMALL, (120, 40)])
async def test_help_shows_every_action(size: tuple[int, int]) -> None:
    async with stage(size) as here:
        await here.press("tab", "question_mark")
        assert isinstance(here.app.screen, HelpScreen)
        shown = "\n".join("".join(cell.text for cell in row) for row in help_rows(here.app.grnn_keymap, (), 200))
        assert all(action.help in shown for action in ACTIONS)
        await here.press("pagedown", "up", "q")
        assert here.app.screen is here.screen


@pytest.mark.parametrize("key", ["ctrl+o", "ctrl+p"])
async def test_the_palette_finds_and_runs_actions(key: str) -> None:
    async with stage() as here:
        await here.type("a")
        await palette_for(here, "write one symbol", key)
        await until(here.pilot, lambda: not here.app._frame_due)
        await here.pilot.press("enter")
        await until(here.pilot, lambda: here.state.length == 2)


async def test_the_palette_lists_everything_at_once() -> None:
    async with stage() as here:
        options = await palette_for(here, "")
        await until(here.pilot, lambda: options.option_count > 40)


async def test_a_theme_shows_itself_and_goes_if_it_is_not_taken() -> None:
    async with stage() as here:
        await here.pilot.press("ctrl+t")
        await until(here.pilot, lambda: CommandPalette.is_open(here.app))
        await until(here.pilot, lambda: here.app.screen.query_one(OptionList).option_count > 3)
        await here.pilot.press("down", "down")
        await until(here.pilot, lambda: here.app.theme == "contrast")
        await here.pilot.press("escape")
        await until(here.pilot, lambda: not CommandPalette.is_open(here.app))
        assert here.app.theme == "night"


async def test_a_theme_that_is_taken_stays() -> None:
    async with stage() as here:
        await here.pilot.press("ctrl+t")
        await until(here.pilot, lambda: CommandPalette.is_open(here.app))
        here.app.screen.query_one(Input).value = "paper"
        await until(here.pilot, lambda: here.app.theme == "paper")
        await here.pilot.press("enter")
        await until(here.pilot, lambda: not CommandPalette.is_open(here.app))
        assert here.app.theme == "paper"
        assert here.app.kept_preferences().theme == "paper"


async def test_another_model_is_chosen_from_a_list_with_its_facts() -> None:
    async with stage() as here:
        await here.type("keep me")
        await here.press("tab", "o")
        assert isinstance(here.app.screen, ModelsScreen)
        await until(here.pilot, lambda: "names-gru" in screen_text(here.app))
        await here.press("down", "down")
        assert "exact floor" in screen_text(here.app)
        await here.press("enter")
        assert here.engine.of_kind(p.OpenModel)[-1] == p.OpenModel("names-gru")
        await until(here.pilot, lambda: "names-gru" in screen_text(here.app).splitlines()[0])
        assert here.screen.prompt.text == "keep me"


async def test_leaving_the_list_opens_nothing() -> None:
    async with stage() as here:
        opened = len(here.engine.of_kind(p.OpenModel))
        await here.press("tab", "o", "down", "q")
        assert here.app.screen is here.screen
        assert len(here.engine.of_kind(p.OpenModel)) == opened


async def test_two_branches_side_by_side_with_the_fork_and_totals() -> None:
    async with stage() as here:
        await branched(here)
        await here.press("d")
        assert isinstance(here.app.screen, CompareScreen)
        await until(here.pilot, lambda: "branch 1" in screen_text(here.app))
        shown = screen_text(here.app)
        assert "branch 0" in shown
        assert shown.count("perplexity") == 2
        roles = [cell.role for row in here.app.screen.texts._rows for cell in row]
        assert roles.count("fork") == 2
        await here.press("r")
        assert here.state.branch == 0


async def test_comparing_needs_two() -> None:
    async with stage() as here:
        await here.press("tab", "d")
        assert here.app.screen is here.screen
        assert "only one branch" in screen_text(here.app)


async def test_the_next_branch_can_be_compared() -> None:
    async with stage() as here:
        await branched(here)
        await here.press("left", "left", "5", "down", "enter", "d")
        first = here.app.screen.texts.right  # type: ignore[attr-defined]
        await here.press("tab")
        assert here.app.screen.texts.right != first  # type: ignore[attr-defined]
        await here.press("n", "p", "q")
        assert here.app.screen is here.screen


async def asked(here: Stage, monkeypatch: pytest.MonkeyPatch, paths: list[Path]) -> list[Path]:
    """Leave while `paths` are alive; what was asked to stop."""
    stopped: list[Path] = []
    monkeypatch.setattr(leaving, "live_runs", lambda: paths)

    def stop(runs: list[Path]) -> str:
        stopped.extend(runs)
        return ""

    monkeypatch.setattr(leaving, "stop_and_save", stop)
    await here.pilot.press("ctrl+q")
    await until(here.pilot, lambda: isinstance(here.app.screen, QuitDialog))
    await here.pilot.pause()
    return stopped


async def test_leaving_with_live_runs_detaches_unless_told_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    async with stage() as here:
        stopped = await asked(here, monkeypatch, [Path("/runs/1120-tales-lstm")])
        assert "1120-tales-lstm" in screen_text(here.app)
        await here.pilot.press("enter")
        await until(here.pilot, lambda: here.app._exit)
        assert stopped == []


async def test_leaving_can_stop_and_save(monkeypatch: pytest.MonkeyPatch) -> None:
    async with stage() as here:
        paths = [Path("/runs/a"), Path("/runs/b")]
        stopped = await asked(here, monkeypatch, paths)
        await here.pilot.press("s")
        await until(here.pilot, lambda: here.app._exit)
        assert stopped == paths


async def test_leaving_can_be_thought_better_of(monkeypatch: pytest.MonkeyPatch) -> None:
    async with stage() as here:
        await asked(here, monkeypatch, [Path("/runs/a")])
        await here.pilot.press("c")
        await until(here.pilot, lambda: here.app.screen is here.screen)
        assert not here.app._exit


def test_stopping_asks_each_run(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    assert leaving.stop_and_save([tmp_path / "a"]) == ""
    assert b"stop" in (tmp_path / "a" / "commands.jsonl").read_bytes()
    assert "cannot steer" in leaving.stop_and_save([tmp_path / "missing"])


async def test_the_training_keys_open_the_training_side() -> None:
    from grnn_tui.ui.screens.runs import RunsScreen
    from grnn_tui.ui.screens.train_form import TrainForm

    async with stage() as here:
        await here.press("tab", "u")
        await until(here.pilot, lambda: isinstance(here.app.screen, RunsScreen))
        await here.press("q")
        await here.press("t")
        await until(here.pilot, lambda: isinstance(here.app.screen, TrainForm))


async def test_a_text_file_opens_the_form_with_it(tmp_path: Path) -> None:
    from grnn_tui.ui.screens.train_form import TrainForm

    text = tmp_path / "own.txt"
    text.write_text("some text " * 100)
    async with stage(train_on=str(text)) as here:
        await until(here.pilot, lambda: isinstance(here.app.screen, TrainForm))
        await until(here.pilot, lambda: any(field.value == str(text) for field in here.app.screen.query(Input)))


async def test_without_colours_nothing_is_painted_in_any(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with stage(LARGE) as here:
        await here.type("Once")
        await here.press("tab", "question_mark")
        strips = here.app.screen._compositor.render_strips()
        styles = [segment.style for strip in strips for segment in strip if segment.style is not None]
        assert {colour.name for style in styles for colour in (style.color, style.bgcolor) if colour} <= {"default"}
        assert any(style.bold for style in styles)


LONG = (
    "/home/somebody/texts/a-folder-with-a-long-name/book.txt cannot be read: permission denied;"
    " make it readable, or choose another text in the form for a new run"
)


@pytest.mark.parametrize("size", [SMALL, (120, 40)])
@pytest.mark.parametrize("key", ["tab", "question_mark"])
async def test_a_long_notice_can_be_read_to_its_end(size: tuple[int, int], key: str) -> None:
    async with stage(size) as here:
        await here.press("tab", key)
        here.app.notice(LONG, "error")
        await until(here.pilot, lambda: set(LONG.split()) <= set(screen_text(here.app).replace("│", " ").split()), 20)


async def test_a_short_notice_takes_one_row_and_a_key_brings_the_keys_back() -> None:
    async with stage(SMALL) as here:
        await here.press("tab")
        here.app.notice(LONG)
        await here.settle()
        assert here.screen.keys.size.height == 3
        await here.press("1")
        assert here.screen.keys.size.height == 1
        here.app.notice("copied")
        await here.settle()
        assert here.screen.keys.size.height == 1
        assert "palette" in screen_text(here.app).splitlines()[-1]


@pytest.mark.parametrize(("key", "pane"), [("3", "controls"), ("6", "branches")])
async def test_a_pane_that_gets_the_keys_shows_its_choice_at_once_and_hides_it_after(key: str, pane: str) -> None:
    async with stage((120, 40)) as here:
        await branched(here)
        idle = getattr(here.screen, pane)._rows
        await here.press(key)
        assert getattr(here.screen, pane)._rows != idle
        await here.press("2")
        assert getattr(here.screen, pane)._rows == idle
