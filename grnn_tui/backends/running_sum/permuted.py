"""Taking things in another order, with a gradient that knows that each is taken once."""

from __future__ import annotations

from typing import Any

from jaxtyping import Float, Int
from torch import Tensor
from torch.autograd import Function
from torch.autograd.function import once_differentiable


class Permuted(Function):
    """See `permuted`. The gradient of an ordinary index adds things up, for fear that some were taken twice."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, order: Tensor, dim: int) -> Tensor:
        """`x` in the order."""
        ctx.save_for_backward(order)
        ctx.dim = dim
        return x.index_select(dim, order)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, dy: Tensor) -> Any:
        """The gradient put back."""
        (order,) = ctx.saved_tensors
        return dy.index_select(ctx.dim, order.argsort()), None, None


def permuted(x: Float[Tensor, "*any"], order: Int[Tensor, " n"], dim: int = 0) -> Float[Tensor, "*any"]:
    """`x` with dimension `dim` in the order `order`, a permutation of 0 .. n - 1."""
    y: Tensor = Permuted.apply(x, order, dim)  # type: ignore[no-untyped-call]
    return y
