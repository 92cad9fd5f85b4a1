"""The text of a branch is a value, and rows wrapped bit by bit are those wrapped at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grnn_tui.data.words import split
from grnn_tui.engine.protocol import Splice
from grnn_tui.ui.panes.output.wrapping import Wrapping
from grnn_tui.ui.transcript import Transcript, plain

LABELS = st.text(st.sampled_from("ab  \n\tlong中é\x1b"), max_size=60)
POSITIONS: st.SearchStrategy[list[str]] = LABELS.map(list) | LABELS.map(split)


def spliced(transcript: Transcript, start: int, text: str) -> Transcript:
    return transcript.spliced(Splice(start, list(text), [0] * len(text), [1.0] * len(text)))


@given(st.lists(st.tuples(st.floats(0, 1), LABELS), max_size=12))
def test_older_values_keep_their_text_whatever_is_spliced_after(edits: list[tuple[float, str]]) -> None:
    transcript, text = Transcript(), ""
    seen = [(transcript, text)]
    for share, addition in edits:
        start = round(share * len(text))
        transcript, text = spliced(transcript, start, addition), text[:start] + addition
        seen.append((transcript, text))
    for value, expected in seen:
        assert value.between(0, value.length) == expected


def test_two_continuations_of_one_value_do_not_mix() -> None:
    base = plain("ab")
    left, right = spliced(base, 2, "x"), spliced(base, 2, "y")
    assert left.between(0, 3) == "abx"
    assert right.between(0, 3) == "aby"


def test_appending_copies_nothing() -> None:
    base = plain("x" * 1000)
    assert spliced(base, 1000, "y").text is base.text


def test_a_gap_is_refused() -> None:
    with pytest.raises(ValueError, match="splice at 5"):
        spliced(plain("ab"), 5, "x")


@given(LABELS, LABELS, st.floats(0, 1))
def test_the_first_change_is_found(before: str, addition: str, share: float) -> None:
    old = plain(before)
    start = round(share * len(before))
    new = spliced(old, start, addition)
    changed = new.changed_from(old)
    assert new.text[:changed] == old.text[:changed]
    assert changed <= max(old.length, new.length)


@given(POSITIONS, st.lists(st.tuples(st.floats(0, 1), POSITIONS), max_size=8), st.integers(2, 24))
def test_rows_wrapped_bit_by_bit_are_rows_wrapped_at_once(
    first: list[str], edits: list[tuple[float, list[str]]], width: int
) -> None:
    text = first
    wrapping = Wrapping(width)
    wrapping.rewrap(text, len(text), 0)
    for share, addition in edits:
        start = round(share * len(text))
        text = text[:start] + addition
        wrapping.rewrap(text, len(text), start)
    fresh = Wrapping(width)
    fresh.rewrap(text, len(text), 0)
    assert list(wrapping.starts) == list(fresh.starts)


@given(POSITIONS, st.integers(2, 24))
def test_rows_hold_the_whole_text_and_fit(text: list[str], width: int) -> None:
    wrapping = Wrapping(width)
    wrapping.rewrap(text, len(text), 0)
    rows = [text[wrapping.starts[row] : wrapping.stop_of(row)] for row in range(wrapping.rows)]
    assert [label for row in rows for label in row] == text
    for number, row in enumerate(rows):
        start = wrapping.starts[number]
        assert sum(wrapping.cells_at(text, start + i) for i in range(len(row))) <= max(width, 4)
        assert "\n" not in row[:-1]


@given(POSITIONS, st.integers(6, 24), st.integers(0, 60))
def test_a_click_on_a_position_finds_it(text: list[str], width: int, at: int) -> None:
    wrapping = Wrapping(width)
    wrapping.rewrap(text, len(text), 0)
    at = min(at, len(text))
    assert wrapping.position_at(text, wrapping.row_of(at), wrapping.column_of(text, at)) == at


def test_words_are_kept_whole() -> None:
    wrapping = Wrapping(12)
    text = "the river was low"
    wrapping.rewrap(text, len(text), 0)
    assert [text[wrapping.starts[r] : wrapping.stop_of(r)] for r in range(wrapping.rows)] == ["the river ", "was low"]


def drawn_rows(text: Sequence[str], width: int) -> list[str]:
    wrapping = Wrapping(width)
    wrapping.rewrap(text, len(text), 0)
    rows = [range(wrapping.starts[row], wrapping.stop_of(row)) for row in range(wrapping.rows)]
    return ["".join(wrapping.drawn(text, position) for position in row) for row in rows]


def test_words_with_their_spaces_are_wrapped_like_the_letters_they_are_made_of() -> None:
    text = "the river was low,\n  but don't the millers' wheels turn\n"
    assert drawn_rows(split(text), 12) == [
        "the river",
        "was low,↵",
        "  but don't",
        "the",
        "millers'",
        "wheels turn↵",
        "",
    ]
    by_letter = [row.rstrip() for row in drawn_rows(text, 12)]
    assert by_letter == [row.rstrip() for row in drawn_rows(split(text), 12)]


def test_a_word_longer_than_a_row_is_cut_visibly() -> None:
    assert drawn_rows(split("a " + "b" * 20 + " c"), 10) == ["a", "bbbbbbbb…", "c"]
    assert drawn_rows(split(" " + "中" * 2 + "x" * 20), 8) == [" 中中", "xxxxxx…"]


def test_appending_to_a_long_text_looks_at_its_end_alone() -> None:
    class Counting(list[str]):
        reads = 0

        def __getitem__(self, key: Any) -> Any:
            Counting.reads += 1
            return super().__getitem__(key)

    text = Counting("word " * 200_000)
    wrapping = Wrapping(80)
    wrapping.rewrap(text, len(text), 0)
    Counting.reads = 0
    text += list("more words")
    wrapping.rewrap(text, len(text), len(text) - 10)
    assert Counting.reads < 500
