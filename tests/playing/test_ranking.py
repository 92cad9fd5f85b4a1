"""Units are ranked by what they do along a text, in one piece or in many."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from grnn_tui.playing.marks import Mark
from grnn_tui.playing.ranking import Tally


def pointed(mark: str, text: str) -> str:
    """The symbols of `text` that the mark points to, the others as dots."""
    follow = Mark(mark)
    return "".join(label if follow.step(label) else "." for label in text)


@pytest.mark.parametrize(
    ("mark", "text", "expected"),
    [
        ('"', 'a "bc" d', '.."bc...'),
        ("(", "f(g(x) y) z", ".(g(x) y..."),
        (")", "f(x) y) z", ".(x......"),
        ("”", "x “y” z", "..“y..."),
        ("e", "the tree", "..e...ee"),
        ("\n", "a\nb", ".\n."),
        ('"', 'a "b\nc\n\nd "e"', '.."b\nc\n..."e.'),
    ],
)
def test_a_mark_points_to_what_it_encloses_else_to_itself(mark: str, text: str, expected: str) -> None:
    assert pointed(mark, text) == expected


@given(st.integers(0, 2**32 - 1), st.integers(2, 300), st.lists(st.integers(0, 300), max_size=4))
def test_sums_taken_in_pieces_give_the_figures_of_the_whole(seed: int, length: int, cuts: list[int]) -> None:
    rng = np.random.default_rng(seed)
    rows, inside = rng.standard_normal((length, 5)).astype(np.float32), rng.random(length) < 0.4
    tally = Tally(5)
    for piece, own in zip(np.split(rows, sorted(cuts)), np.split(inside, sorted(cuts)), strict=True):
        tally.add(piece, own.tolist())
    np.testing.assert_allclose(tally.variances(), rows.astype(float).var(axis=0), atol=1e-9)
    np.testing.assert_array_equal(tally.low, rows.min(axis=0))
    np.testing.assert_array_equal(tally.high, rows.max(axis=0))
    if inside.any() and not inside.all():
        expected = [np.corrcoef(column, inside)[0, 1] for column in rows.astype(float).T]
        np.testing.assert_allclose(tally.correlations(), expected, atol=1e-6)


def test_the_unit_that_follows_a_mark_comes_first_whichever_its_sign() -> None:
    rng = np.random.default_rng(0)
    text = 'he said "so it is" and "so be it" ' * 20
    follow = Mark('"')
    inside = np.array([follow.step(label) for label in text])
    rows = rng.standard_normal((len(text), 4)).astype(np.float32)
    rows[:, 2] = np.where(inside, -0.8, 0.8) + 0.1 * rows[:, 2]
    tally = Tally(4)
    tally.add(rows, inside.tolist())
    ranking = tally.ranking('"')
    assert ranking.order[0] == 2
    assert ranking.scores[2] < -0.9
    assert tally.ranking().order[-1] != tally.ranking().order[0]
    assert tally.ranking().scores.tolist() == tally.variances().tolist()


def test_nothing_read_and_nothing_pointed_to_rank_without_complaint() -> None:
    assert Tally(3).ranking().order.tolist() == [0, 1, 2]
    assert Tally(3).ranking('"').scores.tolist() == [0, 0, 0]
    assert Tally(0).ranking('"').order.size == 0
