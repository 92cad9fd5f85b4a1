from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grnn_tui.runs.request import Schedule, TrainingOptions
from grnn_tui.training.schedule import FLOOR, PATIENCE, SMALLEST, Limits, Plateau, learning_rate


def rate(options: TrainingOptions, step: int, seconds: float = 0.0, plateau: Plateau | None = None) -> float:
    return learning_rate(options, Limits.of(options, 100), step, seconds, plateau or Plateau())


def test_cosine_falls_from_the_peak_to_nearly_nothing() -> None:
    options = TrainingOptions(steps=1000, lr=0.1, warmup=0)
    rates = [rate(options, step) for step in range(1001)]
    assert rates[0] == pytest.approx(0.1)
    assert rates[-1] == pytest.approx(0.1 * FLOOR)
    assert rates == sorted(rates, reverse=True)


def test_warm_up_rises_in_equal_steps_and_never_takes_more_than_a_tenth() -> None:
    options = TrainingOptions(steps=10_000, lr=1.0, warmup=10, schedule="constant")
    assert [rate(options, step) for step in (0, 4, 9, 10)] == pytest.approx([0.1, 0.5, 1.0, 1.0])
    assert rate(TrainingOptions(steps=20, lr=1.0, warmup=500, schedule="constant"), 2) == 1.0


@given(schedule=st.sampled_from(["cosine", "constant"]), step=st.integers(0, 500), seconds=st.floats(0, 1e6))
def test_limited_by_steps_the_rate_does_not_look_at_the_clock(schedule: Schedule, step: int, seconds: float) -> None:
    options = TrainingOptions(steps=500, schedule=schedule)
    assert rate(options, step, seconds) == rate(options, step, 0.0)


def test_limited_by_seconds_the_rate_follows_the_clock() -> None:
    options = TrainingOptions(seconds=100, lr=1.0, warmup=0)
    assert rate(options, 5, 50.0) == pytest.approx(0.505)


def test_the_first_limit_ends_the_run() -> None:
    limits = Limits.of(TrainingOptions(steps=300, seconds=10, epochs=2.5), 100)
    assert limits == Limits(250, 10)
    assert limits.reached(250, 0)
    assert limits.reached(0, 10)
    assert not limits.reached(249, 9.9)
    assert not Limits(None, None).reached(10**9, 1e9)


def test_a_plateau_halves_the_rate_after_some_patience() -> None:
    plateau = Plateau()
    for loss in [3.0, 2.0] + [2.5] * PATIENCE:
        plateau = plateau.after(loss)
    assert plateau.factor == 0.5
    assert rate(TrainingOptions(lr=1.0, warmup=0, schedule="plateau"), 9, plateau=plateau) == 0.5
    for _ in range(1000):
        plateau = plateau.after(2.5)
    assert plateau.factor == SMALLEST
