"""The nonlinearity of the hidden units and its derivative on the training path, in place."""

from __future__ import annotations

import torch
from torch import Tensor

from grnn_tui.backends.activations import Activation


def activate(z: Tensor, activation: Activation) -> Tensor:
    """act(z), in place. tanh(z) is 2 sigmoid(2 z) - 1, which a processor does in a third of the time."""
    if activation == "relu":
        return z.relu_()
    if activation == "sigmoid":
        return z.sigmoid_()
    return z.mul_(2).sigmoid_().mul_(2).sub_(1)


def through(d: Tensor, h: Tensor, activation: Activation) -> None:
    """`d` times the derivative of the nonlinearity that gave `h`, in place."""
    ops = torch.ops.aten
    if activation == "relu":
        ops.threshold_backward.grad_input(d, h, 0, grad_input=d)
    elif activation == "sigmoid":
        ops.sigmoid_backward.grad_input(d, h, grad_input=d)
    else:
        ops.tanh_backward.grad_input(d, h, grad_input=d)
