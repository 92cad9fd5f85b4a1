"""The running sum with gradients of its own: the same numbers as a loop that autograd follows."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor

from grnn_tui.backends.activations import Activation
from grnn_tui.backends.running_sum import distinct, function
from grnn_tui.backends.running_sum.function import running_sum
from grnn_tui.backends.running_sum.network import ACTIVATIONS
from grnn_tui.backends.running_sum.permuted import permuted

EACH: list[Activation] = ["sigmoid", "tanh", "relu"]


def weights(
    D: int, batch: int, hidden: int, outputs: int, dtype: torch.dtype = torch.float64, *, bits: bool = False
) -> dict[str, Tensor]:
    generator = torch.Generator().manual_seed(D)

    def some(*shape: int) -> Tensor:
        return torch.randn(*shape, dtype=dtype, generator=generator)

    drawn = {
        "a": some(batch, hidden),
        "W": some(D, hidden) * D**-0.5,
        "V": some(D, outputs, hidden),
        "rho": some(D).exp(),
    }
    x = torch.bernoulli(torch.full((batch, D), 0.4, dtype=dtype), generator=generator) if bits else some(batch, D)
    return {"x": x} | {name: w.requires_grad_() for name, w in drawn.items()}


def loop(w: dict[str, Tensor], activation: Activation, kept: Tensor | None) -> Tensor:
    a, z = w["a"], []
    for t in range(w["x"].shape[1]):
        h = ACTIVATIONS[activation](w["rho"][t] * a if "rho" in w else a)
        z.append((h if kept is None else h * kept) @ w["V"][t].t())
        a = a + w["x"][:, t, None] * w["W"][t]
    return torch.stack(z, 1)


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two steps a block for a batch of 3 and 4 hidden units."""
    monkeypatch.setattr(function, "_CACHED", 24)
    monkeypatch.setattr(distinct, "block_size", lambda x, hidden: 2)


@pytest.mark.usefixtures("small_blocks")
@pytest.mark.parametrize("activation", EACH)
@pytest.mark.parametrize(("outputs", "bits"), [(1, False), (1, True), (3, False)])
@pytest.mark.parametrize("extras", [(), ("rho",), ("rho", "kept"), ("kept",)], ids=str)
def test_values_and_gradients_are_those_of_the_loop(
    activation: Activation, outputs: int, bits: bool, extras: tuple[str, ...]
) -> None:
    w = weights(7, 3, 4, outputs, bits=bits)
    if "rho" not in extras:
        del w["rho"]
    kept = torch.tensor([[2.0, 0, 2, 2], [0, 2, 2, 0], [2, 2, 2, 2]]).double() if "kept" in extras else None
    ours, theirs = running_sum(**w, activation=activation, kept=kept), loop(w, activation, kept)
    torch.testing.assert_close(ours, theirs)
    with torch.no_grad():
        torch.testing.assert_close(running_sum(**w, activation=activation, kept=kept), theirs)
    weighing = torch.randn(ours.shape, dtype=torch.float64)
    learned = [w[name] for name in w if name != "x"]
    for mine, other in zip(
        torch.autograd.grad((ours * weighing).sum(), learned),
        torch.autograd.grad((theirs * weighing).sum(), learned),
        strict=True,
    ):
        torch.testing.assert_close(mine, other)


@pytest.mark.usefixtures("small_blocks")
@pytest.mark.parametrize("activation", EACH)
def test_gradients_agree_with_finite_differences(activation: Activation) -> None:
    w = weights(5, 3, 4, 2)

    def sums(a: Tensor, W: Tensor, V: Tensor, rho: Tensor) -> Tensor:
        return running_sum(w["x"], a, W, V, activation, rho)

    assert torch.autograd.gradcheck(sums, [w[name] for name in ("a", "W", "V", "rho")])


@pytest.mark.parametrize("value", [0.0, 1.0])
def test_rows_of_nothing_and_of_ones_are_no_special_case(value: float) -> None:
    w = weights(40, 2, 3, 1)
    del w["rho"]
    w["x"].fill_(value)
    ours, theirs = running_sum(**w, activation="sigmoid"), loop(w, "sigmoid", None)
    torch.testing.assert_close(ours, theirs)
    learned = [w[name] for name in ("a", "W", "V")]
    for mine, other in zip(
        torch.autograd.grad(ours.sum(), learned), torch.autograd.grad(theirs.sum(), learned), strict=True
    ):
        torch.testing.assert_close(mine, other)


def test_only_sums_that_differ_are_computed() -> None:
    x = torch.zeros(90, 784)
    x[0, 5], x[1, 5:8] = 1, 1
    found = distinct.blocks(x, 50)
    assert sum(len(block.row) for block in found) == 90 * len(found) + 4
    ones = distinct.blocks(torch.ones(90, 784), 50)
    assert sum(len(block.row) for block in ones) == 90 * 784
    assert len(ones) > len(found)


def test_blocks_of_a_large_batch_stay_small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(distinct, "_ROOM", 3 * 50 * 4)
    assert distinct.block_size(torch.zeros(3, 784), 50) == 4


@pytest.mark.parametrize("bits", [False, True])
def test_single_precision_does_not_drift_over_a_whole_image(bits: bool) -> None:
    double = weights(784, 4, 50, 1, bits=bits)
    single = {name: tensor.detach().float().requires_grad_(tensor.requires_grad) for name, tensor in double.items()}
    grads: list[Any] = []
    for w in (double, single):
        z = running_sum(w["x"], w["a"], w["W"], w["V"], "sigmoid")
        grads.append([z, *torch.autograd.grad(z.sum(), [w["a"], w["W"], w["V"]])])
    for exact, found in zip(*grads, strict=True):
        torch.testing.assert_close(found.double(), exact, rtol=1e-4, atol=1e-4)


def test_the_product_over_a_block_is_the_sum_step_by_step() -> None:
    """What another device takes, where each step would be a kernel of its own."""
    w = weights(6, 3, 4, 1)
    x = w["x"].t()
    a, each = w["a"], []
    for t in range(6):
        each.append(a)
        a = a + x[t, :, None] * w["W"][t]
    torch.testing.assert_close(function.sums(w["a"], function.earlier(x), w["W"]), torch.stack(each))


def test_a_permutation_and_its_gradient_are_those_of_an_index() -> None:
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(5, 6, dtype=torch.float64, generator=generator).requires_grad_()
    for dim in (0, 1):
        order = torch.randperm(x.shape[dim], generator=generator)
        torch.testing.assert_close(permuted(x, order, dim), x.transpose(0, dim)[order].transpose(0, dim))
        assert torch.autograd.gradcheck(lambda x, order=order, dim=dim: permuted(x, order, dim), x)
