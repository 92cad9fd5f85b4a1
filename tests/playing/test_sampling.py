from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from grnn_tui.backends.distribution import Categorical
from grnn_tui.errors import ModelError, UsageError
from grnn_tui.playing.outlook import look
from grnn_tui.playing.sampling import Sampling, checked, draw_next, shape

logits_lists = st.lists(st.floats(-30, 30, width=32), min_size=1, max_size=40)
uniforms = st.floats(0, 1, exclude_max=True)
samplings = st.builds(
    Sampling,
    repetition_penalty=st.sampled_from([1.0, 0.5, 1.3, 100.0]),
    temperature=st.sampled_from([0.0, 1e-40, 1e-3, 0.5, 1.0, 3.0, 1e6]),
    top_k=st.integers(0, 50),
    top_p=st.sampled_from([1e-9, 0.1, 0.5, 0.9, 1.0]),
    min_p=st.sampled_from([0.0, 1e-9, 0.05, 0.5, 1.0]),
)


def softmax(z: list[float]) -> list[float]:
    top = max(z)
    e = [math.exp(v - top) for v in z]
    return [v / math.fsum(e) for v in e]


def reference(logits: list[float], sampling: Sampling, recent: list[int]) -> list[float]:
    """The same settings by the book: each step makes a new distribution of the one before."""
    z = [
        (v / sampling.repetition_penalty if v > 0 else v * sampling.repetition_penalty) if i in recent else v
        for i, v in enumerate(logits)
    ]
    if sampling.temperature == 0:
        best = max(range(len(z)), key=lambda i: (z[i], -i))
        return [float(i == best) for i in range(len(z))]
    p = softmax([(v - max(z)) / sampling.temperature for v in z])
    order = sorted(range(len(p)), key=lambda i: (-p[i], i))
    if 0 < sampling.top_k < len(p):
        order = order[: sampling.top_k]
    if sampling.top_p < 1:
        mass, kept = 0.0, []
        total = math.fsum(p[i] for i in order)
        for i in order:
            if mass >= sampling.top_p * total:
                break
            kept.append(i)
            mass += p[i]
        order = kept
    order = [i for i in order if p[i] >= sampling.min_p * p[order[0]]]
    total = math.fsum(p[i] for i in order)
    return [p[i] / total if i in order else 0.0 for i in range(len(p))]


@given(logits_lists, samplings, st.lists(st.integers(0, 39)))
def test_settings_mean_what_the_field_says(logits: list[float], sampling: Sampling, recent: list[int]) -> None:
    recent = [s for s in recent if s < len(logits)]
    shaped = shape(np.array(logits, np.float32), sampling, recent)
    expected = reference(logits, sampling, recent)
    assert shaped.probs.sum() == pytest.approx(1, abs=1e-12)
    np.testing.assert_allclose(shaped.probs, expected, atol=1e-9)


@given(logits_lists, samplings, uniforms)
def test_a_removed_symbol_is_never_drawn(logits: list[float], sampling: Sampling, uniform: float) -> None:
    shaped = shape(np.array(logits, np.float32), sampling)
    symbol = shaped.draw(uniform)
    assert shaped.weights[symbol] > 0
    assert shaped.kept is None or shaped.kept[symbol]


@given(logits_lists, uniforms)
def test_temperature_zero_takes_the_most_probable_and_of_equals_the_first(logits: list[float], u: float) -> None:
    best = max(range(len(logits)), key=lambda i: (logits[i], -i))
    assert shape(np.array(logits), Sampling(temperature=0.0)).draw(u) == best


@given(st.lists(st.integers(-30, 30), min_size=1, max_size=40, unique=True), uniforms)
def test_a_temperature_near_zero_is_greedy_without_overflow(logits: list[int], uniform: float) -> None:
    z = np.array(logits, np.float32)
    for temperature in (1e-40, 5e-324):
        assert shape(z, Sampling(temperature=temperature)).draw(uniform) == int(z.argmax())


@given(logits_lists, st.integers(0, 60))
def test_top_k_keeps_exactly_k_and_no_more_than_there_are(logits: list[float], k: int) -> None:
    shaped = shape(np.array(logits), Sampling(top_k=k))
    kept = len(logits) if shaped.kept is None else int(shaped.kept.sum())
    assert kept == (min(k, len(logits)) or len(logits))


@given(logits_lists, samplings, uniforms)
def test_the_surprisal_told_is_the_models_own(logits: list[float], sampling: Sampling, uniform: float) -> None:
    prediction = Categorical(np.array(logits, np.float32))
    symbol, bits = draw_next(prediction, sampling, [], uniform)
    assert bits == pytest.approx(-prediction.log_prob(symbol) / math.log(2), abs=1e-9)


def test_the_logits_of_the_model_are_not_touched() -> None:
    logits = np.array([1.0, 2.0, 3.0], np.float32)
    shape(logits, Sampling(temperature=0.5, top_k=2, repetition_penalty=2.0), [0, 1])
    assert logits.tolist() == [1, 2, 3]


@pytest.mark.parametrize("value", [-1.0, math.nan, math.inf, -math.inf, 1e7])
def test_a_temperature_out_of_bounds_is_refused_in_one_line(value: float) -> None:
    with pytest.raises(UsageError, match=r"^temperature [^\n]+$"):
        checked(Sampling(temperature=value))


@pytest.mark.parametrize(
    "sampling",
    [
        Sampling(top_k=-1),
        Sampling(top_k=2.5),  # type: ignore[arg-type]
        Sampling(top_k=math.nan),  # type: ignore[arg-type]
        Sampling(top_p=0.0),
        Sampling(top_p=1.1),
        Sampling(top_p=math.nan),
        Sampling(min_p=-0.1),
        Sampling(min_p=math.nan),
        Sampling(repetition_penalty=0.0),
        Sampling(repetition_penalty=math.inf),
        Sampling(repetition_window=-1),
        Sampling(temperature=True),
        Sampling(temperature="1"),  # type: ignore[arg-type]
    ],
)
def test_other_settings_out_of_bounds_are_refused(sampling: Sampling) -> None:
    with pytest.raises(UsageError):
        checked(sampling)


@pytest.mark.parametrize("sampling", [Sampling(), Sampling(temperature=0.0), Sampling(temperature=1e-40, top_k=10**9)])
def test_settings_within_bounds_pass_unchanged(sampling: Sampling) -> None:
    assert checked(sampling) is sampling


@pytest.mark.parametrize("logits", [[math.nan, 1.0], [math.inf, 1.0], [-math.inf, -math.inf]])
def test_a_prediction_that_is_no_number_is_said_not_drawn(logits: list[float]) -> None:
    with pytest.raises(ModelError):
        shape(np.array(logits), Sampling())


@given(logits_lists, samplings)
@example([0.0, 0.0, 0.0], Sampling(top_k=1))
def test_the_outlook_adds_up(logits: list[float], sampling: Sampling) -> None:
    outlook = look(Categorical(np.array(logits, np.float32)), sampling, chosen=len(logits) - 1)
    assert outlook.raw.sum() == pytest.approx(1)
    assert outlook.used.sum() == pytest.approx(1)
    gone = outlook.used == 0
    assert outlook.removed <= int(gone.sum())
    assert 0 <= outlook.removed_mass <= 1
    assert 0 <= outlook.used_entropy <= math.log2(len(logits)) + 1e-9
    ranked = outlook.top(1)
    assert ranked[0] == (0, int(outlook.raw.argmax()))
    assert any(symbol == len(logits) - 1 for _, symbol in ranked)
    assert all(outlook.order[rank] == symbol for rank, symbol in ranked)
