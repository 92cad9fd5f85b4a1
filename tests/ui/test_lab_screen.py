"""The lab's screen: the list, a child that is heard, ended and outlived, and what is shown of its finding."""

from __future__ import annotations

import os
import sys
import textwrap
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.app import App

from grnn_tui.errors import GrnnError
from grnn_tui.lab.catalogue import EXPERIMENTS
from grnn_tui.lab.finding import Finding, Series
from grnn_tui.safetext import cell_width, sanitise
from grnn_tui.ui.lab.child import carry_out, command_of
from grnn_tui.ui.lab.view import LabView, Running, first_shown, head_rows, list_rows, plot_of, table_rows
from grnn_tui.ui.markers import ASCII
from grnn_tui.ui.screens.lab import LabScreen
from grnn_tui.ui.widgets.lines import Row, width_of
from tests.ui.support.host import Host, until
from tests.ui.support.stage import LARGE, SMALL, stage
from tests.ui.support.text_snapshot import screen_text

Compare = Callable[[App[object], str], None]
NOW = 1_795_000_000.0
NAMES = list(EXPERIMENTS)


def finding(name: str = "noise", **changes: Any) -> Finding:
    sigmas = [0.0, 0.05, 0.1, 0.2, 0.4, 0.8]
    K = [-1.40, -1.42, -1.45, -1.56, -1.80, -2.19]
    known: dict[str, Any] = {
        "experiment": name,
        "claim": EXPERIMENTS[name].claim,
        "held": True,
        "sentence": "K goes from -2.190 nats a character at sigma 0.8 to -1.400 at 0, up at every step.",
        "columns": ["sigma", "K", "same weights, no noise"],
        "rows": [[sigma, k, k / 1.05] for sigma, k in zip(sigmas, K, strict=True)],
        "x_label": "sigma",
        "y_label": "log-likelihood, nats a character",
        "series": [Series("K", sigmas, K), Series("no noise", sigmas, [k / 1.05 for k in K])],
        "seed": 1,
        "seconds": 61.0,
    }
    return Finding(**(known | changes))


def child(*lines: str, then: str = "") -> Callable[[str, int], Sequence[str]]:
    """A command that says `lines` on stderr and goes on as `then` says."""
    said = "".join(f"print({line!r}, file=sys.stderr, flush=True)\n" for line in lines)
    return lambda _name, _seed: [sys.executable, "-c", f"import os, signal, sys\n{said}{then}"]


def finds(found: Finding) -> str:
    return f"print({msgspec.json.encode(found).decode()!r})"


WAITS = "print(f'50% process {os.getpid()}', file=sys.stderr, flush=True)\nsignal.pause()"


def lab(found: dict[str, Finding] | None = None, **options: Any) -> LabScreen:
    return LabScreen({} if found is None else found, now=lambda: NOW, **options)


def gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


async def process_of(screen: LabScreen, pilot: Any) -> int:
    await until(pilot, lambda: screen.view.running is not None and screen.view.running.what.startswith("process"))
    assert screen.view.running is not None
    return int(screen.view.running.what.split()[1])


# --- the screen -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [SMALL, LARGE])
async def test_untried_running_and_found(size: tuple[int, int], text_snapshot: Compare) -> None:
    told = child("0% starting", "41% training with sigma 0.1", then="signal.pause()")
    screen = lab({"noise": finding(), "ordering": finding("ordering", held=False)}, command=told)
    app = Host(screen)
    where = f"{size[0]}x{size[1]}"
    async with app.run_test(size=size) as pilot:
        await until(pilot, lambda: "chain-rule" in screen_text(app))
        text_snapshot(app, f"lab-untried-{where}")
        await pilot.press("enter")
        await until(pilot, lambda: "41%" in screen_text(app))
        screen.tick(NOW + 83)
        await pilot.pause()
        text_snapshot(app, f"lab-running-{where}")
        await pilot.press(*["down"] * NAMES.index("noise"))
        await until(pilot, lambda: "The claim held." in screen_text(app))
        text_snapshot(app, f"lab-found-{where}")
        await pilot.press("v")
        await pilot.pause()
        text_snapshot(app, f"lab-table-{where}")


async def test_in_ascii_there_is_nothing_else(text_snapshot: Compare) -> None:
    screen = lab({"noise": finding()}, markers="ascii")
    app = Host(screen)
    async with app.run_test(size=SMALL) as pilot:
        await pilot.press(*["down"] * NAMES.index("noise"))
        await until(pilot, lambda: "The claim held." in screen_text(app))
        assert screen_text(app).isascii()
        text_snapshot(app, "lab-ascii-80x24")


@pytest.mark.picture
async def test_picture_of_the_lab(picture: Compare) -> None:
    app = Host(lab({"noise": finding(), "ordering": finding("ordering", held=False)}))
    async with app.run_test(size=LARGE) as pilot:
        await pilot.press(*["down"] * NAMES.index("noise"))
        await until(pilot, lambda: "The claim held." in screen_text(app))
        picture(app, "lab-120x40")


@pytest.mark.parametrize("size", [(40, 12), (60, 18), (80, 24), (200, 60)])
async def test_no_size_tears_a_line(size: tuple[int, int]) -> None:
    screen = lab({name: finding(name) for name in NAMES})
    app = Host(screen)
    async with app.run_test(size=size) as pilot:
        for _ in NAMES:
            await pilot.press("v", "down")
            lines = screen_text(app).splitlines()
            assert len(lines) <= size[1]
            assert all(cell_width(sanitise(line)) <= size[0] for line in lines)


async def test_it_is_carried_out_shown_and_kept() -> None:
    kept: dict[str, Finding] = {}
    asked: list[tuple[str, int]] = []

    def command(name: str, seed: int) -> Sequence[str]:
        asked.append((name, seed))
        return child("3% training", then=finds(finding(name, seed=seed, held=False)))(name, seed)

    screen = lab(kept, command=command)
    app = Host(screen)
    async with app.run_test(size=LARGE) as pilot:
        await pilot.press("down", "enter")
        await until(pilot, lambda: "The claim did not hold." in screen_text(app))
        assert "1 of 10 tried" in screen_text(app)
        await pilot.press("s")
        await until(pilot, lambda: kept[NAMES[1]].seed == 2)
        await until(pilot, lambda: screen.view.running is None)
    assert asked == [(NAMES[1], 1), (NAMES[1], 2)]
    again = lab(kept)
    async with Host(again).run_test(size=LARGE) as pilot:
        await pilot.press("down")
        assert again.finding == kept[NAMES[1]]


@pytest.mark.parametrize("key", ["escape", "x", "q"])
async def test_stopping_ends_the_child_and_keeps_the_screen(key: str) -> None:
    screen = lab(command=child(then=WAITS))
    app = Host(screen)
    async with app.run_test(size=SMALL) as pilot:
        await pilot.press("enter")
        pid = await process_of(screen, pilot)
        await pilot.press("down", "enter")
        assert "is being carried out" in app.heard[-1].text
        await pilot.press(key)
        await until(pilot, lambda: gone(pid))
        assert app.screen is screen
        assert screen.view.running is None
        await pilot.press("escape")
        await until(pilot, lambda: app.answer is None)


async def test_a_child_that_is_stopped_can_clear_away_its_files(tmp_path: Path) -> None:
    left = tmp_path / "left"
    waits = textwrap.indent(WAITS, "    ")
    waits = f"open({str(left)!r}, 'w').close()\ntry:\n{waits}\nfinally:\n    os.remove({str(left)!r})"
    screen = lab(command=child(then=waits))
    async with Host(screen).run_test(size=SMALL) as pilot:
        await pilot.press("enter")
        pid = await process_of(screen, pilot)
        assert left.exists()
        await pilot.press("x")
        await until(pilot, lambda: gone(pid))
        assert not left.exists()


async def test_the_child_ends_with_the_app() -> None:
    screen = lab(command=child(then=WAITS))
    async with Host(screen).run_test(size=SMALL) as pilot:
        await pilot.press("enter")
        pid = await process_of(screen, pilot)
    assert gone(pid)


async def test_what_went_wrong_is_said_and_it_can_be_tried_again() -> None:
    outcomes = [child("7% training", "grnn-tui: the disk is full", then="sys.exit(2)"), child(then=finds(finding()))]
    screen = lab(command=lambda name, seed: outcomes.pop(0)(name, seed))
    app = Host(screen)
    async with app.run_test(size=SMALL) as pilot:
        await pilot.press("enter")
        await until(pilot, lambda: "the disk is full" in screen_text(app))
        await pilot.press("enter")
        await until(pilot, lambda: "The claim held." in screen_text(app))


async def test_the_key_and_the_palette_open_it_and_findings_outlive_it() -> None:
    async with stage(SMALL) as here:
        await here.press("tab", "l")
        assert isinstance(here.app.screen, LabScreen)
        here.app.lab_found["noise"] = finding()
        await here.press("escape", "l")
        await until(here.pilot, lambda: "1 of 10 tried" in screen_text(here.app))
        await here.press("question_mark")
        assert "Carry out the chosen experiment" in screen_text(here.app)


# --- the child --------------------------------------------------------------------------------------------------------


async def test_a_child_is_heard_and_its_finding_read() -> None:
    heard: list[tuple[float, str]] = []
    words = child("0% starting", "some warning", "55% training", then=finds(finding()))("", 0)
    assert await carry_out(words, lambda done, what: heard.append((done, what))) == finding()
    assert heard == [(0, "starting"), (0.55, "training")]


@pytest.mark.parametrize(
    ("then", "said"),
    [
        ("print('no json')", "did not say what it found"),
        ("sys.exit(3)", "ended with status 3"),
        ("print('x' * 200_000, file=sys.stderr); print('bad \\x1b[31mluck', file=sys.stderr); sys.exit(1)", "luck"),
    ],
)
async def test_a_child_that_fails_is_one_line(then: str, said: str) -> None:
    with pytest.raises(GrnnError, match=said) as refused:
        await carry_out(child(then=then)("", 0), lambda _done, _what: None)
    assert "\x1b" not in str(refused.value)


async def test_a_program_that_is_not_there_is_one_line() -> None:
    with pytest.raises(GrnnError, match="cannot be started"):
        await carry_out(["/nowhere/at/all"], lambda _done, _what: None)


async def test_the_command_itself_says_how_far_it_is() -> None:
    heard: list[str] = []
    found = await carry_out(command_of("adding", 1), lambda _done, what: heard.append(what))
    assert found.held
    assert heard[0].startswith("sums-lstm")


# --- what is shown ----------------------------------------------------------------------------------------------------


def text_of(rows: Sequence[Row]) -> list[str]:
    return ["".join(cell.text for cell in row) for row in rows]


def test_a_table_says_how_many_rows_found_no_room() -> None:
    shown = text_of(table_rows(finding(), 60, 4))
    assert len(shown) == 4
    assert shown[-1] == "… 4 rows more"


@given(
    st.lists(st.lists(st.one_of(st.text(max_size=60), st.floats(), st.none()), min_size=3, max_size=3), max_size=4),
    st.integers(18, 90),
)
def test_a_table_of_whatever_text_fits(rows: list[list[str | float | None]], width: int) -> None:
    table = table_rows(finding(columns=["one", "two", "three"], rows=rows), width, 10)
    assert all(width_of(row) <= width for row in table)


@given(st.integers(0, len(NAMES) - 1), st.integers(1, 12))
def test_the_chosen_experiment_is_in_view(selected: int, height: int) -> None:
    rows = text_of(list_rows(tuple(EXPERIMENTS.values()), LabView(selected=selected), 17, height))
    assert len(rows) <= height
    assert rows[selected - first_shown(selected, len(NAMES), height)].startswith("▸")


def test_marks_tell_how_each_ended_without_a_colour() -> None:
    view = LabView(
        found={"noise": finding(), "ordering": finding("ordering", held=False)},
        failed={"anomaly": "no"},
        running=Running("memory", 1, NOW),
        glyphs=ASCII,
    )
    shown = dict(zip(NAMES, text_of(list_rows(tuple(EXPERIMENTS.values()), view, 17, 20)), strict=True))
    assert [shown[name][1] for name in ("noise", "ordering", "anomaly", "memory", "cycling")] == [
        "v",
        "x",
        "!",
        "*",
        " ",
    ]


@pytest.mark.parametrize("width", [20, 58, 98])
def test_the_head_fits(width: int) -> None:
    for name, experiment in EXPERIMENTS.items():
        for view in (LabView(), LabView(found={name: finding(name)}), LabView(running=Running(name, 1, NOW), now=NOW)):
            assert all(width_of(row) <= width for row in head_rows(experiment, view, width))


@pytest.mark.parametrize("experiment", EXPERIMENTS.values(), ids=NAMES)
def test_claim_and_method_are_shown_whole_in_a_small_window(experiment: Any) -> None:
    shown = " ".join(text_of(head_rows(experiment, LabView(), 57)))
    assert experiment.claim in shown
    assert experiment.method in shown


def test_a_plot_spans_all_curves_and_none_is_no_plot() -> None:
    series = [Series("a", [2.0, 3.0], [0.0, 1.0]), Series("b", [1.0, 9.0], [0.0, 1.0]), Series("c", [5.0], [0.0])]
    plot = plot_of(finding(series=series))
    assert plot.x_range == pytest.approx((1, 9))
    assert [curve.label for curve in plot.curves] == ["a", "b"]
    assert not plot_of(finding(series=[])).curves
