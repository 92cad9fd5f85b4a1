"""The training side within the whole app, and one run that is really started from the form."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from grnn_tui.engine.protocol import ReadCatalogue
from grnn_tui.runs.directory import Run
from grnn_tui.runs.rows import Noted
from grnn_tui.ui.panes.training.followed import FollowedRun
from grnn_tui.ui.panes.training.messages import PlayRequested, ResumeRequested, RunAttached, RunDetached, RunsRequested
from grnn_tui.ui.screens.field_values import shown_default as default
from grnn_tui.ui.screens.monitor import MonitorScreen
from grnn_tui.ui.screens.request_form import MAIN_OPTIONS, MORE_OPTIONS, Entries, request_of, training_fields
from grnn_tui.ui.screens.runs import RunsScreen
from grnn_tui.ui.screens.train_form import TrainForm, start_run
from tests.support.waiting import wait_for
from tests.ui.support.catalogue import catalogue
from tests.ui.support.host import until
from tests.ui.support.stage import LARGE, SMALL, stage
from tests.ui.support.text_snapshot import screen_text
from tests.ui.support.training_runs import append_rows, make_run, story


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("GRNN_TUI_RUNS", str(tmp_path / "runs"))
    (tmp_path / "runs").mkdir()
    return tmp_path / "runs"


async def test_keys_lead_to_form_list_and_monitor_and_back(root: Path) -> None:
    make_run(root, rows=list(story(500)), alive=True)
    async with stage() as here:
        app = here.app
        await here.press("tab", "m")
        assert app.screen is app.playground
        assert "no run is being followed" in screen_text(app)
        await here.press("t")
        await until(here.pilot, lambda: isinstance(app.screen, TrainForm))
        await here.press("escape")
        await until(here.pilot, lambda: app.screen is app.playground)
        await here.press("u")
        await until(here.pilot, lambda: isinstance(app.screen, RunsScreen) and "1120" in screen_text(app))
        await here.press("enter")
        await until(here.pilot, lambda: app.screen is app.playground and app.followed is not None)
        await here.press("m")
        await until(here.pilot, lambda: isinstance(app.screen, MonitorScreen))
        await until(here.pilot, lambda: "1120-tales-lstm" in screen_text(app))
        await here.press("q")
        await until(here.pilot, lambda: app.screen is app.playground)


async def test_the_form_opens_at_once_after_the_prompt_and_leaves_no_notice_behind() -> None:
    async with stage(SMALL) as here:
        assert not here.engine.of_kind(ReadCatalogue)
        await here.press("tab")
        assert here.state.catalogue is not None
        await here.press("t")
        await until(here.pilot, lambda: isinstance(here.app.screen, TrainForm))
        assert here.state.notice is None


@pytest.mark.parametrize("place", ["main screen", "list of runs"])
async def test_the_notice_that_the_engine_is_asked_goes_with_the_answer(
    root: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    async with stage(SMALL) as here:
        app = here.app
        monkeypatch.setattr(here.engine, "send", lambda _: None)
        if place == "list of runs":
            app.post_message(RunsRequested())
            await until(here.pilot, lambda: isinstance(app.screen, RunsScreen))
        app.open_form()
        await until(here.pilot, lambda: "asking the engine" in screen_text(app))
        here.engine.say(catalogue())
        await until(here.pilot, lambda: isinstance(app.screen, TrainForm))
        await until(here.pilot, lambda: app.screen.query("#set-hidden"))
        assert "asking the engine" not in screen_text(app)
        await here.press("escape")
        await until(here.pilot, lambda: not isinstance(app.screen, TrainForm))
        assert "asking the engine" not in screen_text(app)


async def test_the_key_that_the_notice_of_a_started_run_names_works(root: Path) -> None:
    run = make_run(root, rows=list(story(100)), alive=True)
    async with stage(SMALL) as here:
        app = here.app
        assert here.screen.prompt.has_focus
        app.open_form()
        await until(here.pilot, lambda: isinstance(app.screen, TrainForm))
        app.screen.dismiss(run.path)
        await until(here.pilot, lambda: "m shows it at full size" in screen_text(app))
        await here.press("m")
        await until(here.pilot, lambda: isinstance(app.screen, MonitorScreen))


@pytest.mark.parametrize("size", [LARGE, SMALL])
async def test_the_followed_run_is_on_the_main_screen(root: Path, size: tuple[int, int]) -> None:
    run = make_run(root, rows=list(story(1000)), alive=True)
    async with stage(size) as here:
        here.app.post_message(RunAttached(run.path))
        await until(here.pilot, lambda: "10%" in screen_text(here.app).splitlines()[0])
        await until(here.pilot, lambda: "1120-tales-lstm" in screen_text(here.app))
        append_rows(run.path, [row for row in story(2000) if row.step > 1000])
        await until(here.pilot, lambda: "20%" in screen_text(here.app).splitlines()[0])
        here.app.post_message(RunDetached())
        await until(here.pilot, lambda: "20%" not in screen_text(here.app).splitlines()[0])
        assert here.app.followed is None


async def test_a_monitor_that_is_just_being_opened_may_be_looked_at(root: Path) -> None:
    run = make_run(root, rows=list(story(500)), alive=True)
    async with stage() as here:
        here.app.follow(run.path)
        screen = MonitorScreen(FollowedRun(run))
        screen.tick(time.time())
        here.app.push_screen(screen)
        await until(here.pilot, lambda: "1120-tales-lstm" in screen_text(here.app))


async def test_a_run_that_failed_at_once_says_why(root: Path) -> None:
    run = make_run(root, rows=[Noted(step=0, event="failed", text="book.txt is empty: give a longer text")])
    async with stage(LARGE) as here:
        here.app.follow(run.path)
        await until(here.pilot, lambda: "book.txt is empty: give a longer text" in screen_text(here.app))


async def test_a_run_can_be_asked_to_be_played(root: Path) -> None:
    run = make_run(root, rows=list(story(100)))
    async with stage() as here:
        here.app.push_screen(MonitorScreen(FollowedRun(run)))
        await here.settle()
        here.app.screen.post_message(PlayRequested(str(run.path)))
        await until(here.pilot, lambda: here.app.screen is here.app.playground)
        await here.settle()


async def test_what_cannot_be_resumed_is_told(root: Path) -> None:
    run = make_run(root, rows=list(story(100)), alive=True)
    async with stage() as here:
        here.app.post_message(ResumeRequested(run.path))
        await until(here.pilot, lambda: "is being trained already" in screen_text(here.app))
        assert here.app.followed is None


def test_a_run_is_really_started_detached_and_followed_to_its_end(root: Path) -> None:
    known = {b.name: b for b in catalogue().backends}
    corpora = {c.name: c for c in catalogue().corpora}
    text = root.parent / "book.txt"
    text.write_text("the miller and the mill and the king. " * 400)
    entries = Entries(
        data=str(text),
        backend="ngram",
        settings={f.name: default(f) for f in known["ngram"].fields},
        training={f.name: default(f) for f in training_fields((*MAIN_OPTIONS, *MORE_OPTIONS))} | {"device": "cpu"},
        budget="steps",
        amount="1",
        name="counted",
    )
    path = start_run(request_of(entries, known["ngram"], corpora))
    assert path == root / "counted"
    followed = FollowedRun(Run(path))

    def ended() -> bool:
        followed.poll(time.time())
        return followed.status.state == "finished"

    wait_for(ended, 90)
    assert followed.view.best is not None
    assert followed.log.lines[0].kind == "started"
    assert any(isinstance(event, Noted) for event in followed.view.events)


async def test_help_begins_with_the_screen_it_is_asked_on_whose_footer_names_it(root: Path) -> None:
    run = make_run(root, rows=list(story(100)))
    async with stage(SMALL) as here:
        here.app.push_screen(MonitorScreen(FollowedRun(run)))
        await until(here.pilot, lambda: "? help" in screen_text(here.app))
        assert "W play it" in screen_text(here.app)
        await here.press("question_mark")
        await until(here.pilot, lambda: "Training monitor" in screen_text(here.app))


async def test_a_notice_seen_on_another_screen_is_not_shown_again_on_the_main_one(root: Path) -> None:
    make_run(root, rows=list(story(100)), alive=True)
    async with stage(SMALL) as here:
        app = here.app
        await here.press("tab", "u")
        await until(here.pilot, lambda: isinstance(app.screen, RunsScreen) and "1120" in screen_text(app))
        await here.press("d")
        await until(here.pilot, lambda: "stop it first" in screen_text(app))
        app.clear_notifications()
        await here.press("enter")
        await until(here.pilot, lambda: app.screen is app.playground)
        await here.settle()
        assert "stop it first" not in screen_text(app)
