"""The recurrence of a minimal gated layer over a whole sequence, and its gradient.

    z = s(k),   v = g(x),   h_t = (1 - z_t) (.) h_{t-1} + z_t (.) v_t
    g(x) = x + 1/2 where x >= 0, else s(x)

with s the logistic function and (.) the elementwise product: Feng et al. 2024, "Were RNNs All We Needed?". As k and x
do not depend on h, the recurrence is linear in h, with factors between 0 and 1. So is its gradient, backwards in time:

    D_t = dh_t + (1 - z_{t+1}) (.) D_{t+1},   dk_t = (v_t - h_{t-1}) (.) z_t (.) (1 - z_t) (.) D_t,
    dx_t = z_t (.) g'(x_t) (.) D_t,   g' = 1 where g >= 1/2, else g (1 - g)

A linear recurrence goes step by step, one operation a step, or as a parallel scan, here by halving (Blelloch 1990), in
some operations for each doubling of the length. The paper scans in log space (Heinsen 2023), which needs h_0 > 0.
Forward and backward at hidden 128 to 512, batch 16 to 64, length 64 to 256, on one core with torch 2.13, as the time
over that of the steps, median and range over the sizes (`make bench-scans`):

    log space, under autograd               13.6    (9 to 20)
    doubling (Hillis and Steele 1986)        2.5    (1.4 to 8.5)
    chunks of eight steps side by side       1.5    (0.97 to 3.0)
    halving                                  1.4    (0.90 to 2.2)

So the processor takes the steps. An accelerator, where each operation is a launch, takes the halving: it has few of
them and no logarithm. That choice is by reasoning; it has not been timed there.
"""

from __future__ import annotations

from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor
from torch.autograd import Function
from torch.autograd.function import once_differentiable


class GatedScan(Function):
    """h_0 .. h_T and their gradients."""

    @staticmethod
    def forward(ctx: Any, k: Tensor, x: Tensor, h0: Tensor) -> Tensor:
        """The states h_0 .. h_T [time + 1, batch, hidden] from `k` and `x` [time, batch, hidden]."""
        z = torch.sigmoid(k)
        v = x.clamp(max=0).sigmoid_().add_(x.clamp(min=0))
        h = _stepped(z, v, h0) if stepwise(k.device) else _scanned(z, v, h0)
        ctx.save_for_backward(z, v, h)
        return h

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, dh: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Gradients of k, x and h_0."""
        z, v, h = ctx.saved_tensors
        keep = 1 - z
        D = _stepped_back(keep, dh) if stepwise(z.device) else _scanned_back(keep, dh)
        zD = D[1:].mul_(z)
        dk = (v - h[:-1]).mul_(keep).mul_(zD)
        dx = torch.addcmul(v, v, v, value=-1).masked_fill_(v >= 0.5, 1.0).mul_(zD)
        return dk, dx, D[0]


def gated_scan(
    k: Float[Tensor, "time batch hidden"], x: Float[Tensor, "time batch hidden"], h0: Float[Tensor, "batch hidden"]
) -> Float[Tensor, "time+1 batch hidden"]:
    """h_0 .. h_T; see `GatedScan.forward`."""
    h: Tensor = GatedScan.apply(k, x, h0)  # type: ignore[no-untyped-call]
    return h


def positive(x: Tensor) -> Tensor:
    """g(x), which every hidden state is a mean of: positive, and of slope 1 where x is."""
    return x.clamp(max=0).sigmoid() + x.clamp(min=0)


def stepwise(device: torch.device) -> bool:
    """Whether the recurrence goes step by step there."""
    return device.type == "cpu"


def _stepped(z: Tensor, v: Tensor, h0: Tensor) -> Tensor:
    h = v.new_empty(len(v) + 1, *h0.shape)
    h[0] = h0
    states = h.unbind(0)
    for before, zt, vt, after in zip(states[:-1], z.unbind(0), v.unbind(0), states[1:], strict=True):
        torch.lerp(before, vt, zt, out=after)
    return h


def _stepped_back(keep: Tensor, dh: Tensor) -> Tensor:
    D = dh.clone(memory_format=torch.contiguous_format)
    each = D.unbind(0)
    for t, factor in reversed(list(enumerate(keep.unbind(0)))):
        each[t].addcmul_(each[t + 1], factor)
    return D


def _scanned(z: Tensor, v: Tensor, h0: Tensor) -> Tensor:
    first = h0[None]
    return halved(torch.cat((torch.zeros_like(first), 1 - z)), torch.cat((first, z * v)))


def _scanned_back(keep: Tensor, dh: Tensor) -> Tensor:
    factors = torch.cat((torch.zeros_like(dh[:1]), keep.flip(0)))
    return halved(factors, dh.flip(0)).flip(0)


def halved(f: Tensor, b: Tensor) -> Tensor:
    """h_t = f_t (.) h_{t-1} + b_t along the first dimension, from h = 0 before it.

    Two steps in a row are one step, of factor f_t f_{t-1} and addend f_t b_{t-1} + b_t: the odd places are a sequence
    of half the length, and each even one follows from the odd one before it.
    """
    if len(b) == 1:
        return b
    pairs = len(b) // 2
    early, late = slice(0, 2 * pairs, 2), slice(1, None, 2)
    odd = halved(f[late] * f[early], torch.addcmul(b[late], f[late], b[early]))
    h = torch.empty_like(b)
    h[late] = odd
    h[0] = b[0]
    rest = b[2::2]
    h[2::2] = torch.addcmul(rest, f[2::2], odd[: len(rest)])
    return h
