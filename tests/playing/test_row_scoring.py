from __future__ import annotations

import itertools

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given

from grnn_tui.data.condition import Condition
from grnn_tui.errors import DataError, UsageError
from grnn_tui.playing.probe import probe_accuracy
from grnn_tui.playing.row_scoring import area_under_curve, bayes, percentiles
from grnn_tui.playing.told import vector_of


@given(st.lists(st.tuples(st.integers(0, 5), st.booleans()), min_size=2, max_size=30))
def test_the_area_under_the_curve_is_the_share_of_pairs_in_order(rows: list[tuple[int, bool]]) -> None:
    nats = np.array([float(n) for n, _ in rows])
    odd = np.array([o for _, o in rows])
    if odd.all() or not odd.any():
        with pytest.raises(DataError):
            area_under_curve(nats, odd)
        return
    pairs = [(a > b) + 0.5 * (a == b) for a, b in itertools.product(nats[odd], nats[~odd])]
    assert area_under_curve(nats, odd) == pytest.approx(np.mean(pairs))


def test_bayes_rule_by_hand() -> None:
    likelihood = np.log(np.array([[0.2, 0.1], [0.01, 0.5]]))
    found = bayes(likelihood, (0.25, 0.75))
    np.testing.assert_allclose(np.exp(found.log_posterior), [[0.4, 0.6], [1 / 151, 150 / 151]])
    np.testing.assert_allclose(np.exp(found.log_evidence), [0.125, 0.3775])
    assert found.labels.tolist() == [1, 1]


def test_a_class_that_never_came_is_never_found() -> None:
    assert bayes(np.zeros((1, 2)), (0.0, 1.0)).labels.tolist() == [1]


def test_percentiles_are_the_share_of_held_out_rows_that_surprise_less() -> None:
    held = np.random.default_rng(0).exponential(size=2_000)
    quantiles = tuple(np.quantile(held, np.linspace(0, 1, 101)))
    nats = np.array([0.1, 0.7, 3.0, -5.0, 100.0])
    expected = [100 * (held < n).mean() for n in nats]
    np.testing.assert_allclose(percentiles(nats, quantiles), expected, atol=1)
    assert percentiles(nats, ()).size == 0


def test_a_probe_finds_what_a_line_can_tell_and_nothing_in_noise() -> None:
    rng = np.random.default_rng(1)
    labels = rng.integers(3, size=600)
    centres = rng.standard_normal((3, 8)) * 3
    x = centres[labels] + rng.standard_normal((600, 8))
    assert probe_accuracy(x[:300], labels[:300], x[300:], labels[300:]) > 0.95
    noise = rng.standard_normal((600, 8))
    assert probe_accuracy(noise[:300], labels[:300], noise[300:], labels[300:]) < 0.5


def test_what_a_model_is_told() -> None:
    classes = Condition(classes=("ant", "bee"))
    assert vector_of(classes, "bee").tolist() == [0, 1]
    assert vector_of(classes, "0").tolist() == [1, 0]
    features = Condition(features=("size", "age"), mean=(1.0, 30.0), scale=(2.0, 10.0))
    assert vector_of(features, "3, 20").tolist() == [1, -1]
    for condition, said in ((None, "ant"), (classes, "wasp"), (features, "3"), (features, "a,b"), (features, "nan,1")):
        with pytest.raises(UsageError) as refusal:
            vector_of(condition, said)
        assert "\n" not in str(refusal.value)
