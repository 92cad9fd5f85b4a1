"""RNN, LSTM and GRU language models on the training path.

    h_0 learned (or zeros),   h_t = cell(E[x_t], h_{t-1}),   p(x_{t+1} | x_1..x_t) = softmax(V h_t + b)

with h_t the top layer's hidden state, E [symbols, embedding] the input embedding, V [symbols, hidden] the output
weights (V = E when tied). With embedding 0 the input is the symbol itself, one-hot.
"""

from __future__ import annotations

from typing import ClassVar

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor, nn

from grnn_tui.backends.network import Carry, Network
from grnn_tui.backends.recurrent.cells import Cell, Cells
from grnn_tui.backends.recurrent.spec import RecurrentSettings
from grnn_tui.data.vocabulary import Vocabulary


class RecurrentNetwork(Network):
    """A recurrent language model; the carry is h [batch, layers, hidden] and, for an LSTM, c of the same shape."""

    cell: ClassVar[Cell]
    embedding: nn.Parameter | None

    def __init__(self, settings: RecurrentSettings, vocabulary: Vocabulary) -> None:
        super().__init__()
        V, E, H, L = vocabulary.size, settings.embedding, settings.hidden, settings.layers
        self.symbols = V
        self.dropout = settings.dropout
        self.tied = settings.tied
        if E:
            self.embedding = nn.Parameter(torch.randn(V, E) * (H**-0.5 if settings.tied else 1.0))
        else:
            self.register_parameter("embedding", None)
        norm = 1.0 if settings.tied else max(E, 1) ** 0.5
        self.cells = Cells(self.cell, E or V, H, L, settings.dropout, norm, settings.memory)
        if not settings.tied:
            self.output_weight = nn.Parameter(torch.empty(V, H).uniform_(-(H**-0.5), H**-0.5))
        self.output_bias = nn.Parameter(torch.zeros(V))
        for name in self.state_names:
            zeros = torch.zeros(L, H)
            if settings.learned_start:
                self.register_parameter(name, nn.Parameter(zeros))
            else:
                self.register_buffer(name, zeros, persistent=False)

    @property
    def state_names(self) -> tuple[str, ...]:
        """The start state's arrays, [layers, hidden] each, in the order of the carry."""
        return ("start_h", "start_c") if self.cell == "lstm" else ("start_h",)

    def start(self, batch: int) -> Carry:
        """The start state for each of `batch` streams."""
        return tuple(self._state(name).expand(batch, -1, -1) for name in self.state_names)

    def _state(self, name: str) -> Tensor:
        tensor = getattr(self, name)
        assert isinstance(tensor, Tensor)
        return tensor

    def log_prob(
        self, x: Int[Tensor, "batch time"], carry: Carry | None = None
    ) -> tuple[Float[Tensor, "batch time"], Carry]:
        """log p(x_t | carry, x_<t) in nats, and the carry after the last symbol."""
        if carry is None:
            carry = self.start(x.shape[0])
        if x.shape[1] == 0:
            return x.new_zeros(x.shape, dtype=carry[0].dtype), carry
        x = x.t().long()
        h, states = self.cells(x, self.embedding, tuple(s.transpose(0, 1) for s in carry))
        seen = F.dropout(h, self.dropout, self.training)
        logits = F.linear(seen, self._output_weight(), self.output_bias)[:-1]
        nats = F.cross_entropy(logits.flatten(0, 1), x.flatten(), reduction="none")
        return -nats.view(x.shape).t(), tuple(s.transpose(0, 1) for s in states)

    def _output_weight(self) -> Tensor:
        if self.tied:
            assert self.embedding is not None
            return self.embedding
        return self.output_weight


class RNNNetwork(RecurrentNetwork):
    """A plain recurrent network."""

    cell = "rnn"


class LSTMNetwork(RecurrentNetwork):
    """A long short-term memory."""

    cell = "lstm"


class GRUNetwork(RecurrentNetwork):
    """A gated recurrent unit."""

    cell = "gru"
