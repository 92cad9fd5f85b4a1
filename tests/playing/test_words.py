"""A text of words: positions are words, whatever the prompt cuts, and unknown ones are seen as such."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grnn_tui.playing.marks import Mark
from grnn_tui.playing.scoring import score, summarise
from grnn_tui.playing.session import Session
from tests.support.models import LETTERS, WORDS
from tests.support.players import HistoryPlayer, state_after

prompts = st.lists(st.sampled_from(["the", " the", " ri", "ver", " ", "\n", "Q", "<unk>", "."]), max_size=8).map(
    "".join
)


def new_session() -> Session:
    return Session(HistoryPlayer(WORDS.size), WORDS, seed=1)


def labels_of(session: Session) -> list[str]:
    return session.current.labels_between(0, session.length)


def test_each_position_is_a_word_and_the_unknown_keep_their_spelling() -> None:
    session = new_session()
    session.set_prompt("the riverboat was low.\n")
    session.read()
    assert labels_of(session) == ["the", " riverboat", " was", " low", ".", "\n"]
    assert session.current.symbols_between(0, 6) == [7, 1, 4, 11, 5, 3]
    assert session.text == "the riverboat was low.\n"
    assert session.current.sums(6)[0] == 6
    session.move(-2)
    assert session.cursor == 4
    session.force(2)
    assert session.text == "the riverboat was low the"


@given(st.lists(prompts, min_size=1, max_size=6), st.integers(0, 6))
def test_a_prompt_is_split_as_it_stands_after_every_edit(edits: list[str], written: int) -> None:
    session = new_session()
    for prompt in edits:
        session.set_prompt(prompt)
        session.read()
        assert session.current.prompt_text == prompt
        assert labels_of(session)[: session.current.prompt] == WORDS.split(prompt)
        symbols = session.current.symbols_between(0, session.length)
        assert symbols[: session.current.prompt] == WORDS.encode(prompt).symbols.tolist()
        session.write(written)
        assert session.text == prompt + session.written


def test_another_vocabulary_or_unit_takes_the_text_over() -> None:
    session = new_session()
    session.set_prompt("the miller")
    session.read()
    fewer = type(WORDS)(unit="word", symbols=WORDS.symbols[:3])
    session.set_player(HistoryPlayer(fewer.size), fewer)
    session.read()
    assert session.current.symbols_between(0, 2) == [0, 1]
    session.set_player(HistoryPlayer(LETTERS.size), LETTERS)
    session.read()
    assert (session.length, session.cursor) == (10, 10)
    session.set_player(HistoryPlayer(WORDS.size), WORDS)
    session.read()
    assert labels_of(session) == ["the", " miller"]
    assert session.cursor == 2


def test_the_model_is_shown_the_unknown_symbol() -> None:
    session = new_session()
    session.set_prompt("the boat")
    session.read()
    expected = session.player.predict(state_after(HistoryPlayer(WORDS.size), [7, 1])).probs
    outlook = session.outlook()
    assert outlook is not None
    assert outlook.raw == pytest.approx(expected)


def test_a_score_tells_bits_per_character_and_what_is_unknown() -> None:
    text = "the boat was low.\n"
    symbols = WORDS.encode(text).symbols
    nats = score(HistoryPlayer(WORDS.size), symbols)
    summary = summarise(WORDS, symbols, nats, characters=len(text))
    assert summary.unknown == 1
    assert summary.bits_per_character == pytest.approx(summary.bits_per_symbol * 6 / 18)
    assert {place.line for place in summary.surprising} == {1}


def test_marks_do_not_mind_the_space_before_a_word() -> None:
    mark = Mark(" (")
    assert [mark.step(label) for label in ["a", " (", "b", ")", "c"]] == [False, True, True, False, False]
    assert [Mark("the").step(label) for label in [" the", "the", " then", " "]] == [True, True, False, False]
