"""What the whole-sequence functions of the three cells share: input products, steps, blocks of steps.

A function of torch's autograd runs one layer over a whole sequence: the forward pass is a loop over preallocated
buffers, and so is the backward pass, so that a step costs a handful of operations and no graph. Two things make it
fast. Everything of one gate and one time step lies in one piece: buffers are [gates, time, batch, hidden], so that
elementwise operations run over contiguous memory, and the products of each gate are accumulated where they are
needed. And whatever part of the gradient does not depend on the recurrence is computed for a block of steps at a
time, small enough to stay in the processor's cache, so that the loop itself holds little more than the products.
"""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.autograd import Function
from torch.autograd.function import once_differentiable

_BLOCK = 1 << 15
"""Numbers of one gate in a block of steps: eight such arrays of float32 fill a megabyte, half a common L2 cache."""


class GatheredProducts(Function):
    """W e(x) + b for symbols x as one gather a gate from a table of the products of all symbols."""

    @staticmethod
    def forward(ctx: Any, table: Tensor, x: Tensor, gates: int) -> Tensor:
        """[gates, time, batch, hidden] from `table` [symbols, gates * hidden] and `x` [time, batch]."""
        V = table.shape[0]
        rows = table.view(V, gates, -1).transpose(0, 1).contiguous()
        index = x.reshape(-1)
        ctx.save_for_backward(index)
        ctx.symbols = V
        a = table.new_empty(gates, *x.shape, rows.shape[-1])
        for row, out in zip(rows, a.flatten(1, 2), strict=True):
            torch.index_select(row, 0, index, out=out)
        return a

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, da: Tensor) -> tuple[Tensor, None, None]:
        """The rows' gradients, summed by symbol."""
        (index,) = ctx.saved_tensors
        gates, hidden = da.shape[0], da.shape[-1]
        rows = da.new_zeros(gates, ctx.symbols, hidden)
        for row, d in zip(rows, da.flatten(1, 2), strict=True):
            row.index_add_(0, index, d)
        return rows.transpose(0, 1).reshape(ctx.symbols, gates * hidden), None, None


class DenseProducts(Function):
    """W x + b for vectors x as one product a gate over all time steps."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, W: Tensor, b: Tensor, gates: int) -> Tensor:
        """[gates, time, batch, hidden] from `x` [time, batch, inputs], `W` [gates * hidden, inputs] and `b`."""
        rows = x.reshape(-1, x.shape[-1])
        ctx.save_for_backward(rows, W)
        ctx.gates, ctx.shape = gates, x.shape
        hidden = W.shape[0] // gates
        a = x.new_empty(gates, *x.shape[:2], hidden)
        for out, weight, bias in zip(a.flatten(1, 2), torch.split(W, hidden), torch.split(b, hidden), strict=True):
            torch.addmm(bias, rows, weight.t(), out=out)
        return a

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, da: Tensor) -> tuple[Tensor | None, Tensor, Tensor, None]:
        """Gradients of the vectors, the weights and the bias."""
        rows, W = ctx.saved_tensors
        da = da.flatten(1, 2)
        hidden = da.shape[-1]
        dx = None
        if ctx.needs_input_grad[0]:
            dx = torch.mm(da[0], W[:hidden])
            for d, weight in zip(da[1:], torch.split(W, hidden)[1:], strict=True):
                dx.addmm_(d, weight)
            dx = dx.view(ctx.shape)
        return dx, weight_gradient(da, rows), da.sum(1).flatten(), None


def products(x: Tensor, W: Tensor, b: Tensor, gates: int) -> Tensor:
    """W x + b of the vectors `x` [time, batch, inputs], [gates, time, batch, hidden]."""
    a: Tensor = DenseProducts.apply(x, W, b, gates)  # type: ignore[no-untyped-call]
    return a


def symbol_products(x: Tensor, embedding: Tensor | None, W: Tensor, b: Tensor, gates: int) -> Tensor:
    """W e(x) + b of the symbols `x` [time, batch], [gates, time, batch, hidden]; one-hot without `embedding`."""
    if embedding is not None and len(embedding) > x.numel():
        return products(F.embedding(x, embedding), W, b, gates)
    table = W.t() + b if embedding is None else F.linear(embedding, W, b)
    a: Tensor = GatheredProducts.apply(table, x, gates)  # type: ignore[no-untyped-call]
    return a


def weight_gradient(da: Tensor, rows: Tensor) -> Tensor:
    """[gates * hidden, inputs], the sum of outer products of `da` [gates, n, hidden] with `rows` [n, inputs]."""
    gates, _, hidden = da.shape
    dW = rows.new_empty(gates * hidden, rows.shape[1])
    for out, d in zip(torch.split(dW, hidden), da, strict=True):
        torch.mm(d.t(), rows, out=out)
    return dW


def transposed(U: Tensor, gates: int) -> tuple[Tensor, ...]:
    """Each gate's recurrent weights as [from, to]: at small batches three times as fast to multiply by."""
    return U.view(gates, -1, U.shape[1]).transpose(1, 2).contiguous().unbind(0)


def tanh_(doubled: Tensor, minus_one: Tensor) -> Tensor:
    """tanh(a) over `doubled` = 2 a, as 2 s(2 a) - 1: in torch a third of the time, and as exact to 1e-7."""
    return torch.add(minus_one, doubled.sigmoid_(), alpha=2, out=doubled)


def steps(buffer: Tensor) -> tuple[tuple[Tensor, ...], ...]:
    """The gates of each step: [batch, hidden] for every time and gate of [gates, time, batch, hidden]."""
    return tuple(zip(*(gate.unbind(0) for gate in buffer), strict=True))


def blocks(time: int, numbers: int) -> list[slice]:
    """Time in pieces of few enough steps of `numbers` numbers each, from the last to the first."""
    size = max(1, _BLOCK // numbers)
    return [slice(max(0, stop - size), stop) for stop in range(time, 0, -size)]


def arriving(states: Tensor | None, after: Tensor | None, h: Tensor) -> list[Tensor]:
    """What arrives at h_0 .. h_T [time + 1, batch, hidden] from outside the recurrence.

    `states` is the gradient of h_0 .. h_T, `after` that of h_1 .. h_T; None stands for zeros.
    """
    nothing = torch.zeros_like(h[:1])
    if after is not None:
        later = torch.cat((nothing, after))
        return list((later if states is None else later.add_(states)).unbind(0))
    return [*nothing] * len(h) if states is None else list(states.unbind(0))
