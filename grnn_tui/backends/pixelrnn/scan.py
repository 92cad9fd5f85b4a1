"""An LSTM over a walk, as one function of torch's autograd.

    (i, f, o) = s(a + b + sum_k U_k h_k),   g = tanh(a + b + sum_k U_k h_k),   c' = f (.) c + i (.) g,
    h' = o (.) tanh(c')

with a the input-to-state part of every cell of the image, b a bias of each image, h_k the h of the cell at tap k and c
that of the cell it continues, both of the step before (see `walk`); cells outside the image are in the start state.
A step is one matrix product a tap over all its cells and the whole batch.

Units come first and the batch last, so that each gate of a step is one piece of memory. Backwards, with k = tanh(c'):

    da_o = k o (1 - o) dh'          dc' += o (1 - k^2) dh'
    da_i = g i (1 - i) dc'          da_f = c f (1 - f) dc'          da_g = i (1 - g^2) dc'
    dc   = f dc'                    dh_k += U_k^T da                dU_k += da h_k^T
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
    def forward(ctx: Any, a: Tensor, b: Tensor, U: Tensor, h0: Tensor, c0: Tensor, walk: Walk) -> Tensor:
        """h [hidden, cells, batch]; see `walked_lstm`."""
        H, B, T = U.shape[2], a.shape[2], len(walk.steps)
        h = a.new_empty(T + 1, H, walk.span + 2 * walk.pad, B)
        c = a.new_empty(T + 1, H, walk.span, B)
        h[:], c[:] = h0[:, None], c0[:, None]
        gates, k = _pieces(a, walk, 4 * H), _pieces(a, walk, H)
        out = a.new_empty(H, *a.shape[1:])
        bias = b[:, None]
        for t, (step, z, kt) in enumerate(zip(walk.steps, gates, k, strict=True)):
            torch.add(_cells(a, step), bias, out=z)
            flat = z.flatten(1)
            for Uk, tap in zip(U, walk.taps, strict=True):
                flat.addmm_(Uk, _places(h[t], step, walk.pad + tap).flatten(1))
            z[: 3 * H].sigmoid_()
            g = z[3 * H :].tanh_()
            c_next = c[t + 1, :, step.lo : step.hi]
            torch.mul(z[H : 2 * H], c[t, :, step.lo : step.hi], out=c_next)
            c_next.addcmul_(z[:H], g)
            torch.tanh(c_next, out=kt)
            h_next = _places(h[t + 1], step, walk.pad)
            torch.mul(z[2 * H : 3 * H], kt, out=h_next)
            _cells(out, step).copy_(h_next)
        ctx.save_for_backward(U, h, c)
        ctx.gates, ctx.k, ctx.walk = gates, k, walk
        return out

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, dout: Tensor) -> Any:
        """Gradients of a, b, U, h_0 and c_0."""
        U, h, c = ctx.saved_tensors
        walk: Walk = ctx.walk
        H = U.shape[2]
        dout = dout.contiguous()
        da = dout.new_empty(4 * H, *dout.shape[1:])
        dU = torch.zeros_like(U)
        dh, dc = torch.zeros_like(h[0]), torch.zeros_like(c[0])
        for t in range(len(walk.steps) - 1, -1, -1):
            step, z, k = walk.steps[t], ctx.gates[t], ctx.k[t]
            i, f, o, g = torch.split(z, H)
            arrived = _places(dh, step, walk.pad)
            dh_t = arrived + _cells(dout, step)
            arrived.zero_()
            dc_t = dc[:, step.lo : step.hi]
            dc_t += _aten.tanh_backward(dh_t * o, k)
            dz = torch.empty_like(z)
            torch.mul(dc_t, g, out=dz[:H])
            torch.mul(dc_t, c[t, :, step.lo : step.hi], out=dz[H : 2 * H])
            torch.mul(dh_t, k, out=dz[2 * H : 3 * H])
            _aten.sigmoid_backward.grad_input(dz[: 3 * H], z[: 3 * H], grad_input=dz[: 3 * H])
            _aten.tanh_backward.grad_input(dc_t * i, g, grad_input=dz[3 * H :])
            dc_t *= f
            _cells(da, step).copy_(dz)
            flat = dz.flatten(1)
            for Uk, dUk, tap in zip(U, dU, walk.taps, strict=True):
                _places(dh, step, walk.pad + tap).flatten(1).addmm_(Uk.t(), flat)
                dUk.addmm_(flat, _places(h[t], step, walk.pad + tap).flatten(1).t())
        # What was not taken up by a step has arrived at the start state.
        return da, da.sum(1), dU, dh.sum(1), dc.sum(1), None


def walked_lstm(
    a: Float[Tensor, "gates cells batch"],
    b: Float[Tensor, "gates batch"],
    U: Float[Tensor, "taps gates hidden"],
    h0: Float[Tensor, "hidden batch"],
    c0: Float[Tensor, "hidden batch"],
    walk: Walk,
) -> Float[Tensor, "hidden cells batch"]:
    """h of every cell in raster order; gates are stacked in the order i f o g."""
    h: Tensor = WalkedLSTM.apply(a.contiguous(), b, U, h0, c0, walk)  # type: ignore[no-untyped-call]
    return h


def _pieces(like: Tensor, walk: Walk, units: int) -> list[Tensor]:
    """[units, n, batch] for the n cells of each step, contiguous."""
    B = like.shape[2]
    numbers = [units * (step.hi - step.lo) * B for step in walk.steps]
    return [piece.view(units, -1, B) for piece in torch.split(like.new_empty(sum(numbers)), numbers)]


def _cells(image: Tensor, step: Step) -> Tensor:
    """The cells of a step [units, n, batch] of a contiguous `image` [units, cells, batch]: a view."""
    units, cells, B = image.shape
    return image.as_strided((units, step.hi - step.lo, B), (cells * B, step.stride * B, 1), step.first * B)


def _places(line: Tensor, step: Step, shift: int) -> Tensor:
    """Places of a padded line [hidden, places, batch] that the cells of a step stand at, `shift` further on: a view."""
    return line[:, step.lo + shift : step.hi + shift]
