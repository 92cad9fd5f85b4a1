from __future__ import annotations

import hypothesis.strategies as st
from hypothesis import given

from grnn_tui.lab.cycles import TURNS, Cycle, final_cycle, z_function

LETTERS = st.lists(st.integers(0, 2), max_size=12)


def by_hand(items: list[int]) -> Cycle | None:
    """The same, straight from its definition."""
    for period in range(1, len(items) // TURNS + 1):
        start = len(items) - period
        while start > 0 and items[start - 1] == items[start - 1 + period]:
            start -= 1
        if len(items) - start >= TURNS * period:
            return Cycle(start, period)
    return None


@given(LETTERS, st.lists(st.integers(0, 2), min_size=1, max_size=5), st.integers(0, 6))
def test_the_cycle_found_is_the_one_of_the_definition(before: list[int], turn: list[int], turns: int) -> None:
    items = before + turn * turns
    assert final_cycle(items) == by_hand(items)


@given(LETTERS)
def test_the_z_function_counts_what_agrees(items: list[int]) -> None:
    for i, length in enumerate(z_function(items)):
        assert items[:length] == items[i : i + length]
        assert i + length == len(items) or items[length] != items[i + length]


def test_start_and_period_of_a_plain_cycle() -> None:
    assert final_cycle([7, 8, 9, *[1, 2, 3, 4] * 5]) == Cycle(3, 4)
    assert final_cycle([1, 2, 3] * 2) is None
    assert final_cycle([]) is None
    assert final_cycle([5, 5, 5]) == Cycle(0, 1)
