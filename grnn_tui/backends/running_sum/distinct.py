"""The running sum with one output a step, where every sum that differs from the one before is computed once.

A value that is zero leaves the sum as it is, and with it the hidden units: of black and white images, one sum in five
or ten is a new one. Steps are taken in blocks. In a block, each row of the batch has one sum at its start and one more
after each value that is not zero; n of them in all. With a [n, hidden] what the rows of these sums had when the block
began, and T [n, steps] the values that each sum has seen in it,

    h = act(a + T W),   P = h V^T [n, steps],   z_t of a row = P[the sum of the row at t, t],

so that everything but the nonlinearity is a matrix product. Backwards, dP is dz in those places and zero elsewhere:

    dV = dP^T h,   da = dP V (.) act',   dW_t = sum_n T_nt da_n + sum_rows x_t (sum of da in later blocks).

As in `function.py`, a is kept where blocks begin and h is computed again. Time is O(n hidden steps) for each block.
The shapes of these products depend on the values, and so does how they round: this is for training alone.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor
from torch.autograd import Function
from torch.autograd.function import once_differentiable

from grnn_tui.backends.activations import Activation
from grnn_tui.backends.running_sum.elementwise import activate, through

_ROOM = 1 << 24
"""Numbers that the hidden units of a block may take."""


@dataclass(frozen=True)
class Block:
    """The distinct sums of one block, those of the first row first."""

    steps: slice
    row: Int[Tensor, " n"]
    """Which row of the batch each is of."""
    seen: Float[Tensor, "n steps"]
    """T: what each has seen, and zeros."""
    place: Int[Tensor, "batch steps"]
    """Where z of each row and step is in P, counted along its rows; in memory they are as long as in any block."""


def blocks(x: Float[Tensor, "batch D"], hidden: int) -> list[Block]:
    """The rows `x`, block by block."""
    batch, D = x.shape
    size = block_size(x, hidden)
    xs = F.pad(x, (0, -D % size)).view(batch, -1, size).transpose(0, 1).contiguous()
    new = torch.ones_like(xs, dtype=torch.bool)
    new[:, :, 1:] = xs[:, :, :-1] != 0
    number = new.flatten(1).cumsum(1).view(xs.shape).sub_(1)
    sums = number[:, -1, -1].add(1).tolist()
    row_and_step = new.view(-1).nonzero()[:, 0]
    row = row_and_step.div(size, rounding_mode="floor")
    seen = torch.ones(size, size, dtype=x.dtype).tril_(-1).index_select(0, row_and_step.remainder_(size))
    seen.mul_(xs.view(-1, size).index_select(0, row))
    place = number.mul_(size).add_(torch.arange(size))
    parts = zip(torch.split(row.remainder_(batch), sums), torch.split(seen, sums), place.unbind(0), strict=True)
    found = []
    for k, (r, T, p) in enumerate(parts):
        steps = slice(k * size, min((k + 1) * size, D))
        width = steps.stop - steps.start
        found.append(Block(steps, r, T[:, :width], p[:, :width]))
    return found


def block_size(x: Float[Tensor, "batch D"], hidden: int) -> int:
    """Steps in a block of `x`.

    With p the share of values that are not zero, a row has 1 + p steps sums in a block. Products take that times the
    steps, the rest only that: for each step the cost is least where steps are about some number over the root of p.
    """
    share = float((x != 0).to(x.dtype).mean())
    best = max(8, min(32, round(6 / math.sqrt(max(share, 1e-9)))))
    room = max(1, _ROOM // max(1, len(x) * hidden))
    return min(best, room, int(x.shape[1]))


class DistinctSums(Function):
    """z [batch, D] for x [batch, D], a [batch, hidden], W and V [D, hidden]; `kept` multiplies h."""

    @staticmethod
    def forward(
        ctx: Any, x: Tensor, a: Tensor, W: Tensor, V: Tensor, kept: Tensor | None, activation: Activation
    ) -> Tensor:
        """z for every step."""
        found = blocks(x, a.shape[1])
        room = _Room(x, W, found)
        z = torch.empty_like(x)
        begun = []
        for block in found:
            begun.append(a)
            h = room.hidden(block, a, W, activation)
            if kept is not None:
                h.mul_(kept.index_select(0, block.row))
            P = room.products(block)
            torch.mm(h, V[block.steps].t(), out=P[:, : block.seen.shape[1]])
            z[:, block.steps] = P.take(block.place)
            a = torch.addmm(a, x[:, block.steps], W[block.steps])
        ctx.save_for_backward(x, W, V, kept, *begun)
        ctx.blocks, ctx.activation = found, activation
        return z

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, dz: Tensor) -> Any:
        """Gradients of a, W and V."""
        x, W, V, kept, *begun = ctx.saved_tensors
        dW, dV = torch.empty_like(W), torch.empty_like(V)
        later = torch.zeros_like(begun[0])
        room = _Room(x, W, ctx.blocks)
        for block, a in zip(reversed(ctx.blocks), reversed(begun), strict=True):
            steps, row = block.steps, block.row
            h = room.hidden(block, a, W, ctx.activation)
            dP = room.products(block).zero_()
            dP.view(-1).scatter_(0, block.place.reshape(-1), dz[:, steps].reshape(-1))
            dP = dP[:, : block.seen.shape[1]]
            d = torch.mm(dP, V[steps], out=room.second[: len(row)])
            if kept is None:
                torch.mm(dP.t(), h, out=dV[steps])
            else:
                share = kept.index_select(0, row)
                torch.mm(dP.t(), h * share, out=dV[steps])
                d.mul_(share)
            through(d, h, ctx.activation)
            torch.mm(block.seen.t(), d, out=dW[steps]).addmm_(x[:, steps].t(), later)
            later.index_add_(0, row, d)
        return None, later, dW, dV, None, None


class _Room:
    """Memory for one block, used by all."""

    def __init__(self, x: Tensor, W: Tensor, found: list[Block]) -> None:
        most = max(len(block.row) for block in found)
        self.first, self.second = (x.new_empty(most, W.shape[1]) for _ in range(2))
        self._products = x.new_empty(most, found[0].seen.shape[1])

    def hidden(self, block: Block, a: Tensor, W: Tensor, activation: Activation) -> Tensor:
        """h of every sum [n, hidden], before dropout."""
        h = torch.index_select(a, 0, block.row, out=self.first[: len(block.row)])
        return activate(h.addmm_(block.seen, W[block.steps]), activation)

    def products(self, block: Block) -> Tensor:
        """Where P goes [n, steps of a whole block]."""
        return self._products[: len(block.row)]
