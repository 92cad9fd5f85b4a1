"""The promises every registered model keeps, over a range of sizes."""

from __future__ import annotations

import copy
import itertools
import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import hypothesis
import hypothesis.strategies as st
import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from grnn_tui.backends.contract import Player
from grnn_tui.backends.minimal.network import MinimalNetwork
from grnn_tui.backends.nade.network import NadeNetwork
from grnn_tui.backends.network import Network
from grnn_tui.backends.recurrent.network import RecurrentNetwork
from grnn_tui.errors import ModelError
from tests.backends.conftest import CASES, Case, played, teacher_forced
from tests.support.models import BYTES, LETTERS, TINY, random_text

TEXTS = np.stack([random_text(np.random.default_rng(seed), LETTERS, 40) for seed in range(3)])


def test_both_paths_compute_the_same_numbers(case: Case) -> None:
    network = case.network()
    player = case.player(network)
    expected = teacher_forced(network, TEXTS)
    for text, nats in zip(TEXTS, expected, strict=True):
        np.testing.assert_allclose(played(player, text), nats, atol=1e-5, rtol=0)


def test_both_paths_agree_on_bytes(case: Case) -> None:
    network = case.network(BYTES)
    text = random_text(np.random.default_rng(5), BYTES, 30)
    nats = played(case.player(network, BYTES), text)
    np.testing.assert_allclose(nats, teacher_forced(network, text[None])[0], atol=1e-5, rtol=0)


@hypothesis.given(st.data())
def test_any_text_scores_alike_on_both_paths(data: st.DataObject) -> None:
    case = data.draw(st.sampled_from(CASES))
    text = np.array(data.draw(st.lists(st.integers(0, LETTERS.size - 1), min_size=1, max_size=30)))
    network = case.network(seed=data.draw(st.integers(0, 3)))
    nats = played(case.player(network), text)
    assert (nats <= 1e-12).all()
    np.testing.assert_allclose(nats, teacher_forced(network, text[None])[0], atol=1e-5, rtol=0)


@hypothesis.given(st.data())
def test_windows_split_anywhere_give_the_same_numbers(data: st.DataObject) -> None:
    case = data.draw(st.sampled_from(CASES))
    cuts = sorted(data.draw(st.sets(st.integers(1, TEXTS.shape[1] - 1), max_size=6)))
    network = case.network()
    x = torch.from_numpy(TEXTS)
    with torch.no_grad():
        whole, last = network.log_prob(x)
        carry = network.start(len(TEXTS))
        parts = []
        for start, stop in itertools.pairwise([0, *cuts, TEXTS.shape[1]]):
            part, carry = network.log_prob(x[:, start:stop], carry)
            parts.append(part)
    torch.testing.assert_close(torch.cat(parts, dim=1), whole, atol=1e-5, rtol=0)
    for ours, theirs in zip(carry, last, strict=True):
        assert ours.shape[0] == len(TEXTS)
        torch.testing.assert_close(ours, theirs, atol=1e-5, rtol=0)


def test_an_empty_window_changes_nothing(case: Case) -> None:
    network = case.network()
    x = torch.from_numpy(TEXTS)
    with torch.no_grad():
        whole, _ = network.log_prob(x)
        first, carry = network.log_prob(x[:, :7])
        nothing, carry = network.log_prob(x[:, 7:7], carry)
        rest, _ = network.log_prob(x[:, 7:], carry)
    assert nothing.shape == (len(TEXTS), 0)
    torch.testing.assert_close(torch.cat((first, rest), dim=1), whole, atol=1e-5, rtol=0)


def test_streams_of_a_batch_do_not_touch(case: Case) -> None:
    network = case.network()
    together = teacher_forced(network, TEXTS)
    for text, nats in zip(TEXTS, together, strict=True):
        np.testing.assert_allclose(teacher_forced(network, text[None])[0], nats, atol=1e-5, rtol=0)


def test_no_future_symbol_moves_an_earlier_conditional(case: Case) -> None:
    network = case.network()
    before = teacher_forced(network, TEXTS)
    for t in range(TEXTS.shape[1]):
        changed = TEXTS.copy()
        changed[:, t] = (changed[:, t] + 1 + t) % LETTERS.size
        after = teacher_forced(network, changed)
        np.testing.assert_array_equal(after[:, :t], before[:, :t])


@pytest.mark.parametrize("length", [1, 2, 3])
def test_probabilities_of_all_strings_sum_to_one(case: Case, length: int) -> None:
    network = case.network(TINY)
    texts = np.array(list(itertools.product(range(TINY.size), repeat=length)))
    assert np.exp(teacher_forced(network, texts).sum(1)).sum() == pytest.approx(1, abs=1e-5)
    player = case.player(network, TINY)
    assert sum(np.exp(played(player, text).sum()) for text in texts) == pytest.approx(1, abs=1e-6)


def generate(player: Player[Any], seed: int, length: int) -> list[int]:
    rng = np.random.default_rng(seed)
    state, text = player.start(), []
    for _ in range(length):
        text.append(player.predict(state).sample(rng.random()))
        state = player.advance(state, text[-1])
    return text


def test_the_same_seed_gives_the_same_text(case: Case, tmp_path: Path) -> None:
    model = case.model(tmp_path / "model")
    text = generate(model.open_player(), seed=4, length=60)
    assert generate(model.open_player(), seed=4, length=60) == text
    assert generate(model.open_player(), seed=5, length=60) != text


def test_the_same_seed_builds_the_same_network(case: Case) -> None:
    first, second, other = (case.network(seed=seed).arrays() for seed in (1, 1, 2))
    assert all(np.array_equal(first[name], second[name]) for name in first)
    assert any(not np.array_equal(first[name], other[name]) for name in first)


def test_a_fork_leaves_the_original_as_it_was(case: Case) -> None:
    player = case.player(case.network())
    text = TEXTS[0, :10].tolist()
    state = player.start()
    start = copy.deepcopy(state)
    for symbol in text:
        state = player.advance(state, symbol)
    kept = copy.deepcopy(state)
    logits = player.predict(state).logits.copy()
    forks = [player.advance(state, symbol) for symbol in range(LETTERS.size)]
    for fork in forks:
        player.predict(fork)
        player.features(fork)
        player.advance(fork, 0)
    assert pickle.dumps(state) == pickle.dumps(kept)
    assert pickle.dumps(player.start()) == pickle.dumps(start)
    np.testing.assert_array_equal(player.predict(state).logits, logits)
    for symbol, fork in enumerate(forks):
        walked = player.start()
        for each in [*text, symbol]:
            walked = player.advance(walked, each)
        np.testing.assert_array_equal(player.predict(fork).logits, player.predict(walked).logits)


def test_a_state_does_not_grow_with_the_text(case: Case) -> None:
    player = case.player(case.network())
    state, sizes = player.start(), []
    for _ in range(3):
        for t in range(70):
            state = player.advance(state, t % 3)
        sizes.append(len(pickle.dumps(state)))
    assert sizes[1] == sizes[2]


def test_features_are_the_hidden_units_of_the_training_path(case: Case) -> None:
    network = case.network()
    player = case.player(network)
    state = player.start()
    for t in range(20):
        kept = pickle.dumps(state)
        shown = player.features(state)
        np.testing.assert_allclose(shown, hidden_units(network, TEXTS[0, :t]), atol=1e-5, rtol=0)
        assert pickle.dumps(state) == kept
        state = player.advance(state, int(TEXTS[0, t]))


def hidden_units(network: Network, text: NDArray[np.int64]) -> NDArray[np.float32]:
    """What the training path computes after `text`: tanh(c), h, NADE's h; nothing for a model that counts."""
    x = torch.from_numpy(text[None])
    with torch.no_grad():
        _, carry = network.log_prob(x)
        if isinstance(network, RecurrentNetwork):
            units = torch.tanh(carry[1]) if network.cell == "lstm" else carry[0]
        elif isinstance(network, MinimalNetwork):
            units = carry[0]
        elif isinstance(network, NadeNetwork):
            units = network._hidden(carry[0])
        else:
            units = torch.zeros(0)
    return units.detach().flatten().numpy()


def test_features_are_a_vector_of_fixed_length(case: Case) -> None:
    player = case.player(case.network())
    start = player.features(player.start())
    later = player.features(player.advance(player.start(), 3))
    assert start.ndim == 1
    assert later.shape == start.shape
    assert later.dtype == np.float32


def test_components_are_what_a_prediction_is_an_even_mixture_of(case: Case) -> None:
    network = case.network()
    player = case.player(network)
    state, together = player.start(), np.zeros(1)
    for symbol in TEXTS[0].tolist():
        components = player.components(state)
        if components is None:
            return
        mixed = np.mean([part.probs for part in components.parts], axis=0)
        np.testing.assert_allclose(mixed, player.predict(state).probs, atol=1e-7)
        np.testing.assert_allclose(components.responsibilities, posterior(together, len(components.parts)), atol=1e-9)
        assert 1 <= components.effective <= len(components.parts) + 1e-9
        together = together + np.array([part.log_prob(symbol) for part in components.parts])
        state = player.advance(state, symbol)


def posterior(log_likelihoods: Any, parts: int) -> Any:
    """Bayes' rule over `parts` hypotheses that were equally likely at first."""
    weights = np.exp(log_likelihoods - np.max(log_likelihoods)) * np.ones(parts)
    return weights / weights.sum()


def test_saving_and_loading_change_nothing(case: Case, tmp_path: Path) -> None:
    network = case.network()
    arrays = network.arrays()
    model = case.model(tmp_path / "model")
    assert model.arrays.keys() == arrays.keys()
    for name, array in arrays.items():
        assert model.arrays[name].dtype == array.dtype
        assert model.arrays[name].shape == array.shape
        assert model.arrays[name].tobytes() == array.tobytes()
    np.testing.assert_array_equal(played(model.open_player(), TEXTS[0]), played(case.player(network), TEXTS[0]))
    restored = case.network(seed=9)
    restored.load_arrays(model.arrays)
    np.testing.assert_array_equal(teacher_forced(restored, TEXTS), teacher_forced(network, TEXTS))


def test_weights_of_another_shape_are_refused(case: Case) -> None:
    network = case.network()
    arrays = network.arrays()
    for name in arrays:
        without = {other: array for other, array in arrays.items() if other != name}
        longer = {
            **arrays,
            name: np.concatenate((arrays[name], -np.ones_like(arrays[name], shape=(1, *arrays[name].shape[1:])))),
        }
        for damaged in (without, longer):
            with pytest.raises(ModelError, match="do not fit"):
                network.load_arrays(damaged)


def test_evaluation_is_free_of_chance(case: Case) -> None:
    network = case.network().eval()
    np.testing.assert_array_equal(teacher_forced(network, TEXTS), teacher_forced(network, TEXTS))


def test_chance_acts_in_training_alone(gradient_case: Case) -> None:
    network = gradient_case.network().train()
    same = np.array_equal(teacher_forced(network, TEXTS), teacher_forced(network, TEXTS))
    assert same == (not gradient_case.settings.get("dropout") and not gradient_case.settings.get("noise"))


def test_only_what_is_a_bound_is_drawn_while_it_is_measured(case: Case) -> None:
    network = case.network()
    exact = teacher_forced(network, TEXTS)
    network.measuring = True
    assert np.array_equal(teacher_forced(network, TEXTS), exact) == (not case.parsed.bound)


def test_gradients_are_the_finite_differences(gradient_case: Case) -> None:
    network = gradient_case.network().double()
    x = torch.from_numpy(TEXTS[:, :12])

    def loss() -> torch.Tensor:
        first, carry = network.log_prob(x[:, :5])
        second, _ = network.log_prob(x[:, 5:], carry)
        return -(first.sum() + second.sum())

    parameters = dict(network.named_parameters())
    gradients = torch.autograd.grad(loss(), list(parameters.values()))
    generator = torch.Generator().manual_seed(0)
    step = 1e-6
    for (name, weight), gradient in zip(parameters.items(), gradients, strict=True):
        direction = torch.randn(weight.shape, generator=generator, dtype=torch.float64)
        with torch.no_grad():
            weight.add_(direction, alpha=step)
            above = loss()
            weight.add_(direction, alpha=-2 * step)
            below = loss()
            weight.add_(direction, alpha=step)
        slope = float((gradient * direction).sum())
        assert float(above - below) / (2 * step) == pytest.approx(slope, rel=1e-5, abs=1e-5), name
        assert slope != 0, name


def test_single_precision_gradients_follow_double(gradient_case: Case) -> None:
    x = torch.from_numpy(TEXTS)
    gradients = []
    for network in (gradient_case.network(), gradient_case.network().double()):
        log_prob, _ = network.log_prob(x)
        gradients.append(torch.autograd.grad(-log_prob.mean(), list(network.parameters())))
    for single, double in zip(*gradients, strict=True):
        torch.testing.assert_close(single.double(), double, atol=2e-5, rtol=1e-4)


PLAY_ALL = """
import sys
from pathlib import Path
from grnn_tui.backends.modeldir import read_model
for path in sorted(Path(sys.argv[1]).iterdir()):
    player = read_model(path).open_player()
    state = player.start()
    for u in (0.1, 0.5, 0.9):
        state = player.advance(state, player.predict(state).sample(u))
    print(path.name, player.features(state).shape)
heavy = sorted(name for name in sys.modules if name.split(".")[0] in ("torch", "jaxtyping", "textual"))
assert not heavy, heavy
"""


def test_playing_imports_no_torch(tmp_path: Path) -> None:
    for number, case in enumerate(CASES):
        case.model(tmp_path / f"{number:02}")
    done = subprocess.run([sys.executable, "-c", PLAY_ALL, str(tmp_path)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) == len(CASES)
