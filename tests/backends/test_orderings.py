"""Orders in which the values of a row can be written."""

from __future__ import annotations

from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from grnn_tui.backends.orderings import (
    OrderingName,
    check_ordering,
    named_ordering,
    read_ordering,
)
from grnn_tui.errors import UsageError

sides = st.integers(1, 9)
shapes = st.one_of(st.tuples(sides), st.tuples(sides, sides), st.tuples(sides, sides, st.just(3)))


@given(shapes, st.sampled_from(get_args(OrderingName)), st.integers(0, 5))
def test_every_ordering_holds_each_value_once(shape: tuple[int, ...], name: OrderingName, seed: int) -> None:
    ordering = named_ordering(name, shape, seed)
    assert ordering.dtype == np.int64
    np.testing.assert_array_equal(np.sort(ordering), np.arange(np.prod(shape)))
    if len(shape) == 3 and name != "random":
        assert (ordering.reshape(-1, 3) % 3 == [0, 1, 2]).all()


@pytest.mark.parametrize(
    ("name", "shape", "expected"),
    [
        ("raster", (2, 3), [0, 1, 2, 3, 4, 5]),
        ("column", (2, 3), [0, 3, 1, 4, 2, 5]),
        ("spiral", (3, 4), [0, 1, 2, 3, 7, 11, 10, 9, 8, 4, 5, 6]),
        ("centre-out", (3, 3), [4, 1, 3, 5, 7, 0, 2, 6, 8]),
        ("centre-out", (5,), [2, 1, 3, 0, 4]),
        ("column", (4,), [0, 1, 2, 3]),
        ("spiral", (4,), [0, 1, 2, 3]),
        ("column", (1, 2, 3), [0, 1, 2, 3, 4, 5]),
        ("column", (2, 2, 3), [0, 1, 2, 6, 7, 8, 3, 4, 5, 9, 10, 11]),
    ],
)
def test_orderings_are_what_their_names_say(name: OrderingName, shape: tuple[int, ...], expected: list[int]) -> None:
    assert named_ordering(name, shape).tolist() == expected


def test_a_seed_names_a_random_ordering() -> None:
    assert named_ordering("random", (20,), 1).tolist() == named_ordering("random", (20,), 1).tolist()
    assert named_ordering("random", (20,), 1).tolist() != named_ordering("random", (20,), 2).tolist()


WRONG = [
    np.array([0, 1, 1]),
    np.array([0, 1]),
    np.array([1, 2, 3]),
    np.array([-1, 0, 1]),
    np.array([0.0, 1.0, 2.0]),
    np.array([[0, 1, 2]]),
    np.array([False, True, True]),
]


@pytest.mark.parametrize("wrong", WRONG, ids=str)
def test_what_is_no_permutation_is_refused(wrong: np.ndarray[Any, Any], tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="an ordering"):
        check_ordering(wrong, 3)
    np.save(tmp_path / "order.npy", wrong)
    with pytest.raises(UsageError, match=r"order\.npy"):
        read_ordering(str(tmp_path / "order.npy"), 3)


def test_an_ordering_is_read_from_a_file(tmp_path: Path) -> None:
    np.save(tmp_path / "order.npy", np.array([2, 0, 1], dtype=np.uint8))
    assert read_ordering(str(tmp_path / "order.npy"), 3).tolist() == [2, 0, 1]


@pytest.mark.parametrize("content", [b"", b"2 0 1\n", b"\x93NUMPY\x01\x00"])
def test_another_file_is_refused_in_one_line(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "order.npy").write_bytes(content)
    with pytest.raises(UsageError, match=r"not a \.npy file"):
        read_ordering(str(tmp_path / "order.npy"), 3)
    with pytest.raises(UsageError, match="no such file"):
        read_ordering(str(tmp_path / "absent.npy"), 3)


def test_objects_in_a_file_are_not_loaded(tmp_path: Path) -> None:
    np.save(tmp_path / "order.npy", np.array([Path("x")] * 3, dtype=object), allow_pickle=True)
    with pytest.raises(UsageError, match=r"not a \.npy file"):
        read_ordering(str(tmp_path / "order.npy"), 3)
