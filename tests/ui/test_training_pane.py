"""The training pane, the strip and the monitor, driven by keys over real run directories."""

from __future__ import annotations

import itertools
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from textual.app import App

from grnn_tui.errors import RunError
from grnn_tui.runs.lock import process_start, this_process
from grnn_tui.runs.metrics import MetricsReader
from grnn_tui.runs.rows import AnyRow, Noted, Trained
from grnn_tui.runs.seals import opened_line
from grnn_tui.safetext import SafeText, sanitise
from grnn_tui.ui.messages import NoticeGiven
from grnn_tui.ui.panes.training.followed import BIG_BYTES, FollowedRun
from grnn_tui.ui.panes.training.following import kill_trainer
from grnn_tui.ui.panes.training.messages import PlayRequested, RunDetached
from grnn_tui.ui.panes.training.pane import TrainingPane, TrainingStrip
from grnn_tui.ui.panes.training.smoothing import Smoothed
from grnn_tui.ui.screens.monitor import MonitorScreen
from tests.ui.support.host import Host, until
from tests.ui.support.text_snapshot import screen_text
from tests.ui.support.training_runs import EPOCH_SECONDS, append_rows, die, make_run, row_story, started, story

Compare = Callable[[App[object], str], None]
NOW = EPOCH_SECONDS + 291


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("GRNN_TUI_RUNS", str(tmp_path / "runs"))
    (tmp_path / "runs").mkdir()
    return tmp_path / "runs"


def commands(path: Path) -> list[Any]:
    file = path / "commands.jsonl"
    return [json.loads(opened_line(line) or "") for line in file.read_bytes().splitlines()] if file.exists() else []


def cursor(followed: FollowedRun) -> float | None:
    return followed.options.cursor


async def no_sample(path: Path) -> SafeText | None:
    return sanitise("Once there was a miller.\nHe had a mill.", keep_newlines=True)


async def test_without_a_run_the_pane_invites(text_snapshot: Compare) -> None:
    pane = TrainingPane()
    app = Host(pane)
    async with app.run_test(size=(78, 14)) as pilot:
        pane.tick(NOW)
        await pilot.pause()
        text_snapshot(app, "training-pane-empty")


async def test_the_pane_shows_a_live_run(root: Path, text_snapshot: Compare) -> None:
    pane = TrainingPane()
    app = Host(pane)
    async with app.run_test(size=(78, 18)) as pilot:
        pane.follow(FollowedRun(make_run(root, rows=list(story(5800)), alive=True)))
        pane.tick(NOW)
        await pilot.pause()
        text_snapshot(app, "training-pane-live")


async def test_losses_of_images_are_told_per_image(root: Path) -> None:
    pane = TrainingPane()
    app = Host(pane)
    async with app.run_test(size=(110, 24)) as pilot:
        pane.follow(FollowedRun(make_run(root, rows=list(row_story(5800)), alive=True)))
        pane.tick(NOW)
        await pilot.pause()
        shown = screen_text(app)
        assert "nats/image   train 42.52" in shown
        assert "bits/pixel" in shown
        assert "vs Chow-Liu tree" in shown


async def test_the_strip_shows_a_live_run_in_two_lines(root: Path, text_snapshot: Compare) -> None:
    strip = TrainingStrip()
    app = Host(strip)
    async with app.run_test(size=(80, 24)) as pilot:
        strip.tick(NOW)
        await pilot.pause()
        assert "train a model" in screen_text(app)
        strip.follow(FollowedRun(make_run(root, rows=list(story(5800)), alive=True)))
        strip.tick(NOW)
        await pilot.pause()
        text_snapshot(app, "training-strip-80x24")


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
@pytest.mark.parametrize("markers", ["braille", "ascii"])
async def test_the_monitor(root: Path, size: tuple[int, int], markers: Any, text_snapshot: Compare) -> None:
    followed = FollowedRun(make_run(root, rows=list(story(5800)), alive=True))
    screen = MonitorScreen(followed, markers=markers, write_sample=no_sample)
    app = Host(screen)
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        screen.tick(NOW)
        await app.workers.wait_for_complete()
        await pilot.pause()
        text_snapshot(app, f"monitor-{markers}-{size[0]}x{size[1]}")


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_the_monitor_of_images(root: Path, size: tuple[int, int], text_snapshot: Compare) -> None:
    rows = list(row_story(5800))
    run = make_run(root, "1124-strokes-binary-nade", rows, alive=True, backend="binary-nade", data="strokes")
    screen = MonitorScreen(FollowedRun(run), write_sample=no_sample)
    app = Host(screen)
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        screen.tick(NOW)
        await app.workers.wait_for_complete()
        await pilot.pause()
        text_snapshot(app, f"monitor-images-{size[0]}x{size[1]}")


async def test_what_is_appended_is_shown_at_the_next_tick(root: Path) -> None:
    run = make_run(root, rows=[started()], alive=True)
    pane = TrainingPane()
    app = Host(pane)
    async with app.run_test(size=(80, 18)) as pilot:
        pane.follow(FollowedRun(run))
        now = EPOCH_SECONDS + 140
        pane.tick(now)
        await pilot.pause()
        assert "warming up" in screen_text(app)
        rows = list(story(3000))[1:]
        for begin in range(0, len(rows), 60):
            append_rows(run.path, rows[begin : begin + 60])
            now += 1
            pane.tick(now)
            await pilot.pause()
        assert pane.followed is not None
        assert len(pane.followed.view.loss) == 300
        assert "checkpoint saved" in screen_text(app)
        append_rows(run.path, [Trained(step=3010, loss=None, seconds=150.5), Noted(step=3010, event="paused")])
        pane.tick(now + 1)
        await pilot.pause()
        assert "paused" in screen_text(app)


async def test_nothing_new_repaints_nothing(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pane = TrainingPane()
    app = Host(pane)
    painted: list[float] = []
    async with app.run_test(size=(80, 18)) as pilot:
        pane.follow(FollowedRun(make_run(root, rows=list(story(500)), alive=False)))
        original = pane.paint

        def paint(followed: FollowedRun | None, now: float) -> None:
            painted.append(now)
            original(followed, now)

        monkeypatch.setattr(pane, "paint", paint)
        for tenth in range(50):
            pane.tick(NOW + tenth / 10)
        await pilot.pause()
        assert len(painted) == 1


async def test_a_long_history_is_read_away_from_the_keys(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows: list[AnyRow] = [started(), *(Trained(step=step, loss=1.0, seconds=step / 100) for step in range(1, 60_001))]
    run = make_run(root, rows=rows, alive=True)
    assert run.metrics.stat().st_size > BIG_BYTES
    threads: set[str] = set()
    decode = MetricsReader._decode

    def noted(reader: MetricsReader, content: bytes, rows: list[AnyRow]) -> None:
        if len(content) > BIG_BYTES:
            threads.add(threading.current_thread().name)
        decode(reader, content, rows)

    monkeypatch.setattr(MetricsReader, "_decode", noted)
    pane = TrainingPane()
    app = Host(pane)
    async with app.run_test(size=(80, 18)) as pilot:
        followed = FollowedRun(run)
        pane.follow(followed)
        ticks = itertools.count(1)

        def loaded() -> bool:
            pane.tick(NOW + next(ticks))
            return len(followed.view.loss) == 60_000 and not followed.loading

        await until(pilot, loaded)
        assert threads == {"metrics"}
        pane.tick(NOW + next(ticks))
        await pilot.pause()
        assert "└0" in screen_text(app)
        assert "40k" in screen_text(app)


def test_two_views_of_a_run_read_each_row_once(root: Path) -> None:
    rows: list[AnyRow] = [started(), *(Trained(step=step, loss=1.0, seconds=step / 100) for step in range(1, 60_001))]
    followed = FollowedRun(make_run(root, rows=rows, alive=True))
    while len(followed.view.loss) < 60_000:
        followed.poll(NOW)
        followed.poll(NOW)
    assert followed.view.loss.x.tolist() == list(range(1, 60_001))
    assert followed.view.seconds.y.tolist() == [step / 100 for step in range(1, 60_001)]


@pytest.mark.parametrize(("ending", "word"), [("finished", "finished"), ("stopped", "stopped"), ("failed", "failed")])
async def test_the_monitor_stays_open_when_training_ends(root: Path, ending: str, word: str) -> None:
    run = make_run(root, rows=list(story(1000)), alive=True)
    screen = MonitorScreen(FollowedRun(run), write_sample=no_sample)
    app = Host(screen)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        screen.tick(NOW)
        append_rows(run.path, [Noted(step=1000, event=ending, text=f"training has {ending}")])
        released = msgspec.structs.replace(this_process(), released=True)
        (run.path / "owner-1").write_bytes(msgspec.json.encode(released))
        screen.tick(NOW + 2)
        await pilot.pause()
        assert app.screen is screen
        assert f" {word}" in screen_text(app).splitlines()[0]
        assert f"training has {ending}" in screen_text(app)
        await pilot.press("q")
        await until(pilot, lambda: app.screen is not screen)


async def test_a_run_that_goes_on_from_an_earlier_step_drops_what_came_after(root: Path) -> None:
    run = make_run(root, rows=list(story(2000)), alive=True)
    followed = FollowedRun(run)
    followed.poll(NOW)
    append_rows(run.path, [started(step=1000), *(row for row in story(1200, seed=5) if row.step > 1000)])
    followed.poll(NOW + 1)
    assert followed.view.loss.x[-1] == 1200
    fresh = Smoothed(followed.view.loss, followed.options.smoothing)
    fresh.catch_up()
    everywhere = np.arange(len(followed.view.loss))
    assert followed.smoothed.at(everywhere).tolist() == fresh.at(everywhere).tolist()
    assert [told.text for told in followed.log.lines if told.kind == "started"][-1].startswith("training goes on")


async def test_a_trainer_that_died_is_told_of_as_such(root: Path) -> None:
    run = make_run(root, rows=list(story(1000)), alive=True)
    die(run)
    pane = TrainingPane()
    app = Host(pane)
    async with app.run_test(size=(80, 18)) as pilot:
        pane.follow(FollowedRun(run))
        pane.tick(NOW)
        await pilot.pause()
        assert "died" in screen_text(app)
        assert "can be resumed" in screen_text(app)


async def test_a_silent_trainer_is_told_of_as_such(root: Path) -> None:
    run = make_run(root, rows=list(story(1000)), alive=True)
    pane = TrainingPane()
    app = Host(pane)
    async with app.run_test(size=(80, 18)) as pilot:
        pane.follow(FollowedRun(run))
        pane.tick(EPOCH_SECONDS + 50 + 75)
        await pilot.pause()
        assert "silent 1m15s" in screen_text(app)


async def test_a_hostile_name_neither_acts_nor_is_parsed(root: Path) -> None:
    name = "x\x1b]0;owned\x07[@click=app.bell]y[b]\u202e"
    run = make_run(root, name, rows=[started(), Noted(event="alarm", text="[bold]\x1b[2J\x9b")], alive=True)
    screen = MonitorScreen(FollowedRun(run), write_sample=no_sample)
    app = Host(screen)
    async with app.run_test(size=(100, 30)) as pilot:
        await pilot.pause()
        screen.tick(NOW)
        await pilot.pause()
        shown = screen_text(app)
        assert "[@click=app.bell]" in shown
        assert "[bold]" in shown
        assert not any(c in shown for c in "\x1b\x07\x9b\u202e")


async def test_nothing_but_ascii_is_drawn_where_the_terminal_has_no_more(root: Path) -> None:
    rows = [*story(5800), Noted(step=5800, event="alarm", text="größer")]
    followed = FollowedRun(make_run(root, "évil-名-run", rows=rows, alive=True, data="größe.txt"))
    make_run(root, "autre-é", rows=list(story(4000, seed=8)))
    screen = MonitorScreen(followed, markers="ascii", write_sample=no_sample)
    app = Host(screen)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.pause()
        screen.tick(NOW)
        await pilot.press("o")
        await until(pilot, lambda: followed.overlay is not None)
        for keys in ("l", "v", "a", "c", "c", "right", "right", "left", "left"):
            await pilot.press(keys)
            screen.tick(NOW + 1)
            await pilot.pause()
            assert [line for line in screen_text(app).splitlines() if not line.isascii()] == []
        for keys in ("S", "c", "L", "escape"):
            await pilot.press(keys)
            await pilot.pause()
            assert [line for line in screen_text(app).splitlines() if not line.isascii()] == []


async def test_keys_change_how_the_curve_is_looked_at(root: Path) -> None:
    followed = FollowedRun(make_run(root, rows=list(story(2000)), alive=True))
    screen = MonitorScreen(followed, write_sample=no_sample)
    app = Host(screen)
    async with app.run_test(size=(100, 30)) as pilot:
        await pilot.pause()
        screen.tick(NOW)
        await pilot.press("l", "a", "v", "left_square_bracket")
        assert (followed.options.log, followed.options.time) == (True, True)
        assert (followed.options.span, followed.options.smoothing) == (0.5, 0.8)
        await pilot.press("right")
        names = [followed.options.metric]
        await pilot.press("left", "left")
        names.append(followed.options.metric)
        assert names == ["bits", "norm"]
        await pilot.press("right", "c")
        before = cursor(followed)
        await pilot.press("right")
        after = cursor(followed)
        assert before is not None
        assert after is not None
        assert after > before
        screen.tick(NOW + 1)
        await pilot.pause()
        assert "step 1 5" in screen_text(app)
        await pilot.press("q")
        assert cursor(followed) is None
        assert app.screen is screen


async def test_another_run_can_be_laid_over_and_taken_away(root: Path) -> None:
    followed = FollowedRun(make_run(root, rows=list(story(2000)), alive=True))
    make_run(root, "older", rows=list(story(1500, seed=8)))
    screen = MonitorScreen(followed, write_sample=no_sample)
    app = Host(screen)
    async with app.run_test(size=(100, 30)) as pilot:
        await pilot.pause()
        screen.tick(NOW)
        await pilot.press("o")
        await until(pilot, lambda: followed.overlay is not None)
        screen.tick(NOW + 1)
        await pilot.pause()
        assert "over older" in screen_text(app)
        await pilot.press("o")
        await until(pilot, lambda: followed.overlay is None)


async def test_keys_steer_the_run(root: Path) -> None:
    run = make_run(root, rows=list(story(1000)), alive=True)
    screen = MonitorScreen(FollowedRun(run), write_sample=no_sample)
    app = Host(screen)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        screen.tick(NOW)
        await pilot.press("C", "p", "S", "s")
        await until(pilot, lambda: len(commands(run.path)) == 3)
        append_rows(run.path, [Noted(step=1000, event="paused")])
        screen.tick(NOW + 2)
        await pilot.press("p", "L")
        await until(pilot, lambda: app.screen is not screen)
        await pilot.press("x", "enter")
        assert "a number such as 3e-4" in screen_text(app)
        await pilot.press("backspace", *"3e-4")
        await until(pilot, lambda: "  3e-4 " in screen_text(app))
        await pilot.press("enter")
        await until(pilot, lambda: len(commands(run.path)) == 5)
        assert commands(run.path) == [
            {"do": "checkpoint"},
            {"do": "pause"},
            {"do": "stop"},
            {"do": "resume"},
            {"do": "set", "lr": 3e-4},
        ]


async def test_the_stop_dialog_can_detach_or_be_left(root: Path, text_snapshot: Compare) -> None:
    run = make_run(root, rows=list(story(1000)), alive=True)
    screen = MonitorScreen(FollowedRun(run), write_sample=no_sample)
    app = Host(screen)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        screen.tick(NOW)
        await pilot.press("S")
        await until(pilot, lambda: app.screen is not screen)
        text_snapshot(app, "stop-dialog-80x24")
        await pilot.press("c")
        await until(pilot, lambda: app.screen is screen)
        assert commands(run.path) == []
        await pilot.press("S", "d")
        await until(pilot, lambda: any(isinstance(m, RunDetached) for m in app.heard))
        await pilot.press("W")
        await until(pilot, lambda: any(isinstance(m, PlayRequested) for m in app.heard))
        assert commands(run.path) == []


async def test_steering_a_run_that_has_ended_says_so(root: Path) -> None:
    run = make_run(root, rows=[*story(1000), Noted(step=1000, event="finished")])
    screen = MonitorScreen(FollowedRun(run), write_sample=no_sample)
    app = Host(screen)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        screen.tick(NOW)
        await pilot.press("C", "S")
        await until(pilot, lambda: len(app.heard) == 2)
        assert all(isinstance(m, NoticeGiven) and "ended" in m.text for m in app.heard)
        assert commands(run.path) == []


def test_kill_ends_the_process_that_holds_the_run_and_no_other(root: Path) -> None:
    run = make_run(root, rows=list(story(100)))
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    try:
        owner = msgspec.structs.replace(this_process(), pid=child.pid, started=process_start(child.pid) or "")
        (run.path / "owner-1").write_bytes(msgspec.json.encode(msgspec.structs.replace(owner, started="1")))
        with pytest.raises(RunError, match="not being trained"):
            kill_trainer(FollowedRun(run))
        (run.path / "owner-1").write_bytes(
            msgspec.json.encode(msgspec.structs.replace(owner, host="elsewhere", boot="b"))
        )
        with pytest.raises(RunError, match="on elsewhere"):
            kill_trainer(FollowedRun(run))
        contained = msgspec.structs.replace(owner, namespace="another container", started="1")
        (run.path / "owner-1").write_bytes(msgspec.json.encode(contained))
        with pytest.raises(RunError, match="kill it there"):
            kill_trainer(FollowedRun(run))
        assert child.poll() is None
        (run.path / "owner-1").write_bytes(msgspec.json.encode(owner))
        kill_trainer(FollowedRun(run))
        assert child.wait(10) == -signal.SIGKILL
    finally:
        if child.poll() is None:
            os.kill(child.pid, signal.SIGKILL)
        child.wait()
        assert child.stdin is not None
        child.stdin.close()


async def test_curves_are_exported_into_this_folder(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    screen = MonitorScreen(FollowedRun(make_run(root, rows=list(story(500)))), write_sample=no_sample)
    app = Host(screen)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        screen.tick(NOW)
        await pilot.press("x")
        await until(pilot, lambda: app.heard)
        assert sorted(path.suffix for path in tmp_path.glob("1120-tales-lstm-curves.*")) == [".csv", ".json"]
