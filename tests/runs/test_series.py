from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from grnn_tui.runs.series import FANOUT, Series

values = st.floats(-1e6, 1e6) | st.just(float("nan"))


def filled(ys: list[float]) -> Series:
    series = Series()
    for x, y in enumerate(ys):
        series.append(x, y)
    return series


def extremes(series: Series, begin: int, end: int) -> tuple[float, float]:
    low, high = series.extremes(np.array([begin]), np.array([end]))
    return float(low[0]), float(high[0])


@given(ys=st.lists(values, max_size=30), copies=st.integers(1, 300), cuts=st.tuples(st.integers(0), st.integers(0)))
def test_extremes_are_those_of_the_points(ys: list[float], copies: int, cuts: tuple[int, int]) -> None:
    points = ys * copies
    begin, end = sorted(cut % (len(points) + 1) for cut in cuts)
    low, high = extremes(filled(points), begin, end)
    finite = [y for y in points[begin:end] if not np.isnan(y)]
    np.testing.assert_equal([low, high], [min(finite), max(finite)] if finite else [np.nan, np.nan])


@given(size=st.integers(1, 5000), keep=st.integers(0, 5000))
def test_after_truncation_it_is_as_if_the_rest_had_never_come(size: int, keep: int) -> None:
    ys = np.random.default_rng(size).normal(size=size).tolist()
    series = filled(ys)
    series.truncate_after(keep - 1)
    for x in range(len(series), len(series) + 200):
        series.append(x, -x)
    expected = filled(ys[:keep] + [-float(x) for x in range(min(keep, size), min(keep, size) + 200)])
    assert len(series) == len(expected)
    np.testing.assert_array_equal(series.y, expected.y)
    np.testing.assert_array_equal(extremes(series, 0, len(series)), extremes(expected, 0, len(expected)))
    np.testing.assert_array_equal(series.columns(37).low, expected.columns(37).low)


@given(sizes=st.lists(st.integers(0, 5000), max_size=6))
def test_points_may_come_in_any_portions(sizes: list[int]) -> None:
    ys = np.random.default_rng(1).normal(size=sum(sizes))
    series, begin = Series(), 0
    for size in sizes:
        series.extend(range(begin, begin + size), ys[begin : begin + size])
        begin += size
    expected = filled(ys.tolist())
    np.testing.assert_array_equal(series.x, expected.x)
    np.testing.assert_array_equal(series.y, expected.y)
    for mine, theirs in zip(series._levels, expected._levels, strict=True):
        np.testing.assert_array_equal(mine[0].values, theirs[0].values)
        np.testing.assert_array_equal(mine[1].values, theirs[1].values)


def test_columns_hold_every_point_once() -> None:
    ys = np.random.default_rng(0).normal(size=FANOUT**2 * 3 + 17)
    series = filled(ys.tolist())
    columns = series.columns(80)
    parts = np.searchsorted(np.arange(ys.size), np.linspace(0, ys.size - 1, 81))
    parts[-1] = ys.size
    for column in range(80):
        part = ys[parts[column] : parts[column + 1]]
        assert (columns.low[column], columns.high[column]) == (part.min(), part.max())
        assert columns.last[column] == part[-1]


def test_no_points_and_one_point_are_shown_too() -> None:
    assert np.isnan(Series().columns(5).low).all()
    columns = filled([2.0]).columns(5)
    assert np.nanmax(columns.high) == 2.0
