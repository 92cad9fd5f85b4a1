"""What is particular to NADE over text."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from tests.backends.conftest import teacher_forced
from tests.support.models import LETTERS, make_network, random_text

Function = Callable[[Any], Any]
ACTIVATIONS: dict[str, Function] = {
    "relu": lambda z: np.maximum(z, 0),
    "tanh": np.tanh,
    "sigmoid": lambda z: 1 / (1 + np.exp(-z)),
}


@pytest.mark.parametrize(("activation", "act"), ACTIVATIONS.items(), ids=ACTIVATIONS)
def test_the_conditional_is_the_written_formula(activation: str, act: Function) -> None:
    n, V = 4, LETTERS.size
    network = make_network("nade", LETTERS, window=n, hidden=6, layers=2, activation=activation)
    w = {name: array.astype(np.float64) for name, array in network.arrays().items()}
    text = random_text(np.random.default_rng(0), LETTERS, 12)
    for t, nats in enumerate(teacher_forced(network, text[None])[0]):
        h = act(w["c"] + sum(w["table"][(j - 1) * V + text[t - j]] for j in range(1, min(n, t) + 1)))
        h = h + act(w["A.layer2"] @ h + w["a.layer2"])
        logits = w["b"] + w["V"] @ h
        assert nats == pytest.approx(logits[text[t]] - np.log(np.exp(logits).sum()), abs=1e-5)


def test_nothing_beyond_the_window_is_seen() -> None:
    network = make_network("nade", LETTERS, window=4, hidden=8)
    text = random_text(np.random.default_rng(1), LETTERS, 20)[None]
    changed = text.copy()
    changed[0, 5] = (changed[0, 5] + 1) % LETTERS.size
    before, after = teacher_forced(network, text)[0], teacher_forced(network, changed)[0]
    np.testing.assert_array_equal(before[10:], after[10:])
    assert (before[5:10] != after[5:10]).all()


def test_an_absent_symbol_stays_nothing_under_training() -> None:
    network = make_network("nade", LETTERS).train()
    optimiser = torch.optim.AdamW(network.parameters(), 0.1, weight_decay=0.1)
    x = torch.from_numpy(random_text(np.random.default_rng(2), LETTERS, 20))[None]
    for _ in range(3):
        optimiser.zero_grad()
        torch.autograd.backward(-network.log_prob(x)[0].mean())
        optimiser.step()
    assert not network.arrays()["table"][-1].any()
