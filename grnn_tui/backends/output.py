"""The output layer of a model over symbols, log softmax(W h + b)[x], without ever holding all of it twice.

A few rows are worked on at a time. What they say of all symbols is kept for the gradient while it is small, and
computed again where it is not, so that memory stays bounded however large vocabulary and batch are:

    l = log softmax(W h + b),   d log p / d(W h + b) = onehot(x) - e^l
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.autograd import Function
from torch.autograd.function import once_differentiable

from grnn_tui.backends.tails import Tail

_BLOCK = 1 << 22
"""Numbers that are worked on at a time."""
PICKED_ON = "cpu"
"""Where waiting for the number of rows costs nothing."""
_KEPT = 1 << 25
"""Numbers that are kept for the gradient: 128 MB."""


class SymbolLogProb(Function):
    """log p(x) of each row, and its gradients."""

    @staticmethod
    def forward(ctx: Any, h: Tensor, W: Tensor, b: Tensor, x: Tensor) -> Tensor:
        """[rows] of float32 or wider from `h` [rows, hidden], `W` [symbols, hidden], `b` [symbols] and `x` [rows]."""
        keep = any(ctx.needs_input_grad) and len(x) * len(W) <= _KEPT
        kept = []
        result = b.new_empty(len(x))
        for some in _blocks(len(x), len(W)):
            log_probs = _log_probs(h[some], W, b)
            result[some] = log_probs.gather(1, x[some, None])[:, 0]
            if keep:
                kept.append(log_probs)
        ctx.save_for_backward(h, W, b, x, *kept)
        return result

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, g: Tensor) -> tuple[Tensor, Tensor, Tensor, None]:
        """Gradients of h, W and b."""
        h, W, b, x, *kept = ctx.saved_tensors
        dh, dW, db = torch.empty_like(h), torch.zeros_like(W, dtype=b.dtype), torch.zeros_like(b)
        for i, some in enumerate(_blocks(len(x), len(W))):
            log_probs = kept[i] if kept else _log_probs(h[some], W, b)
            d = log_probs.exp().mul_(-g[some, None]).scatter_add_(1, x[some, None], g[some, None])
            db += d.sum(0)
            d = d.to(W.dtype)
            torch.mm(d, W, out=dh[some])
            if W.dtype == b.dtype:
                dW.addmm_(d.t(), h[some])
            else:
                dW += d.t() @ h[some]
        return dh, dW.to(W.dtype), db, None


def symbol_log_prob(
    h: Float[Tensor, "rows hidden"],
    W: Float[Tensor, "symbols hidden"],
    b: Float[Tensor, " symbols"],
    x: Int[Tensor, " rows"],
) -> Float[Tensor, " rows"]:
    """log softmax(W h + b)[x] of each row in nats; under autocast the products are of its kind of numbers."""
    kind = h.device.type
    dtype = torch.get_autocast_dtype(kind) if torch.is_autocast_enabled(kind) else W.dtype
    if not torch.is_grad_enabled():  # which a function cannot tell: it would keep what no gradient asks for
        h, W, b = h.detach(), W.detach(), b.detach()
    with torch.autocast(kind, enabled=False):
        result: Tensor = SymbolLogProb.apply(h.to(dtype), W.to(dtype), b, x)  # type: ignore[no-untyped-call]
    return result


class TailOutput(nn.Module):
    """The output weights of one tail of rare words: U D h + u; see `tails`."""

    def __init__(self, tail: Tail, hidden: int) -> None:
        super().__init__()
        self.first, self.last = tail.first, tail.last
        self.down = nn.Parameter(torch.empty(tail.width, hidden).uniform_(-(hidden**-0.5), hidden**-0.5))
        near = tail.width**-0.5
        self.up = nn.Parameter(torch.empty(tail.last - tail.first, tail.width).uniform_(-near, near))
        self.bias = nn.Parameter(torch.zeros(tail.last - tail.first))

    def forward(self, h: Float[Tensor, "rows hidden"], x: Int[Tensor, " rows"]) -> Float[Tensor, " rows"]:
        """log p of each `x` within the tail in nats; 0 of one that lies outside.

        On the processor the rows within are picked out. On an accelerator that would wait for their number, and
        all rows are worked out.
        """
        inside = (x >= self.first) & (x < self.last)
        if h.device.type == PICKED_ON:
            (rows,) = inside.nonzero(as_tuple=True)
            part = symbol_log_prob(F.linear(h[rows], self.down), self.up, self.bias, x[rows] - self.first)
            return part.new_zeros(len(x)).index_add(0, rows, part)
        place = (x - self.first).clamp(0, self.last - self.first - 1)
        return torch.where(inside, symbol_log_prob(F.linear(h, self.down), self.up, self.bias, place), 0.0)


def next_log_prob(
    h: Float[Tensor, "times batch hidden"],
    W: Float[Tensor, "symbols hidden"],
    b: Float[Tensor, " symbols"],
    x: Int[Tensor, "time batch"],
    tails: Iterable[TailOutput] = (),
) -> Float[Tensor, "time batch"]:
    """log p(x_t | h_{t-1}) from h_0 .. h_T, so that `times` is `time` + 1.

    What h_T says is worked out too, of any symbol: leaving it out would copy the gradient of all the others.
    """
    rows, told = h.flatten(0, 1), F.pad(x, (0, 0, 0, 1)).flatten()
    tails = list(tails)
    head = told
    for i, tail in enumerate(tails):
        head = torch.where((told >= tail.first) & (told < tail.last), len(W) - len(tails) + i, head)
    log_prob = symbol_log_prob(rows, W, b, head)
    for tail in tails:
        log_prob = log_prob + tail(rows, told)
    return log_prob.view(h.shape[:2])[:-1]


def _log_probs(h: Tensor, W: Tensor, b: Tensor) -> Tensor:
    logits = torch.addmm(b, h, W.t()) if W.dtype == b.dtype else (h @ W.t()).to(b.dtype).add_(b)
    return torch.log_softmax(logits, 1)


def _blocks(rows: int, symbols: int) -> list[slice]:
    size = max(1, _BLOCK // symbols)
    return [slice(first, min(first + size, rows)) for first in range(0, rows, size)]
