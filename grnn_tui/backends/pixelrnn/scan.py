"""An LSTM over a walk, as one function of torch's autograd.

    z = b + sum_j W_j m_j + sum_k U_k h_k,   (i, f, o) = s(z),   g = tanh(z),
    c' = f (.) c + i (.) g,   h' = o (.) tanh(c')

with b a bias of each image, m_j the map at the pixel and at neighbours in its step, h_k the h of the cell at tap k and
c that of the cell it continues, both of the step before (see `walk`). Neighbours outside the image are zeros, cells
outside it are in the start state. A step is one matrix product a tap, over all its cells and the whole batch.

Units come first and the batch last, so that each gate of a step is one piece of memory; tanh is 2 s(2 z) - 1, so that
all gates are one sigmoid. Whatever a step needs is computed while it is in the processor's cache. Backwards, with
k = tanh(c'):

    dz_o = k o (1 - o) dh'          dc' += o (1 - k^2) dh'
    dz_i = g i (1 - i) dc'          dz_f = c f (1 - f) dc'          dz_g = i (1 - g^2) dc'
    dc   = f dc'          dh_k += U_k^T dz          dU_k += dz h_k^T          dm_j += W_j^T dz          dW_j += dz m_j^T
"""

from __future__ import annotations

from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor
from torch.autograd import Function
from torch.autograd.function import once_differentiable

from grnn_tui.backends.pixelrnn.walk import Walk

_aten: Any = torch.ops.aten


class WalkedLSTM(Function):
    """h of every cell and its gradients."""

    @staticmethod
    def forward(ctx: Any, m: Tensor, W: Tensor, b: Tensor, U: Tensor, h0: Tensor, c0: Tensor, walk: Walk) -> Tensor:
        """h [hidden, cells, batch]; see `walked_lstm`."""
        H, B, T = U.shape[2], m.shape[2], len(walk.steps)
        h = m.new_empty(T + 1, H, walk.span + 2 * walk.pad, B)
        c = m.new_empty(T + 1, H, walk.span, B)
        h[:], c[:] = h0[:, None], c0[:, None]
        gates, k = _pieces(m, walk, 4 * H), _pieces(m, walk, H)
        out = m.new_empty(H, *m.shape[1:])
        inputs, states = list(zip(W, walk.beside, strict=False)), list(zip(U, range(len(U)), strict=True))
        given, made, begin = _cells(m, walk), _cells(out, walk), b[:, None]
        h_read = [_places(h[:-1], walk, walk.pad + tap) for tap in walk.taps]
        h_made, c_read, c_made = _places(h[1:], walk, walk.pad), _places(c[:-1], walk), _places(c[1:], walk)
        for t, (z, kt, x) in enumerate(zip(gates, k, given, strict=True)):
            each = z.view(4 * H, -1, B)
            each.copy_(begin.expand(each.shape))
            x = x.flatten(1)
            for Wj, tap in inputs:
                _ = z[:, tap * B :].addmm_(Wj, x[:, : -tap * B]) if tap else z.addmm_(Wj, x)
            for Uk, tap in states:
                z.addmm_(Uk, h_read[tap][t])
            i, f, o, g = torch.split(z, H)
            g.mul_(2)
            z.sigmoid_()
            g.mul_(2).sub_(1)
            torch.mul(f, c_read[t], out=c_made[t]).addcmul_(i, g)
            torch.mul(c_made[t], 2, out=kt).sigmoid_().mul_(2).sub_(1)
            h_next = torch.mul(o, kt, out=h_made[t])
            made[t].copy_(h_next.view(made[t].shape))
        ctx.save_for_backward(m, W, U, h, c)
        ctx.gates, ctx.k, ctx.walk = gates, k, walk
        return out

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, dout: Tensor) -> Any:
        """Gradients of m, W, b, U, h_0 and c_0."""
        m, W, U, h, c = ctx.saved_tensors
        walk: Walk = ctx.walk
        H, B = U.shape[2], m.shape[2]
        dout = dout.contiguous()
        dm, dW, dU = torch.empty_like(m), torch.zeros_like(W), torch.zeros_like(U)
        db = m.new_zeros(4 * H, B)
        dh, dc = torch.zeros_like(h[:1]), torch.zeros_like(c[:1])
        inputs = [(W_j.t(), dW_j, tap) for W_j, dW_j, tap in zip(W, dW, walk.beside, strict=False)]
        states = [(U_k.t(), dU_k, tap) for U_k, dU_k, tap in zip(U, dU, range(len(U)), strict=True)]
        lines, memories = dh.expand(len(h) - 1, *dh.shape[1:]), dc.expand(len(c) - 1, *dc.shape[1:])
        h_read = [_places(h[:-1], walk, walk.pad + tap) for tap in walk.taps]
        dh_read = [_places(lines, walk, walk.pad + tap) for tap in walk.taps]
        dh_made, dc_read, c_read = _places(lines, walk, walk.pad), _places(memories, walk), _places(c[:-1], walk)
        given, reached, told = _cells(m, walk), _cells(dm, walk), _cells(dout, walk)
        for t in range(len(walk.steps) - 1, -1, -1):
            arrived = dh_made[t]
            dh_t = arrived + told[t].flatten(1)
            arrived.zero_()
            dz = _through_cell(ctx.gates[t], ctx.k[t], c_read[t], dh_t, dc_read[t])
            db += dz.view(4 * H, -1, B).sum(1)
            for U_t, dUk, tap in states:
                dh_read[tap][t].addmm_(U_t, dz)
                dUk.addmm_(dz, h_read[tap][t].t())
            x, dx = given[t].flatten(1), reached[t]
            for W_t, dWj, tap in inputs:
                if tap:
                    here = dz[:, tap * B :]
                    dWj.addmm_(here, x[:, : -tap * B].t())
                    dx[:, :-tap].add_((W_t @ here).view(len(x), -1, B))
                else:
                    dWj.addmm_(dz, x.t())
                    dx.copy_((W_t @ dz).view(dx.shape))
        # What no step has taken up has arrived at the start state.
        return dm, dW, db, dU, dh[0].sum(1), dc[0].sum(1), None


def walked_lstm(
    m: Float[Tensor, "read cells batch"],
    W: Float[Tensor, "beside gates read"],
    b: Float[Tensor, "gates batch"],
    U: Float[Tensor, "taps gates hidden"],
    h0: Float[Tensor, "hidden batch"],
    c0: Float[Tensor, "hidden batch"],
    walk: Walk,
) -> Float[Tensor, "hidden cells batch"]:
    """h of every cell in raster order; gates are stacked in the order i f o g."""
    h: Tensor = WalkedLSTM.apply(m.contiguous(), W, b, U, h0, c0, walk)  # type: ignore[no-untyped-call]
    return h


def _through_cell(z: Tensor, k: Tensor, c: Tensor, dh: Tensor, dc: Tensor) -> Tensor:
    """dz, from dh' and from dc', which becomes dc; `z` holds the gates."""
    H = len(k)
    i, f, o, g = torch.split(z, H)
    dc += _aten.tanh_backward(dh * o, k)
    dz = torch.empty_like(z)
    torch.mul(dc, g, out=dz[:H])
    torch.mul(dc, c, out=dz[H : 2 * H])
    torch.mul(dh, k, out=dz[2 * H : 3 * H])
    _aten.sigmoid_backward.grad_input(dz[: 3 * H], z[: 3 * H], grad_input=dz[: 3 * H])
    _aten.tanh_backward.grad_input(dc * i, g, grad_input=dz[3 * H :])
    dc *= f
    return dz


def _pieces(like: Tensor, walk: Walk, units: int) -> list[Tensor]:
    """[units, n * batch] for the n cells of each step, contiguous."""
    numbers = [units * (step.hi - step.lo) * like.shape[2] for step in walk.steps]
    return [piece.view(units, -1) for piece in torch.split(like.new_empty(sum(numbers)), numbers)]


def _cells(image: Tensor, walk: Walk) -> list[Tensor]:
    """The cells of each step [units, n, batch] of a contiguous `image` [units, cells, batch]: views."""
    units, cells, B = image.shape
    if walk.regular:
        return list(image.view(units, len(walk.steps), -1, B).unbind(1))
    offset = image.storage_offset()
    return [
        image.as_strided((units, s.hi - s.lo, B), (cells * B, s.stride * B, 1), offset + s.first * B)
        for s in walk.steps
    ]


def _places(lines: Tensor, walk: Walk, shift: int = 0) -> list[Tensor]:
    """Of each step, the places of its line that its cells stand at, `shift` further on: views [hidden, n * batch].

    `lines` [steps, hidden, places, batch] are contiguous but for the first dimension. To make a view costs as much as
    to multiply a small one: where steps are alike, all are made at once.
    """
    T, H, P, B = lines.shape
    along, offset = lines.stride(0), lines.storage_offset() + shift * B
    if walk.regular:
        n = walk.span
        return list(lines.as_strided((T, H, n * B), (along, P * B, 1), offset).unbind(0))
    return [
        lines.as_strided((H, (s.hi - s.lo) * B), (P * B, 1), offset + t * along + s.lo * B)
        for t, s in enumerate(walk.steps)
    ]
