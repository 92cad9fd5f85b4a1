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

from grnn_tui.backends.pixelrnn.walk import Step, Walk

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
        bias, Wu, Uu = b[:, None], W.unbind(0), U.unbind(0)
        for t, (step, z, kt) in enumerate(zip(walk.steps, gates, k, strict=True)):
            z.view(4 * H, -1, B).copy_(bias.expand(-1, step.hi - step.lo, -1))
            x = _cells(m, step).flatten(1)
            for Wj, tap in zip(Wu, walk.beside, strict=False):
                z[:, tap * B :].addmm_(Wj, x[:, : x.shape[1] - tap * B])
            for Uk, tap in zip(Uu, walk.taps, strict=True):
                z.addmm_(Uk, _places(h, t, step, walk.pad + tap))
            g = z[3 * H :].mul_(2)
            z.sigmoid_()
            g.mul_(2).sub_(1)
            c_next = _places(c, t + 1, step)
            torch.mul(z[H : 2 * H], _places(c, t, step), out=c_next).addcmul_(z[:H], g)
            torch.mul(c_next, 2, out=kt).sigmoid_().mul_(2).sub_(1)
            h_next = torch.mul(z[2 * H : 3 * H], kt, out=_places(h, t + 1, step, walk.pad))
            _cells(out, step).copy_(h_next.view(H, -1, B))
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
        inputs = list(zip(W, dW, walk.beside, strict=False))
        states = list(zip(U, dU, walk.taps, strict=True))
        for t in range(len(walk.steps) - 1, -1, -1):
            step = walk.steps[t]
            arrived = _places(dh, 0, step, walk.pad)
            dh_t = arrived + _cells(dout, step).flatten(1)
            arrived.zero_()
            dz = _through_cell(ctx.gates[t], ctx.k[t], _places(c, t, step), dh_t, _places(dc, 0, step))
            db += dz.view(4 * H, -1, B).sum(1)
            for Uk, dUk, tap in states:
                _places(dh, 0, step, walk.pad + tap).addmm_(Uk.t(), dz)
                dUk.addmm_(dz, _places(h, t, step, walk.pad + tap).t())
            x, dx = _cells(m, step).flatten(1), _cells(dm, step)
            for Wj, dWj, tap in inputs:
                n = x.shape[1] - tap * B
                here = dz[:, tap * B :]
                dWj.addmm_(here, x[:, :n].t())
                reached = (Wj.t() @ here).view(len(x), -1, B)
                _ = dx[:, : n // B].add_(reached) if tap else dx.copy_(reached)
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


def _cells(image: Tensor, step: Step) -> Tensor:
    """The cells of a step [units, n, batch] of a contiguous `image` [units, cells, batch]: a view."""
    units, cells, B = image.shape
    offset = image.storage_offset() + step.first * B
    return image.as_strided((units, step.hi - step.lo, B), (cells * B, step.stride * B, 1), offset)


def _places(lines: Tensor, t: int, step: Step, shift: int = 0) -> Tensor:
    """Places of line t that the cells of a step stand at, `shift` further on: a view [hidden, n * batch].

    `lines` [times, hidden, places, batch] owns its memory.
    """
    _, H, P, B = lines.shape
    return lines.as_strided((H, (step.hi - step.lo) * B), (P * B, 1), (t * H * P + step.lo + shift) * B)
