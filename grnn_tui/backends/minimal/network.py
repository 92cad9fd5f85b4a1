"""minGRU and minLSTM language models on the training path.

Layer l = 1..L reads x^l and keeps h^l. With s the logistic function, g and the recurrence of `scan.py`,

    minGRU     z = s(W_z x + b_z)
    minLSTM    z = i / (f + i),   f = s(W_f x + b_f),   i = s(W_i x + b_i)
    both       h_t = (1 - z_t) (.) h_{t-1} + z_t (.) g(W_h x_t + b_h)

No gate sees h, so a layer by itself only averages over its input; what lies below decides what it keeps. The layers
add up, and each reads the sum of those below it through a layer normalisation n (Ba et al. 2016) without shift:

    x^1_t = E[symbol_t],   u^l = h^1 + ... + h^l,   x^{l+1} = n^{l+1}(u^l)
    h_0 = g(r) learned (or zeros),   p(symbol_{t+1} | symbol_1..t) = softmax(V u^L_t + b)

The states are positive, so that their mean says little: a normalisation that takes it out learns sooner than the root
mean square alone, and before the output none is needed. No normalisation reads h_0, which is drawn at first.

Weights: `weight_l{k}` stacks W_z W_h, or W_f W_i W_h, as [gates * hidden, inputs], k from 0; `gain_l{k}` belongs to the
normalisation that layer k reads through. With embedding 0 the input is the symbol itself, one-hot.

Told c [size] before it writes, a model starts from h_0 + C c instead, with C [layers, hidden, size] learned. A row is a
text of its own: its values are the symbols, in row-major order, from the start state.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import ClassVar

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor, nn

from grnn_tui.backends.minimal.scan import gated_scan, positive
from grnn_tui.backends.minimal.spec import EPSILON, MinimalSettings
from grnn_tui.backends.network import Carry, Network
from grnn_tui.backends.output import next_log_prob
from grnn_tui.backends.recurrent.sequence import products, symbol_products
from grnn_tui.data.domain import Domain

REACH = 2.0
"""Standard deviation, over symbols, of what the input adds to a gate at first; as for a GRU."""


class MinimalNetwork(Network):
    """A stack of minimal gated layers; the carry is h [batch, layers, hidden]."""

    gates: ClassVar[int]
    """How many blocks of `hidden` rows each weight matrix stacks."""
    remembering: ClassVar[float]
    """Bias of the first gate at first, so that a new layer keeps the greater part of its state."""
    embedding: nn.Parameter | None
    start_r: nn.Parameter | None

    def __init__(self, settings: MinimalSettings, domain: Domain) -> None:
        super().__init__()
        V, E, H, L = domain.size, settings.embedding, settings.hidden, settings.layers
        self.layers = L
        self.dropout = settings.dropout
        self.tied = settings.tied
        if E:
            self.embedding = nn.Parameter(torch.randn(V, E) * (H**-0.5 if settings.tied else 1.0))
        else:
            self.register_parameter("embedding", None)
        norm = 1.0 if settings.tied else max(E, 1) ** 0.5
        for k in range(L):
            weight = torch.randn(self.gates * H, H if k else E or V) / (H**0.5 if k else norm)
            if k == 0:
                weight[:-H] *= REACH
            self.register_parameter(f"weight_l{k}", nn.Parameter(weight))
            bias = torch.zeros(self.gates * H)
            bias[:H] = self.remembering
            self.register_parameter(f"bias_l{k}", nn.Parameter(bias))
            if k:
                self.register_parameter(f"gain_l{k}", nn.Parameter(torch.ones(H)))
        if not settings.tied:
            self.output_weight = nn.Parameter(torch.empty(V, H).uniform_(-(H**-0.5), H**-0.5))
        self.output_bias = nn.Parameter(torch.zeros(V))
        if settings.learned_start:
            self.start_r = nn.Parameter(torch.randn(L, H))
        else:
            self.register_parameter("start_r", None)
        if domain.condition is not None:
            self.condition_h = nn.Parameter(torch.zeros(L, H, domain.condition.size))
        self.shape = (L, H)

    @abstractmethod
    def _logit(self, *gates: Tensor) -> Tensor:
        """k of z = s(k), from the products of the gates."""

    def start(self, batch: int, condition: Float[Tensor, "batch size"] | None = None) -> Carry:
        """The start state for each of `batch` streams, shifted by what each is told."""
        h = self.output_bias.new_zeros(self.shape) if self.start_r is None else positive(self.start_r)
        h = h.expand(batch, -1, -1)
        return (h if condition is None else h + torch.einsum("khs,bs->bkh", self.condition_h, condition),)

    def log_prob(
        self, x: Int[Tensor, "batch time"], carry: Carry | None = None
    ) -> tuple[Float[Tensor, "batch time"], Carry]:
        """log p(x_t | carry, x_<t) in nats, and the carry after the last symbol."""
        (before,) = self.start(x.shape[0]) if carry is None else carry
        if x.shape[1] == 0:
            return x.new_zeros(x.shape, dtype=before.dtype), (before,)
        x = x.t().long()
        u, after = self._layers(x, before.transpose(0, 1))
        seen = F.dropout(u, self.dropout, self.training)
        log_prob = next_log_prob(seen, self._output_weight(), self.output_bias, x)
        return log_prob.t(), (after.transpose(0, 1),)

    def features(self, x: Int[Tensor, "batch time"], carry: Carry | None = None) -> Float[Tensor, "batch units"]:
        """h of each layer after the last symbol [batch, layers * hidden]."""
        _, (after,) = self.log_prob(x, carry)
        return after.flatten(1)

    def _layers(
        self, x: Int[Tensor, "time batch"], before: Float[Tensor, "layers batch hidden"]
    ) -> tuple[Float[Tensor, "time+1 batch hidden"], Float[Tensor, "layers batch hidden"]]:
        """u^L before the first symbol and after each, and every layer's h after the last."""
        u: Tensor | None = None
        after = []
        for k, h0 in enumerate(before.unbind(0)):
            W, b = self.get_parameter(f"weight_l{k}"), self.get_parameter(f"bias_l{k}")
            if u is None:
                a = symbol_products(x, self.embedding, W, b, self.gates)
            else:
                gain = self.get_parameter(f"gain_l{k}")
                below = F.layer_norm(u[1:], gain.shape, gain, eps=EPSILON)
                a = products(F.dropout(below, self.dropout, self.training), W, b, self.gates)
            *gates, inputs = a.unbind(0)
            h = gated_scan(self._logit(*gates), inputs, h0)
            u = h if u is None else u + h
            after.append(h[-1])
        assert u is not None
        return u, torch.stack(after)

    def _output_weight(self) -> Tensor:
        if self.tied:
            assert self.embedding is not None
            return self.embedding
        return self.output_weight


class MinGRUNetwork(MinimalNetwork):
    """A minimal gated recurrent unit: gates z."""

    gates = 2
    remembering = -1.0

    def _logit(self, *gates: Tensor) -> Tensor:
        (k,) = gates
        return k


class MinLSTMNetwork(MinimalNetwork):
    """A minimal long short-term memory: gates f and i."""

    gates = 3
    remembering = 1.0

    def _logit(self, *gates: Tensor) -> Tensor:
        f, i = gates
        return F.logsigmoid(i) - F.logsigmoid(f)
