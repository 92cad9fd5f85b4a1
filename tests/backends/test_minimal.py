"""What is particular to minimal gated networks."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from grnn_tui.backends.registry import backend_named
from tests.backends.conftest import Case, played, teacher_forced
from tests.support.models import LETTERS, make_network

Array = np.ndarray[Any, Any]
CELLS = ("mingru", "minlstm")
SYMBOLS = [3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5]


def s(a: Array) -> Array:
    return np.asarray(1 / (1 + np.exp(-a)))


def g(x: Array) -> Array:
    return np.where(x >= 0, x + 0.5, s(x))


def textbook(cell: str, w: dict[str, Array], layers: int) -> list[float]:
    """The stack written out from the formulas: log p of each of `SYMBOLS`."""
    h = list(g(w["start_r"]))
    nats = []
    for symbol in SYMBOLS:
        logits = w["output_weight"] @ sum(h) + w["output_bias"]
        nats.append(logits[symbol] - np.log(np.exp(logits).sum()))
        x = w["embedding"][symbol]
        for k in range(layers):
            if k:
                u = sum(h[:k])
                x = w[f"gain_l{k}"] * (u - u.mean()) / np.sqrt(u.var() + 1e-3)
            a = w[f"weight_l{k}"] @ x + w[f"bias_l{k}"]
            if cell == "mingru":
                az, ax = np.split(a, 2)
                z = s(az)
            else:
                af, ai, ax = np.split(a, 3)
                z = s(ai) / (s(af) + s(ai))
            h[k] = (1 - z) * h[k] + z * g(ax)
    return nats


@pytest.mark.parametrize("layers", [1, 2, 3])
@pytest.mark.parametrize("cell", CELLS)
def test_the_network_is_the_written_formula(cell: str, layers: int) -> None:
    network = make_network(cell, LETTERS, hidden=10, embedding=4, layers=layers)
    weights = {name: array.astype(np.float64) for name, array in network.arrays().items()}
    nats = teacher_forced(network, np.array([SYMBOLS]))[0]
    np.testing.assert_allclose(nats, textbook(cell, weights, layers), atol=1e-5)


@pytest.mark.parametrize("cell", CELLS)
def test_gates_do_not_see_the_hidden_state(cell: str) -> None:
    """In one layer the difference between two histories shrinks by factors that the symbols alone decide."""
    network = make_network(cell, LETTERS, hidden=10, embedding=4, layers=1)
    x = torch.tensor([SYMBOLS])
    after = [network.log_prob(x, (torch.full((1, 1, 10), value),))[1][0] for value in (0.0, 1.0, 2.0)]
    torch.testing.assert_close(after[1] - after[0], after[2] - after[1])
    assert not torch.equal(after[1], after[0])


@pytest.mark.parametrize("cell", CELLS)
def test_the_first_symbol_is_predicted_from_a_positive_learned_start(cell: str) -> None:
    network = make_network(cell, LETTERS)
    assert all(bool((state > 0).all()) for state in network.start(2))
    torch.autograd.backward(network.log_prob(torch.zeros(1, 1, dtype=torch.int64))[0].sum())
    gradient = network.get_parameter("start_r").grad
    assert gradient is not None
    assert gradient.abs().sum() > 0


@pytest.mark.parametrize("cell", CELLS)
def test_without_a_learned_start_the_state_begins_at_zero(cell: str) -> None:
    network = make_network(cell, LETTERS, hidden=7, learned_start=False)
    assert all(bool((state == 0).all()) for state in network.start(2))
    assert not any(name.startswith("start") for name in network.arrays())


@pytest.mark.parametrize("cell", CELLS)
def test_gates_beyond_all_reason_are_played_as_they_are_trained(cell: str) -> None:
    network = make_network(cell, LETTERS, hidden=6, embedding=3, layers=2)
    with torch.no_grad():
        for k in range(2):
            network.get_parameter(f"weight_l{k}").mul_(100)
            network.get_parameter(f"bias_l{k}")[:-6] += torch.tensor([-300.0, 300.0]).repeat(
                3 if cell == "mingru" else 6
            )
        network.get_parameter("output_weight").mul_(1e-2)
    player = Case(cell, {"hidden": 6, "embedding": 3, "layers": 2}).player(network)
    nats = played(player, np.array(SYMBOLS))
    assert np.isfinite(nats).all()
    np.testing.assert_allclose(nats, teacher_forced(network, np.array([SYMBOLS]))[0], atol=1e-4)


@pytest.mark.parametrize("cell", CELLS)
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
