"""The promises every registered model of rows keeps: vectors, images in black and white, grey and colour, numbers."""

from __future__ import annotations

import itertools
import pickle
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from grnn_tui.backends.contract import Player, Vector
from grnn_tui.backends.distribution import MixtureOfGaussians
from grnn_tui.backends.network import Carry, Network
from tests.backends.row_cases import ROW_CASES, TRAINED, RowCase, some_rows

over_all = pytest.mark.parametrize("row_case", ROW_CASES, ids=str)
over_trained = pytest.mark.parametrize("row_case", TRAINED, ids=str)


def carry_of(network: Network, batch: int, condition: Vector | None) -> Carry | None:
    if condition is None:
        return None
    return network.start(batch, torch.from_numpy(condition).expand(batch, -1))


def forced(network: Network, rows: NDArray[Any], condition: Vector | None = None) -> NDArray[np.float64]:
    """log p of every value of `rows` [n, D], by the training path."""
    with torch.no_grad():
        log_prob, _ = network.log_prob(torch.from_numpy(rows), carry_of(network, len(rows), condition))
    return log_prob.double().numpy()


def order_of(player: Player[Any, Any], length: int) -> list[int]:
    return list(range(length)) if player.ordering is None else player.ordering.tolist()


def played(player: Player[Any, Any], row: NDArray[Any], condition: Vector | None = None) -> NDArray[np.float64]:
    """log p of every value of `row` [D], by the playing path."""
    state = player.start() if condition is None else player.start(condition)
    nats = np.zeros(row.size)
    for d in order_of(player, row.size):
        symbol = row[d].item()
        nats[d] = player.predict(state).log_prob(symbol)
        state = player.advance(state, symbol)
    return nats


@over_all
def test_both_paths_compute_the_same_numbers(row_case: RowCase) -> None:
    network = row_case.network()
    player, rows, condition = row_case.player(network), some_rows(row_case.domain, 4), row_case.condition(1)
    expected = forced(network, rows, condition)
    for row, nats in zip(rows, expected, strict=True):
        np.testing.assert_allclose(played(player, row, condition), nats, atol=2e-5, rtol=1e-6)


@over_all
def test_no_later_value_moves_an_earlier_conditional(row_case: RowCase) -> None:
    network = row_case.network()
    order = order_of(row_case.player(network), row_case.domain.length)
    rows, other = some_rows(row_case.domain, 3), some_rows(row_case.domain, 3, seed=9)
    before = forced(network, rows, row_case.condition())
    moved = 0
    for t, d in enumerate(order):
        changed = rows.copy()
        changed[:, d] = np.where(other[:, d] == rows[:, d], 1 - np.minimum(rows[:, d], 1), other[:, d])
        after = forced(network, changed, row_case.condition())
        np.testing.assert_array_equal(after[:, order[:t]], before[:, order[:t]])
        moved += int((after[:, order[t + 1 :]] != before[:, order[t + 1 :]]).any())
    assert moved or "order" in row_case.settings or row_case.settings.get("order") == 0


@over_all
def test_the_mass_of_everything_is_one(row_case: RowCase) -> None:
    network = row_case.network()
    if row_case.domain.kind == "real":
        _densities_integrate_to_one(row_case, network)
        return
    size = row_case.domain.size**row_case.domain.length
    if size > 1 << 17:
        _conditionals_sum_to_one(row_case, network)
        return
    rows = np.array(list(itertools.product(range(row_case.domain.size), repeat=row_case.domain.length)))
    total = 0.0
    for part in np.array_split(rows, max(1, size >> 12)):
        total += float(np.exp(forced(network, part, row_case.condition(2)).sum(1)).sum())
    assert total == pytest.approx(1, abs=1e-4)


def _densities_integrate_to_one(row_case: RowCase, network: Network) -> None:
    player = row_case.player(network)
    condition = row_case.condition(2)
    state = player.start() if condition is None else player.start(condition)
    (row,) = some_rows(row_case.domain, 1)
    for d in order_of(player, row.size):
        density = player.predict(state)
        assert isinstance(density, MixtureOfGaussians)
        low, high = density.span
        grid = np.linspace(low, high, 200_001)
        assert np.trapezoid(np.exp(density.log_density(grid)), grid) == pytest.approx(1, abs=1e-4)
        state = player.advance(state, row[d].item())


def _conditionals_sum_to_one(row_case: RowCase, network: Network) -> None:
    """With every other value as it is, the value written last has mass one over what it can be."""
    player = row_case.player(network)
    last = order_of(player, row_case.domain.length)[-1]
    (row,) = some_rows(row_case.domain, 1)
    rows = np.repeat(row[None], row_case.domain.size, axis=0)
    rows[:, last] = np.arange(row_case.domain.size)
    nats = forced(network, rows, row_case.condition())
    assert np.exp(nats[:, last]).sum() == pytest.approx(1, abs=1e-5)


@over_all
def test_a_state_is_a_value(row_case: RowCase) -> None:
    player = row_case.player(row_case.network())
    (row,) = some_rows(row_case.domain, 1)
    state = player.start()
    kept = pickle.dumps(state)
    first = player.predict(state).log_prob(row[order_of(player, row.size)[0]].item())
    walked = state
    for d in order_of(player, row.size)[:3]:
        player.predict(walked)
        walked = player.advance(walked, row[d].item())
    assert pickle.dumps(state) == kept
    assert player.predict(state).log_prob(row[order_of(player, row.size)[0]].item()) == first


@over_all
def test_one_uniform_number_a_value_and_the_same_numbers_the_same_row(row_case: RowCase) -> None:
    player = row_case.player(row_case.network())

    def draw(seed: int) -> list[float]:
        rng = np.random.default_rng(seed)
        state, row = player.start(), []
        for _ in range(row_case.domain.length):
            row.append(player.predict(state).sample(rng.random()))
            state = player.advance(state, row[-1])
        return row

    assert draw(3) == draw(3)
    assert any(draw(3) != draw(seed) for seed in range(4, 12))


@over_all
def test_rows_side_by_side_are_to_the_last_bit_what_each_is_alone(row_case: RowCase) -> None:
    player, condition = row_case.player(row_case.network()), row_case.condition(1)
    rows = some_rows(row_case.domain, 7)
    together = player.together(len(rows), condition)
    if together is None:
        pytest.skip("writes one row after the other")
    states = [player.start(condition) for _ in rows]
    for d in order_of(player, row_case.domain.length):
        predictions = together.predict()
        symbols = [row[d].item() for row in rows]
        for i, (state, symbol) in enumerate(zip(states, symbols, strict=True)):
            assert predictions.of(i).log_prob(symbol) == player.predict(state).log_prob(symbol)
        states = [player.advance(state, symbol) for state, symbol in zip(states, symbols, strict=True)]
        together.advance(rows[:, d].astype(np.float64))


@over_all
def test_what_it_is_told_matters(row_case: RowCase) -> None:
    if row_case.domain.condition is None:
        pytest.skip("told nothing")
    network, rows = row_case.network(), some_rows(row_case.domain, 2)
    player = row_case.player(network)
    told = [forced(network, rows, row_case.condition(seed)).sum() for seed in (0, 1)]
    assert told[0] != told[1]
    zero = np.zeros(row_case.domain.condition.size, np.float32)
    np.testing.assert_allclose(forced(network, rows, zero), forced(network, rows), atol=1e-6)
    np.testing.assert_allclose(played(player, rows[0], zero), played(player, rows[0]), atol=1e-6)


@over_trained
def test_gradients_agree_with_finite_differences(row_case: RowCase) -> None:
    network = row_case.network().double()
    rows = torch.from_numpy(some_rows(row_case.domain, 2))
    condition = row_case.condition(1)
    told = None if condition is None else torch.from_numpy(condition).double().expand(2, -1)

    def loss() -> torch.Tensor:
        carry = None if told is None else network.start(2, told)
        return network.log_prob(rows, carry)[0].sum()

    network.zero_grad()
    loss().backward()  # type: ignore[no-untyped-call]
    step = 1e-6
    checked = 0
    for name, weight in network.named_parameters():
        if weight.grad is None or not weight.grad.any():
            continue
        place = int(weight.grad.abs().argmax())
        with torch.no_grad():
            flat = weight.view(-1)
            was = flat[place].item()
            flat[place] = was + step
            above = loss().item()
            flat[place] = was - step
            below = loss().item()
            flat[place] = was
        assert weight.grad.view(-1)[place].item() == pytest.approx((above - below) / (2 * step), rel=1e-4, abs=1e-6), (
            name
        )
        checked += 1
    assert checked
