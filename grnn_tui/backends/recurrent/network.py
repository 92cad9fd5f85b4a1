"""RNN, LSTM and GRU language models on the training path.

    h_0 learned (or zeros),   h_t = cell(E[x_t], h_{t-1}),   p(x_{t+1} | x_1..x_t) = softmax(V h_t + b)

with h_t the top layer's hidden state, E [symbols, embedding] the input embedding, V [symbols, hidden] the output
weights (V = E when tied). With embedding 0 the input is the symbol itself, one-hot. The softmax over many words is an
adaptive one: see `tails`.

Several particles (Sohl-Dickstein and Kingma 2015): one dynamics, L learned starts h_0^1 .. h_0^L, each carried on
through the whole text, and an even mixture of what they predict,

    p(x_{t+1} | x_1..x_t) = (1/L) sum_l softmax(V h_t^l + b).

Noise in the hidden state (the same note): h_t = cell(E[x_t], h_{t-1}) + sigma eps_t, eps_t ~ N(0, I), in every layer.
The mean of sum_t log p(x_t | h_{t-1}) over the noise is then a lower bound K on the log-likelihood. It is what training
maximises and what validation measures, one draw a symbol; otherwise, in evaluation as in play, sigma is 0: one
deterministic path, whose likelihood is exact.

Told c [size] before it writes, a model starts from h_0 + C c instead, every particle shifted alike, with C
[layers, hidden, size] learned (an LSTM's cell state likewise, with a matrix of its own).

A row is a text of its own: its values are the symbols, in row-major order, from the start state.
"""

from __future__ import annotations

import math
from typing import ClassVar

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor, nn

from grnn_tui.backends.network import Carry, Network
from grnn_tui.backends.output import TailOutput, next_log_prob
from grnn_tui.backends.recurrent.cells import Cell, Cells
from grnn_tui.backends.recurrent.spec import CONDITION, GatedSettings, RecurrentSettings
from grnn_tui.backends.tails import tails_of
from grnn_tui.data.domain import Domain

APART = 0.5
"""Standard deviation of the start states of several particles before training; that of a single one is zero."""


class RecurrentNetwork(Network):
    """A recurrent language model; the carry is h [batch, layers, hidden] and, for an LSTM, c of the same shape.

    With several particles it is [batch, particles, layers, hidden]; in between they are so many streams more.
    """

    cell: ClassVar[Cell]
    embedding: nn.Parameter | None

    def __init__(self, settings: RecurrentSettings, domain: Domain) -> None:
        super().__init__()
        V, E, H, K = domain.size, settings.embedding, settings.hidden, settings.layers
        self.symbols = V
        self.particles = settings.particles
        self.noise = settings.noise
        self.dropout = settings.dropout
        self.tied = settings.tied
        if E:
            self.embedding = nn.Parameter(torch.randn(V, E) * (H**-0.5 if settings.tied else 1.0))
        else:
            self.register_parameter("embedding", None)
        memory = settings.memory if isinstance(settings, GatedSettings) else 0
        norm = 1.0 if settings.tied else max(E, 1) ** 0.5
        self.cells = Cells(self.cell, E or V, H, K, settings.dropout, norm, memory)
        tails = tails_of(settings.softmax, domain, H, tied=settings.tied)
        outputs = tails[0].first + len(tails) if tails else V
        if not settings.tied:
            self.output_weight = nn.Parameter(torch.empty(outputs, H).uniform_(-(H**-0.5), H**-0.5))
        self.output_bias = nn.Parameter(torch.zeros(outputs))
        self.tails = nn.ModuleList(TailOutput(tail, H) for tail in tails)
        for name in self.state_names:
            if self.particles > 1:
                self.register_parameter(name, nn.Parameter(torch.randn(self.particles, K, H) * APART))
            elif settings.learned_start:
                self.register_parameter(name, nn.Parameter(torch.zeros(K, H)))
            else:
                self.register_buffer(name, torch.zeros(K, H), persistent=False)
            if domain.condition is not None:
                told = nn.Parameter(torch.zeros(K, H, domain.condition.size))
                self.register_parameter(CONDITION[name], told)

    @property
    def state_names(self) -> tuple[str, ...]:
        """The start state's arrays, [layers, hidden] each (or one such a particle), in the order of the carry."""
        return ("start_h", "start_c") if self.cell == "lstm" else ("start_h",)

    def start(self, batch: int, condition: Float[Tensor, "batch size"] | None = None) -> Carry:
        """The start state for each of `batch` streams, shifted by what each is told."""
        starts = {name: self._state(name).expand(batch, *self._state(name).shape) for name in self.state_names}
        if condition is None:
            return tuple(starts.values())
        return tuple(s + self._shift(name, condition, s.ndim) for name, s in starts.items())

    def _shift(self, name: str, condition: Tensor, dimensions: int) -> Tensor:
        """C c [batch, layers, hidden], or with particles [batch, 1, layers, hidden]."""
        shift = torch.einsum("khs,bs->bkh", self.get_parameter(CONDITION[name]), condition)
        return shift if dimensions == 3 else shift[:, None]

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
        if self.particles > 1:
            return self._mixed(x, carry)
        log_prob, states = self._streams(x, carry)
        return log_prob.t(), states

    def features(self, x: Int[Tensor, "batch time"], carry: Carry | None = None) -> Float[Tensor, "batch units"]:
        """h of each layer after the last symbol, for an LSTM tanh(c); one particle after the other."""
        _, after = self.log_prob(x, carry)
        return (torch.tanh(after[1]) if self.cell == "lstm" else after[0]).flatten(1)

    def _mixed(self, x: Tensor, carry: Carry) -> tuple[Tensor, Carry]:
        """log (1/L) sum_l p(x_t | h_t^l): the particles of each stream read the same symbols `x` [time, batch]."""
        B, L = x.shape[1], self.particles
        log_probs, states = self._streams(x.repeat_interleave(L, dim=1), tuple(s.flatten(0, 1) for s in carry))
        mixture = torch.logsumexp(log_probs.view(-1, B, L), dim=2) - math.log(L)
        return mixture.t(), tuple(s.reshape(B, L, *s.shape[1:]) for s in states)

    def _streams(self, x: Tensor, carry: Carry) -> tuple[Tensor, Carry]:
        """log p(x_t | carry, x_<t) [time, streams] and the carry after, from `carry` [streams, layers, hidden]."""
        noise = self.noise if self.training or self.measuring else 0.0
        h, states = self.cells(x, self.embedding, tuple(s.transpose(0, 1) for s in carry), noise)
        seen = F.dropout(h, self.dropout, self.training)
        tails = (tail for tail in self.tails if isinstance(tail, TailOutput))
        log_prob = next_log_prob(seen, self._output_weight(), self.output_bias, x, tails)
        return log_prob, tuple(s.transpose(0, 1) for s in states)

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
