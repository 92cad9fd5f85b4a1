from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import exp, isclose, log
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grnn_tui.data.builtin.grammar import Grammar
from grnn_tui.data.builtin.template import Entry, compile_grammar, words

LISTS: Mapping[str, Sequence[Entry]] = {
    "heroes": [{"name": "Ann", "he": "she"}, {"name": "Bo", "he": "he"}, {"name": "Christopher", "he": "he"}],
    "things": ["hat", {"name": "kite"}],
    "ends": [
        {"name": "lost {thing=things}", "again": "found the {thing}"},
        {"name": "slept", "again": "[woke|2:snored]"},
    ],
}
RULES = {"mood": "[3:sad|merry|]"}


def _compile(text: str) -> Grammar:
    return compile_grammar(text, RULES, LISTS)


def _derivations(grammar: Grammar, count: int = 4000) -> dict[str, float]:
    """Every text of a small grammar with its log-likelihood, by sampling until none is missing."""
    random = Random(0)
    return {text: grammar.log_prob(text) for text in (grammar.sample(random) for _ in range(count))}


SMALL = [
    "[a|3:bb|]",
    "<mood> {hero=heroes}. {Hero.he} <mood>.",
    "{hero=heroes} met {friend=heroes-hero}; {friend.he} saw {hero}.",
    "{hero=heroes} {end=ends}. {Hero.he} {end.again}[!|, {hero}]",
    "[x{hero=heroes}|y{hero=heroes}] {hero}",
    "[{hero=heroes}|{friend=heroes}:{hero=heroes-friend}] {hero.he}",
]


@pytest.mark.parametrize("template", SMALL)
def test_exact_figures_are_what_enumeration_gives(template: str) -> None:
    grammar = _compile(template)
    texts = _derivations(grammar)
    assert isclose(sum(map(exp, texts.values())), 1.0, rel_tol=1e-12)
    assert all(grammar.readings(text).count == 1 for text in texts)
    entropy = -sum(exp(p) * p for p in texts.values())
    length = sum(exp(p) * len(text) for text, p in texts.items())
    assert isclose(grammar.exact.record_entropy, entropy, rel_tol=1e-12)
    assert isclose(grammar.exact.record_length, length, rel_tol=1e-12)


def test_an_ambiguous_text_is_told_by_its_derivations_and_its_likelihood_is_their_sum() -> None:
    grammar = _compile("[a|ab][bc|c]")
    assert grammar.readings("abc").count == 2
    assert isclose(grammar.log_prob("abc"), log(2 / 4))
    twice = _compile("[hen|cat|hen]")
    assert twice.readings("hen").count == 2


def test_a_text_outside_the_grammar_has_no_probability() -> None:
    grammar = _compile("{hero=heroes} saw {hero}")
    assert grammar.log_prob("Ann saw Bo") == float("-inf")
    assert grammar.log_prob("Ann saw Ann!") == float("-inf")
    assert isclose(grammar.log_prob("Ann saw Ann"), -log(3))


def test_the_other_one_is_never_the_same_one() -> None:
    grammar = _compile("{hero=heroes},{friend=heroes-hero}")
    random = Random(1)
    pairs = {tuple(grammar.sample(random).split(",")) for _ in range(500)}
    assert len(pairs) == 6
    assert all(hero != friend for hero, friend in pairs)


def test_a_mention_before_its_draw_is_refused() -> None:
    with pytest.raises(KeyError):
        _compile("{hero} {hero=heroes}")
    with pytest.raises(ValueError, match="hero"):
        _ = _compile("[{hero=heroes}|nobody] {hero}").exact


@pytest.mark.parametrize("template", ["[a|b", "a]", "{a b}", "<", "{", "[a|b]]"])
def test_a_template_that_cannot_be_read_is_refused(template: str) -> None:
    with pytest.raises(ValueError, match=r"cannot read|bracket"):
        _compile(template)


@given(st.lists(st.integers(1, 9), min_size=1, max_size=6))
def test_weights_are_probabilities(weights: list[int]) -> None:
    grammar = _compile("[" + "|".join(f"{w}:{'x' * (i + 1)}" for i, w in enumerate(weights)) + "]")
    for i, weight in enumerate(weights):
        assert isclose(exp(grammar.log_prob("x" * (i + 1))), weight / sum(weights), rel_tol=1e-12)


def test_words_are_divided_by_commas() -> None:
    assert words("a, b c,d") == ["a", "b c", "d"]
