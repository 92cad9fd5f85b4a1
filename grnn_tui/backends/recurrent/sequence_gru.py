"""A layer of gated recurrent units over a whole sequence.

    (r, z) = s(a + U h),   u = U h + d,   n = tanh(a + r (.) u),   h' = n + z (.) (h - n) + e

e is the noise, if any. With dh' the gradient of h', everything but dh' itself is known before the backward loop begins:

    da_n = P (.) dh',  P = (1 - z)(1 - n^2)       da_r = S (.) dh',  S = P u r (1 - r)
    du   = R (.) dh',  R = P r                    da_z = Q (.) dh',  Q = (h - n) z (1 - z)
    dh   = z (.) dh' + (da_r, da_z, du) U
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.autograd import Function
from torch.autograd.function import once_differentiable

from grnn_tui.backends.recurrent.sequence import arriving, blocks, steps, tanh_, transposed, weight_gradient


class GRUSequence(Function):
    """h_1 .. h_T and their gradients; writes the gates over `a`."""

    @staticmethod
    def forward(ctx: Any, a: Tensor, U: Tensor, d: Tensor, h0: Tensor, noise: Tensor | None) -> tuple[Tensor, Tensor]:
        """The states h_0 .. h_T [time + 1, batch, hidden] and again h_1 .. h_T, from `a` [3, time, batch, hidden].

        `a` holds the input products with all biases but `d` [hidden], the one inside the reset product.
        `noise` [time, batch, hidden] is added to each state.
        """
        h = a.new_empty(a.shape[1] + 1, *h0.shape)
        h[0] = h0
        u = a.new_empty(a.shape[1:])
        u.copy_(d)
        Ur, Uz, Un = transposed(U, 3)
        a[2].mul_(2)
        minus_one = h.new_full((), -1)
        hidden = h.unbind(0)
        for t, ((r, z, n), rz, ut) in enumerate(zip(steps(a), a[:2].unbind(1), u.unbind(0), strict=True)):
            ht = hidden[t]
            r.addmm_(ht, Ur)
            z.addmm_(ht, Uz)
            ut.addmm_(ht, Un)
            rz.sigmoid_()
            tanh_(n.addcmul_(r, ut, value=2), minus_one)
            torch.lerp(n, ht, z, out=hidden[t + 1])
            if noise is not None:
                hidden[t + 1].add_(noise[t])
        ctx.save_for_backward(U, h, a, u)
        ctx.set_materialize_grads(False)
        return h, h[1:]

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, states: Tensor | None, after: Tensor | None) -> Any:
        """Gradients of a, U, d and h_0."""
        U, h, a, u = ctx.saved_tensors
        T, H = u.shape[0], u.shape[-1]
        outside = arriving(states, after, h)
        da = u.new_empty(4, *u.shape)
        Ur, Uz, Un = torch.split(U, H)
        z = a[1].unbind(0)
        each = steps(da)
        together = da.unbind(1)
        dh = outside[-1].clone()
        for block in blocks(T, dh.numel()):
            _factors(a[:, block], u[block], h[:-1][block], da[:, block])
            for t in range(block.stop - 1, block.start - 1, -1):
                together[t].mul_(dh)
                r, zt, _, un = each[t]
                torch.addcmul(outside[t], dh, z[t], out=dh)
                dh.addmm_(r, Ur).addmm_(zt, Uz).addmm_(un, Un)
        rows = h[:-1].flatten(0, 1)
        dU = torch.cat((weight_gradient(da[:2].flatten(1, 2), rows), weight_gradient(da[3:].flatten(1, 2), rows)))
        return da[:3], dU, da[3].sum((0, 1)), dh, None


def gru_sequence(a: Tensor, U: Tensor, d: Tensor, h0: Tensor, *, noise: Tensor | None = None) -> tuple[Tensor, Tensor]:
    """h_0 .. h_T and again h_1 .. h_T; see `GRUSequence.forward`."""
    result: tuple[Tensor, Tensor] = GRUSequence.apply(a, U, d, h0, noise)  # type: ignore[no-untyped-call]
    return result


def _factors(a: Tensor, u: Tensor, h: Tensor, out: Tensor) -> None:
    """S, Q, P and R of some steps."""
    r, z, n = a
    S, Q, P, R = out
    one = u.new_ones(())
    torch.sub(one, z, out=P)
    torch.sub(h, n, out=Q).mul_(z).mul_(P)
    torch.mul(n, n, out=R)
    P.addcmul_(P, R, value=-1)
    torch.mul(P, r, out=R)
    torch.mul(R, u, out=S)
    S.addcmul_(S, r, value=-1)
