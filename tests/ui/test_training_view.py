"""What the training pane shows, out of what a run tells."""

from __future__ import annotations

import csv
import io
import json
import math
import random
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from grnn_tui.errors import UsageError
from grnn_tui.runs.directory import Status
from grnn_tui.runs.rows import AnyRow, Noted, Trained, Validated
from grnn_tui.runs.series import Series
from grnn_tui.runs.view import RunView
from grnn_tui.safetext import sanitise
from grnn_tui.ui.panes.training.events import EventLog
from grnn_tui.ui.panes.training.export import COLUMNS, as_csv, as_json, export
from grnn_tui.ui.panes.training.figures import badge, bar, bars_line, board, fitted, loss_line, summary_lines
from grnn_tui.ui.panes.training.options import METRICS, SMOOTHINGS, ChartOptions
from grnn_tui.ui.panes.training.shown import Shown
from grnn_tui.ui.panes.training.smoothing import Smoothed
from grnn_tui.ui.panes.training.view import (
    averaged,
    moved_cursor,
    plot_of,
    reading_of,
    recent,
    reduced,
    shown_of,
)
from grnn_tui.ui.screens.monitor import looking
from grnn_tui.ui.widgets.chart import draw
from tests.ui.support.training_runs import REFERENCES, row_story, started, story


def seen(rows: list[AnyRow], smoothing: float = 0.9) -> tuple[RunView, Smoothed]:
    view = RunView()
    view.feed(rows)
    smoothed = Smoothed(view.loss, smoothing)
    smoothed.catch_up()
    return view, smoothed


@given(
    ys=st.lists(st.floats(-100, 100) | st.just(math.nan), min_size=1, max_size=3000),
    smoothing=st.sampled_from(SMOOTHINGS),
    parts=st.lists(st.integers(1, 400), max_size=6),
)
def test_the_moving_average_is_the_same_however_it_arrives(ys: list[float], smoothing: float, parts: list[int]) -> None:
    source = Series()
    grown = Smoothed(source, smoothing)
    cuts = iter(parts)
    wait = next(cuts, 10_000)
    for i, y in enumerate(ys):
        source.append(i, y)
        wait -= 1
        if wait == 0:
            grown.catch_up()
            wait = next(cuts, 10_000)
    grown.catch_up()
    expected = by_definition(ys, smoothing)
    np.testing.assert_allclose(grown.at(np.arange(len(ys))), expected, rtol=1e-9, atol=1e-9)
    grown.restart()
    np.testing.assert_allclose(grown.at(np.arange(len(ys))), expected, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("smoothing", SMOOTHINGS)
def test_the_moving_average_of_a_long_run_is_that_of_its_definition(smoothing: float) -> None:
    luck = np.random.default_rng(3)
    ys = luck.normal(2, 1, 5000)
    ys[luck.random(5000) < 0.1] = np.nan
    source = Series()
    for i, y in enumerate(ys.tolist()):
        source.append(i, y)
    whole = Smoothed(source, smoothing)
    whole.catch_up()
    np.testing.assert_allclose(whole.at(np.arange(5000)), by_definition(ys.tolist(), smoothing), rtol=1e-9)


def by_definition(ys: list[float], smoothing: float) -> list[float]:
    total = weight = 0.0
    count = 0
    found = []
    for y in ys:
        if math.isfinite(y):
            s = min(smoothing, (1 + count) / (10 + count))
            total, weight, count = s * total + (1 - s) * y, s * weight + (1 - s), count + 1
        found.append(total / weight if math.isfinite(y) else math.nan)
    return found


def test_figures_of_a_live_run() -> None:
    view, smoothed = seen(list(story(5800)))
    shown = shown_of(view, smoothed, Status("alive", 1), name="run", epochs=20)
    assert view.best is not None
    assert view.best.loss is not None
    assert shown.gap == pytest.approx(view.best.loss - REFERENCES["5-gram"])
    assert shown.gap_label == "5-gram"
    assert shown.over_floor == f"+{view.best.loss / 1.102 - 1:.1%}"
    assert (shown.epoch, shown.eta, shown.memory, shown.device) == ("12/20", "3m30s", "412M", "cpu · 2 threads")
    assert shown.share == pytest.approx(0.58)


def test_a_bound_is_called_one_in_every_figure() -> None:
    view, smoothed = seen([started(bound=True), *list(story(5800))[1:]])
    log = EventLog()
    log.feed([started(bound=True), Validated(step=1, loss=2.5)])
    shown = shown_of(view, smoothed, Status("alive", 1), tuple(log.lines), name="run")
    assert shown.scale.bound
    assert loss_line(shown, ChartOptions(), 100).plain.startswith("bound K   train")
    assert [line.plain.split("  ")[0] for line in board(shown, ChartOptions(), 100)][:1] == ["K train"]
    assert looking(ChartOptions(), None, view.scale)[0].plain == "bound K nats per symbol"
    assert looking(ChartOptions(metric="speed"), None, view.scale)[0].plain.startswith("speed")
    assert "best validation bound K" in summary_lines(shown)[1]
    assert log.lines[-1].text == "best K 2.500"
    assert json.loads(as_json(view, "run"))["bound"]
    view, smoothed = seen(list(story(5800)))
    plain = shown_of(view, smoothed, Status("alive", 1), name="run")
    assert loss_line(plain, ChartOptions(), 100).plain.startswith("train")
    assert looking(ChartOptions(), None, view.scale)[0].plain == "loss nats per symbol"


def test_losses_of_rows_are_told_per_row_everywhere() -> None:
    view, smoothed = seen(list(row_story(5800)))
    assert view.best is not None
    assert view.best.loss is not None
    log = EventLog()
    log.feed([view.started, Validated(step=1, loss=0.25)])  # type: ignore[list-item]
    shown = shown_of(view, smoothed, Status("alive", 1), tuple(log.lines), name="run")
    assert shown.best == f"{view.best.loss * 256:.2f}"
    assert shown.bits == f"{view.best.loss / math.log(2):.4f}"
    assert shown.gap == pytest.approx(256 * (view.best.loss - 0.2514))
    assert shown.gap_label == "Chow-Liu tree"
    assert [line.text for line in log.lines] == [
        "training begins on cpu: 18 000 images",
        "best 64.00",
    ]
    plot = plot_of(view, smoothed, ChartOptions(), 80)
    assert plot.levels[0].label == "Chow-Liu tree"
    assert plot.levels[0].value == pytest.approx(64.36, abs=0.01)
    assert 40 < plot.curves[1].lows[-1] < 60
    bits = plot_of(view, smoothed, ChartOptions(metric="bits"), 80)
    assert bits.curves[1].lows[-1] == pytest.approx(plot.curves[1].lows[-1] / 256 / math.log(2))
    heads = [looking(ChartOptions(metric=m), None, view.scale)[0].plain for m in ("loss", "bits")]
    assert heads == ["loss nats per image", "loss bits per pixel"]
    table = [line.plain for line in board(shown, ChartOptions(), 60)]
    assert any("told in  nats/image" in line and f"pixel    {shown.bits} bits" in line for line in table)
    assert f"best validation {shown.best} nats per image" in summary_lines(shown)[1]
    reading = reading_of(view, smoothed, ChartOptions(cursor=5800.0))
    assert reading is not None
    assert float(reading.valid) == pytest.approx(view.validation.y[-1] * 256, abs=0.01)


def test_exports_of_rows_say_their_unit() -> None:
    view, _ = seen(list(row_story(1000)))
    rows = list(csv.DictReader(io.StringIO(as_csv(view))))
    assert float(rows[-1]["train_nats_per_image"]) == pytest.approx(view.loss.y[-1] * 256)
    document = json.loads(as_json(view, "run"))
    assert (document["unit"], document["symbol"], document["symbols_per_row"]) == ("nats per image", "pixel", 256)
    assert document["references"]["Chow-Liu tree"] == pytest.approx(0.2514 * 256)
    assert document["curves"]["train_nats"][-1] == pytest.approx(view.loss.y[-1] * 256)


def test_a_density_is_told_how_far_it_is_above_its_entropy_and_words_by_their_name() -> None:
    real = {"unit": "dimension", "row": 8, "row_name": "row", "floor": -0.01, "references": {"one Gaussian": 0.02}}
    falling: list[AnyRow] = [Trained(step=s, loss=0.1 - s / 100, seconds=s) for s in range(1, 10)]
    view, smoothed = seen([started(**real), *falling, Validated(step=9, loss=0.04)])
    shown = shown_of(view, smoothed, Status("alive", 1), name="run")
    assert (shown.best, shown.over_floor) == ("0.320", "+0.400")
    plot = plot_of(view, smoothed, ChartOptions(), 80)
    assert any(level.floor and level.value == pytest.approx(-0.08) for level in plot.levels)
    assert "exact" in "".join(t for row in draw(plot, 80, 20).rows for t, _ in row)
    view, smoothed = seen([started(unit="word"), *list(story(500))[1:]])
    shown = shown_of(view, smoothed, Status("alive", 1), name="run")
    assert loss_line(shown, ChartOptions(), 100).plain.startswith("nats/word   train")
    assert looking(ChartOptions(), None, view.scale)[0].plain == "loss nats per word"


def test_only_a_silence_worth_mentioning_is_mentioned() -> None:
    view, smoothed = seen(list(story(100)))
    assert shown_of(view, smoothed, Status("alive", 1), name="run", silent=3.0).silent == ""
    assert shown_of(view, smoothed, Status("alive", 1), name="run", silent=75.0).silent == "1m15s"


def test_before_the_first_step_there_are_no_figures() -> None:
    view, smoothed = seen([started()])
    shown = shown_of(view, smoothed, Status("alive", 1), name="run")
    assert shown.warming
    assert "warming up" in "".join(
        t for row in draw(plot_of(view, smoothed, ChartOptions(), 80), 80, 9).rows for t, _ in row
    )


def test_names_and_events_cannot_act_on_the_terminal() -> None:
    view, smoothed = seen([started(), Noted(event="alarm", text="\x1b]52;c;!\x07[red]")])
    log = EventLog()
    log.feed([Noted(event="alarm", text="\x1b]52;c;!\x07[red]")])
    shown = shown_of(view, smoothed, Status("alive", 1), tuple(log.lines), name="a\x1b[2Jb\u202e")
    for text in (shown.name, shown.log[0].text, *summary_lines(shown)):
        assert sanitise(text) == text
    assert "[red]" in shown.log[0].text


@pytest.mark.parametrize("metric", [m.name for m in METRICS])
@pytest.mark.parametrize("span", [1.0, 0.05])
@pytest.mark.parametrize("over_time", [False, True])
def test_every_metric_can_be_drawn(metric: str, span: float, over_time: bool) -> None:
    view, smoothed = seen(list(story(2000)))
    options = ChartOptions(metric=metric, span=span, time=over_time, log=True)  # type: ignore[arg-type]
    plot = plot_of(view, smoothed, options, 80, (view, smoothed, sanitise("other")))
    assert plot.curves
    assert all(len(curve.xs) == len(curve.lows) <= 2 * 2 * 80 for curve in plot.curves)
    assert plot.x_range is not None
    assert plot.x_range[1] == pytest.approx(100.0 if over_time else 2000.0)
    assert len(draw(plot, 78, 10).rows) == 10


def test_bits_are_nats_over_ln_2() -> None:
    view, smoothed = seen(list(story(2000)))
    nats, bits = (plot_of(view, smoothed, ChartOptions(metric=m), 80) for m in ("loss", "bits"))
    assert bits.curves[1].lows[-1] == pytest.approx(nats.curves[1].lows[-1] / math.log(2))
    assert bits.levels[0].value == pytest.approx(1.102 / math.log(2))


def test_a_loss_that_is_no_number_leaves_a_gap() -> None:
    rows = list(story(1000))
    rows += [Trained(step=step, loss=None, seconds=step * 0.05) for step in range(1010, 1500, 10)]
    view, smoothed = seen(rows)
    plot = plot_of(view, smoothed, ChartOptions(), 80)
    train = next(c for c in plot.curves if c.role == "train")
    assert all(math.isnan(y) for x, y in zip(train.xs, train.lows, strict=True) if x > 1000)
    assert shown_of(view, smoothed, Status("failed"), name="run").train != "nan"


def test_the_cursor_reads_the_nearest_step() -> None:
    view, smoothed = seen([started(), *(Trained(step=s, loss=float(s), seconds=s / 10) for s in (10, 20, 30))])
    options = ChartOptions(cursor=21.0)
    reading = reading_of(view, smoothed, options)
    assert reading is not None
    assert (reading.x, reading.raw) == ("step 20 · 2s", "20.00")
    moved = moved_cursor(view, options, 30, 1)
    assert moved.cursor == pytest.approx(22.0)
    assert moved_cursor(view, options, 30, 999).cursor == 30.0


def test_options_go_round_and_stop_at_their_ends() -> None:
    options = ChartOptions()
    assert options.next_metric(len(METRICS)) == options
    for _ in range(20):
        options = options.smoother(1)
    assert options.smoothing == SMOOTHINGS[-1]
    for _ in range(20):
        options = options.smoother(-1)
    assert options.smoothing == 0.0
    assert options.next_span().next_span().next_span().next_span() == options


@pytest.fixture(scope="module")
def ten_million() -> Series:
    series = Series()
    series.extend(np.arange(1e7), np.random.default_rng(0).normal(1.5, 0.1, 10_000_000))
    return series


def test_a_chart_of_ten_million_points_costs_what_a_small_one_does(ten_million: Series) -> None:
    began = time.perf_counter()
    line = reduced(ten_million, 200, 0, len(ten_million))
    took = time.perf_counter() - began
    assert len(line.xs) <= 400
    assert line.lows.min() == ten_million.y.min()
    assert line.highs.max() == ten_million.y.max()
    assert took < 1.0


def test_another_smoothing_of_ten_million_points_costs_a_few_hundred_of_them(ten_million: Series) -> None:
    smoothed = Smoothed(ten_million, 0.9)
    smoothed.catch_up()
    began = time.perf_counter()
    smoothed.smoothing = 0.995
    xs, ys = averaged(smoothed, 200, 0, len(ten_million))
    took = time.perf_counter() - began
    assert took < 0.5
    assert len(xs) <= 400
    at = int(xs[100])
    tail = ten_million.y[at - 20_000 : at + 1]
    assert ys[100] == pytest.approx(float(tail @ (0.005 * 0.995 ** np.arange(len(tail))[::-1])))


@given(st.lists(st.floats(1, 2) | st.just(math.nan), min_size=1, max_size=600), st.integers(1, 40), st.floats(0, 0.9))
def test_a_reduced_average_is_that_of_its_points(ys: list[float], width: int, begin: float) -> None:
    series = Series()
    series.extend(range(len(ys)), ys)
    smoothed = Smoothed(series, 0.9)
    smoothed.catch_up()
    xs, line = averaged(smoothed, width, begin * len(ys), len(ys))
    everywhere = by_definition(ys, 0.9)
    np.testing.assert_allclose(line, [everywhere[int(x)] for x in xs], rtol=1e-9)
    shown = [x for x in xs if x >= begin * len(ys)]
    assert len(xs) <= 2 * width + 1
    assert bool(shown) == any(i >= begin * len(ys) for i in range(len(ys)))


@given(st.integers(1, 500), st.integers(1, 60))
def test_a_sparkline_has_no_more_values_than_asked_for(points: int, width: int) -> None:
    series = Series()
    for i in range(points):
        series.append(i, random.random())
    smoothed = Smoothed(series, 0.9)
    smoothed.catch_up()
    assert len(recent(smoothed, width)) <= width


@given(st.integers(20, 200), st.sampled_from(("alive", "paused", "finished", "stopped", "failed", "died", "new")))
def test_no_line_is_longer_than_its_width(width: int, state: str) -> None:
    view, smoothed = seen(list(story(1500)))
    shown = shown_of(view, smoothed, Status(state), name="run", silent=99.0)  # type: ignore[arg-type]
    for line in (
        loss_line(shown, ChartOptions(), width),
        bars_line(shown, width),
        bars_line(shown, width, ascii_only=True),
    ):
        assert line.cell_length <= width
    assert fitted([badge(shown.state)], 3).plain == ""


@given(st.floats(-1, 2), st.integers(1, 80), st.booleans())
def test_a_bar_has_its_width(share: float, width: int, ascii_only: bool) -> None:
    assert bar(share, width, ascii_only=ascii_only).cell_length == width


def test_the_log_tells_what_is_worth_noticing() -> None:
    log = EventLog()
    log.feed(
        [
            started(),
            Validated(step=1, loss=2.0, best=True),
            Validated(step=2, loss=2.5),
            Validated(step=3, loss=1.9, best=True),
            Validated(step=4, loss=None),
            Noted(step=5, event="paused"),
        ]
    )
    assert [(told.step, told.kind) for told in log.lines] == [(0, "started"), (1, "best"), (3, "best"), (5, "paused")]
    assert log.lines[2].text == "best 1.900 (−0.100)"


def test_exported_curves_hold_every_number(tmp_path: Path) -> None:
    view, _ = seen(list(story(1000)))
    rows = list(csv.DictReader(io.StringIO(as_csv(view))))
    assert tuple(rows[0]) == tuple(f"{c}_per_symbol" if c.endswith("_nats") else c for c in COLUMNS)
    assert len(rows) == 100
    assert float(rows[-1]["train_nats_per_symbol"]) == pytest.approx(view.loss.y[-1])
    assert rows[0]["validation_nats_per_symbol"] == ""
    document = json.loads(as_json(view, "run"))
    assert document["references"] == REFERENCES
    assert [v for v in document["curves"]["validation_nats"] if v is not None] == view.validation.y.tolist()
    first = export(view, "../évil\x1b", tmp_path)
    second = export(view, "../évil\x1b", tmp_path)
    assert len({*first, *second}) == 4
    assert all(path.parent == tmp_path and path.name.isascii() for path in (*first, *second))
    with pytest.raises(UsageError, match="cannot write"):
        export(view, "run", tmp_path / "missing")


def test_the_summary_says_what_became_of_it() -> None:
    view, smoothed = seen(list(story(1000)))
    lines = summary_lines(shown_of(view, smoothed, Status("alive", 1), name="run"))
    assert lines[0].startswith("run run: live, step 1 000")
    assert "watch run" in lines[-1]
    assert isinstance(shown_of(view, smoothed, Status("finished"), name="run"), Shown)


def test_a_screen_without_a_run_imports_no_arrays() -> None:
    code = (
        "import sys, grnn_tui.ui.panes.training.pane, grnn_tui.ui.training_side, grnn_tui.ui.screens.train_form,"
        " grnn_tui.ui.screens.runs, grnn_tui.ui.screens.quit, grnn_tui.runs.store;"
        "print([m for m in ('numpy', 'torch', 'grnn_tui.runs.series') if m in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
