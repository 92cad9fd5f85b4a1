"""The cells over a whole sequence in torch: the one place where the recurrence is computed for training.

Layer 1 reads the input, layer l the hidden state of layer l-1. With s the logistic function and (.) the elementwise
product, at each step:

    RNN    h' = tanh(W x + b + U h + d)
    LSTM   (i, f, o) = s(W x + b + U h + d),   g = tanh(W x + b + U h + d),
           c' = f (.) c + i (.) g,   h' = o (.) tanh(c')
    GRU    (r, z) = s(W x + b + U h + d),   n = tanh(W x + b + r (.) (U h + d)),   h' = (1 - z) (.) n + z (.) h

Weights have torch's names and layout: `weight_ih_l{k}` = W [gates * hidden, input], `weight_hh_l{k}` = U
[gates * hidden, hidden], `bias_ih_l{k}` = b, `bias_hh_l{k}` = d; the gates are stacked in the order i f g o (LSTM) or
r z n (GRU). LSTM: Hochreiter and Schmidhuber 1997 with the forget gate of Gers et al. 2000; GRU: Cho et al. 2014,
with the reset gate after the product, as cuDNN has it.
"""

from __future__ import annotations

from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor, nn

Cell = Literal["rnn", "lstm", "gru"]
States = tuple[Tensor, ...]
"""(h,) or, for an LSTM, (h, c); each [layers, batch, hidden]."""


class Cells(nn.Module):
    """`layers` recurrent layers of one kind, run over a sequence by torch's fused kernels."""

    def __init__(self, cell: Cell, inputs: int, hidden: int, layers: int, dropout: float) -> None:
        super().__init__()
        kind: type[nn.RNN] | type[nn.LSTM] | type[nn.GRU] = {"rnn": nn.RNN, "lstm": nn.LSTM, "gru": nn.GRU}[cell]
        self.cell = cell
        self.stack = kind(inputs, hidden, layers, dropout=dropout if layers > 1 else 0.0)
        self._initialise()

    @torch.no_grad()
    def _initialise(self) -> None:
        """Orthogonal recurrent matrices gate by gate, Glorot inputs, zero biases; an LSTM starts out remembering."""
        H = self.stack.hidden_size
        for name, weight in self.stack.named_parameters():
            if name.startswith("bias"):
                weight.zero_()
                if self.cell == "lstm" and name.startswith("bias_ih"):
                    weight[H : 2 * H] = 1.0
                continue
            for gate in weight.view(-1, H, weight.shape[1]):
                (nn.init.orthogonal_ if name.startswith("weight_hh") else nn.init.xavier_uniform_)(gate)

    def forward(
        self, inputs: Float[Tensor, "time batch inputs"], states: States
    ) -> tuple[Float[Tensor, "time batch hidden"], States]:
        """The top layer's hidden state after each input, and every layer's state after the last one."""
        states = tuple(s.contiguous() for s in states)
        if self.cell == "lstm":
            outputs, (h, c) = self.stack(inputs, states)
            return outputs, (h, c)
        outputs, h = self.stack(inputs, states[0])
        return outputs, (h,)
