"""What is particular to counts over rows."""

from __future__ import annotations

from collections import Counter

import hypothesis.strategies as st
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis.extra import numpy as arrays_of

from grnn_tui.backends.markov.counting import count_rows
from grnn_tui.backends.markov.network import MarkovNetwork
from grnn_tui.backends.markov.spec import MARKOV
from grnn_tui.data.row_domain import RowDomain
from grnn_tui.errors import ModelError

SIZE = 3
ROWS = arrays_of.arrays(np.uint8, st.tuples(st.integers(0, 12), st.integers(1, 5)), elements=st.integers(0, SIZE - 1))


def backed_off(rows: list[list[int]], place: int, context: list[int], symbol: int, smoothing: float) -> float:
    """p(symbol at `place` | context), straight from the definition by counting with slices."""
    first = place - len(context)
    followers = Counter(row[place] for row in rows if row[first:place] == context)
    shorter = backed_off(rows, place, context[1:], symbol, smoothing) if context else 1 / SIZE
    if not followers:
        return shorter
    weight = smoothing or len(followers)
    return (followers[symbol] + weight * shorter) / (followers.total() + weight)


@given(ROWS, st.integers(0, 4), st.sampled_from([0.0, 0.7]), st.data())
def test_each_place_has_its_own_interpolated_counts(
    rows: np.ndarray, order: int, smoothing: float, data: st.DataObject
) -> None:
    place = data.draw(st.integers(0, rows.shape[1] - 1))
    length = min(order, place)
    context = data.draw(st.lists(st.integers(0, SIZE - 1), min_size=length, max_size=length))
    trie = count_rows(rows, SIZE, order, smoothing)
    expected = [backed_off(rows.tolist(), place, context, symbol, smoothing) for symbol in range(SIZE)]
    np.testing.assert_allclose(trie.distribution(context, place), expected, rtol=1e-12)


def network(domain: RowDomain, **settings: float) -> MarkovNetwork:
    built = MARKOV.build_network(MARKOV.parse_settings(settings), domain)
    assert isinstance(built, MarkovNetwork)
    return built


def test_order_0_knows_the_share_of_ones_of_each_place() -> None:
    domain = RowDomain(kind="binary", shape=(3,))
    counted = network(domain, order=0, smoothing=2)
    counted.count(np.array([[1, 1, 0], [1, 0, 0], [1, 0, 0], [1, 1, 0]], dtype=np.uint8))
    log_prob, _ = counted.log_prob(torch.tensor([[1, 1, 1]]))
    torch.testing.assert_close(log_prob.exp(), torch.tensor([[5 / 6, 0.5, 1 / 6]]))


def test_many_values_and_long_contexts_do_not_overflow() -> None:
    rows = np.random.default_rng(0).integers(65_536, size=(40, 20))
    trie = count_rows(np.concatenate((rows, rows)), 65_536, 12)
    assert trie.distribution(rows[3, 7:19].tolist(), 19)[rows[3, 19]] > 0.99


def test_long_contexts_over_a_whole_picture_stay_small() -> None:
    """Eight values of context over 28x28 places: what is stored grows with what was seen, not with 2^8 x 784."""
    rows = (np.random.default_rng(0).random((300, 784)) < 0.1).astype(np.uint8)
    trie = count_rows(rows, 2, 8)
    assert trie.followers.size < 300 * 784
    counted = network(RowDomain(kind="binary", shape=(28, 28)), order=8)
    counted.count(rows)
    assert -counted.log_prob(torch.from_numpy(rows).long())[0].mean().item() < 0.33


def test_counts_of_other_rows_are_refused() -> None:
    counted = network(RowDomain(kind="binary", shape=(9,)), order=1)
    counted.count(np.ones((4, 9), dtype=np.uint8))
    narrow = network(RowDomain(kind="binary", shape=(2,)), order=1)
    with pytest.raises(ModelError, match="not a trie"):
        narrow.load_arrays(counted.arrays())
