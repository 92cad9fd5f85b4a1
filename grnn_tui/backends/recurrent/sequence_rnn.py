"""A layer of a plain recurrent network over a whole sequence: h_t = tanh(a_t + U h_{t-1}) + e_t, e the noise if any."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.autograd import Function
from torch.autograd.function import once_differentiable

from grnn_tui.backends.recurrent.sequence import arriving, blocks, tanh_, transposed, weight_gradient


class RNNSequence(Function):
    """h_1 .. h_T with the gradients of da_t = (1 - h_t^2) dh_t."""

    @staticmethod
    def forward(ctx: Any, a: Tensor, U: Tensor, h0: Tensor, noise: Tensor | None) -> tuple[Tensor, Tensor]:
        """The states h_0 .. h_T [time + 1, batch, hidden] and again h_1 .. h_T, from `a` [1, time, batch, hidden].

        `noise` [time, batch, hidden] is added to each state.
        """
        h = a.new_empty(a.shape[1] + 1, *h0.shape)
        h[0] = h0
        (Ut,) = transposed(U, 1)
        minus_one = h.new_full((), -1)
        steps = h.unbind(0)
        for t, at in enumerate(a[0].unbind(0)):
            tanh_(torch.addmm(at, steps[t], Ut, beta=2, alpha=2, out=steps[t + 1]), minus_one)
            if noise is not None:
                steps[t + 1].add_(noise[t])
        ctx.save_for_backward(U, h, noise)
        ctx.set_materialize_grads(False)
        return h, h[1:]

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, states: Tensor | None, after: Tensor | None) -> Any:
        """Gradients of a, U and h_0."""
        U, h, noise = ctx.saved_tensors
        cells = h[1:] if noise is None else h[1:] - noise
        outside = arriving(states, after, h)
        da = torch.empty_like(h[1:])
        each = da.unbind(0)
        dh = outside[-1].clone()
        one = h.new_ones(())
        for block in blocks(len(da), dh.numel()):
            s = cells[block]
            torch.addcmul(one, s, s, value=-1, out=da[block])
            for t in range(block.stop - 1, block.start - 1, -1):
                each[t].mul_(dh)
                torch.addmm(outside[t], each[t], U, out=dh)
        da = da[None]
        return da, weight_gradient(da.flatten(1, 2), h[:-1].flatten(0, 1)), dh, None


def rnn_sequence(a: Tensor, U: Tensor, h0: Tensor, *, noise: Tensor | None = None) -> tuple[Tensor, Tensor]:
    """h_0 .. h_T and again h_1 .. h_T; see `RNNSequence.forward`."""
    result: tuple[Tensor, Tensor] = RNNSequence.apply(a, U, h0, noise)  # type: ignore[no-untyped-call]
    return result
