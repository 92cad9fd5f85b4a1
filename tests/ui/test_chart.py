"""The chart: whatever the curves and the size, exact cells, no lost spike, no joined gap."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grnn_tui.runs.series import Series
from grnn_tui.safetext import cell_width, sanitise
from grnn_tui.ui.panes.training.view import reduced
from grnn_tui.ui.widgets.chart import Picture, draw
from grnn_tui.ui.widgets.chart_plot import Curve, Level, Plot, y_range
from grnn_tui.ui.widgets.chart_raster import MARKERS, Layer, Markers, sparkline
from grnn_tui.ui.widgets.chart_ticks import duration, log_ticks, number, second_ticks, si, ticks

values = st.floats(-1e6, 1e6) | st.just(math.nan)
sizes = st.tuples(st.integers(1, 140), st.integers(1, 50))


def text(picture: Picture) -> list[str]:
    return ["".join(run for run, _ in row) for row in picture.rows]


def roles(picture: Picture, role: str) -> int:
    return sum(len(run.replace(" ", "")) for row in picture.rows for run, r in row if r == role)


@given(
    ys=st.lists(values, max_size=60),
    size=sizes,
    markers=st.sampled_from(MARKERS),
    log=st.booleans(),
    x_name=st.sampled_from(["step", "time", "temperature"]),
    levels=st.lists(st.floats(-10, 10), max_size=4),
    cursor=st.none() | st.floats(-5, 70),
)
def test_a_picture_fills_exactly_its_size(
    ys: list[float],
    size: tuple[int, int],
    markers: Markers,
    log: bool,
    x_name: str,
    levels: list[float],
    cursor: float | None,
) -> None:
    xs = [float(i) for i in range(len(ys))]
    curves = (Curve("raw", xs, ys, [y + 1 for y in ys]), Curve("train", xs, ys, label="train", dots=True))
    plot = Plot(
        curves=curves if ys else (),
        levels=tuple(Level(f"level {i}", v, floor=i == 0) for i, v in enumerate(levels)),
        star=(xs[0], ys[0]) if ys else None,
        log=log,
        x_name=x_name,
        cursor=cursor,
    )
    width, height = size
    lines = text(draw(plot, width, height, markers))
    assert len(lines) == height
    assert {cell_width(sanitise(line)) for line in lines} == {width}
    if markers == "ascii":
        assert all(line.isascii() for line in lines)


def test_before_the_first_number_it_says_so() -> None:
    assert any("warming up" in line for line in text(draw(Plot(), 60, 10)))


def test_a_single_point_and_a_constant_series_are_seen() -> None:
    for ys in ([1.5], [1.5] * 50):
        picture = draw(Plot(curves=(Curve("train", list(range(len(ys))), ys, label="train"),)), 60, 10)
        assert roles(picture, "train") > len("train1.500")
        assert picture.left < 8


def test_noise_of_rounding_is_a_constant() -> None:
    ys = [1.0 + 1e-15 * (i % 3) for i in range(50)]
    picture = draw(Plot(curves=(Curve("train", list(range(50)), ys, label="train"),)), 60, 10)
    assert picture.left < 8


@given(st.integers(0, 9_999), st.sampled_from((20, 78, 200)))
def test_a_spike_survives_reduction(at: int, width: int) -> None:
    series = Series()
    for i in range(10_000):
        series.append(i, 9.0 if i == at else 1.0)
    line = reduced(series, width, 0, 9_999)
    assert len(line.xs) <= 2 * width
    assert line.highs.max() == 9.0
    assert line.lows.min() == 1.0


def test_a_spike_that_leaves_the_axis_is_cut_at_its_edge() -> None:
    ys = [1.0 + 0.001 * (i % 7) for i in range(1000)]
    ys[500] = 50.0
    xs = [float(i) for i in range(1000)]
    picture = draw(Plot(curves=(Curve("raw", xs, ys, ys), Curve("train", xs, [1.003] * 1000))), 80, 12)
    assert any(role == "raw" for _, role in picture.rows[0])
    top = float("".join(run for run, role in picture.rows[0] + picture.rows[1] if role == "tick").split()[0])
    assert top < 2.0


def test_what_is_no_number_is_a_gap() -> None:
    xs = [float(i) for i in range(101)]
    ys = [1.0 if i < 40 or i > 60 else math.nan for i in range(101)]
    row = next(
        line for line in text(draw(Plot(curves=(Curve("train", xs, ys),)), 110, 8)) if "⠤" in line or "⠒" in line
    )
    plot = row[row.index("│") + 1 :] if "│" in row else row[row.index("┤") + 1 :]
    drawn = [column for column, glyph in enumerate(plot) if 0x2800 < ord(glyph) < 0x2900]
    holes = [b - a for a, b in pairwise(drawn) if b - a > 1]
    assert len(holes) == 1
    assert 18 <= holes[0] <= 24


def test_labels_stand_in_the_order_of_their_values() -> None:
    xs = [0.0, 1.0]
    curves = (Curve("train", xs, [4, 1.20], label="train"), Curve("valid", xs, [4, 1.21], label="valid"))
    lines = text(draw(Plot(curves=curves, levels=(Level("exact", 1.19, floor=True),)), 78, 10))
    rows = {name: i for i, line in enumerate(lines) for name in ("valid", "train", "exact") if name in line}
    assert rows["valid"] < rows["train"] < rows["exact"]


def test_a_reference_far_away_does_not_flatten_the_curve() -> None:
    xs = [0.0, 1.0]
    plot = Plot(curves=(Curve("train", xs, [1.3, 1.2], label="train"),), levels=(Level("uniform", 4.1),))
    assert not any("uniform" in line for line in text(draw(plot, 78, 10)))


REFERENCES = {"uniform": 3.178, "unigram": 2.961, "bigram": 2.269, "5-gram": 1.246}


@given(
    size=st.tuples(st.integers(56, 140), st.integers(10, 40)),
    ends=st.tuples(st.floats(1.16, 1.3), st.floats(1.16, 1.3)),
    start=st.floats(1.31, 3.3),
    floor=st.floats(1.1, 1.15),
    log=st.booleans(),
    markers=st.sampled_from(MARKERS),
)
def test_every_line_is_named_in_full_once(
    size: tuple[int, int],
    ends: tuple[float, float],
    start: float,
    floor: float,
    log: bool,
    markers: Markers,
) -> None:
    xs = [float(i) for i in range(1000)]
    train, valid = ([end + (start - end) * math.exp(-x / 50) for x in xs] for end in ends)
    levels = (Level("exact", floor, floor=True), *(Level(name, value) for name, value in REFERENCES.items()))
    curves = (Curve("train", xs, train, label="train"), Curve("valid", xs, valid, label="valid", dots=True))
    plot = Plot(curves=curves, levels=levels, log=log)
    low, high = y_range(plot, (0.0, 999.0)) or (0.0, 0.0)
    lines = text(draw(plot, *size, markers))
    named = [(curve.label, curve.lows[-1]) for curve in curves]
    named += [(level.label, level.value) for level in levels if low <= level.value <= high]
    for name, value in named:
        assert sum(f"{name} {number(value)}" in line for line in lines) == 1


def test_a_reference_that_finds_no_place_for_its_name_is_not_drawn() -> None:
    xs = [0.0, 1.0]
    plot = Plot(curves=(Curve("train", xs, [1.0, 2.0], label="train"),), levels=(Level("a very long name", 1.5),))
    assert roles(draw(plot, 24, 8), "level") == 0
    assert roles(draw(plot, 80, 8), "level") > 20


def test_two_references_in_one_row_of_cells_are_two_rows_of_dots() -> None:
    plot = Plot(
        curves=(Curve("train", [0.0, 0.1], [1.0, 2.0]),),
        levels=(Level("one", 1.46), Level("two", 1.50)),
        x_range=(0.0, 1.0),
    )
    picture = draw(plot, 80, 8)
    glyphs = {glyph for row in picture.rows for run, role in row if role == "level" for glyph in run}
    dots = {ord(glyph) - 0x2800 for glyph in glyphs if 0x2800 < ord(glyph) < 0x2900}
    assert any(bits.bit_count() == 2 for bits in dots)


@pytest.mark.parametrize("markers", MARKERS)
def test_validation_is_told_from_training_by_its_beads_however_dense(markers: Markers) -> None:
    xs = [float(i) for i in range(500)]
    curves = (Curve("train", xs, [1.0] * 500), Curve("valid", xs, [2.0] * 500, dots=True))
    lines = text(draw(Plot(curves=curves), 80, 12, markers))
    bead = "o" if markers == "ascii" else "•"
    places = [i for line in lines for i, glyph in enumerate(line) if glyph == bead]
    if markers == "ascii":
        assert {"#", "o"} <= set("".join(lines))
    else:
        assert len(places) > 8
        assert all(b - a > 2 for a, b in pairwise(places))


def test_another_run_is_told_by_its_dashes() -> None:
    xs = [float(i) for i in range(500)]
    picture = draw(Plot(curves=(Curve("other", xs, [2.0] * 500), Curve("train", xs, [1.0] * 500))), 80, 12)
    row = next(row for row in picture.rows if any(role == "other" for _, role in row))
    drawn = [run for run, role in row if role == "other"]
    assert len(drawn) > 10
    assert sum(any(role == "train" for _, role in row) and len(row) < 6 for row in picture.rows) == 1


def test_names_from_elsewhere_are_ascii_where_all_is() -> None:
    xs = [0.0, 1.0]
    curves = (Curve("other", xs, [4, 1.2], label="évil名"), Curve("train", xs, [4, 3], label="train"))
    plot = Plot(curves=curves, levels=(Level("größe", 2.0),))
    assert all(line.isascii() for line in text(draw(plot, 78, 10, "ascii")))
    assert any("?vil" in line for line in text(draw(plot, 78, 10, "ascii")))
    assert {cell_width(sanitise(line)) for line in text(draw(plot, 78, 10))} == {78}


def test_a_line_enters_from_the_left_edge() -> None:
    plot = Plot(curves=(Curve("valid", [0.0, 100.0], [3.0, 1.0]),), x_range=(50.0, 110.0))
    picture = draw(plot, 80, 12)
    first = [row[2] if len(row[1][0]) == 1 else (row[1][0][1], row[1][1]) for row in picture.rows[:10]]
    assert any(role == "valid" for _, role in first)


def test_the_cursor_is_where_the_mouse_points() -> None:
    picture = draw(Plot(curves=(Curve("train", [0.0, 100.0], [1.0, 2.0]),)), 80, 10)
    assert picture.x_at(picture.left) == 0.0
    assert picture.x_at(picture.left + picture.width - 1) == 100.0
    assert picture.x_at(10_000) == 100.0


@pytest.mark.parametrize("markers", MARKERS)
def test_layers_keep_to_their_size(markers: Markers) -> None:
    layer = Layer(4, 3, markers)
    layer.line(-5, -5, 100, 100)
    layer.vertical(2, -10, 99)
    assert all(0 <= row < 3 and 0 <= column < 4 for row, column in layer.cells)


@given(st.lists(st.none() | values, max_size=50), st.sampled_from(MARKERS))
def test_a_sparkline_has_a_character_for_each_value_or_two(ys: list[float | None], markers: Markers) -> None:
    assert len(sparkline(ys, markers)) in (len(ys), (len(ys) + 1) // 2)


@given(st.floats(-1e9, 1e9), st.floats(1e-6, 1e9), st.integers(1, 12))
def test_ticks_are_few_and_within(low: float, span: float, most: int) -> None:
    span = max(span, abs(low) * 1e-6)
    high = low + span
    for found in (ticks(low, high, most), second_ticks(low, high, most)):
        assert len(found) <= most + 1
        assert all(low - span * 1e-6 <= tick <= high + span * 1e-6 for tick in found)


@given(st.floats(1e-9, 1e9), st.floats(1.001, 1e6), st.integers(2, 12))
def test_logarithmic_ticks_are_few_and_within(low: float, factor: float, most: int) -> None:
    found = log_ticks(low, low * factor, most)
    assert len(found) <= most
    assert all(low * 0.999 <= tick <= low * factor * 1.001 for tick in found)


@given(st.floats(-1e13, 1e13))
def test_figures_are_short(value: float) -> None:
    assert len(number(value)) <= 9
    assert len(si(value)) <= 7


def test_figures_as_people_write_them() -> None:
    assert [number(v) for v in (1.2044, 0.00081, 142_000, 12.345, 0.0)] == ["1.204", "8.1e-4", "142k", "12.35", "0"]
    assert [si(v) for v in (950, 5800, 999_999, 3_210_000)] == ["950", "5.8k", "1M", "3.2M"]
    assert [duration(v) for v in (0, 59, 724, 11_100, 180_000)] == ["0s", "59s", "12m04s", "3h05m", "2d02h"]
