from __future__ import annotations

from math import exp

from grnn_tui.data.builtin.sums import held_out, line, make_sums, sums_exact


def test_a_line_pads_the_operands_and_not_the_sum() -> None:
    assert line(7, 95) == "07+95=102\n"
    assert line(0, 3) == "00+03=3\n"


def test_every_line_of_the_corpus_is_true_and_none_is_held_out() -> None:
    hidden = {line(a, b) for a, b in held_out()}
    shown = set(make_sums(2, 1_000_000).splitlines(keepends=True))
    assert not shown & hidden
    for row in shown:
        a, b, c = (int(number) for number in row.replace("+", " ").replace("=", " ").split())
        assert a + b == c


def test_everything_that_is_not_held_out_can_appear() -> None:
    assert len(set(make_sums(0, 2_000_000).splitlines())) == 10_000 - len(held_out())


def test_about_a_tenth_of_the_pairs_is_held_out_in_every_row_and_column_alike() -> None:
    pairs = held_out()
    assert 900 <= len(pairs) <= 1100
    for operand in (0, 1):
        per_value = [sum(pair[operand] == n for pair in pairs) for n in range(100)]
        assert max(per_value) < 25


def test_a_line_is_as_uncertain_as_the_number_of_lines_allows() -> None:
    assert round(exp(sums_exact().record_entropy)) == 10_000 - len(held_out())
