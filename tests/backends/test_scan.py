"""The recurrence of minimal gated layers: every way of computing it, against the equation and finite differences."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor

from benchmarks.scans import WAYS, runs
from grnn_tui.backends.minimal import scan
from grnn_tui.backends.minimal.scan import gated_scan, positive

LENGTHS = (1, 2, 3, 8, 23)


def sample(time: int, dtype: torch.dtype = torch.float64, spread: float = 2.0) -> tuple[Tensor, Tensor, Tensor]:
    """k, x and a positive h_0, of 3 streams and 5 units."""
    torch.manual_seed(time)
    k, x = (torch.randn(time, 3, 5, dtype=dtype).mul_(spread).requires_grad_() for _ in range(2))
    return k, x, torch.rand(3, 5, dtype=dtype).add_(0.1).requires_grad_()


def written_out(k: Tensor, x: Tensor, h0: Tensor) -> Tensor:
    """h_0 .. h_T as the equation is written, under autograd."""
    states = [h0]
    for kt, xt in zip(k, x, strict=True):
        z = torch.sigmoid(kt)
        states.append((1 - z) * states[-1] + z * torch.where(xt >= 0, xt + 0.5, torch.sigmoid(xt)))
    return torch.stack(states)


@pytest.mark.parametrize("length", LENGTHS)
@pytest.mark.parametrize("way", WAYS)
def test_every_way_is_the_equation_with_its_gradients(way: str, length: int) -> None:
    given = sample(length)
    h = written_out(*given)
    dh = torch.randn_like(h)
    expected = [h, *torch.autograd.grad(h, given, dh)]
    for ours, theirs in zip(runs(way)(*given, dh), expected, strict=True):
        torch.testing.assert_close(ours, theirs, atol=1e-11, rtol=1e-11)


@pytest.fixture(params=["steps", "halving"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The processor's way, and an accelerator's on the processor."""
    monkeypatch.setattr(scan, "stepwise", lambda device: request.param == "steps")
    return request.param


@pytest.mark.parametrize("length", LENGTHS)
def test_gradients_are_the_finite_differences(way: str, length: int) -> None:
    assert torch.autograd.gradcheck(gated_scan, sample(length))


def test_single_precision_follows_double_over_a_long_sequence(way: str) -> None:
    k, x, h0 = sample(2000)
    single = gated_scan(k.float(), x.float(), h0.float())
    torch.testing.assert_close(single.double(), gated_scan(k, x, h0), atol=1e-5, rtol=1e-6)


def test_each_run_gives_the_same_bytes(way: str) -> None:
    given = sample(23, torch.float32)
    first, second = (
        [h, *torch.autograd.grad(h, given, torch.ones_like(h))] for h in (gated_scan(*given) for _ in range(2))
    )
    assert all(torch.equal(mine, theirs) for mine, theirs in zip(first, second, strict=True))


def test_a_state_moves_between_where_it_was_and_what_is_new(way: str) -> None:
    k, x, h0 = sample(23, torch.float32, spread=30.0)
    h = gated_scan(k, x, h0)
    new = positive(x)
    low, high = torch.minimum(h[:-1], new), torch.maximum(h[:-1], new)
    assert (h >= 0).all()
    assert ((h[1:] >= low - 1e-5) & (h[1:] <= high * (1 + 1e-6))).all()


def test_shut_and_open_gates_keep_and_replace_exactly(way: str) -> None:
    x, h0 = sample(6, torch.float32)[1:]
    shut, wide = torch.full_like(x, -200.0), torch.full_like(x, 200.0)
    assert torch.equal(gated_scan(shut, x, h0), h0.expand(7, -1, -1))
    torch.testing.assert_close(gated_scan(wide, x, h0)[1:], positive(x), atol=0, rtol=1e-6)


def test_a_state_of_zero_is_no_special_case(way: str) -> None:
    k, x, h0 = sample(5)
    zero = torch.zeros_like(h0).requires_grad_()
    h = gated_scan(k, x, zero)
    torch.testing.assert_close(h, written_out(k, x, zero))
    assert all(torch.isfinite(d).all() for d in torch.autograd.grad(h.sum(), (k, x, zero)))
