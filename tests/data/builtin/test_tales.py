from __future__ import annotations

import re
from itertools import pairwise
from math import sqrt
from random import Random

import numpy as np

from grnn_tui.data.builtin.tale_words import LISTS
from grnn_tui.data.builtin.tales import PLOTS, grammar, log_prob, make_tales, tales_exact


def _stories(seed: int, size: int) -> list[str]:
    return [story + "\n\n" for story in make_tales(seed, size).split("\n\n")[:-1]]


def test_every_story_has_exactly_one_derivation() -> None:
    tales = grammar()
    assert [s for s in _stories(7, 1_000_000) if tales.readings(s).count != 1] == []


def test_the_exact_entropy_and_length_are_those_of_samples() -> None:
    stories = _stories(8, 2_500_000)
    surprisal = np.array([-log_prob(story) for story in stories])
    length = np.array([len(story) for story in stories], dtype=float)
    exact = tales_exact()
    for sample, expected in ((surprisal, exact.record_entropy), (length, exact.record_length)):
        error = sample.std() / sqrt(len(sample))
        assert abs(sample.mean() - expected) < 4 * error
    rate = exact.record_entropy / exact.record_length
    residual = (surprisal - rate * length) / exact.record_length
    assert abs(residual.mean()) < 4 * residual.std() / sqrt(len(stories))
    assert residual.std() / sqrt(len(stories)) < 0.01 * rate


def test_no_list_holds_a_word_twice() -> None:
    for name, entries in LISTS.items():
        names = [entry if isinstance(entry, str) else tuple(entry.items()) for entry in entries]
        assert len(set(names)) == len(names), name


def test_stories_are_paragraphs_of_three_to_nine_sentences_in_plain_characters() -> None:
    stories = _stories(9, 300_000)
    for story in stories:
        assert story.count("\n") == 2
        assert 3 <= len(re.findall(r'[.!?]["]?(?= [A-Z"]|\n)', story)) <= 16, story
    assert len(set("".join(stories))) <= 70


def test_every_plot_is_told() -> None:
    text = make_tales(3, 200_000)
    for told in ("the wind took", "up from the", "the snow", "was gone", "quarrelled", "I am "):
        assert text.count(told) > 20
    assert len(PLOTS) == 6


def test_articles_agree_and_spaces_are_single() -> None:
    text = make_tales(4, 1_000_000)
    assert not re.search(r"\b[Aa] (?!one)[aeiou]|\b[Aa]n [^aeiou]|  | [.,?!]|[.?!,]{2}(?!\")", text)


def test_a_hero_keeps_name_and_pronoun() -> None:
    pronoun = {e["name"]: e["he"] for e in LISTS["heroes"] if not isinstance(e, str)}
    for story in _stories(5, 300_000):
        called = re.search(r"called ([A-Z]\w+) [A-Z]", story)
        assert called is not None
        had = re.search(r"\. (She|He) had a ", story)
        if had:
            assert had[1].lower() == pronoun[called[1]]
        assert story.count(called[1]) >= 2


def test_two_seeds_tell_different_stories_and_one_seed_the_same() -> None:
    first, again, other = make_tales(0, 5_000), make_tales(0, 5_000), make_tales(1, 5_000)
    assert first == again != other
    assert make_tales(0, 20_000).startswith(first)


def test_stories_do_not_repeat() -> None:
    stories = _stories(6, 500_000)
    assert len(set(stories)) == len(stories)
    assert all(a != b for a, b in pairwise(stories))


def test_a_sample_reads_from_any_source_of_uniform_numbers() -> None:
    assert grammar().sample(Random(2)).endswith("\n\n")
