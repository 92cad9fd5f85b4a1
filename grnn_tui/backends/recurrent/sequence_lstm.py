"""A layer of long short-term memory over a whole sequence.

    (i, f, o) = s(a + U h),   g = tanh(a + U h),   c' = f (.) c + i (.) g,   h' = o (.) tanh(c') + e

with e the noise, if any. Backwards, the factors in brackets being known before the loop begins and k = tanh(c'):

    dc'  += [o (1 - k^2)] (.) dh'          da_o = [k o (1 - o)] (.) dh'
    da_i = [g i (1 - i)] (.) dc'           da_f = [c f (1 - f)] (.) dc'        da_g = [i (1 - g^2)] (.) dc'
    dc   = f (.) dc'                       dh   = (da_i, da_f, da_g, da_o) U
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.autograd import Function
from torch.autograd.function import once_differentiable

from grnn_tui.backends.recurrent.sequence import arriving, blocks, steps, tanh_, transposed, weight_gradient


class LSTMSequence(Function):
    """h_1 .. h_T, c_T and their gradients; writes the gates over `a`."""

    @staticmethod
    def forward(
        ctx: Any, a: Tensor, U: Tensor, h0: Tensor, c0: Tensor, noise: Tensor | None
    ) -> tuple[Tensor, Tensor, Tensor]:
        """h_0 .. h_T [time + 1, batch, hidden], again h_1 .. h_T, and c_T, from `a` [4, time, batch, hidden].

        `a` holds the input products and all biases, gates in the order i f g o. `noise` [time, batch, hidden] is what
        is added to each h.
        """
        h = a.new_empty(a.shape[1] + 1, *h0.shape)
        c = torch.empty_like(h)
        k = a.new_empty(a.shape[1:])
        h[0], c[0] = h0, c0
        Ui, Uf, Ug, Uo = transposed(U, 4)
        a[2].mul_(2)
        minus_one = h.new_full((), -1)
        hs, cs = h.unbind(0), c.unbind(0)
        for t, ((i, f, g, o), together, kt) in enumerate(zip(steps(a), a.unbind(1), k.unbind(0), strict=True)):
            ht, c_next = hs[t], cs[t + 1]
            i.addmm_(ht, Ui)
            f.addmm_(ht, Uf)
            g.addmm_(ht, Ug, alpha=2)
            o.addmm_(ht, Uo)
            together.sigmoid_()
            torch.add(minus_one, g, alpha=2, out=g)
            torch.mul(f, cs[t], out=c_next).addcmul_(i, g)
            tanh_(torch.add(c_next, c_next, out=kt), minus_one)
            torch.mul(o, kt, out=hs[t + 1])
            if noise is not None:
                hs[t + 1].add_(noise[t])
        ctx.save_for_backward(U, h, a, c, k)
        ctx.set_materialize_grads(False)
        return h, h[1:], c[-1].clone()

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, states: Tensor | None, after: Tensor | None, last: Tensor | None) -> Any:
        """Gradients of a, U, h_0 and c_0."""
        U, h, a, c, k = ctx.saved_tensors
        outside = arriving(states, after, h)
        da = torch.empty_like(a)
        through = torch.empty_like(k)
        Ui, Uf, Ug, Uo = torch.split(U, U.shape[1])
        forget, each, inner, thr = a[1].unbind(0), steps(da), da[:3].unbind(1), through.unbind(0)
        dh = outside[-1].clone()
        dc = torch.zeros_like(dh) if last is None else last.clone()
        for block in blocks(len(k), dh.numel()):
            _factors(a[:, block], c[:-1][block], k[block], da[:, block], through[block])
            for t in range(block.stop - 1, block.start - 1, -1):
                i, f, g, o = each[t]
                dc.addcmul_(dh, thr[t])
                o.mul_(dh)
                inner[t].mul_(dc)
                dc.mul_(forget[t])
                torch.addmm(outside[t], i, Ui, out=dh).addmm_(f, Uf).addmm_(g, Ug).addmm_(o, Uo)
        return da, weight_gradient(da.flatten(1, 2), h[:-1].flatten(0, 1)), dh, dc, None


def lstm_sequence(
    a: Tensor, U: Tensor, h0: Tensor, c0: Tensor, *, noise: Tensor | None = None
) -> tuple[Tensor, Tensor, Tensor]:
    """h_0 .. h_T, again h_1 .. h_T, and c_T; see `LSTMSequence.forward`."""
    result: tuple[Tensor, Tensor, Tensor] = LSTMSequence.apply(a, U, h0, c0, noise)  # type: ignore[no-untyped-call]
    return result


def _factors(a: Tensor, c: Tensor, k: Tensor, out: Tensor, through: Tensor) -> None:
    """What multiplies dc' (i, f, g) and dh' (o, and `through` on the way to dc')."""
    i, f, g, o = a
    Fi, Ff, Fg, Fo = out
    torch.mul(k, o, out=Fo)
    torch.addcmul(o, Fo, k, value=-1, out=through)
    Fo.addcmul_(Fo, o, value=-1)
    torch.mul(g, i, out=Fi)
    torch.addcmul(i, Fi, g, value=-1, out=Fg)
    Fi.addcmul_(Fi, i, value=-1)
    torch.mul(c, f, out=Ff)
    Ff.addcmul_(Ff, f, value=-1)
