from __future__ import annotations

from math import isclose, log

import pytest

from grnn_tui.data.builtin.reber import (
    embedded_reber_exact,
    is_grammatical,
    make_embedded_reber,
    make_reber,
    reber_exact,
)


def test_a_reber_string_carries_six_bits_in_eight_letters() -> None:
    exact = reber_exact()
    assert isclose(exact.record_entropy, 6 * log(2), rel_tol=1e-12)
    assert isclose(exact.record_length, 8 + 1, rel_tol=1e-12)
    assert round(exact.record_entropy / (exact.record_length - 1), 6) == 0.519860


def test_an_embedded_reber_string_carries_seven_bits_in_twelve_letters() -> None:
    exact = embedded_reber_exact()
    assert isclose(exact.record_entropy, 7 * log(2), rel_tol=1e-12)
    assert isclose(exact.record_length, 12 + 1, rel_tol=1e-12)
    assert round(exact.record_entropy / (exact.record_length - 1), 6) == 0.404336


def test_every_generated_string_is_grammatical() -> None:
    assert all(is_grammatical(row) for row in make_reber(5, 20_000).splitlines())
    assert all(is_grammatical(row, embedded=True) for row in make_embedded_reber(5, 20_000).splitlines())


@pytest.mark.parametrize("text", ["", "B", "BTXSEE", "BTXSET", "btxse", "BPTVVX", "TXSE", "BTXSE "])
def test_anything_else_is_not(text: str) -> None:
    assert not is_grammatical(text)


def test_the_envelope_must_match() -> None:
    assert is_grammatical("BTBTXSETE\n", embedded=True)
    assert not is_grammatical("BTBTXSEPE", embedded=True)
    assert not is_grammatical("BTXSE", embedded=True)
    assert not is_grammatical("BTBTXSETE")
