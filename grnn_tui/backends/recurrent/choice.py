"""Which way of computing the recurrence is faster where: our whole-sequence functions or the stock module.

Measured with AVX2, torch 2.13, length 64, hidden 128 to 512, batch 16 to 64, as the stock module's time over ours
for one layer, forward and backward (forward alone):

    RNN    1.2 to 1.4 (in whole training steps; forward alone, as the GRU, 1.0 to 2.2 from batch 8 on, else less)
    GRU    1.25 to 1.7 (in whole training steps)
    LSTM   0.75 to 1.1 up to batch 32, and less with two layers or threads; 1.0 to 1.4 from 64 on (forward alone 0.2 to
           0.9)

What bounds ours is the products. A training step of an RNN of 256 units at batch 32 took 20 ms of one core: 11 of them
the three products of the recurrence at the speed of large ones, 4 the output layer with its three, 1 the optimiser with
the norm, 0.4 the loop itself, the rest everything elementwise and the calls.

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
