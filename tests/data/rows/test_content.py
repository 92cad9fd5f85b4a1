from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from grnn_tui.data.rows.content import Content, classify, join
from grnn_tui.errors import DataError


@given(st.lists(st.integers(-50, 300), min_size=1))
def test_numbers_are_classes_in_their_order(numbers: list[int]) -> None:
    labels = classify(np.array(numbers, dtype=float))
    assert [labels.classes[code] for code in labels.codes] == [str(n) for n in numbers]
    assert labels.classes == tuple(str(n) for n in sorted(set(numbers)))


def test_words_come_after_numbers_and_in_order() -> None:
    assert classify(np.array(["b", "10", "9", "a"])).classes == ("9", "10", "a", "b")
    labels = classify(np.array([1.0, 0.0]), ("good", "bad"))
    assert labels.classes == ("bad", "good")
    assert labels.codes.tolist() == [0, 1]
    assert classify(np.array([True, False])).classes == ("0", "1")


@pytest.mark.parametrize(
    "column",
    [
        np.array([0.5, 1.0]),
        np.array([1.0, np.inf]),
        np.zeros((3, 2)),
        np.arange(20_000),
        np.array(["2020-01-01"], dtype="datetime64[D]"),
    ],
)
def test_what_is_no_class_is_refused(column: NDArray[Any]) -> None:
    with pytest.raises(DataError):
        classify(column)


def test_files_are_joined_with_their_words_and_labels() -> None:
    one = Content(
        name="a", values=np.array([[1.0, 0], [2, 1]]), texts={1: ("x", "y")}, labels=classify(np.array([3, 5]))
    )
    two = Content(
        name="b", values=np.array([[3.0, 0], [4, np.nan]]), texts={1: ("y",)}, labels=classify(np.array([4, 3]))
    )
    both = join([one, two])
    assert both.name == "a and 1 more"
    assert both.texts == {1: ("x", "y")}
    np.testing.assert_array_equal(both.values, [[1, 0], [2, 1], [3, 1], [4, np.nan]])
    assert both.labels is not None
    assert [both.labels.classes[code] for code in both.labels.codes] == ["3", "5", "4", "3"]
    assert two.values[0, 1] == 0


def test_many_words_are_joined_in_no_time() -> None:
    words = [tuple(f"{part}{i}" for i in range(50_000)) for part in "ab"]
    values = np.arange(50_000.0)[:, None]
    both = join([Content(name="t", values=values, texts={0: part}) for part in words])
    found = [both.texts[0][int(place)] for place in both.values[:, 0]]
    assert found == [*words[0], *words[1]]


def test_files_that_do_not_belong_together_are_refused() -> None:
    one = Content(name="a", values=np.zeros((2, 3)))
    with pytest.raises(DataError, match="rows of 3 and 4"):
        join([one, Content(name="b", values=np.zeros((2, 4)))])
    with pytest.raises(DataError, match="same columns"):
        join([one, Content(name="b", values=np.zeros((2, 3)), columns=("x", "y", "z"))])
    with pytest.raises(DataError, match="only one has labels"):
        join([one, Content(name="b", values=np.zeros((2, 3)), labels=classify(np.arange(2)))])
    many = [
        Content(name="a", values=np.zeros((6_000, 1)), labels=classify(np.arange(start, start + 6_000)))
        for start in (0, 6_000)
    ]
    with pytest.raises(DataError, match="12,000 different labels"):
        join(many)
