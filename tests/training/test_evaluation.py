from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest
import torch

from grnn_tui.backends.network import Network
from grnn_tui.backends.registry import backend_named
from grnn_tui.data.vocabulary import Vocabulary
from grnn_tui.runs.request import TrainingOptions
from grnn_tui.training.evaluation import PIECE, evaluate
from grnn_tui.training.optimising import Optimiser
from grnn_tui.training.references import reference_lines, remembered_lines

V = 7
VOCABULARY = Vocabulary(unit="character", symbols=tuple("abcdefg"))
CPU = torch.device("cpu")


def markov_text(n: int, seed: int) -> np.ndarray[tuple[int], np.dtype[np.uint8]]:
    """A chain that mostly counts up, so that there is something to learn and to carry."""
    luck = np.random.default_rng(seed)
    steps = luck.choice([1, 1, 1, 2, 5], size=n)
    return (steps.cumsum() % V).astype(np.uint8)


def trained(backend: str) -> Network:
    torch.manual_seed(0)
    found = backend_named(backend)
    network = found.build_network(found.parse_settings({"hidden": 16, "dropout": 0.3}), VOCABULARY)
    optimiser = Optimiser(network, TrainingOptions(), CPU)
    text = torch.from_numpy(markov_text(16 * 32 * 30, seed=1).reshape(16, -1).astype(np.int64))
    for window in torch.split(text, 32, dim=1):
        optimiser.step(-network.log_prob(window)[0].mean(), 5e-3)
    return network.train()


def nats_by_the_player(network: Network, backend: str, text: np.ndarray[tuple[int], np.dtype[np.uint8]]) -> float:
    found = backend_named(backend)
    player = found.open_player(found.parse_settings({"hidden": 16, "dropout": 0.3}), VOCABULARY, network.arrays())
    state, total = player.start(), 0.0
    for symbol in text.tolist():
        total -= player.predict(state).log_prob(symbol)
        state = player.advance(state, symbol)
    return total / text.size


@pytest.mark.parametrize("backend", ["rnn", "lstm", "gru", "mingru", "minlstm", "nade"])
def test_pieces_side_by_side_measure_what_one_pass_of_the_player_does(backend: str) -> None:
    network = trained(backend)
    text = markov_text(4 * PIECE + 123, seed=2)
    measured = evaluate(network, text, V, CPU)
    assert measured.whole
    assert measured.symbols == text.size
    assert measured.nats < 1.8
    assert measured.nats == pytest.approx(nats_by_the_player(network, backend, text), abs=1e-4)


@pytest.mark.parametrize("size", [1, 2, 17, 600, PIECE, 2 * PIECE - 1, 2 * PIECE + 1])
def test_any_length_of_text_is_measured_whole(size: int) -> None:
    network = trained("gru")
    text = markov_text(size, seed=3)
    measured = evaluate(network, text, V, CPU)
    assert (measured.symbols, measured.whole) == (size, True)
    assert measured.nats == pytest.approx(nats_by_the_player(network, "gru", text), abs=1e-4)


def test_a_long_text_is_sampled_evenly_and_says_so() -> None:
    network = trained("gru")
    text = markov_text(40 * PIECE, seed=4)
    part = evaluate(network, text, V, CPU, limit=8 * PIECE)
    whole = evaluate(network, text, V, CPU)
    assert not part.whole
    assert part.symbols == 8 * PIECE
    assert part.nats == pytest.approx(whole.nats, abs=0.02)
    assert part == evaluate(network, text, V, CPU, limit=8 * PIECE)


def test_evaluating_leaves_mode_and_generators_as_they_were() -> None:
    network = trained("gru")
    torch.manual_seed(5)
    before = (torch.get_rng_state(), np.random.get_state(legacy=False), random.getstate())
    evaluate(network, markov_text(3000, seed=5), V, CPU)
    assert network.training
    assert torch.equal(before[0], torch.get_rng_state())
    assert str(before[1]) == str(np.random.get_state(legacy=False))
    assert before[2] == random.getstate()


def test_a_bound_is_measured_with_noise_whose_luck_is_always_the_same() -> None:
    found = backend_named("gru")
    text = markov_text(3 * PIECE, seed=8)
    losses: list[float] = []
    for noise in (0.0, 0.05, 0.5):
        torch.manual_seed(0)
        network = found.build_network(found.parse_settings({"hidden": 16, "noise": noise}), VOCABULARY)
        network.load_arrays(trained("gru").arrays())
        measured = evaluate(network, text, V, CPU)
        torch.manual_seed(1)
        assert measured == evaluate(network, text, V, CPU)
        assert not network.measuring
        losses.append(measured.nats)
    assert losses[0] < losses[1] < losses[2]


def test_reference_lines_are_worked_out_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRNN_TUI_CACHE", str(tmp_path))
    text, held = markov_text(2000, seed=6), markov_text(300, seed=7)
    first = remembered_lines(text, held, VOCABULARY)
    monkeypatch.setattr("grnn_tui.training.references.reference_lines", lambda *_: {})
    assert remembered_lines(text, held, VOCABULARY) == first
    assert remembered_lines(text, held[1:], VOCABULARY) == {}
    for file in (tmp_path / "references").iterdir():
        file.write_bytes(b"{")
    assert remembered_lines(text, held, VOCABULARY) == {}


def test_reference_lines_fall_from_uniform_to_the_best_n_gram() -> None:
    lines = reference_lines(markov_text(20_000, seed=6), markov_text(3000, seed=7), VOCABULARY)
    assert list(lines)[:3] == ["uniform", "unigram", "bigram"]
    assert lines["uniform"] == pytest.approx(np.log(V))
    assert lines["bigram"] < lines["unigram"] - 0.5
    assert lines["bigram"] == pytest.approx(0.6 * np.log(1 / 0.6) + 0.4 * np.log(1 / 0.2), abs=0.03)
