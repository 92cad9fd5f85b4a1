"""The adaptive softmax: both paths, all the mass, gradients, and what takes it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from grnn_tui.backends import tails
from grnn_tui.backends.output import TailOutput, next_log_prob
from grnn_tui.backends.registry import backend_named
from grnn_tui.backends.tails import Tail, tails_of
from tests.backends.conftest import played, teacher_forced
from tests.support.models import LETTERS, WORDS, make_network, random_text

SETTINGS: list[dict[str, Any]] = [
    {"hidden": 8, "embedding": 3, "softmax": "adaptive"},
    {"hidden": 5, "embedding": 3, "softmax": "adaptive", "particles": 3, "layers": 2},
]


@pytest.fixture(autouse=True)
def few_words(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tails that begin at words 4 and 9 of 14."""
    monkeypatch.setattr(tails, "HEAD", 4)
    monkeypatch.setattr(tails, "BOUNDS", (4, 9))


@pytest.mark.parametrize("settings", SETTINGS, ids=str)
@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru"])
def test_both_paths_compute_the_same_numbers(cell: str, settings: dict[str, Any]) -> None:
    network = make_network(cell, WORDS, **settings)
    assert "tails.1.up" in network.arrays()
    texts = np.stack([random_text(np.random.default_rng(seed), WORDS, 30) for seed in range(3)])
    backend = backend_named(cell)
    player = backend.open_player(backend.parse_settings(settings), WORDS, network.arrays())
    for text, nats in zip(texts, teacher_forced(network, texts), strict=True):
        np.testing.assert_allclose(played(player, text), nats, atol=1e-5, rtol=0)


def test_the_mass_of_all_words_is_one() -> None:
    network = make_network("gru", WORDS, **SETTINGS[0])
    with torch.no_grad():
        log_prob, _ = network.log_prob(torch.arange(WORDS.size)[:, None])
    assert torch.exp(log_prob).sum().item() == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize("device", ["cpu", "elsewhere"])
def test_numbers_and_gradients_are_those_of_the_formula(device: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where rows are picked out, and where all are worked out."""
    torch.manual_seed(0)
    H, x = 8, torch.tensor([[0, 4, 13], [8, 9, 3], [4, 2, 12]])
    h, W = torch.randn(4, 3, H).double().requires_grad_(), torch.randn(6, H).double().requires_grad_()
    b = torch.randn(6).double().requires_grad_()
    parts = [TailOutput(Tail(4, 9, 2), H).double(), TailOutput(Tail(9, 14, 1), H).double()]
    if device != "cpu":
        monkeypatch.setattr(torch.Tensor, "nonzero", None)
        monkeypatch.setattr("grnn_tui.backends.output.PICKED_ON", "")
    ours = next_log_prob(h, W, b, x, parts)
    head = F.linear(h[:-1], W, b).log_softmax(2)
    tail = [
        F.linear(F.linear(h[:-1], t.down), t.up, t.bias).log_softmax(2) + head[..., 4 + i, None]
        for i, t in enumerate(parts)
    ]
    expected = torch.cat((head[..., :4], *tail), 2).gather(2, x[..., None])[..., 0]
    torch.testing.assert_close(ours, expected, atol=1e-12, rtol=0)
    weights = [h, W, b, *(p for t in parts for p in t.parameters())]
    weight = torch.randn(3, 3).double()
    for mine, theirs in zip(
        torch.autograd.grad((ours * weight).sum(), weights),
        torch.autograd.grad((expected * weight).sum(), weights),
        strict=True,
    ):
        torch.testing.assert_close(mine, theirs, atol=1e-12, rtol=0)


def test_a_text_without_rare_words_is_no_fault() -> None:
    network = make_network("gru", WORDS, **SETTINGS[0])
    log_prob, _ = network.log_prob(torch.zeros(2, 5, dtype=torch.long))
    torch.autograd.backward(log_prob.sum())
    gradient = network.get_parameter("tails.0.up").grad
    assert gradient is not None
    assert (gradient == 0).all()


def test_words_alone_and_many_of_them_take_it_by_themselves(monkeypatch: pytest.MonkeyPatch) -> None:
    def taken(softmax: tails.Softmax, tied: bool = False) -> int:
        return len(tails_of(softmax, WORDS, 8, tied=tied))

    assert [taken("auto"), taken("adaptive"), taken("full"), taken("adaptive", tied=True)] == [0, 2, 0, 0]
    assert not tails_of("adaptive", LETTERS, 8, tied=False)
    monkeypatch.setattr(tails, "AUTO", 9)
    assert [tail.width for tail in tails_of("auto", WORDS, 64, tied=False)] == [16, 4]


def test_a_model_saved_before_there_was_a_choice_has_one_full_softmax(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tails, "AUTO", 9)
    backend, saved = backend_named("gru"), {"hidden": 8, "embedding": 3}
    older = make_network("gru", WORDS, **saved, softmax="full")
    again = backend.build_network(backend.saved_settings(saved), WORDS)
    again.load_arrays(older.arrays())
    assert "tails.0.up" in backend.build_network(backend.parse_settings(saved), WORDS).arrays()
