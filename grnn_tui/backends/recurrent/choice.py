"""Which way of computing the recurrence is faster where: our whole-sequence functions or the stock module.

Measured on two cores with AVX-512, torch 2.13, length 64, as the stock module's time over ours for one layer, forward
and backward (and forward alone):

    RNN, GRU   1.4 to 2.9 at hidden 16 to 512 and batch 1 to 128 (forward alone 1.0 to 2.2 from batch 8 on, else less)
    LSTM       0.75 to 0.99 up to batch 32, 1.05 to 1.3 from 64 on (forward alone 0.2 to 0.9)

What bounds ours is the products: of a step of training an RNN of 256 units at batch 32 they take two thirds (a half in
the recurrence, the rest in the output layer), elementwise operations a sixth, the optimiser 3 %, the loop itself 2 %.

torch runs an LSTM by oneDNN's fused kernels, an RNN and a GRU on the processor step by step under autograd; on
accelerators all three are fused.
"""

from __future__ import annotations

import torch

_FORWARD = 8
"""Streams from which an RNN or a GRU gains without gradients too."""
_LSTM = 64
"""Streams from which an LSTM gains."""
_LSTM_HIDDEN = 768
"""And up to where it does: with larger weights both wait for memory."""


def whole_sequence(
    cell: str, hidden: int, batch: int, device: torch.device, dtype: torch.dtype, *, gradient: bool
) -> bool:
    """Whether the functions of `sequence_*` run these sequences; else torch's own module does."""
    if device.type != "cpu" or dtype not in (torch.float32, torch.float64):
        return False
    if cell == "lstm":
        return gradient and batch >= _LSTM and hidden <= _LSTM_HIDDEN
    return gradient or batch >= _FORWARD
