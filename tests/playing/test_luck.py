from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from grnn_tui.errors import UsageError
from grnn_tui.playing.generation import generate_symbols
from grnn_tui.playing.luck import BLOCK, Luck
from grnn_tui.playing.sampling import Sampling
from tests.support.models import LETTERS
from tests.support.players import HistoryPlayer


@given(st.integers(0, (1 << 63) - 1), st.lists(st.integers(0, 10 * BLOCK), min_size=1, max_size=20))
def test_a_number_is_the_same_whatever_was_asked_before(seed: int, indices: list[int]) -> None:
    luck = Luck(seed)
    there = [luck[i] for i in indices]
    assert [Luck(seed)[i] for i in indices] == there
    assert all(0 <= u < 1 for u in there)


def test_the_numbers_are_uniform_and_do_not_repeat_between_blocks_or_seeds() -> None:
    first, second = Luck(1), Luck(2)
    numbers = np.array([[luck[i] for i in range(8 * BLOCK)] for luck in (first, second)])
    assert len(np.unique(numbers)) == numbers.size
    assert abs(numbers.mean() - 0.5) < 0.01
    assert abs(np.corrcoef(numbers)[0, 1]) < 0.05
    histogram = np.histogram(numbers, bins=16, range=(0, 1))[0]
    assert ((histogram - numbers.size / 16) ** 2 / (numbers.size / 16)).sum() < 50


@pytest.mark.parametrize("seed", [-1, 1 << 63])
def test_a_seed_out_of_range_is_refused(seed: int) -> None:
    with pytest.raises(UsageError):
        Luck(seed)


class OneChoice(HistoryPlayer):
    """Predicts the same distribution whatever came before, so that only luck and settings decide."""

    def advance(self, state: int, symbol: int) -> int:
        return state


def test_two_temperatures_share_their_random_numbers() -> None:
    player = OneChoice(2)
    cold, hot = (
        [s for s, _ in generate_symbols(player, LETTERS, "", 500, Sampling(temperature=t), 5)] for t in (0.5, 2.0)
    )
    p = player.predict(1).probs
    probable = int(p.argmax())
    # With the same luck, cooling moves the edge between two symbols one way only.
    assert all(c == probable for c, h in zip(cold, hot, strict=True) if h == probable and c != h)
    assert cold != hot
