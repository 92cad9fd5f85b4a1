from __future__ import annotations

import re
from hashlib import sha256
from itertools import pairwise
from math import sqrt
from random import Random

import numpy as np

from grnn_tui.data.builtin.tale_words import LISTS
from grnn_tui.data.builtin.tales import LINKS, grammar, log_prob, make_tales, tales_exact


def _stories(seed: int, size: int) -> list[str]:
    return [story + "\n\n" for story in make_tales(seed, size).split("\n\n")[:-1]]


def test_every_story_has_exactly_one_derivation() -> None:
    tales = grammar()
    assert [s for s in _stories(7, 500_000) if tales.readings(s).count != 1] == []


def test_the_exact_entropy_and_length_are_those_of_samples() -> None:
    stories = _stories(8, 1_500_000)
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
        assert len(set(entries)) == len(entries), name
    everything = [entry for entries in LISTS.values() for entry in entries]
    assert len(set(everything)) == len(everything)


def test_stories_are_paragraphs_of_six_sentences_or_so_in_plain_characters() -> None:
    stories = _stories(9, 300_000)
    for story in stories:
        assert story.count("\n") == 2
        assert 6 <= len(re.findall(r'[.!?](?=["]? [A-Z"a-z]|\n)', story)) <= 11, story
    assert len(set("".join(stories))) <= 70


def test_everything_may_follow_from_everything_it_is_linked_to() -> None:
    openings: dict[str, set[str]] = {kind: set() for kind in LINKS}
    for story in _stories(3, 300_000):
        kinds = [_kind_of(name) for name in re.findall(r"\w+", story) if _kind_of(name)]
        for before, after in pairwise(kinds):
            if before != after:
                openings[before].add(after)
    assert openings == {kind: set(ways) for kind, ways in LINKS.items()}


def _kind_of(word: str) -> str:
    return next((kind for kind, words in LISTS.items() if word in words), "")


def test_articles_agree_and_spaces_are_single() -> None:
    text = make_tales(4, 1_000_000)
    assert not re.search(r"\b[Aa] (?!one)[aeiou]|\b[Aa]n [^aeiou]|  | [.,?!]|[.?!,]{2}(?!\")", text)


def test_each_sentence_takes_up_what_the_one_before_ended_with() -> None:
    everything = "|".join(entry for entries in LISTS.values() for entry in entries)
    for story in _stories(5, 200_000):
        met = re.findall(rf"\b({everything})\b", story)
        assert met[0] in LISTS["people"]
        assert len(met) >= 10, story
        assert all(met.count(name) >= 2 for name in met), story


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


def test_the_same_tales_are_told_everywhere() -> None:
    text = make_tales(0, 10_000)[:10_000]
    assert sha256(text.encode()).hexdigest() == "7775f528cda62e65e782f88a0daf6526579931da2bd503e51cfbf4b5a406a76d"
