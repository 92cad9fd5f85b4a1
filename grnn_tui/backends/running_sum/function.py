"""The running sum over a whole row, with gradients that store no hidden state of any position.

With x_t the value written at step t = 0..D-1, W_t its weights [hidden] and V_t those of the outputs there,

    a_t = a_0 + sum_{s < t} x_s W_s,   h_t = act(rho_t a_t),   z_t = V_t h_t

(Larochelle and Murray 2011; rho of Uria, Murray and Larochelle 2013). Steps are taken in blocks small enough for the
cache. The forward pass keeps a_t where blocks begin; the backward pass computes the rest again and carries
sum_{s > t} da_s, which is what W_t is responsible for. Time is O(batch D hidden), memory O(batch D hidden / block).
Everything here has the step as its first dimension, so that what one step needs lies together. Training with
a single output, on a processor, is done by `distinct.py` for less.
"""

from __future__ import annotations

from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor
from torch.autograd import Function
from torch.autograd.function import once_differentiable

from grnn_tui.backends.activations import Activation
from grnn_tui.backends.running_sum.distinct import DistinctSums
from grnn_tui.backends.running_sum.elementwise import activate, through

_CACHED = 400_000
"""Numbers of a block that the second-level cache holds, with what is computed from them."""
_ON_DEVICE = 1 << 24


def running_sum(
    x: Float[Tensor, "batch D"],
    a: Float[Tensor, "batch hidden"],
    W: Float[Tensor, "D hidden"],
    V: Float[Tensor, "D outputs hidden"],
    activation: Activation,
    rho: Float[Tensor, " D"] | None = None,
    kept: Float[Tensor, "batch hidden"] | None = None,
) -> Float[Tensor, "batch D outputs"]:
    """z_t for every step; `kept` multiplies h_t (dropout). No gradient reaches `x` and `kept`.

    Without gradients, z_t is to the last bit the same whatever comes at t or later.
    """
    if rho is None and V.shape[1] == 1 and torch.is_grad_enabled() and x.device.type == "cpu" and len(x):
        one: Tensor = DistinctSums.apply(x.contiguous(), a, W, V[:, 0], kept, activation)  # type: ignore[no-untyped-call]
        return one[:, :, None]
    z: Tensor = RunningSum.apply(x.t().contiguous(), a, W, V, rho, kept, activation)  # type: ignore[no-untyped-call]
    return z.transpose(0, 1)


def blocks(x: Float[Tensor, "D batch"], hidden: int) -> list[slice]:
    """The steps of `x` in blocks."""
    D = len(x)
    size = block_size(x, hidden)
    return [slice(t, min(t + size, D)) for t in range(0, D, size)]


def block_size(x: Float[Tensor, "D batch"], hidden: int) -> int:
    """Steps in a block of `x`."""
    budget, most = (_CACHED, 32) if x.device.type == "cpu" else (_ON_DEVICE, 64)
    return min(most, len(x), max(1, budget // max(1, x.shape[1] * hidden)))


def earlier(x: Float[Tensor, "steps batch"]) -> Float[Tensor, "steps batch steps"]:
    """For each step of a block, the values before it in the block, and zeros."""
    return x.t() * x.new_ones(len(x), len(x)).tril(-1)[:, None]


def sums(
    a: Float[Tensor, "batch hidden"], before: Float[Tensor, "steps batch steps"], W: Float[Tensor, "steps hidden"]
) -> Float[Tensor, "steps batch hidden"]:
    """a_t at each step of a block that begins with `a`, as one product; `before` is what `earlier` gives."""
    return a + before @ W


class RunningSum(Function):
    """See the module; `x` is [D, batch] and z [D, batch, outputs]."""

    @staticmethod
    def forward(
        ctx: Any,
        x: Tensor,
        a: Tensor,
        W: Tensor,
        V: Tensor,
        rho: Tensor | None,
        kept: Tensor | None,
        activation: Activation,
    ) -> Tensor:
        """z for every step."""
        z = x.new_empty(*x.shape, V.shape[1])
        room = _Room(x, W)
        begun = []
        for block in blocks(x, a.shape[1]):
            begun.append(a)
            h, a = room.sums(a, x[block], W[block]), torch.addmm(a, x[block].t(), W[block])
            if rho is not None:
                h.mul_(rho[block, None, None])
            activate(h, activation)
            if kept is not None:
                h.mul_(kept)
            z[block] = room.outputs(h, V[block])
        ctx.save_for_backward(x, W, V, rho, kept, *begun)
        ctx.activation = activation
        return z

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, dz: Tensor) -> Any:
        """Gradients of a, W, V and rho."""
        x, W, V, rho, kept, *begun = ctx.saved_tensors
        dz = dz.contiguous()
        dW, dV = torch.empty_like(W), torch.empty_like(V)
        drho = None if rho is None else torch.empty_like(rho)
        later = torch.zeros_like(begun[0])
        room = _Room(x, W)
        for block, a in zip(reversed(blocks(x, W.shape[1])), reversed(begun), strict=True):
            xs, dzs = x[block], dz[block]
            sum_ = room.sums(a, xs, W[block])
            h = activate(sum_ if rho is None else sum_ * rho[block, None, None], ctx.activation)
            dV[block] = torch.bmm(dzs.transpose(1, 2), h if kept is None else h * kept)
            d = torch.bmm(dzs, V[block], out=room.second[: len(xs)])
            if kept is not None:
                d.mul_(kept)
            through(d, h, ctx.activation)
            if rho is not None and drho is not None:
                drho[block] = (d * sum_).sum((1, 2))
                d.mul_(rho[block, None, None])
            dW[block] = torch.addmm(xs @ later, earlier(xs).flatten(0, 1).t(), d.flatten(0, 1))
            later += d.sum(0)
        return None, later, dW, dV, drho, None, None


class _Room:
    """Memory for one block, used by all: its allocation would cost more than what is computed in it."""

    def __init__(self, x: Tensor, W: Tensor) -> None:
        size, batch, hidden = block_size(x, W.shape[1]), x.shape[1], W.shape[1]
        self.first = x.new_empty(size, batch, hidden)
        self.second = x.new_empty(size, batch, hidden)

    def sums(self, a: Tensor, x: Tensor, W: Tensor) -> Tensor:
        """a_t of every step of a block, to be written over."""
        if x.device.type != "cpu":
            return sums(a, earlier(x), W)
        each = self.first.unbind(0)
        each[0].copy_(a)
        for t, (xt, Wt) in enumerate(zip(x[:-1, :, None].unbind(0), W[:-1].unbind(0), strict=True)):
            torch.addcmul(each[t], xt, Wt, out=each[t + 1])
        return self.first[: len(x)]

    def outputs(self, h: Tensor, V: Tensor) -> Tensor:
        """V_t h_t [steps, batch, outputs]. A single one is a weighted sum: a product would take five times longer."""
        if V.shape[1] == 1:
            return torch.mul(h, V, out=self.second[: len(h)]).sum(2, keepdim=True)
        return torch.bmm(h, V.transpose(1, 2))
