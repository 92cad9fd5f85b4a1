"""What is particular to several particles, and to noise in the hidden state."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from grnn_tui.backends.network import Network
from grnn_tui.backends.recurrent.network import RecurrentNetwork
from grnn_tui.backends.registry import backend_named
from grnn_tui.errors import UsageError
from tests.backends.conftest import played
from tests.backends.test_recurrent import textbook
from tests.support.models import LETTERS, chosen, make_network, random_text

CELLS = ["rnn", "lstm", "gru"]
TEXT = random_text(np.random.default_rng(0), LETTERS, 40)
each_cell = pytest.mark.parametrize("cell", CELLS)


def fresh(cell: str, **settings: Any) -> Network:
    torch.manual_seed(3)
    return backend_named(cell).build_network(chosen(cell, {"hidden": 11, "embedding": 5, **settings}), LETTERS)


def trained(network: Network, steps: int = 3) -> Network:
    """After a few steps of training, dropout and all."""
    network.train()
    optimiser = torch.optim.SGD(network.parameters(), 0.1)
    x = torch.from_numpy(TEXT)[None].repeat(3, 1)
    for _ in range(steps):
        optimiser.zero_grad()
        torch.autograd.backward(-network.log_prob(x)[0].mean())
        optimiser.step()
    return network


@each_cell
def test_one_particle_without_noise_is_the_plain_model_bit_for_bit(cell: str) -> None:
    plain = trained(fresh(cell, layers=2, dropout=0.2)).arrays()
    one = trained(fresh(cell, layers=2, dropout=0.2, particles=1, noise=0.0)).arrays()
    assert plain.keys() == one.keys()
    assert plain["start_h"].shape == (2, 11)
    assert all(plain[name].tobytes() == one[name].tobytes() for name in plain)


@each_cell
def test_particles_share_all_weights_but_their_starts(cell: str) -> None:
    plain, many = fresh(cell).arrays(), fresh(cell, particles=4).arrays()
    assert plain.keys() == many.keys()
    for name, array in many.items():
        if name.startswith("start"):
            assert array.shape == (4, *plain[name].shape)
            assert min(np.ptp(array[[i, j]], axis=0).max() for i in range(4) for j in range(i)) > 0.2
        else:
            assert array.tobytes() == plain[name].tobytes()


@each_cell
def test_the_mixture_is_the_mean_of_plain_models_with_those_starts(cell: str) -> None:
    network = make_network(cell, LETTERS, hidden=10, embedding=4, particles=3)
    weights = {name: array.astype(np.float64) for name, array in network.arrays().items()}
    alone = [
        textbook(cell, weights | {n: a[particle] for n, a in weights.items() if n.startswith("start")}, TEXT.tolist())
        for particle in range(3)
    ]
    with torch.no_grad():
        log_prob, _ = network.log_prob(torch.from_numpy(TEXT)[None])
    np.testing.assert_allclose(log_prob[0].numpy(), np.log(np.exp(alone).mean(0)), atol=1e-5)


@each_cell
def test_particles_with_the_same_start_are_the_plain_model(cell: str) -> None:
    plain = make_network(cell, LETTERS, hidden=9, embedding=4)
    many = make_network(cell, LETTERS, hidden=9, embedding=4, particles=3)
    arrays = plain.arrays()
    many.load_arrays(arrays | {n: np.stack([a] * 3) for n, a in arrays.items() if n.startswith("start")})
    x = torch.from_numpy(TEXT)[None]
    with torch.no_grad():
        torch.testing.assert_close(many.log_prob(x)[0], plain.log_prob(x)[0], atol=1e-5, rtol=0)
    settings = chosen(cell, {"hidden": 9, "embedding": 4, "particles": 3})
    player = backend_named(cell).open_player(settings, LETTERS, many.arrays())
    state = player.advance(player.start(), 3)
    components = player.components(state)
    assert components is not None
    np.testing.assert_allclose(components.responsibilities, 1 / 3)
    assert components.effective == pytest.approx(3)
    assert player.features(state).shape == (27,)


@each_cell
def test_the_carry_of_particles_begins_with_the_batch(cell: str) -> None:
    network = make_network(cell, LETTERS, hidden=6, embedding=4, layers=2, particles=5)
    _, carry = network.log_prob(torch.from_numpy(TEXT)[None].repeat(3, 1))
    assert {tuple(part.shape) for part in (*network.start(3), *carry)} == {(3, 5, 2, 6)}


def test_particles_that_would_all_start_at_zero_are_refused() -> None:
    with pytest.raises(UsageError, match="2 particles that all start at zero"):
        backend_named("gru").parse_settings({"particles": 2, "learned_start": False})


def bound(network: Network, seed: int, draws: int = 1) -> Tensor:
    """K per symbol of `TEXT` for each of `draws` draws of the noise."""
    network.measuring = True
    torch.manual_seed(seed)
    with torch.no_grad():
        return network.log_prob(torch.from_numpy(TEXT)[None].repeat(draws, 1))[0].mean(1)


def with_noise(network: Network, noise: float) -> Network:
    assert isinstance(network, RecurrentNetwork)
    network.noise = noise
    return network


@each_cell
@pytest.mark.parametrize("embedding", [0, 5])
def test_the_step_loop_of_noise_is_the_plain_recurrence_when_it_is_faint(cell: str, embedding: int) -> None:
    network = make_network(cell, LETTERS, hidden=8, embedding=embedding, layers=2, noise=1e-9).double()
    x = torch.from_numpy(TEXT)[None].repeat(2, 1)
    exact, last = network.log_prob(x)
    network.measuring = True
    faint, carry = network.log_prob(x)
    torch.testing.assert_close(faint, exact, atol=1e-6, rtol=0)
    for ours, theirs in zip(carry, last, strict=True):
        torch.testing.assert_close(ours, theirs, atol=1e-6, rtol=0)


@each_cell
def test_noise_has_the_standard_deviation_that_was_asked_for(cell: str) -> None:
    network = make_network(cell, LETTERS, hidden=12, embedding=5, noise=0.25)
    x = torch.full((4000, 1), 3)
    with torch.no_grad():
        _, (h, *c) = network.log_prob(x)
        network.measuring = True
        torch.manual_seed(0)
        _, (noisy, *noisy_c) = network.log_prob(x)
    eps = (noisy - h).flatten()
    assert eps.std().item() == pytest.approx(0.25, rel=0.01)
    assert eps.mean().item() == pytest.approx(0, abs=0.01)
    for ours, theirs in zip(noisy_c, c, strict=True):
        torch.testing.assert_close(ours, theirs)


@each_cell
def test_gradients_through_the_noise_are_the_finite_differences(cell: str) -> None:
    network = make_network(cell, LETTERS, hidden=5, embedding=3, layers=2, particles=2, noise=0.3).double().train()
    x = torch.from_numpy(TEXT[None, :12])

    def loss() -> Tensor:
        torch.manual_seed(1)
        return -network.log_prob(x)[0].sum()

    parameters = dict(network.named_parameters())
    gradients = torch.autograd.grad(loss(), list(parameters.values()))
    for (name, weight), gradient in zip(parameters.items(), gradients, strict=True):
        direction = torch.randn(weight.shape, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
        with torch.no_grad():
            weight.add_(direction, alpha=1e-6)
            above = loss()
            weight.add_(direction, alpha=-2e-6)
            below = loss()
            weight.add_(direction, alpha=1e-6)
        assert float(above - below) / 2e-6 == pytest.approx(float((gradient * direction).sum()), rel=1e-5, abs=1e-5), (
            name
        )


def test_the_bound_is_the_same_for_the_same_seed() -> None:
    network = make_network("gru", LETTERS, hidden=8, embedding=4, noise=0.3)
    assert torch.equal(bound(network, seed=1), bound(network, seed=1))
    assert not torch.equal(bound(network, seed=1), bound(network, seed=2))


@pytest.fixture(scope="module", params=CELLS)
def learned(request: pytest.FixtureRequest) -> Network:
    """A network that has learned `TEXT`, so that its hidden state is worth something."""
    network = make_network(request.param, LETTERS, hidden=16, embedding=8)
    optimiser = torch.optim.Adam(network.parameters(), 0.02)
    for _ in range(80):
        optimiser.zero_grad()
        torch.autograd.backward(-network.log_prob(torch.from_numpy(TEXT)[None])[0].mean())
        optimiser.step()
    return network


def test_the_bound_rises_as_the_noise_falls(learned: Network) -> None:
    with torch.no_grad():
        exact = learned.log_prob(torch.from_numpy(TEXT)[None])[0].mean()
    means, errors = [], []
    for noise in (0.8, 0.4, 0.2, 0.1):
        draws = bound(with_noise(learned, noise), seed=4, draws=400)
        means.append(float(draws.mean()))
        errors.append(float(draws.std()) / 400**0.5)
    with_noise(learned, 0.0)
    rises = np.diff([*means, float(exact)])
    assert (rises > 4 * np.maximum(errors, [*errors[1:], 0.0])).all(), (means, errors, float(exact))


@each_cell
def test_what_plays_is_the_dynamics_without_the_noise(cell: str) -> None:
    plain = make_network(cell, LETTERS, hidden=8, embedding=4)
    settings = chosen(cell, {"hidden": 8, "embedding": 4, "noise": 0.5})
    player = backend_named(cell).open_player(settings, LETTERS, plain.arrays())
    with torch.no_grad():
        exact, _ = plain.log_prob(torch.from_numpy(TEXT)[None])
    np.testing.assert_allclose(played(player, TEXT), exact[0].numpy(), atol=1e-5)
