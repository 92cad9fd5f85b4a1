"""What is particular to recurrent networks."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from grnn_tui.backends.registry import backend_named
from tests.support.models import LETTERS, make_network


@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru"])
def test_the_first_symbol_is_predicted_from_the_learned_start(cell: str) -> None:
    network = make_network(cell, LETTERS)
    x = torch.arange(LETTERS.size)[:, None]
    assert torch.exp(network.log_prob(x)[0]).sum().item() == pytest.approx(1, abs=1e-6)
    torch.autograd.backward(network.log_prob(x[:1])[0].sum())
    gradient = network.get_parameter("start_h").grad
    assert gradient is not None
    assert gradient.abs().sum() > 0


@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru"])
def test_without_a_learned_start_the_state_begins_at_zero(cell: str) -> None:
    network = make_network(cell, LETTERS, hidden=7, learned_start=False)
    assert all(bool((state == 0).all()) for state in network.start(2))
    assert not any(name.startswith("start") for name in network.arrays())


def test_tied_weights_are_one_array() -> None:
    arrays = make_network("lstm", LETTERS, hidden=8, embedding=8, tied=True).arrays()
    assert "embedding" in arrays
    assert "output_weight" not in arrays


@pytest.mark.parametrize("cell", ["lstm", "gru"])
def test_gates_start_out_remembering_as_long_as_they_are_told(cell: str) -> None:
    """Left alone, a state halves after log(2) (1 + e^b) steps: the units' times spread evenly up to the longest."""
    torch.manual_seed(0)
    backend = backend_named(cell)
    H = 400
    network = backend.build_network(backend.parse_settings({"hidden": H, "memory": 100}), LETTERS)
    bias = network.get_parameter("cells.stack.bias_ih_l0").detach()
    steps = 1 + bias[H : 2 * H].exp()
    assert 2 <= steps.min() < 4
    assert 96 < steps.max() <= 100
    assert steps.mean() == pytest.approx(51, abs=4)
    if cell == "lstm":
        torch.testing.assert_close(bias[:H], -bias[H : 2 * H])


def test_a_new_lstm_remembers_and_is_near_uniform() -> None:
    torch.manual_seed(0)
    backend = backend_named("lstm")
    network = backend.build_network(backend.parse_settings({"hidden": 16}), LETTERS)
    bias = network.arrays()["cells.stack.bias_ih_l0"]
    np.testing.assert_array_equal(bias[16:32], 1)
    assert np.abs(bias).sum() == 16
    nats = -network.log_prob(torch.zeros(1, 20, dtype=torch.int64))[0].mean().item()
    assert nats == pytest.approx(np.log(LETTERS.size), abs=0.3)


def textbook(cell: str, w: dict[str, np.ndarray[Any, Any]], symbols: list[int]) -> list[float]:
    """One layer written out from the formulas: log p of each symbol."""

    def s(a: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        return np.asarray(1 / (1 + np.exp(-a)))

    W, U, b, d = (w[f"cells.stack.{part}_l0"] for part in ("weight_ih", "weight_hh", "bias_ih", "bias_hh"))
    h = w["start_h"][0]
    c = w["start_c"][0] if cell == "lstm" else h
    nats = []
    for symbol in symbols:
        logits = w["output_weight"] @ h + w["output_bias"]
        nats.append(logits[symbol] - np.log(np.exp(logits).sum()))
        a, u = W @ w["embedding"][symbol] + b, U @ h + d
        if cell == "rnn":
            h = np.tanh(a + u)
        elif cell == "lstm":
            i, f, g, o = np.split(a + u, 4)
            c = s(f) * c + s(i) * np.tanh(g)
            h = s(o) * np.tanh(c)
        else:
            (ar, az, an), (ur, uz, un) = np.split(a, 3), np.split(u, 3)
            z = s(az + uz)
            h = (1 - z) * np.tanh(an + s(ar + ur) * un) + z * h
    return nats


@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru"])
def test_the_cell_is_the_textbook_equation(cell: str) -> None:
    network = make_network(cell, LETTERS, hidden=10, embedding=4)
    symbols = [3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5]
    weights = {name: array.astype(np.float64) for name, array in network.arrays().items()}
    with torch.no_grad():
        log_prob, _ = network.log_prob(torch.tensor([symbols]))
    np.testing.assert_allclose(log_prob[0].numpy(), textbook(cell, weights, symbols), atol=1e-5)


@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru"])
def test_it_learns_a_text_that_needs_memory(cell: str) -> None:
    torch.manual_seed(1)
    backend = backend_named(cell)
    network = backend.build_network(backend.parse_settings({"hidden": 24, "embedding": 8}), LETTERS)
    x = torch.tensor([[1, 2, 2, 2, 3, 2, 2, 2] * 6]).repeat(4, 1)
    optimiser = torch.optim.Adam(network.parameters(), 0.02)
    for _ in range(120):
        optimiser.zero_grad()
        loss = -network.log_prob(x)[0].mean()
        torch.autograd.backward(loss)
        nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimiser.step()
    assert loss.item() < 0.1
