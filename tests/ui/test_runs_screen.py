"""The list of runs: what it shows, what its keys ask for, and that a thousand runs are no burden."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.app import App

from grnn_tui.runs.rows import Noted
from grnn_tui.runs.scale import LossScale
from grnn_tui.runs.store import RunSummary, list_runs
from grnn_tui.safetext import cell_width, sanitise
from grnn_tui.ui.messages import NoticeGiven
from grnn_tui.ui.panes.training.messages import FormRequested, PlayRequested, ResumeRequested, RunAttached
from grnn_tui.ui.screens.run_list import RunList
from grnn_tui.ui.screens.runs import FIRST, RunsScreen
from grnn_tui.ui.screens.runs_view import ago, cell, columns_for, filtered, line_of
from tests.ui.support.host import Host, until
from tests.ui.support.text_snapshot import screen_text
from tests.ui.support.training_runs import die, make_run, started, story

Compare = Callable[[App[object], str], None]
NOW = 1_795_000_000.0


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("GRNN_TUI_RUNS", str(tmp_path / "runs"))
    (tmp_path / "runs").mkdir()
    return tmp_path / "runs"


def summary(name: str, **changes: object) -> RunSummary:
    known: dict[str, object] = {
        "name": name,
        "path": Path("/runs") / name,
        "state": "finished",
        "pid": None,
        "backend": "lstm",
        "data": "/texts/some book.txt",
        "created": "2026-11-18T10:00:00Z",
        "step": 5800,
        "seconds": 290.0,
        "progress": 1.0,
        "loss": 1.2,
        "validation": 1.349,
        "checkpoints": (5500, 5800),
        "scale": LossScale("character"),
    }
    return RunSummary(**(known | changes))  # type: ignore[arg-type]


def several() -> list[RunSummary]:
    return [
        summary("1120-tales-lstm", state="alive", data="tales", step=120, validation=2.2, reference=1.669),
        summary("1119-book-gru", backend="gru", reference=1.669),
        summary("1118-names-nade", state="died", backend="nade", data="names", reference=1.2),
        summary(
            "1118-strokes-binary-nade",
            backend="binary-nade",
            data="strokes",
            validation=0.1532,
            reference=0.2514,
            scale=LossScale("pixel", 256, "image"),
        ),
        summary("1117-manual-ngram", state="failed", backend="ngram", validation=None, checkpoints=()),
    ]


async def loaded(app: Host) -> None:
    await app.workers.wait_for_complete()


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_the_list(size: tuple[int, int], text_snapshot: Compare, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "time", lambda: NOW)
    app = Host(RunsScreen(read=several))
    async with app.run_test(size=size) as pilot:
        await until(pilot, lambda: "1120" in screen_text(app))
        text_snapshot(app, f"runs-{size[0]}x{size[1]}")


async def test_without_runs_it_says_how_to_make_one(root: Path, text_snapshot: Compare) -> None:
    app = Host(RunsScreen())
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: "No runs yet" in screen_text(app))
        text_snapshot(app, "runs-empty-80x24")
        await pilot.press("t")
        await until(pilot, lambda: any(isinstance(m, FormRequested) for m in app.heard))


async def test_real_directories_are_listed_with_their_distance(root: Path) -> None:
    make_run(root, "first", rows=[*story(1000), Noted(step=1000, event="finished")])
    gone = make_run(root, "second", rows=list(story(2000)))
    die(gone)
    make_run(root, "third", rows=[started()], alive=True)
    rows = {summary.name: line_of(summary, NOW) for summary in list_runs()}
    assert {name: line.state for name, line in rows.items()} == {
        "first": "finished",
        "second": "died",
        "third": "alive",
    }
    assert rows["second"].gap.startswith("−") == rows["second"].better
    assert rows["third"].gap == "–"


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        (("enter",), RunAttached(Path("/runs/1120-tales-lstm"))),
        (("down", "p"), PlayRequested("/runs/1119-book-gru")),
        (("down", "down", "r"), ResumeRequested(Path("/runs/1118-names-nade"))),
    ],
)
async def test_keys_choose_and_close(keys: tuple[str, ...], message: object) -> None:
    screen = RunsScreen(read=several)
    app = Host(screen)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: "1120" in screen_text(app))
        await pilot.press(*keys)
        await until(pilot, lambda: app.heard and app.screen is not screen)
        assert vars(app.heard[-1]).items() >= {k: v for k, v in vars(message).items() if not k.startswith("_")}.items()
        assert type(app.heard[-1]) is type(message)


async def test_what_makes_no_sense_is_said_and_nothing_happens() -> None:
    screen = RunsScreen(read=several)
    app = Host(screen)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: "1120" in screen_text(app))
        await pilot.press("r", "d", "down", "r", "end", "p")
        await until(pilot, lambda: len(app.heard) == 4)
        told = [m for m in app.heard if isinstance(m, NoticeGiven)]
        assert [m.severity for m in told] == ["warning"] * 4
        assert "it is finished; `grnn-tui train --resume /runs/1119-book-gru --seconds MORE`" in told[2].text
        assert app.screen is screen


@pytest.mark.promise(32)
async def test_deleting_asks_first_and_z_undoes_it(root: Path) -> None:
    make_run(root, "keep", rows=list(story(100)))
    gone = make_run(root, "gone", rows=list(story(100)))
    screen = RunsScreen()
    app = Host(screen)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: "keep" in screen_text(app) and "gone" in screen_text(app))
        await pilot.press("slash", *"gone", "enter")
        await pilot.press("d")
        await until(pilot, lambda: app.screen is not screen)
        await pilot.press("enter")
        await until(pilot, lambda: app.screen is screen)
        assert gone.path.is_dir()
        await pilot.press("d")
        await until(pilot, lambda: app.screen is not screen)
        await pilot.press("y")
        await until(pilot, lambda: not gone.path.exists())
        assert (root / "keep").is_dir()
        await until(pilot, lambda: app.heard and "z brings it back for 7 days" in app.heard[-1].text)
        await pilot.press("z")
        await until(pilot, lambda: gone.path.is_dir() and app.heard[-1].text == "gone is back")
        await until(pilot, lambda: "gone" in screen_text(app))
        await pilot.press("z")
        await until(pilot, lambda: app.heard[-1].text == "no run was deleted of late")


@pytest.mark.promise(32)
async def test_what_takes_the_name_while_the_question_stands_is_not_deleted(root: Path) -> None:
    asked = make_run(root, "mine", rows=list(story(100)))
    screen = RunsScreen()
    app = Host(screen)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: "mine" in screen_text(app))
        await pilot.press("d")
        await until(pilot, lambda: app.screen is not screen)
        asked.path.rename(root / "was")
        other = make_run(root, "mine", rows=list(story(200)))
        await pilot.press("y")
        await until(pilot, lambda: app.heard and "no longer the one" in app.heard[-1].text)
        assert other.path.is_dir()


async def test_the_filter_narrows_as_one_types_and_goes() -> None:
    screen = RunsScreen(read=several)
    app = Host(screen)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: "1120" in screen_text(app))
        await pilot.press("slash", *"gru")
        await until(pilot, lambda: "1120" not in screen_text(app))
        assert "1 of 5" in screen_text(app)
        await pilot.press(*"zzz")
        await until(pilot, lambda: "no run has 'gruzzz'" in screen_text(app))
        await pilot.press("escape")
        await until(pilot, lambda: "1120" in screen_text(app))
        assert app.screen is screen
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is not screen)


async def test_a_slow_disk_does_not_stop_the_keys() -> None:
    gate = threading.Event()

    def slow() -> list[RunSummary]:
        gate.wait(20)
        return several()

    screen = RunsScreen(read=slow)
    app = Host(screen)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("down", "enter", "slash", "z")
        assert app.heard == []
        gate.set()
        await until(pilot, lambda: "no run has 'z'" in screen_text(app))


async def test_the_newest_runs_are_shown_before_the_others_have_been_read() -> None:
    gate = threading.Event()

    def slow() -> Iterator[RunSummary]:
        yield from (summary(f"run-{i:04}") for i in range(FIRST))
        gate.wait(20)
        yield from (summary(f"run-{i:04}") for i in range(FIRST, 1000))

    app = Host(RunsScreen(read=slow))
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: "run-0000" in screen_text(app))
        assert "1000" not in screen_text(app)
        gate.set()
        await until(pilot, lambda: "1000" in screen_text(app))


async def test_a_thousand_runs_are_scrolled_like_ten() -> None:
    many = [summary(f"run-{i:04}", reference=1.5) for i in range(1000)]
    screen = RunsScreen(read=lambda: many)
    app = Host(screen)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: "run-0000" in screen_text(app) and "1000" in screen_text(app))
        await pilot.press("end")
        await until(pilot, lambda: "run-0999" in screen_text(app))
        assert screen_text(app).splitlines()[1].startswith("│ name")
        await pilot.press("pageup", "home")
        await until(pilot, lambda: "run-0000" in screen_text(app))
        assert screen.query_one(RunList).line is not None


async def test_the_cursor_stays_on_its_run_when_new_ones_come() -> None:
    runs = several()
    screen = RunsScreen(read=lambda: list(runs))
    app = Host(screen)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: "1120" in screen_text(app))
        await pilot.press("down")
        runs.insert(0, summary("1121-new"))
        screen.load()
        await until(pilot, lambda: "1121" in screen_text(app))
        line = screen.query_one(RunList).line
        assert line is not None
        assert line.name == "1119-book-gru"


async def test_hostile_names_are_shown_not_obeyed() -> None:
    app = Host(RunsScreen(read=lambda: [summary("a\x1b[2J[bold]\u202eb", data="\x9d0;x\x07")]))
    async with app.run_test(size=(120, 24)) as pilot:
        await until(pilot, lambda: "[bold]" in screen_text(app))
        assert not any(c in screen_text(app) for c in "\x1b\u202e\x9d\x07")


@given(st.text(max_size=60), st.integers(1, 60), st.booleans())
def test_a_cell_has_its_width(text: str, width: int, right: bool) -> None:
    assert cell_width(sanitise(cell(text, width, right=right))) == width


@given(st.integers(40, 300))
def test_columns_fill_the_width(width: int) -> None:
    columns = columns_for(width)
    assert sum(w for _, w in columns) + 2 * (len(columns) - 1) <= max(width, 80)


def test_the_filter_wants_every_word_wherever() -> None:
    lines = [line_of(s, NOW) for s in several()]
    assert [line.name for line in filtered(lines, "GRU finished")] == ["1119-book-gru"]
    assert len(filtered(lines, "")) == 5


def test_times_are_told_as_people_tell_them() -> None:
    assert ago("nonsense", NOW) == "–"
    base = 1_760_000_000
    created = datetime.fromtimestamp(base, UTC).isoformat()
    assert [ago(created, base + s) for s in (5, 300, 7300, 90_000)] == ["now", "5 min", "2 h", "1 d"]


async def test_in_ascii_the_list_has_no_other_signs() -> None:
    app = Host(RunsScreen(read=several, ascii_only=True))
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "1119-book-gru" in screen_text(app))
        assert screen_text(app).isascii()
