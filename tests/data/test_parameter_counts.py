"""The table of parameter counts."""

from __future__ import annotations

import pytest

from grnn_tui.data.parameter_counts import parameter_counts
from grnn_tui.data.row_domain import RowDomain


def counts(domain: RowDomain) -> list[int | str]:
    return [line.count for line in parameter_counts(domain, 1234)]


def test_a_binary_digit_takes_more_numbers_than_there_are_atoms() -> None:
    assert counts(RowDomain(kind="binary", shape=(28, 28))) == ["2^784 - 1 ~ 1e236", 784, 1567, 1234]


def test_a_short_row_is_counted_out() -> None:
    assert counts(RowDomain(kind="binary", shape=(4,))) == [15, 4, 7, 1234]
    assert counts(RowDomain(kind="binary", shape=(1,))) == [1, 1, 1, 1234]


def test_levels_take_one_number_less_than_there_are_levels() -> None:
    grey = RowDomain(kind="levels", shape=(2, 2), levels=4)
    assert counts(grey) == [255, 12, 3 + 3 * 4 * 3, 1234]
    colour = RowDomain(kind="levels", shape=(32, 32, 3), levels=256)
    assert counts(colour) == ["256^3072 - 1 ~ 1e7398", 3072 * 255, 255 + 3071 * 256 * 255, 1234]


@pytest.mark.parametrize("k", [2, 3, 5])
def test_the_chain_of_two_values_is_the_full_joint(k: int) -> None:
    full, _, chain, _ = counts(RowDomain(kind="levels", shape=(2,), levels=k))
    assert full == chain == k * k - 1


def test_a_power_just_below_a_power_of_ten_is_rounded_up_to_it() -> None:
    assert counts(RowDomain(kind="levels", shape=(19,), levels=995))[0] == "995^19 - 1 ~ 9e56"
    assert counts(RowDomain(kind="levels", shape=(6,), levels=999))[0] == "999^6 - 1 ~ 1e18"


def test_real_values_are_held_against_gaussians() -> None:
    assert counts(RowDomain(kind="real", shape=(3,))) == [6, 8, 9, 1234]
