from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from grnn_tui.data.row_form import RowForm
from grnn_tui.data.rows.columns import Parted, part, vary
from grnn_tui.data.rows.content import Content, classify
from grnn_tui.errors import DataError

nan = np.nan
TABLE = Content(
    name="t",
    values=np.array([[1.5, 0, 7, 1, 2], [2.5, 1, 7, 2, nan], [nan, 0, 7, 3, 5], [3.5, 1, 7, 4, 6]]),
    columns=("size", "word", "same", "class", "age"),
    texts={1: ("good", "bad")},
)


def test_columns_go_where_the_form_says() -> None:
    parted = part(TABLE, RowForm(labels="class", drop=("word", "2"), features=("age",)))
    assert parted.columns == ("size",)
    assert parted.content.values.tolist() == [[1.5], [3.5]]
    assert parted.features is not None
    assert parted.features.tolist() == [[2], [6]]
    assert parted.feature_names == ("age",)
    assert parted.content.labels is not None
    assert [parted.content.labels.classes[c] for c in parted.content.labels.codes] == ["1", "4"]
    assert any("2 of 4 rows" in note for note in parted.content.notes)


def test_gaps_in_a_dropped_column_cost_no_rows() -> None:
    parted = part(TABLE, RowForm(labels="word", drop=("size", "age")))
    assert len(parted.content.values) == 4
    assert parted.content.labels is not None
    assert parted.content.labels.classes == ("bad", "good")
    assert parted.content.labels.codes.tolist() == [1, 0, 1, 0]


def test_labels_beside_lose_the_rows_with_gaps_too() -> None:
    content = Content(name="t", values=np.array([[1.0], [nan], [2.0]]), labels=classify(np.array(["a", "b", "c"])))
    labels = part(content, RowForm()).content.labels
    assert labels is not None
    assert [labels.classes[c] for c in labels.codes] == ["a", "c"]


def test_pieces_lose_the_rows_with_gaps_and_end_when_they_have_none() -> None:
    values = np.array([[1.0], [nan], [nan], [2.0], [3.0]])
    parted = part(Content(name="t", values=values, pieces=np.array([2, 1, 2])), RowForm())
    assert parted.content.pieces is not None
    assert parted.content.pieces.tolist() == [1, 2]


def test_first_and_last_are_columns() -> None:
    content = Content(name="t", values=np.array([[0, 1, 2], [1, 1, 3]]))
    for where, codes in (("first", [0, 1]), ("last", [0, 1]), ("1", [0, 0])):
        parted = part(content, RowForm(labels=where))
        assert parted.content.labels is not None
        assert parted.content.labels.codes.tolist() == codes
        assert parted.content.values.shape == (2, 2)
        assert parted.columns == ()


def test_a_column_without_any_value_is_left_out() -> None:
    parted = part(Content(name="t", values=np.array([[1, nan], [2, nan]])), RowForm())
    assert parted.content.values.tolist() == [[1], [2]]
    assert parted.columns == ("0",)
    assert parted.content.notes == ("1 column without any value left out: 1",)


@pytest.mark.parametrize(
    ("form", "said"),
    [
        (RowForm(), "column word of t holds words such as 'good'"),
        (RowForm(drop=("nothing",)), "no column 'nothing'; it has: size, word, same, class, age"),
        (RowForm(drop=("size", "word", "same", "class", "age")), "no column of t is left"),
        (RowForm(labels="5"), "no column '5'"),
        (RowForm(drop=("word",), labels="size"), "fractions"),
    ],
)
def test_what_cannot_be_done_is_one_line(form: RowForm, said: str) -> None:
    with pytest.raises(DataError, match=said):
        part(TABLE, form)


def test_infinite_features_are_refused() -> None:
    content = Content(name="t", values=np.array([[1.0, 2, 0], [2, 3, np.inf], [0, 1, 3]]))
    with pytest.raises(DataError, match="row 1 of t is not finite in its features"):
        part(content, RowForm(features=("2",)))


def test_infinite_values_do_not_disturb_the_look_for_correlated_columns() -> None:
    assert varied(np.array([[1.0, 2], [2, 3], [np.inf, 1]]), 0.98).columns == ()


def test_rows_that_all_have_gaps_are_refused() -> None:
    with pytest.raises(DataError, match="every row"):
        part(Content(name="t", values=np.array([[1, nan], [nan, 2]])), RowForm())


def test_the_columns_of_a_model_are_taken_and_no_others() -> None:
    parted = part(TABLE, RowForm(drop=("size",)), wanted=("age", "class"))
    assert parted.content.values.tolist() == [[2, 1], [5, 3], [6, 4]]
    assert parted.columns == ("age", "class")
    with pytest.raises(DataError, match="lacks height"):
        part(TABLE, RowForm(), wanted=("height",))


def varied(values: NDArray[np.float64], uncorrelated: float | None = None) -> Parted:
    content, form = Content(name="t", values=values), RowForm(uncorrelated=uncorrelated)
    return vary(part(content, form), content, form)


@pytest.mark.promise(5, 26)
def test_columns_that_say_nothing_are_found_beside_labels_and_under_names_given_twice() -> None:
    luck = np.random.default_rng(0).standard_normal((2, 100))
    values = np.stack([np.arange(100) % 3, np.full(100, 3.0), *luck], axis=1)
    content, form = Content(name="t", values=values), RowForm(labels="first")
    parted = vary(part(content, form), content, form)
    assert parted.columns == ("2", "3")
    content, form = Content(name="t", values=values[:, [1, 2, 1, 3]], columns=("1", "a", "1", "a")), RowForm()
    parted = vary(part(content, form), content, form)
    assert parted.columns == ("a", "a (2)")
    assert parted.content.notes == ("2 constant columns left out: 1, 1 (2)",)


def test_columns_that_say_nothing_are_left_out_with_a_note() -> None:
    rng = np.random.default_rng(0)
    a, b = rng.standard_normal((2, 100))
    values = np.stack([a, np.full(100, 3.0), b, -2 * a + 1, a + 0.01 * b], axis=1)
    parted = varied(values, 0.98)
    assert parted.columns == ("0", "2")
    np.testing.assert_array_equal(parted.content.values, values[:, [0, 2]])
    assert parted.content.notes == (
        "1 constant column left out: 1",
        "2 columns correlated beyond 0.98 left out: 3, 4",
    )
    assert varied(values).columns == ("0", "2", "3", "4")
    with pytest.raises(DataError, match="ever changes"):
        varied(np.ones((3, 2)))


def test_rows_come_back_whose_gaps_were_in_columns_left_out() -> None:
    parted = varied(np.array([[0.5, 7, 1], [1.5, 7, 2], [2.5, nan, 3], [3.5, 7, nan]]))
    assert parted.columns == ("0", "2")
    assert parted.content.values.tolist() == [[0.5, 1], [1.5, 2], [2.5, 3]]
    assert parted.content.notes == (
        "1 of 4 rows left out, because something is missing in them",
        "1 constant column left out: 1",
    )


def test_columns_are_looked_at_again_among_the_rows_that_came_back() -> None:
    values = np.array([[0, 5, 0, 1], [1, 5, 3, 2], [0, 5, 0, 2], [9, nan, 90, 9], [-9, nan, -90, 3]]) / 2
    parted = varied(values, 0.99)
    assert parted.columns == ("0", "3")
    assert len(parted.content.values) == 5


def test_pictures_have_no_columns() -> None:
    pictures = Content(name="t", values=np.zeros((2, 3, 3)))
    with pytest.raises(DataError, match="no columns"):
        part(pictures, RowForm(drop=("0",)))
    with pytest.raises(DataError, match="row 1"):
        part(Content(name="t", values=np.array([[[0.0]], [[nan]]])), RowForm())
