"""Models of rows that follow one another: windows of whole rows, the state carried from row to row."""

from __future__ import annotations

import itertools
import pickle
from typing import Any

import msgspec
import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from grnn_tui.backends.registry import backend_named, backends
from grnn_tui.backends.rnn_nade.player import RnnNadePlayer
from grnn_tui.data.row_domain import RowDomain
from grnn_tui.errors import UsageError
from tests.backends.row_cases import RANGE, RowCase
from tests.backends.test_row_contract import forced

MOMENTS = RowDomain(kind="binary", shape=(5,), sequence=True)
CHORDS = RowDomain(kind="binary", shape=(3,), sequence=True)
PIECES = np.random.default_rng(0).integers(2, size=(3, 4 * MOMENTS.length))
CASES = [
    RowCase(name, MOMENTS, settings)
    for name, backend in backends().items()
    if backend.sequences
    for settings in RANGE.get(name, [{}])
]
each = pytest.mark.parametrize("sequence_case", CASES, ids=str)


def played(case: RowCase, arrays: Any, piece: NDArray[np.int64]) -> list[float]:
    player = case.family.open_player(case.parsed, case.domain, arrays)
    state, nats = player.start(), []
    for symbol in piece.tolist():
        kept = pickle.dumps(state)
        nats.append(player.predict(state).log_prob(symbol))
        after = player.advance(state, symbol)
        assert pickle.dumps(state) == kept
        state = after
    return nats


@each
def test_both_paths_agree_over_a_whole_piece(sequence_case: RowCase) -> None:
    network = sequence_case.network()
    for piece, expected in zip(PIECES, forced(network, PIECES), strict=True):
        np.testing.assert_allclose(played(sequence_case, network.arrays(), piece), expected, atol=1e-5)


@each
def test_windows_of_whole_rows_give_the_same_numbers(sequence_case: RowCase) -> None:
    network, D = sequence_case.network(), MOMENTS.length
    x = torch.from_numpy(PIECES)
    with torch.no_grad():
        whole, last = network.log_prob(x)
        first, carry = network.log_prob(x[:, :D])
        nothing, carry = network.log_prob(x[:, D:D], carry)
        rest, carry = network.log_prob(x[:, D:], carry)
    torch.testing.assert_close(torch.cat((first, nothing, rest), 1), whole, atol=1e-6, rtol=0)
    for ours, theirs in zip(carry, last, strict=True):
        assert ours.shape[0] == len(PIECES)
        torch.testing.assert_close(ours, theirs, atol=1e-6, rtol=0)


@each
def test_every_value_moves_later_ones_and_no_earlier_one(sequence_case: RowCase) -> None:
    network = sequence_case.network()
    before = forced(network, PIECES)
    for t in range(PIECES.shape[1]):
        changed = PIECES.copy()
        changed[:, t] ^= 1
        after = forced(network, changed)
        np.testing.assert_array_equal(after[:, :t], before[:, :t])
        assert (after[:, t + 1 :] != before[:, t + 1 :]).any() == (t + 1 < PIECES.shape[1])


@each
def test_the_mass_of_all_pairs_of_rows_is_one(sequence_case: RowCase) -> None:
    case = RowCase(sequence_case.backend, CHORDS, sequence_case.settings)
    everything = np.array(list(itertools.product((0, 1), repeat=2 * CHORDS.length)))
    assert np.exp(forced(case.network(), everything).sum(1)).sum() == pytest.approx(1, abs=1e-5)


def test_rows_in_sequence_are_for_models_that_carry_a_state() -> None:
    backend_named("rnn-nade").check_fit(MOMENTS)
    for name in ("binary-nade", "markov"):
        with pytest.raises(UsageError, match="--no-sequence"):
            backend_named(name).check_fit(MOMENTS)
        backend_named(name).check_fit(msgspec.structs.replace(MOMENTS, sequence=False))


@pytest.mark.parametrize("settings", RANGE["rnn-nade"], ids=str)
def test_an_rnn_nade_is_the_written_formula(settings: dict[str, Any]) -> None:
    case = RowCase("rnn-nade", MOMENTS, settings)
    network = case.network()
    w = {name: array.astype(np.float64) for name, array in network.arrays().items()}

    def logistic(z: NDArray[np.float64]) -> NDArray[np.float64]:
        return 1 / (1 + np.exp(-z))

    act = np.tanh if settings.get("activation") == "tanh" else logistic
    s, c, piece = w["start_s"], w.get("start_c", np.zeros(0)), PIECES[0]
    nats = []
    for v in piece.reshape(-1, MOMENTS.length):
        b_t, c_t = w["b"] + w["U_b"] @ s, w["c"] + w["U_c"] @ s
        for d in range(MOMENTS.length):
            p = logistic(b_t[d] + w["V"][d] @ act(c_t + v[:d] @ w["W"][:d]))
            nats.append(np.log(p if v[d] else 1 - p))
        z = w["cell.weight_ih_l0"] @ v + w["cell.bias_ih_l0"] + w["cell.weight_hh_l0"] @ s + w["cell.bias_hh_l0"]
        if settings.get("cell") == "rnn":
            s = np.tanh(z)
            continue
        i, f, g, o = np.split(z, 4)
        c = logistic(f) * c + logistic(i) * np.tanh(g)
        s = logistic(o) * np.tanh(c)
    np.testing.assert_allclose(forced(network, piece[None])[0], nats, atol=1e-5)


def test_a_window_that_ends_inside_a_row_is_refused() -> None:
    network = RowCase("rnn-nade", MOMENTS, {"hidden": 4, "state": 4}).network()
    with pytest.raises(ValueError, match="does not end where a row"):
        network.log_prob(torch.from_numpy(PIECES[:, :7]))


@pytest.mark.parametrize("settings", RANGE["rnn-nade"], ids=str)
def test_features_are_the_state_after_whole_rows(settings: dict[str, Any]) -> None:
    case = RowCase("rnn-nade", MOMENTS, settings)
    network = case.network()
    player = case.player(network)
    assert isinstance(player, RnnNadePlayer)
    state = player.start()
    for symbol in PIECES[0].tolist():
        state = player.advance(state, symbol)
    with torch.no_grad():
        expected = network.features(torch.from_numpy(PIECES[:1]))[0].numpy()
    np.testing.assert_allclose(player.features(state), expected, atol=1e-5)
    np.testing.assert_array_equal(player.features(player.advance(state, 1)), player.features(state))
