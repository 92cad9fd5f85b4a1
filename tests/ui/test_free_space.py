"""The screen watches the room on a run's disk itself: a full disk also stops the rows that would tell of it."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from grnn_tui.runs import checkpoint, room
from grnn_tui.runs.room import Room, checkpoint_bytes, told_bytes
from grnn_tui.safetext import SafeText
from grnn_tui.ui.panes.training.followed import STATUS_EVERY, FollowedRun
from grnn_tui.ui.panes.training.pane import TrainingPane, TrainingStrip
from grnn_tui.ui.screens.monitor import MonitorScreen
from tests.support.promises import Reached
from tests.support.small_disk import fill
from tests.support.small_disk import small_disk as small_disk
from tests.ui.support.host import Host, until
from tests.ui.support.text_snapshot import screen_text
from tests.ui.support.training_runs import EPOCH_SECONDS, make_run, story

pytestmark = pytest.mark.promise(8)
NOW = EPOCH_SECONDS + 291
MEGABYTE = 1 << 20


@pytest.fixture
def free(monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:
    """What is free on every disk, to be changed."""
    told = {"bytes": 10 << 30}
    monkeypatch.setattr(room, "free_bytes", lambda path: told["bytes"])
    return told


@pytest.mark.parametrize(
    ("free_bytes", "takes", "alarm"),
    [
        (30 * MEGABYTE, 10 * MEGABYTE, ""),
        (29 * MEGABYTE, 10 * MEGABYTE, "disk nearly full: 29M free, a checkpoint takes 10M"),
        (9 * MEGABYTE, 10 * MEGABYTE, "disk full: 9M free, a checkpoint takes 10M"),
        (0, 0, "disk full: 0B free"),
        (3 * MEGABYTE, 30_000, ""),
    ],
)
def test_room_for_fewer_than_three_checkpoints_is_little(free_bytes: int, takes: int, alarm: str) -> None:
    assert Room(free_bytes, takes).alarm == alarm


def test_a_checkpoint_takes_what_its_manifest_says(tmp_path: Path) -> None:
    run = make_run(tmp_path)
    assert checkpoint_bytes(run.path) == 0
    checkpoint.write_step(run.path, 1, {"a": bytes(100), "b": bytes(23)})
    (run.path / "steps" / "000000002").mkdir()
    assert checkpoint_bytes(run.path) == 123
    assert told_bytes(1023 * MEGABYTE) == "1023M"


async def no_sample(path: Path) -> SafeText | None:
    return None


def views(followed: FollowedRun, what: str) -> tuple[TrainingPane | TrainingStrip | MonitorScreen, tuple[int, int]]:
    match what:
        case "pane":
            return TrainingPane(), (78, 16)
        case "short pane":
            return TrainingPane(), (78, 9)
        case "strip":
            return TrainingStrip(), (78, 2)
        case "monitor 80x24":
            return MonitorScreen(followed, write_sample=no_sample), (80, 24)
        case _:
            return MonitorScreen(followed, write_sample=no_sample), (120, 40)


@pytest.mark.parametrize("what", ["pane", "short pane", "strip", "monitor 80x24", "monitor 120x40"])
async def test_every_view_alarms_while_there_is_little_room(tmp_path: Path, free: dict[str, int], what: str) -> None:
    run = make_run(tmp_path, rows=list(story(1000)), alive=True)
    followed = FollowedRun(run)
    view, size = views(followed, what)
    app = Host(view)
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        view.follow(followed)
        view.tick(NOW)
        await pilot.pause()
        assert "disk" not in screen_text(app)
        free["bytes"] = 2 * MEGABYTE
        view.tick(NOW + STATUS_EVERY)
        await pilot.pause()
        assert "disk nearly full: 2M free" in screen_text(app)
        free["bytes"] = 4096
        view.tick(NOW + 2 * STATUS_EVERY)
        await pilot.pause()
        assert "disk full: 4K free" in screen_text(app)
        free["bytes"] = 10 << 30
        view.tick(NOW + 3 * STATUS_EVERY)
        await pilot.pause()
        assert "disk" not in screen_text(app)


async def test_a_disk_that_is_really_full_is_told_of_and_then_no_longer(
    small_disk: Path, reached: Reached, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "LEAST", 1 << 16)
    run = make_run(small_disk, rows=list(story(1000)), alive=True)
    view = TrainingPane()
    app = Host(view)
    async with app.run_test(size=(78, 16)) as pilot:

        def shown(words: str) -> bool:
            view.tick(time.time())
            return words in screen_text(app)

        view.follow(FollowedRun(run))
        await until(pilot, lambda: shown("live"))
        assert not shown("disk")
        filling, began = fill(small_disk), time.monotonic()
        with pytest.raises(OSError, match="No space"):
            run.metrics.with_name("another").write_bytes(bytes(4096))
        await until(pilot, lambda: shown("disk full: 0B free"))
        seconds = time.monotonic() - began
        filling.unlink()
        await until(pilot, lambda: not shown("disk"))
    if request.config.getoption("--complete"):
        assert seconds <= 2.0
    reached(seconds_until_the_screen_alarms=seconds)


def test_a_finished_run_needs_no_room(tmp_path: Path, free: dict[str, int]) -> None:
    free["bytes"] = 0
    followed = FollowedRun(make_run(tmp_path, rows=list(story(100))))
    followed.poll(NOW)
    assert followed.alarm == ""
