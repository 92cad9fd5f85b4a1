"""What is particular to NADE over binary rows."""

from __future__ import annotations

import itertools
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor

from grnn_tui.backends.binary_nade.network import BinaryNadeNetwork
from grnn_tui.backends.ensemble import ensemble_log_prob
from grnn_tui.backends.registry import backend_named
from grnn_tui.backends.running_sum import distinct, function
from grnn_tui.data.condition import Condition
from grnn_tui.data.row_domain import RowDomain
from grnn_tui.errors import ModelError, UsageError
from tests.support.models import make_row_network

NADE = backend_named("binary-nade")
BITS = RowDomain(kind="binary", shape=(5,))
TOLD = RowDomain(kind="binary", shape=(5,), condition=Condition(classes=("a", "b", "c")))
SMALL: dict[str, Any] = {"hidden": 6}
AGNOSTIC: dict[str, Any] = {"hidden": 6, "order_agnostic": True, "layers": 2, "activation": "tanh"}
OTHER = np.array([3, 0, 4, 1, 2])


def network_of(domain: RowDomain = BITS, **settings: Any) -> BinaryNadeNetwork:
    network = make_row_network("binary-nade", domain, **settings)
    assert isinstance(network, BinaryNadeNetwork)
    return network


def every_row(D: int = 5) -> Tensor:
    return torch.tensor(list(itertools.product((0, 1), repeat=D)))


def nats(network: BinaryNadeNetwork, x: Tensor) -> Tensor:
    with torch.no_grad():
        return network.log_prob(x)[0]


def sigmoid(z: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(1 / (1 + np.exp(-z)))


@pytest.mark.parametrize("tied", [False, True])
def test_the_conditional_is_the_written_formula(tied: bool) -> None:
    network = network_of(TOLD, hidden=6, ordering="random", tied=tied, activation="sigmoid")
    w = {name: array.astype(np.float64) for name, array in network.arrays().items()}
    assert ("V" in w) is not tied
    x, k = every_row(), np.array([0.0, 1.0, 0.0])
    with torch.no_grad():
        found, _ = network.log_prob(x, network.start(32, torch.from_numpy(k).expand(32, -1)))
    for row, log_prob in zip(x.numpy(), found.numpy(), strict=True):
        a = w["c"] + k @ w["U"]
        for d in network.ordering.tolist():
            p = sigmoid(w["b"][d] + k @ w["B"][:, d] + w["W" if tied else "V"][d] @ sigmoid(a))
            assert log_prob[d] == pytest.approx(np.log(p if row[d] else 1 - p), abs=1e-5)
            a = a + w["W"][d] * row[d]


def test_order_agnostic_conditionals_are_the_written_formula() -> None:
    network = network_of(**AGNOSTIC)
    w = {name: array.astype(np.float64) for name, array in network.arrays().items()}
    network.reorder(OTHER)
    (row,) = every_row()[[21]].numpy()
    (found,) = nats(network, torch.from_numpy(row[None])).numpy()
    m = np.zeros(5)
    for d in OTHER:
        h = np.tanh(w["c"] + (row * m) @ w["W"] + m @ w["M"])
        h = np.tanh(w["A.layer2"] @ h + w["a.layer2"])
        p = sigmoid(w["b"][d] + w["V"][d] @ h)
        assert found[d] == pytest.approx(np.log(p if row[d] else 1 - p), abs=1e-5)
        m[d] = 1


@pytest.mark.parametrize("settings", [SMALL, AGNOSTIC], ids=["fixed", "agnostic"])
def test_blocks_join_to_the_whole(settings: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    network = network_of(**settings)
    whole = nats(network, every_row())
    monkeypatch.setattr(function, "_CACHED", 2 * 32 * 6)
    monkeypatch.setattr(distinct, "block_size", lambda x, hidden: 2)
    torch.testing.assert_close(nats(network, every_row()), whole)


@pytest.mark.parametrize("settings", [SMALL, AGNOSTIC], ids=["fixed", "agnostic"])
def test_both_paths_can_be_put_under_another_ordering(settings: dict[str, Any]) -> None:
    network = network_of(**settings)
    player = NADE.open_player(NADE.parse_settings(settings), BITS, network.arrays())
    other = player.under(OTHER)
    assert player.ordering is not None
    assert player.ordering.tolist() == [0, 1, 2, 3, 4]
    before = nats(network, every_row())
    network.reorder(OTHER)
    expected = nats(network, every_row())
    assert (expected != before).any()
    for row, log_prob in zip(every_row().tolist(), expected, strict=True):
        state = other.start()
        for d in OTHER:
            assert other.predict(state).log_prob(row[d]) == pytest.approx(log_prob[d].item(), abs=2e-5)
            state = other.advance(state, row[d])
        torch.testing.assert_close(
            network.features(torch.tensor([row]))[0], torch.from_numpy(other.features(state)), atol=1e-5, rtol=1e-5
        )
    with pytest.raises(UsageError, match="each of 0 to 4 once"):
        player.under(np.array([0, 1, 2, 3, 3]))
    with pytest.raises(UsageError, match="each of 0 to 4 once"):
        network.reorder(np.array([0, 1, 2, 3]))


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"layers": 2}, "turn order_agnostic on or set layers to 1"),
        ({"layers": 2, "order_agnostic": True, "tied": True}, "tied weights need one hidden layer"),
        ({"ordering": "file"}, "ordering_file"),
        ({"ordering_file": "x.npy"}, "ordering = file"),
        ({"ordering": "zigzag"}, "zigzag"),
    ],
)
def test_settings_that_contradict_each_other_are_refused(settings: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        NADE.parse_settings(settings)


def test_an_ordering_from_a_file_is_kept_with_the_weights(tmp_path: Path) -> None:
    path = tmp_path / "order.npy"
    np.save(path, OTHER)
    settings = NADE.parse_settings({"hidden": 6, "ordering": "file", "ordering_file": str(path)})
    network = NADE.build_network(settings, BITS)
    expected, arrays = network.log_prob(every_row())[0], network.arrays()
    path.unlink()
    player = NADE.open_player(settings, BITS, arrays)
    assert player.ordering is not None
    assert player.ordering.tolist() == OTHER.tolist()
    again = NADE.build_network(settings, BITS)
    for use in (lambda: again.log_prob(every_row()), again.arrays):
        with pytest.raises(UsageError, match="cannot read the ordering"):
            use()
    again.load_arrays(arrays)
    torch.testing.assert_close(again.log_prob(every_row())[0], expected)


def test_a_damaged_ordering_is_a_damaged_model() -> None:
    network = network_of(**SMALL)
    arrays = network.arrays() | {"ordering": np.array([0, 1, 2, 3, 7])}
    with pytest.raises(ModelError, match="each of 0 to 4 once"):
        NADE.open_player(NADE.parse_settings(SMALL), BITS, arrays)
    with pytest.raises(ModelError, match="each of 0 to 4 once"):
        network.load_arrays(arrays)


def test_the_order_agnostic_loss_is_the_mean_over_orderings() -> None:
    network = network_of(RowDomain(kind="binary", shape=(3,)), **AGNOSTIC)
    row = torch.tensor([[1, 0, 1]])
    exact = []
    for ordering in itertools.permutations(range(3)):
        network.reorder(np.array(ordering))
        exact.append(nats(network, row).mean().item())
    network.train()
    torch.manual_seed(0)
    draws = nats(network, row.expand(20_000, -1)).mean(1)
    assert draws.std() > 0
    assert draws.mean().item() == pytest.approx(np.mean(exact), abs=4 * draws.std().item() / math.sqrt(len(draws)))


@pytest.mark.parametrize("settings", [SMALL, AGNOSTIC], ids=["fixed", "agnostic"])
def test_dropout_acts_in_training_alone(settings: dict[str, Any]) -> None:
    plain, dropping = network_of(**settings), network_of(**settings, dropout=0.5)
    torch.testing.assert_close(nats(plain, every_row()), nats(dropping, every_row()))
    plain.train(), dropping.train()
    torch.manual_seed(1)
    kept = nats(plain, every_row())
    torch.manual_seed(1)
    assert (nats(dropping, every_row()) != kept).any()


def test_an_ensemble_over_orderings_is_a_density_and_a_mean_of_logits_is_not() -> None:
    network = network_of(hidden=6, order_agnostic=True, activation="tanh").train()
    with torch.no_grad():
        for weight in network.parameters():
            weight.mul_(8)
    rng = np.random.default_rng(0)
    orderings = torch.from_numpy(np.array([rng.permutation(5) for _ in range(8)]))
    x = every_row()
    together = ensemble_log_prob(network, x, orderings)
    assert together.exp().sum().item() == pytest.approx(1, abs=1e-5)
    assert network.training
    assert network.ordering.tolist() == [0, 1, 2, 3, 4]

    network.eval()
    logits, alone = [], []
    for ordering in orderings.numpy():
        network.reorder(ordering)
        of_ones = torch.stack([nats(network, _with(x, d, 1))[:, d] for d in range(5)], 1)
        of_zeros = torch.stack([nats(network, _with(x, d, 0))[:, d] for d in range(5)], 1)
        logits.append(of_ones - of_zeros)
        alone.append(nats(network, x).sum(1))
    torch.testing.assert_close(together, torch.stack(alone).exp().mean(0).log())
    mean = torch.stack(logits).mean(0)
    averaged = torch.nn.functional.logsigmoid((2 * x - 1) * mean).sum(1)
    assert abs(averaged.exp().sum().item() - 1) > 0.05


def _with(x: Tensor, d: int, value: int) -> Tensor:
    changed = x.clone()
    changed[:, d] = value
    return changed


@pytest.mark.parametrize(
    "settings",
    [
        {"hidden": 8, "ordering": "centre-out"},
        {"hidden": 8, "tied": True, "activation": "tanh"},
        {"hidden": 16, "order_agnostic": True, "layers": 2, "activation": "relu"},
    ],
    ids=str,
)
def test_training_reaches_the_entropy_of_a_parity(settings: dict[str, Any]) -> None:
    """The third bit is the parity of two fair ones: 2 ln 2 nats, and 3 ln 2 for who misses it."""
    torch.manual_seed(0)
    network = NADE.build_network(NADE.parse_settings(settings), RowDomain(kind="binary", shape=(3,))).train()
    x = torch.tensor([[0, 0, 0], [0, 1, 1], [1, 0, 1], [1, 1, 0]])
    rows = x.repeat(16, 1)
    adam = torch.optim.AdamW(network.parameters(), 0.05, weight_decay=0.0)
    for _ in range(300):
        adam.zero_grad()
        torch.autograd.backward(-network.log_prob(rows)[0].mean())
        adam.step()
    reached = -network.eval().log_prob(x)[0].sum(1).mean().item()
    assert 2 * math.log(2) - 1e-6 < reached < 2 * math.log(2) + 0.05
