"""The output layer: torch's numbers and gradients, however it is cut up."""

from __future__ import annotations

import weakref

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from grnn_tui.backends import output
from grnn_tui.backends.output import next_log_prob, symbol_log_prob


def leaves(rows: int, hidden: int, symbols: int, dtype: torch.dtype = torch.float64) -> tuple[Tensor, Tensor, Tensor]:
    torch.manual_seed(0)
    shapes = (rows, hidden), (symbols, hidden), (symbols,)
    h, W, b = (torch.randn(shape, dtype=dtype).requires_grad_() for shape in shapes)
    return h, W, b


def plain(h: Tensor, W: Tensor, b: Tensor, x: Tensor) -> Tensor:
    return -F.cross_entropy(F.linear(h, W, b), x, reduction="none")


@pytest.mark.parametrize("kept", [0, 1 << 20])
@pytest.mark.parametrize("block", [1, 3 * 11, 1 << 20])
def test_numbers_and_gradients_are_those_of_autograd(block: int, kept: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(output, "_BLOCK", block)
    monkeypatch.setattr(output, "_KEPT", kept)
    given = leaves(7, 4, 11)
    x, weight = torch.randint(11, (7,)), torch.randn(7, dtype=torch.float64)
    ours, theirs = symbol_log_prob(*given, x), plain(*given, x)
    torch.testing.assert_close(ours, theirs, atol=1e-12, rtol=0)
    for mine, other in zip(
        torch.autograd.grad((ours * weight).sum(), given),
        torch.autograd.grad((theirs * weight).sum(), given),
        strict=True,
    ):
        torch.testing.assert_close(mine, other, atol=1e-12, rtol=0)


def test_a_state_predicts_the_symbol_after_it() -> None:
    h, W, b = leaves(4 * 3, 5, 6)
    x = torch.randint(6, (3, 3))
    expected = plain(h[: 3 * 3], W, b, x.flatten()).view(3, 3)
    torch.testing.assert_close(next_log_prob(h.view(4, 3, 5), W, b, x), expected, atol=1e-12, rtol=0)
    (dh,) = torch.autograd.grad(next_log_prob(h.view(4, 3, 5), W, b, x).sum(), h)
    assert (dh[3 * 3 :] == 0).all()


def test_what_is_kept_for_the_gradient_is_bounded() -> None:
    kept: list[int] = []

    def pack(tensor: Tensor) -> Tensor:
        kept.append(tensor.numel())
        return tensor

    given, x = leaves(600, 2, 60_000, torch.float32), torch.zeros(600, dtype=torch.long)
    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        symbol_log_prob(*given, x)
    assert sum(kept) < 1_000_000


def test_without_gradients_nothing_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[weakref.ref[Tensor]] = []
    log_probs = output._log_probs

    def watched(h: Tensor, W: Tensor, b: Tensor) -> Tensor:
        assert sum(each() is not None for each in made) <= 1
        result = log_probs(h, W, b)
        made.append(weakref.ref(result))
        return result

    monkeypatch.setattr(output, "_BLOCK", 11)
    monkeypatch.setattr(output, "_log_probs", watched)
    with torch.no_grad():
        symbol_log_prob(*leaves(7, 4, 11), torch.randint(11, (7,)))
    assert len(made) == 7
