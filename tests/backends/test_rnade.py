"""What is particular to NADE over real rows."""

from __future__ import annotations

import math
from typing import Any

import msgspec
import numpy as np
import pytest
import torch

from grnn_tui.backends.distribution import MixtureOfGaussians
from grnn_tui.backends.registry import backend_named
from grnn_tui.backends.rnade.network import RnadeNetwork
from grnn_tui.data.condition import Condition
from grnn_tui.data.row_domain import RowDomain
from tests.support.models import make_row_network

RNADE = backend_named("rnade")
TOLD = Condition(features=("size", "age"))
ROWS = RowDomain(kind="real", shape=(4,), mean=(0.0, 10.0, -3.0, 1e4), scale=(1.0, 2.0, 0.1, 500.0), condition=TOLD)


def network_of(domain: RowDomain = ROWS, **settings: Any) -> RnadeNetwork:
    network = make_row_network("rnade", domain, **settings)
    assert isinstance(network, RnadeNetwork)
    return network


def some_rows(count: int) -> torch.Tensor:
    rows = np.random.default_rng(0).standard_normal((count, 4)) * ROWS.scale + ROWS.mean
    return torch.from_numpy(rows)


def test_the_conditional_is_the_written_formula() -> None:
    network = network_of(hidden=6, components=3, ordering="random", floor=0.2)
    w = {name: array.astype(np.float64) for name, array in network.arrays().items()}
    x, k = some_rows(3), np.array([0.5, -1.0])
    with torch.no_grad():
        found, _ = network.log_prob(x, network.start(3, torch.from_numpy(k).expand(3, -1)))
    for row, log_prob in zip(x.numpy(), found.numpy(), strict=True):
        a = w["c"] + k @ w["U"]
        for t, d in enumerate(network.ordering.tolist()):
            y = (row[d] - ROWS.mean[d]) / ROWS.scale[d]
            z = w["b"][d] + (k @ w["B"]).reshape(4, -1)[d] + w["V"][d] @ np.maximum(w["rho"][t] * a, 0)
            u, m, v = z.reshape(3, 3)
            s = 0.2 + np.exp(v)
            parts = np.exp(u) / np.exp(u).sum() * np.exp(-0.5 * ((y - m) / s) ** 2) / (s * math.sqrt(2 * math.pi))
            assert log_prob[d] == pytest.approx(np.log(parts.sum()) - np.log(ROWS.scale[d]), abs=1e-4)
            a = a + w["W"][d] * y


def test_a_change_of_units_is_counted() -> None:
    """The same numbers in thousandths: each density is a thousandth, each log-density ln 1000 less."""
    milli = msgspec.structs.replace(
        ROWS, mean=tuple(1000 * m for m in ROWS.mean), scale=tuple(1000 * s for s in ROWS.scale)
    )
    rows = some_rows(3)
    own, other = network_of(ROWS, hidden=6), network_of(milli, hidden=6)
    with torch.no_grad():
        expected = own.log_prob(rows)[0] - math.log(1000)
        torch.testing.assert_close(other.log_prob(1000 * rows)[0], expected, atol=1e-4, rtol=1e-5)


def test_no_gaussian_is_narrower_than_the_floor() -> None:
    network = network_of(hidden=6, components=3, floor=0.25)
    with torch.no_grad():
        network.b.view(4, 3, 3)[:, 2] = -50.0
    player = RNADE.open_player(network.settings, ROWS, network.arrays())
    state = player.start()
    for d, value in enumerate(some_rows(1)[0].tolist()):
        mixture = player.predict(state)
        assert isinstance(mixture, MixtureOfGaussians)
        np.testing.assert_allclose(mixture.scales, 0.25 * ROWS.scale[d], rtol=1e-6)
        state = player.advance(state, value)


def test_both_paths_end_in_the_same_features() -> None:
    network = network_of(hidden=6, ordering="random", activation="tanh")
    player = RNADE.open_player(network.settings, ROWS, network.arrays())
    rows = some_rows(2)
    for row, features in zip(rows.tolist(), network.features(rows).detach().numpy(), strict=True):
        state = player.start()
        assert player.ordering is not None
        for d in player.ordering:
            state = player.advance(state, row[d])
        np.testing.assert_allclose(player.features(state), features, atol=1e-5)


@pytest.mark.parametrize("scaled", [True, False])
def test_in_training_the_gradient_of_a_mean_is_scaled_by_its_deviation(scaled: bool) -> None:
    network = network_of(hidden=6, components=1, floor=0.1, scaled_means=scaled)
    with torch.no_grad():
        network.V.zero_()
        network.B.zero_()
    row = some_rows(1)

    def gradient() -> torch.Tensor:
        network.zero_grad()
        torch.autograd.backward(network.log_prob(row)[0].sum())
        assert network.b.grad is not None
        return network.b.grad.clone()

    plain = gradient()
    network.train()
    trained = gradient()
    deviation = 0.1 + network.b[:, 2].detach().exp()
    assert plain[:, 1].any()
    torch.testing.assert_close(trained[:, 1], plain[:, 1] * (deviation if scaled else 1))
    torch.testing.assert_close(trained[:, [0, 2]], plain[:, [0, 2]])


def test_training_reaches_the_entropy_of_a_gaussian_chain() -> None:
    """x_1 ~ N(0, 1), x_d ~ N(0.9 x_{d-1}, 1 - 0.81) of D = 3: ln(2 pi e) 3 / 2 + ln(0.19) nats."""
    torch.manual_seed(0)
    rng = np.random.default_rng(1)
    settings = RNADE.parse_settings({"hidden": 16, "components": 2})
    network = RNADE.build_network(settings, RowDomain(kind="real", shape=(3,), mean=(5.0,) * 3, scale=(2.0,) * 3))
    network.train()

    def draw(count: int) -> torch.Tensor:
        noise = rng.standard_normal((count, 3)) * [1, math.sqrt(0.19), math.sqrt(0.19)]
        for d in (1, 2):
            noise[:, d] += 0.9 * noise[:, d - 1]
        return torch.from_numpy(5 + 2 * noise)

    adam = torch.optim.AdamW(network.parameters(), 0.03)
    for step in range(120):
        adam.param_groups[0]["lr"] = 0.03 * (1 - step / 120)
        adam.zero_grad()
        torch.autograd.backward(-network.log_prob(draw(256))[0].mean())
        adam.step()
    exact = 1.5 * math.log(2 * math.pi * math.e) + math.log(0.19) + 3 * math.log(2)
    rows = draw(20_000)
    reached = -network.eval().log_prob(rows)[0].sum(1).mean().item()
    assert exact - 0.05 < reached < exact + 0.05
