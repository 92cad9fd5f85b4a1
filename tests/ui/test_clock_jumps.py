"""What a person sees of runs when the time of day jumps by a day while the screen is open."""

from __future__ import annotations

from pathlib import Path

import pytest

from grnn_tui.runs.store import RunSummary
from grnn_tui.ui.panes.training.followed import FollowedRun
from grnn_tui.ui.screens.runs import RunsScreen
from grnn_tui.ui.screens.runs_view import ago
from tests.ui.support.host import Host, until
from tests.ui.support.training_runs import die, make_run, story

NOW = 1_795_000_000.0
DAY = 86_400.0


@pytest.mark.promise(28)
@pytest.mark.parametrize("jump", [DAY, -DAY])
def test_a_trainer_that_dies_is_noticed_after_the_clock_has_jumped(tmp_path: Path, jump: float) -> None:
    run = make_run(tmp_path, rows=list(story(30)), alive=True)
    followed = FollowedRun(run)
    followed.poll(NOW)
    states: list[str] = [followed.status.state]
    die(run)
    followed.poll(NOW + jump)
    states.append(followed.status.state)
    assert states == ["alive", "died"]
    followed.poll(NOW + jump)
    silent = followed.silent_for(NOW + jump)
    assert silent is None or silent >= 0


@pytest.mark.promise(28)
@pytest.mark.parametrize("jump", [DAY, -DAY])
async def test_the_list_of_runs_is_read_again_after_the_clock_has_jumped(jump: float) -> None:
    reads: list[int] = []

    def read() -> list[RunSummary]:
        reads.append(1)
        return []

    screen = RunsScreen(read=read)
    app = Host(screen)
    async with app.run_test() as pilot:
        await until(pilot, lambda: reads and not screen._loading)
        read_at = screen._loaded_at
        before = len(reads)
        screen.tick(read_at)
        await pilot.pause()
        assert len(reads) == before
        screen.tick(read_at + jump)
        await until(pilot, lambda: len(reads) > before)


@pytest.mark.promise(28)
def test_what_was_made_tomorrow_is_of_now() -> None:
    assert ago("2026-11-20T18:00:00Z", NOW - 10 * DAY) == "now"
