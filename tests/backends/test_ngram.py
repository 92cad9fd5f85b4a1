"""What is particular to n-grams: the counts, the interpolation, and the published table."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import hypothesis.strategies as st
import numpy as np
import pytest
import torch
from hypothesis import given
from numpy.typing import NDArray

from grnn_tui.backends.network import CountedNetwork
from grnn_tui.backends.ngram.counting import count_ngrams
from grnn_tui.backends.ngram.trie import Trie
from grnn_tui.backends.registry import backend_named
from grnn_tui.data.vocabulary import Vocabulary
from grnn_tui.errors import ModelError

SIZE = 4
TEXTS = st.lists(st.integers(0, SIZE - 1), max_size=40)


def witten_bell(text: list[int], context: list[int], symbol: int) -> float:
    """p(symbol | context), straight from the definition by counting with slices."""
    followers = Counter(text[t] for t in range(len(context), len(text)) if text[t - len(context) : t] == context)
    shorter = witten_bell(text, context[1:], symbol) if context else 1 / SIZE
    if not followers:
        return shorter
    return (followers[symbol] + len(followers) * shorter) / (followers.total() + len(followers))


@given(TEXTS, st.lists(st.integers(0, SIZE - 1), max_size=5))
def test_probabilities_are_interpolated_witten_bell(text: list[int], context: list[int]) -> None:
    trie = count_ngrams(np.array(text, dtype=np.int64), SIZE, order=5)
    expected = [witten_bell(text, context, symbol) for symbol in range(SIZE)]
    np.testing.assert_allclose(trie.distribution(context), expected, rtol=1e-12)


@given(TEXTS, st.integers(0, 4), st.integers(1, 7))
def test_counting_in_chunks_changes_nothing(text: list[int], order: int, chunk: int) -> None:
    symbols = np.array(text, dtype=np.int32)
    whole, parts = count_ngrams(symbols, SIZE, order), count_ngrams(symbols, SIZE, order, chunk)
    for name in ("edges", "followers", "counts"):
        np.testing.assert_array_equal(getattr(whole, name), getattr(parts, name))


def ngram(vocabulary: Vocabulary, order: int, symbols: NDArray[np.integer]) -> CountedNetwork:
    backend = backend_named("ngram")
    network = backend.build_network(backend.parse_settings({"order": order}), vocabulary)
    assert isinstance(network, CountedNetwork)
    network.count(symbols)
    return network


def test_counting_again_starts_afresh() -> None:
    vocabulary = Vocabulary(unit="character", symbols=tuple("abc"))
    first, second = np.array([0, 1, 0, 1, 2]), np.array([2, 2, 1])
    network = ngram(vocabulary, 2, first)
    network.count(second)
    fresh = ngram(vocabulary, 2, second).arrays()
    assert all(np.array_equal(array, fresh[name]) for name, array in network.arrays().items())


def test_a_large_alphabet_and_a_long_context_do_not_overflow() -> None:
    size, order = 20_000, 32
    text = np.random.default_rng(0).integers(size, size=300)
    trie = count_ngrams(np.concatenate((text, text)), size, order)
    p = trie.distribution(text[:order].tolist())
    assert p.sum() == pytest.approx(1)
    assert p[text[order]] > 0.99


def test_before_any_text_every_symbol_is_as_likely() -> None:
    trie = count_ngrams(np.zeros(0, dtype=np.int64), SIZE, order=3)
    np.testing.assert_allclose(trie.distribution([1, 2, 3]), 1 / SIZE)


@pytest.mark.parametrize(
    ("edges", "followers", "counts"),
    [
        ([5, 1], [0], [1]),  # not sorted
        ([40], [0], [1]),  # a parent that does not come first
        ([-1], [0], [1]),
        ([0], [9], [1]),  # a node that is not there
        ([0], [0], [0]),
        ([0], [0, 1], [1]),
    ],
)
def test_arrays_that_are_no_trie_are_refused(edges: list[int], followers: list[int], counts: list[int]) -> None:
    with pytest.raises(ModelError, match="not a trie"):
        Trie(SIZE, *(np.array(part, dtype=np.int64) for part in (edges, followers, counts)))


TABLE = (3.3473, 2.4858, 2.0492, 1.7738, 1.6688, 1.6981, 1.7792, 1.8758, 1.9702)
"""Nats per character of the last tenth of tinyshakespeare for 0 to 8 symbols of context."""
CORPUS = Path(__file__).parents[3] / "shared" / "data" / "tinyshakespeare" / "input.txt"


if CORPUS.exists():

    def test_tinyshakespeare_scores_as_published() -> None:
        text = CORPUS.read_text(encoding="utf-8")
        vocabulary = Vocabulary(unit="character", symbols=tuple(sorted(set(text))))
        symbols = vocabulary.encode(text).symbols
        cut = len(symbols) * 9 // 10
        held_out = torch.from_numpy(symbols[None, cut:])
        for order, expected in enumerate(TABLE):
            log_prob, _ = ngram(vocabulary, order, symbols[:cut]).log_prob(held_out)
            assert -log_prob.double().mean().item() == pytest.approx(expected, abs=1e-3), order
