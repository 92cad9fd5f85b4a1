"""The running sum over a whole row, with gradients that store no hidden state of any position.

With x_t the value written at step t = 0..D-1, W_t its weights [hidden] and V_t those of the outputs there,

    a_t = a_0 + sum_{s < t} x_s W_s,   h_t = act(rho_t a_t),   z_t = V_t h_t

(Larochelle and Murray 2011; rho of Uria, Murray and Larochelle 2013). Steps are taken in blocks small enough for the
cache: within one, the sums are a product with the strictly lower triangle of x. The forward pass keeps a_t where blocks
begin; the backward pass computes the rest again and carries sum_{s > t} da_s, which is what W_t is responsible for.
Time is O(batch D hidden), memory O(batch D hidden / block).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor
from torch.autograd import Function
from torch.autograd.function import once_differentiable

from grnn_tui.backends.activations import Activation

_CACHED = 400_000
"""Numbers of a block that the second-level cache holds, with what is computed from them."""
_ON_DEVICE = 1 << 24


def running_sum(
    x: Float[Tensor, "batch D"],
    a: Float[Tensor, "batch hidden"],
    W: Float[Tensor, "D hidden"],
    V: Float[Tensor, "D outputs hidden"],
    activation: Activation,
    rho: Float[Tensor, " D"] | None = None,
    kept: Float[Tensor, "batch hidden"] | None = None,
) -> Float[Tensor, "batch D outputs"]:
    """z_t for every step; `kept` multiplies h_t (dropout). No gradient reaches `x` and `kept`."""
    z: Tensor = RunningSum.apply(x, a, W, V, rho, kept, activation)  # type: ignore[no-untyped-call]
    return z


def blocks(x: Tensor, hidden: int) -> Iterator[slice]:
    """The steps of `x` [batch, D] in blocks."""
    batch, D = x.shape
    budget, most = (_CACHED, 32) if x.device.type == "cpu" else (_ON_DEVICE, 64)
    size = min(most, max(1, budget // max(1, batch * hidden)))
    return (slice(t, min(t + size, D)) for t in range(0, D, size))


def earlier(x: Float[Tensor, "batch steps"]) -> Float[Tensor, "batch steps steps"]:
    """For each step of a block, the values before it in the block, and zeros."""
    return x[:, None, :].expand(-1, x.shape[1], -1).tril(-1)


def sums(
    a: Float[Tensor, "batch hidden"], before: Float[Tensor, "batch steps steps"], W: Float[Tensor, "steps hidden"]
) -> Float[Tensor, "batch steps hidden"]:
    """a_t at each step of a block that begins with `a`."""
    batch, steps, _ = before.shape
    return torch.baddbmm(a[:, None].expand(-1, steps, -1), before, W.expand(batch, -1, -1))


class RunningSum(Function):
    """See the module."""

    @staticmethod
    def forward(
        ctx: Any,
        x: Tensor,
        a: Tensor,
        W: Tensor,
        V: Tensor,
        rho: Tensor | None,
        kept: Tensor | None,
        activation: Activation,
    ) -> Tensor:
        """z [batch, D, outputs]."""
        z = x.new_empty(*x.shape, V.shape[1])
        begun = []
        for block in blocks(x, a.shape[1]):
            begun.append(a)
            xs = x[:, block]
            h = sums(a, earlier(xs), W[block])
            _activate(h if rho is None else h.mul_(rho[block, None]), activation)
            if kept is not None:
                h.mul_(kept[:, None])
            z[:, block] = _outputs(h, V[block])
            a = torch.addmm(a, xs, W[block])
        ctx.save_for_backward(x, W, V, rho, kept, *begun)
        ctx.activation = activation
        return z

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, dz: Tensor) -> Any:
        """Gradients of a, W, V and rho."""
        x, W, V, rho, kept, *begun = ctx.saved_tensors
        dW, dV = torch.empty_like(W), torch.empty_like(V)
        drho = None if rho is None else torch.empty_like(rho)
        later = torch.zeros_like(begun[0])
        for block, a in reversed(list(zip(blocks(x, W.shape[1]), begun, strict=True))):
            xs = x[:, block]
            before = earlier(xs)
            a = sums(a, before, W[block])
            h = _activate(a if rho is None else a * rho[block, None], ctx.activation)
            dzs = dz[:, block]
            dV[block] = _output_weights(h if kept is None else h * kept[:, None], dzs)
            d = _hidden(dzs, V[block])
            if kept is not None:
                d.mul_(kept[:, None])
            d = _through(d, h, ctx.activation)
            if rho is not None and drho is not None:
                drho[block] = (d * a).sum((0, 2))
                d.mul_(rho[block, None])
            dW[block] = torch.addmm(xs.t() @ later, before.flatten(0, 1).t(), d.flatten(0, 1))
            later += d.sum(1)
        return None, later, dW, dV, drho, None, None


def _outputs(h: Tensor, V: Tensor) -> Tensor:
    """V_t h_t [batch, steps, outputs]. One output is a weighted sum: a matrix product would be five times slower."""
    if V.shape[1] == 1:
        return (h * V[:, 0]).sum(-1, keepdim=True)
    return torch.bmm(h.transpose(0, 1), V.transpose(1, 2)).transpose(0, 1)


def _output_weights(h: Tensor, dz: Tensor) -> Tensor:
    """The gradient of V_t [steps, outputs, hidden]."""
    if dz.shape[2] == 1:
        return (h * dz).sum(0)[:, None]
    return torch.bmm(dz.permute(1, 2, 0), h.transpose(0, 1))


def _hidden(dz: Tensor, V: Tensor) -> Tensor:
    """The gradient of h_t [batch, steps, hidden]."""
    if V.shape[1] == 1:
        return dz * V[:, 0]
    return torch.bmm(dz.transpose(0, 1), V).transpose(0, 1).contiguous()


def _activate(z: Tensor, activation: Activation) -> Tensor:
    """act(z), in place. tanh(z) is 2 sigmoid(2 z) - 1, which a processor does in a third of the time."""
    if activation == "relu":
        return z.relu_()
    if activation == "sigmoid":
        return z.sigmoid_()
    return z.mul_(2).sigmoid_().mul_(2).sub_(1)


def _through(d: Tensor, h: Tensor, activation: Activation) -> Tensor:
    """`d` times the derivative of the nonlinearity that gave `h`, in place."""
    ops = torch.ops.aten
    if activation == "relu":
        return ops.threshold_backward.grad_input(d, h, 0, grad_input=d)  # type: ignore[no-any-return]
    if activation == "sigmoid":
        return ops.sigmoid_backward.grad_input(d, h, grad_input=d)  # type: ignore[no-any-return]
    return ops.tanh_backward.grad_input(d, h, grad_input=d)  # type: ignore[no-any-return]
