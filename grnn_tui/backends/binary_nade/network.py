"""NADE over binary rows on the training path (Larochelle and Murray 2011).

With o the ordering, x_o the values in it and d = o_t the one written at step t,

    h_t = act(c + sum_{s < t} W_{o_s} x_{o_s}),   p(x_d = 1 | x_{o_<t}) = sigmoid(b_d + V_d h_t),

V = W where tied. A model that is told k adds U^T k to the sum and B^T k to the outputs.

Order-agnostic (Uria, Côté, Gregor, Murray and Larochelle 2016): which values m are seen is an input too,

    h = act(c + W^T (x m) + M^T m),   h <- act(A_l h + a_l) for each further layer l,

so that any ordering gives a density. Training draws, for each row, how many values n < D are seen and which, and takes
D / (D - n) times the log-probabilities of the others: over the draws, that is the mean log-likelihood over orderings.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
import torch.nn.functional as F
from jaxtyping import Float, Num
from torch import Tensor, nn

from grnn_tui.backends.binary_nade.spec import BinaryNadeSettings
from grnn_tui.backends.network import Carry
from grnn_tui.backends.running_sum.function import blocks, earlier, running_sum, sums
from grnn_tui.backends.running_sum.network import ACTIVATIONS, RunningSumNetwork
from grnn_tui.backends.running_sum.permuted import permuted
from grnn_tui.data.row_domain import RowDomain


class BinaryNadeNetwork(RunningSumNetwork):
    """The whole row at once under a fixed ordering; a random part of it in order-agnostic training."""

    settings: BinaryNadeSettings

    def __init__(self, settings: BinaryNadeSettings, domain: RowDomain) -> None:
        super().__init__(settings, domain, outputs=1)
        D, H = domain.length, settings.hidden
        self.act = ACTIVATIONS[settings.activation]
        self.b = nn.Parameter(torch.zeros(D))
        if not settings.tied:
            self.V = nn.Parameter(torch.empty(D, H).uniform_(-(H**-0.5), H**-0.5))
        if settings.order_agnostic:
            self.M = nn.Parameter(torch.randn(D, H) * D**-0.5)
        layers = range(2, settings.layers + 1)
        self.A = nn.ParameterDict({f"layer{k}": torch.randn(H, H) * H**-0.5 for k in layers})
        self.a = nn.ParameterDict({f"layer{k}": torch.zeros(H) for k in layers})

    def log_prob(self, x: Num[Tensor, "batch D"], carry: Carry | None = None) -> tuple[Float[Tensor, "batch D"], Carry]:
        """log p(x_d | the values before it) in nats; in order-agnostic training, the estimate described above.

        Evaluating a model of several layers with gradients stores every hidden state [batch, D, hidden].
        """
        carry = self.start(x.shape[0]) if carry is None else carry
        x = x.to(self.c.dtype)
        a, told = self._begin(x.shape[0], carry)
        bias = self.b if told is None else self.b + told
        if self.training and self.settings.order_agnostic:
            return self._estimate(x, a, bias), carry
        o = self.ordering
        if self.settings.order_agnostic:
            z = torch.cat(list(self._blockwise(x[:, o].t(), a))).t()
        else:
            W, V = permuted(self.W, o), permuted(self._output_weights, o)[:, None]
            z = running_sum(x[:, o], a, W, V, self.settings.activation, kept=self._kept(a)).squeeze(2)
        return _log_bernoulli(x, bias + permuted(z, o.argsort(), 1)), carry

    def features(self, x: Num[Tensor, "batch D"], carry: Carry | None = None) -> Float[Tensor, "batch units"]:
        """The last layer's hidden units after all values were seen."""
        a, _ = self._begin(x.shape[0], carry)
        a = a + x.to(a.dtype) @ self.W
        return self._above(a + self.M.sum(0) if self.settings.order_agnostic else a)

    @property
    def _output_weights(self) -> Tensor:
        return self.W if self.settings.tied else self.V

    def _estimate(self, x: Tensor, a: Tensor, bias: Tensor) -> Tensor:
        """Log-probabilities of the values that a random mask hides, weighted; zero for the others."""
        D = x.shape[1]
        luck = torch.rand(x.shape, device=x.device)
        n = torch.randint(D, (x.shape[0], 1), device=x.device)
        seen = (luck < luck.sort(1).values.gather(1, n)).to(x.dtype)
        h = self._above(a + (x * seen) @ self.W + seen @ self.M)
        weight = (1 - seen) * (D / (1 - seen).sum(1, keepdim=True))
        return _log_bernoulli(x, bias + h @ self._output_weights.t()) * weight

    def _blockwise(self, x: Float[Tensor, "D batch"], a: Float[Tensor, "batch hidden"]) -> Iterator[Tensor]:
        """The outputs before their bias, V_t h_t, of each block of steps [steps, batch]; `x` is in the ordering."""
        o = self.ordering
        W, M, V = self.W[o], self.M[o], self._output_weights[o]
        for block in blocks(x, a.shape[1]):
            xs, Ms = x[block], M[block]
            seen = earlier(torch.ones_like(xs[:, :1])) @ Ms
            h = self._above(sums(a, earlier(xs), W[block]) + seen)
            yield (h * V[block, None]).sum(2)
            a = torch.addmm(a, xs.t(), W[block]) + Ms.sum(0)

    def _above(self, a: Float[Tensor, "*any hidden"]) -> Float[Tensor, "*any hidden"]:
        """The last layer's h from the first layer's sum."""
        h = self._drop(self.act(a))
        for k, A in self.A.items():
            h = self._drop(self.act(F.linear(h, A, self.a[k])))
        return h

    def _drop(self, h: Tensor) -> Tensor:
        return F.dropout(h, self.settings.dropout, self.training)


def _log_bernoulli(x: Tensor, logits: Tensor) -> Tensor:
    return F.logsigmoid((2 * x - 1) * logits)
