from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from grnn_tui.errors import DataError
from grnn_tui.training.streams import Streams

sizes = st.tuples(st.integers(2, 400), st.integers(1, 12), st.integers(1, 40))


@given(size=sizes)
def test_windows_of_a_stream_follow_one_another_and_fit_the_text(size: tuple[int, int, int]) -> None:
    n, batch, length = size
    streams = Streams(np.arange(n), batch, length, seed=0)
    assert streams.windows >= 1
    before = None
    for _ in range(3 * streams.windows):
        starts, fresh = streams.next_starts()
        windows = streams.gather(starts)
        assert windows.shape == (streams.batch, streams.length)
        assert (np.diff(windows, axis=1) % n == 1).all()
        if not fresh:
            assert before is not None
            assert ((windows[:, 0] - before[:, -1]) % n == 1).all()
        before = windows


@given(size=sizes)
def test_no_symbol_is_read_twice_in_an_epoch_and_few_are_left_out(size: tuple[int, int, int]) -> None:
    n, batch, length = size
    streams = Streams(np.arange(n), batch, length, seed=1)
    for _ in range(2):
        seen = np.concatenate([streams.gather(streams.next_starts()[0]).ravel() for _ in range(streams.windows)])
        assert np.unique(seen).size == seen.size
        assert seen.size > n - streams.batch * (streams.length + 1)


def test_windows_fall_differently_in_each_epoch() -> None:
    streams = Streams(np.arange(1000), 4, 10, seed=0)
    first = [tuple(streams.next_starts()[0]) for _ in range(streams.windows)]
    second = [tuple(streams.next_starts()[0]) for _ in range(streams.windows)]
    assert first != second
    assert streams.position == 2.0


@given(size=sizes, read=st.integers(0, 100))
def test_a_cursor_goes_on_exactly(size: tuple[int, int, int], read: int) -> None:
    n, batch, length = size
    streams = Streams(np.arange(n), batch, length, seed=3)
    for _ in range(read):
        streams.next_starts()
    other = Streams(np.arange(n), batch, length, seed=4)
    other.restore(streams.cursor)
    for _ in range(50):
        mine, fresh = streams.next_starts()
        theirs, their_fresh = other.next_starts()
        np.testing.assert_array_equal(mine, theirs)
        assert fresh == their_fresh


def test_next_to_no_text_is_refused() -> None:
    with pytest.raises(DataError, match="at least 2"):
        Streams(np.zeros(1, np.int64), 4, 10, seed=0)


def test_windows_that_begin_a_line_are_known_where_there_are_no_blank_lines() -> None:
    text = np.array([1, 2, 0, 1, 1, 0, 2, 2, 0])
    streams = Streams(text, 1, 4, seed=0, newline=0)
    assert np.flatnonzero(streams.begins(np.arange(9))).tolist() == [0, 3, 6]
    assert not Streams(text, 1, 4, seed=0).begins(np.arange(9)).any()


def test_windows_that_begin_a_paragraph_are_known_where_there_are_blank_lines() -> None:
    text = np.array([1, 2, 0, 0, 1, 0, 2, 2, 0, 0, 1])
    streams = Streams(text, 1, 4, seed=0, newline=0)
    assert np.flatnonzero(streams.begins(np.arange(11))).tolist() == [4, 10]
