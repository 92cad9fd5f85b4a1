from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from grnn_tui.data.row_domain import RowDomain
from grnn_tui.data.row_form import RowForm
from grnn_tui.data.rows.content import Content
from grnn_tui.data.rows.shaping import Shaped, kind_of, shape_rows
from grnn_tui.errors import DataError


def shaped(values: Any, form: RowForm | None = None, like: RowDomain | None = None, **known: Any) -> Shaped:
    content = Content(name="t", values=np.asarray(values), **known)
    form = form or RowForm()
    return shape_rows(content, kind_of(content, form, like), form, like)


@pytest.mark.parametrize(
    ("values", "known", "kind", "levels"),
    [
        ([[0, 1], [1, 1]], {}, "binary", 2),
        ([[0.0, 1.0]], {}, "binary", 2),
        ([[False, True]], {}, "binary", 2),
        ([[0, 16], [3, 4]], {}, "levels", 17),
        ([[0.0, 3.0]], {}, "levels", 4),
        ([[0, 256]], {}, "real", 2),
        ([[[0, 300]]], {}, "levels", 301),
        ([[[0, 254]]], {}, "levels", 256),
        ([[[0, 100]]], {"full": 255}, "levels", 256),
        ([[[0, 255]]], {"full": 255}, "binary", 2),
        ([[[0, 1]]], {"kind": "levels", "levels": 4}, "levels", 4),
        ([[0, -1]], {}, "real", 2),
        ([[0.5, 1]], {}, "real", 2),
        ([[[0.5, 1]]], {}, "real", 2),
    ],
)
def test_the_kind_is_found_from_the_values(values: Any, known: dict[str, Any], kind: str, levels: int) -> None:
    found = shaped(values, **known)
    assert (found.domain.kind, found.domain.levels) == (kind, levels)
    assert found.rows.max() < levels or kind == "real"


def test_a_threshold_makes_bits() -> None:
    found = shaped([[[0, 127], [128, 255]]], RowForm(threshold=127), full=255)
    assert found.rows.tolist() == [[0, 0, 1, 1]]
    assert found.rows.dtype == np.uint8
    assert "above 127" in found.notes[0]
    half = shaped([[[0, 127], [128, 255]]], RowForm(kind="binary"), full=255)
    assert half.rows.tolist() == [[0, 0, 1, 1]]
    assert shaped([[0.1, 0.6]], RowForm(threshold=0.5)).rows.tolist() == [[0, 1]]


def test_levels_are_rounded_between_nothing_and_full_light() -> None:
    found = shaped([[[0, 42, 43, 127, 128, 255]]], RowForm(levels=4), full=255)
    assert found.rows.tolist() == [[0, 0, 1, 1, 2, 3]]
    assert found.domain.levels == 4
    assert shaped([[0.0, 0.49, 0.5, 1.0]], RowForm(levels=3)).rows.tolist() == [[0, 1, 1, 2]]
    assert shaped([[0, 3]], RowForm(levels=16)).rows.tolist() == [[0, 3]]
    assert shaped([[[0, 1000]]], RowForm(levels=1000)).rows.dtype == np.uint16


def test_full_light_is_remembered_for_a_darker_or_brighter_file() -> None:
    form = RowForm(levels=5)
    first = shaped([[0.0, 0.5, 1.0]], form)
    assert first.domain.full == 1
    assert shaped([[0.0, 0.25, 0.5]], form, first.domain).rows.tolist() == [[0, 1, 2]]
    brighter = shaped([[0.0, 0.5, 2.0]], form, first.domain)
    assert brighter.rows.tolist() == [[0, 2, 4]]
    assert brighter.domain == first.domain
    assert brighter.notes == ("0 to 1 rounded to 5 levels; what is brighter is at the last of them",)
    bytes_ = shaped([[[0, 255]]], form, full=255)
    assert shaped([[[0, 64]]], form, bytes_.domain).rows.tolist() == [[0, 1]]
    whole = shaped([[0, 3, 2]], form)
    assert whole.rows.tolist() == [[0, 3, 2]]
    assert shaped([[0, 1, 9]], form, whole.domain).rows.tolist() == [[0, 1, 4]]
    older = RowDomain(kind="levels", shape=(3,), levels=5)
    assert shaped([[0.0, 0.25, 0.5]], form, older).domain == older
    assert shaped([[0, 1, 2]]).domain.full is None
    assert shaped([[0, 1, 2]], form, levels=5).domain.full is None


@given(k=st.integers(1, 4), h=st.integers(1, 3), w=st.integers(1, 3), channels=st.sampled_from([0, 3]), data=st.data())
def test_pooling_is_majority_or_mean(k: int, h: int, w: int, channels: int, data: st.DataObject) -> None:
    rng = np.random.default_rng(data.draw(st.integers(0, 99)))
    shape = (2, h * k, w * k, 3) if channels else (2, h * k, w * k)
    for kind, values in (("binary", rng.integers(0, 2, shape)), ("levels", rng.integers(0, 9, shape))):
        content = Content(name="t", values=values)
        form = RowForm(kind=kind, pool=k, levels=9 if kind == "levels" else None)  # type: ignore[arg-type]
        found = shape_rows(content, form.kind or "real", form, None)
        assert found.domain.shape == (h, w, *shape[3:])
        rows = found.rows.reshape(2, h, w, -1)
        for y in range(h):
            for x in range(w):
                square = values[:, y * k : y * k + k, x * k : x * k + k].reshape(2, k * k, -1)
                mean = square.mean(axis=1)
                expected = mean > 0.5 if kind == "binary" else np.floor(mean + 0.5)
                np.testing.assert_array_equal(rows[:, y, x], expected)


def test_real_pictures_are_pooled_by_mean() -> None:
    found = shaped(np.arange(16.0).reshape(1, 4, 4) / 2 - 1, RowForm(pool=2))
    assert found.rows.tolist() == [[0.25, 1.25, 4.25, 5.25]]


def test_a_shape_is_given_or_hinted_and_never_guessed() -> None:
    bits = np.zeros((2, 64), dtype=int)
    assert shaped(bits).domain.shape == (64,)
    assert shaped(bits, RowForm(shape=(8, 8))).domain.shape == (8, 8)
    assert shaped(bits, RowForm(shape=(16, 4))).domain.shape == (16, 4)
    assert shaped(bits, shape=(28, 28)).domain.shape == (64,)
    assert shaped(np.zeros((2, 784), dtype=int), shape=(28, 28)).domain.shape == (28, 28)
    assert shaped(np.zeros((2, 12), dtype=int), RowForm(shape=(2, 2, 3))).domain.channels == 3


BITS = RowDomain(kind="binary", shape=(2, 2))
GREY = RowDomain(kind="levels", shape=(2, 2), levels=4)


def test_rows_come_out_in_the_domain_of_a_model() -> None:
    assert shaped([[0, 1, 0, 0]], like=BITS).domain == BITS
    assert shaped([[0, 0, 0, 0]], like=GREY).domain == GREY
    assert shaped([[[0, 255], [255, 0]]], RowForm(levels=4), like=GREY, full=255).domain == GREY
    real = RowDomain(kind="real", shape=(2,))
    found = shaped([[0, 1]], like=real)
    assert found.domain == real
    assert found.rows.dtype == np.dtype(np.float64)


@pytest.mark.parametrize(
    ("values", "form", "like", "said"),
    [
        ([[0, 1, 0]], RowForm(), BITS, "rows of 3 and the model takes 2x2"),
        ([[[0, 1, 0, 1]]], RowForm(), BITS, "rows of 1x4"),
        ([[0, 1, 2, 0]], RowForm(), BITS, "0 to 2, not 0 and 1"),
        ([[0, 1, 4, 0]], RowForm(), GREY, "levels up to 4 and the model takes 4"),
        ([[0, 1, 3, 0]], RowForm(levels=8), GREY, "the model takes 4 levels"),
        ([[0, 1, 3, 0]], RowForm(threshold=1), GREY, "the model takes 4 levels"),
        ([[0, 1, 3, 0]], RowForm(kind="real"), BITS, "the model takes binary values"),
        ([[0.5, 1, 3, 0]], RowForm(), GREY, "how many levels"),
        ([[0, 1]], RowForm(kind="real", threshold=1), None, "leave out one"),
        ([[-1, 1]], RowForm(levels=3), None, "levels start at 0"),
        ([[0.5, 1]], RowForm(kind="levels"), None, "how many levels"),
        ([[0.5, 1]], RowForm(kind="binary"), None, "--threshold"),
        ([[0.5, np.inf]], RowForm(), None, "row 0 of t is not finite"),
        ([[0, 1]], RowForm(pool=2), None, "only pictures"),
        ([[0, 1, 1]], RowForm(shape=(1, 3), pool=3), None, "cannot be pooled"),
        ([[0, 1, 1]], RowForm(shape=(2, 2)), None, "not the 4 of 2x2"),
        ([[0, 1, 1, 1]], RowForm(shape=(1, 2, 2)), None, "3 of them"),
        (np.zeros((1, (1 << 24) + 1), np.uint8), RowForm(), None, "at most 16,777,216"),
    ],
)
def test_what_does_not_fit_is_one_line(values: Any, form: RowForm, like: RowDomain | None, said: str) -> None:
    with pytest.raises(DataError, match=said):
        shaped(values, form, like)
