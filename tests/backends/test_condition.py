"""Models of text that are told something before they write, and what recurrent ones make of a row."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest
import torch

from grnn_tui.backends.registry import backend_named, backends
from tests.backends.conftest import RANGE as TEXT_RANGE
from tests.backends.conftest import Case
from tests.backends.row_cases import CLASSES, ROW_CASES, RowCase, some_rows
from tests.support.models import LETTERS, random_text

TOLD = msgspec.structs.replace(LETTERS, condition=CLASSES)
TEXT = random_text(np.random.default_rng(3), LETTERS, 25)
ONE_HOT = np.eye(CLASSES.size, dtype=np.float32)

CONDITIONAL = [
    Case(name, settings)
    for name, backend in backends().items()
    if backend.conditional and "text" in backend.fits
    for settings in TEXT_RANGE.get(name, [{}])
]
with_features = pytest.mark.parametrize(
    "row_case", [c for c in ROW_CASES if c.backend in ("rnn", "lstm", "gru", "mingru", "minlstm")], ids=str
)
over_conditional = pytest.mark.parametrize("told_case", CONDITIONAL, ids=str)


@over_conditional
def test_both_paths_agree_under_every_label(told_case: Case) -> None:
    network = told_case.network(TOLD)
    player = told_case.player(network, TOLD)
    carry = network.start(len(ONE_HOT), torch.from_numpy(ONE_HOT))
    with torch.no_grad():
        forced, _ = network.log_prob(torch.from_numpy(TEXT).expand(len(ONE_HOT), -1), carry)
    for condition, expected in zip(ONE_HOT, forced.double().numpy(), strict=True):
        state, nats = player.start(condition), []
        for symbol in TEXT.tolist():
            nats.append(player.predict(state).log_prob(symbol))
            state = player.advance(state, symbol)
        np.testing.assert_allclose(nats, expected, atol=1e-5, rtol=0)


@over_conditional
def test_what_it_is_told_moves_the_first_symbol_and_zeros_are_nothing(told_case: Case) -> None:
    network = told_case.network(TOLD)
    player = told_case.player(network, TOLD)
    untold = player.predict(player.start()).log_probs
    told = [player.predict(player.start(condition)).log_probs for condition in ONE_HOT]
    assert all(np.abs(a - b).max() > 1e-3 for a, b in [(told[0], told[1]), (told[0], untold)])
    zero = np.zeros(CLASSES.size, np.float32)
    np.testing.assert_array_equal(player.predict(player.start(zero)).log_probs, untold)
    for part, start in zip(network.start(2, torch.zeros(2, CLASSES.size)), network.start(2), strict=True):
        torch.testing.assert_close(part, start, atol=0, rtol=0)


@over_conditional
def test_without_a_condition_the_model_is_what_it_was(told_case: Case) -> None:
    """A model that can be told something begins as the plain one, with an array more for each start state."""
    build = backend_named(told_case.backend).build_network
    torch.manual_seed(1)
    plain = build(told_case.parsed, LETTERS).arrays()
    torch.manual_seed(1)
    told = build(told_case.parsed, TOLD).arrays()
    more = told.keys() - plain.keys()
    assert more == {"condition_h"} | ({"condition_c"} if told_case.backend == "lstm" else set())
    assert all(not told[name].any() for name in more)
    assert all(plain[name].tobytes() == told[name].tobytes() for name in plain)


@with_features
def test_the_features_of_a_row_are_those_the_player_shows_after_it(row_case: RowCase) -> None:
    network, rows, condition = row_case.network(), some_rows(row_case.domain, 2), row_case.condition()
    carry = None if condition is None else network.start(2, torch.from_numpy(condition).expand(2, -1))
    with torch.no_grad():
        features = network.features(torch.from_numpy(rows), carry).numpy()
    player = row_case.player(network)
    for row, expected in zip(rows, features, strict=True):
        state = player.start(condition)
        for symbol in row.tolist():
            state = player.advance(state, symbol)
        np.testing.assert_allclose(player.features(state), expected, atol=1e-5)
