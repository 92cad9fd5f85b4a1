"""The distribution of one symbol: it is normalised, and one uniform number draws one symbol."""

from __future__ import annotations

import hypothesis.extra.numpy as hnp
import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given
from numpy.typing import NDArray

from grnn_tui.backends.distribution import Bernoulli, Categorical, draw

LOGITS = hnp.arrays(np.float32, st.integers(1, 70), elements=st.floats(-80, 80, width=32))


@given(LOGITS)
def test_probabilities_sum_to_one_and_logits_stay(logits: NDArray[np.float32]) -> None:
    before = logits.copy()
    distribution = Categorical(logits)
    assert distribution.probs.sum() == pytest.approx(1)
    assert -1e-9 <= distribution.entropy() <= np.log(logits.size) + 1e-9
    np.testing.assert_array_equal(logits, before)


@given(LOGITS, st.floats(0, 1, exclude_max=True))
def test_a_draw_inverts_the_cumulative_distribution(logits: NDArray[np.float32], uniform: float) -> None:
    distribution = Categorical(logits)
    symbol = distribution.sample(uniform)
    below, upto = distribution.probs[:symbol].sum(), distribution.probs[: symbol + 1].sum()
    assert below - 1e-12 <= uniform <= upto + 1e-12
    assert distribution.probs[symbol] > 0


@given(st.lists(st.booleans(), min_size=1, max_size=8).filter(any), st.floats(0, 1))
def test_a_symbol_of_no_mass_is_never_drawn(alive: list[bool], uniform: float) -> None:
    probs = np.array(alive, dtype=np.float64) * 0.1
    assert alive[draw(probs, uniform)]


def test_removed_symbols_have_no_entropy() -> None:
    logits = np.array([0.0, -np.inf, 0.0])
    assert Categorical(logits).entropy() == pytest.approx(np.log(2))


@given(st.floats(-800, 800), st.floats(0, 1, exclude_max=True))
def test_a_bernoulli_is_a_categorical_over_two(logit: float, uniform: float) -> None:
    bernoulli, categorical = Bernoulli(logit), Categorical(np.array([0.0, logit]))
    for symbol in (0, 1):
        assert bernoulli.log_prob(symbol) == pytest.approx(categorical.log_prob(symbol), rel=1e-12, abs=1e-15)
    if abs(uniform - categorical.probs[0]) > 1e-12:
        assert bernoulli.sample(uniform) == categorical.sample(uniform)
