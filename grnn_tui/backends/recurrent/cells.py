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
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor, nn

from grnn_tui.backends.recurrent.choice import whole_sequence
from grnn_tui.backends.recurrent.sequence import products, symbol_products
from grnn_tui.backends.recurrent.sequence_gru import gru_sequence
from grnn_tui.backends.recurrent.sequence_lstm import lstm_sequence
from grnn_tui.backends.recurrent.sequence_rnn import rnn_sequence

Cell = Literal["rnn", "lstm", "gru"]
WEIGHTS = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
REACH = 2.0
"""Standard deviation, over symbols, of what the input adds to a gate at first.

Large, so that a symbol can open or shut a gate from the beginning: an LSTM learns to carry a name over tens of symbols
several times sooner than from Glorot's weights, and tinyshakespeare faster too.
"""
States = tuple[Tensor, ...]
"""(h,) or, for an LSTM, (h, c); each [layers, batch, hidden]."""


class Cells(nn.Module):
    """`layers` recurrent layers of one kind, run over a sequence by torch's kernels or by functions of our own."""

    def __init__(
        self, cell: Cell, inputs: int, hidden: int, layers: int, dropout: float, norm: float = 1.0, memory: int = 0
    ) -> None:
        """`norm` is the length that input vectors have at first, `memory` (of gated cells) what `_remember` takes."""
        super().__init__()
        kind: type[nn.RNN] | type[nn.LSTM] | type[nn.GRU] = {"rnn": nn.RNN, "lstm": nn.LSTM, "gru": nn.GRU}[cell]
        self.cell = cell
        self.stack = kind(inputs, hidden, layers, dropout=dropout if layers > 1 else 0.0)
        self._initialise(norm)
        if memory:
            self._remember(memory)

    @torch.no_grad()
    def _initialise(self, norm: float) -> None:
        """Orthogonal recurrent matrices gate by gate, wide inputs, zero biases; gated cells start out remembering."""
        H = self.stack.hidden_size
        remembering = {"lstm": 1.0, "gru": 1.0, "rnn": 0.0}[self.cell]
        for name, weight in self.stack.named_parameters():
            if name.startswith("bias"):
                weight.zero_()
                if name.startswith("bias_ih"):
                    weight[H : 2 * H] = remembering
                continue
            if name == "weight_ih_l0" and self.cell != "rnn":
                weight.normal_(0.0, REACH / norm)
                continue
            for gate in weight.view(-1, H, weight.shape[1]):
                (nn.init.orthogonal_ if name.startswith("weight_hh") else nn.init.xavier_uniform_)(gate)

    @torch.no_grad()
    def _remember(self, symbols: int) -> None:
        """Let the units start out remembering for 2 to `symbols` steps, evenly spread (Tallec and Ollivier 2018).

        A gate that keeps the share s(b) of a state forgets it in 1 + e^b steps, so b = log(u), u ~ U(1, symbols - 1);
        an LSTM lets in what it forgets: its input gate gets -b.
        """
        H = self.stack.hidden_size
        for k in range(self.stack.num_layers):
            bias = self.stack.get_parameter(f"bias_ih_l{k}")
            bias[H : 2 * H] = torch.empty(H).uniform_(1.0, max(1.0, symbols - 1.0)).log()
            if self.cell == "lstm":
                bias[:H] = -bias[H : 2 * H]

    def forward(
        self,
        x: Int[Tensor, "time batch"],
        embedding: Float[Tensor, "symbols inputs"] | None,
        states: States,
        noise: float = 0.0,
    ) -> tuple[Float[Tensor, "time+1 batch hidden"], States]:
        """The top layer's hidden state before the first symbol and after each, and every layer's after the last.

        The inputs are the rows of `embedding` that belong to the symbols `x`, or without one the symbols, one-hot.
        `noise` is the standard deviation of what is added to each layer's hidden state after each symbol. Under
        autocast the recurrence is of lower precision in the fused kernels of accelerators alone.
        """
        size, where = (self.stack.hidden_size, x.shape[1]), (states[0].device, states[0].dtype)
        ours = bool(noise) or whole_sequence(self.cell, *size, *where, gradient=torch.is_grad_enabled())
        kind = x.device.type
        with torch.autocast(kind, enabled=torch.is_autocast_enabled(kind) and kind != "cpu" and not ours):
            return self._whole_sequence(x, embedding, states, noise) if ours else self._stock(x, embedding, states)

    def _stock(self, x: Tensor, embedding: Tensor | None, states: States) -> tuple[Tensor, States]:
        """By torch's fused kernels."""
        inputs = F.embedding(x, embedding) if embedding is not None else self._one_hot(x, states[0])
        states = tuple(s.contiguous() for s in states)
        if self.cell == "lstm":
            outputs, after = self.stack(inputs, states)
        else:
            outputs, h = self.stack(inputs, states[0])
            after = (h,)
        return torch.cat((states[0][-1:], outputs)), tuple(s.to(states[0].dtype) for s in after)

    def _one_hot(self, x: Tensor, like: Tensor) -> Tensor:
        return like.new_zeros(*x.shape, self.stack.input_size).scatter_(2, x[..., None], 1)

    def _whole_sequence(
        self, x: Tensor, embedding: Tensor | None, states: States, noise: float
    ) -> tuple[Tensor, States]:
        """By the functions of `sequence_*`, layer after layer."""
        last: list[States] = []
        h = after = states[0]
        for k, start in enumerate(zip(*states, strict=True)):
            W, U, b, d = (self.stack.get_parameter(f"{part}_l{k}") for part in WEIGHTS)
            H = U.shape[1]
            outside = torch.cat((b[: 2 * H] + d[: 2 * H], b[2 * H :])) if self.cell == "gru" else b + d
            if k:
                a = products(F.dropout(after, self.stack.dropout, self.training), W, outside, len(U) // H)
            else:
                a = symbol_products(x, embedding, W, outside, len(U) // H)
            e = noise * torch.randn_like(a[0]) if noise else None
            if self.cell == "lstm":
                h, after, c = lstm_sequence(a, U, *start, noise=e)
                last.append((after[-1], c))
                continue
            if self.cell == "gru":
                h, after = gru_sequence(a, U, d[2 * H :], *start, noise=e)
            else:
                h, after = rnn_sequence(a, U, *start, noise=e)
            last.append((after[-1],))
        return h, tuple(torch.stack(s) for s in zip(*last, strict=True))
