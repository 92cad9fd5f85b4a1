"""NADE for text on the training path.

With a window of n symbols, lag j = 1..n, and W_j [symbols, hidden] the weights of the symbol j places back,

    h_t = act(c + C k + sum_{j = 1..min(n, t)} W_j[x_{t-j}]),
    h <- h + act(A_l h + a_l)   for each further layer l,
    p(x_t | x_<t) = softmax(b + V h).

k is what the model is told (zeros: nothing), C [size, hidden] zero at first and there only if it can be told something.
The sum is that of NADE (Larochelle and Murray 2011) with categorical inputs: a position that lies before the start of
the text adds nothing, as in the chain rule over a text of its own.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor, nn

from grnn_tui.backends.nade.spec import NadeSettings
from grnn_tui.backends.network import Carry, Network
from grnn_tui.data.domain import Domain

ABSENT = -1


class NadeNetwork(Network):
    """The carry is the last n symbols [batch, n], oldest first, -1 before the start of the text, and, of a model that
    can be told something, what each stream is told [batch, size].
    """

    def __init__(self, settings: NadeSettings, domain: Domain) -> None:
        super().__init__()
        n, V, H = settings.window, domain.size, settings.hidden
        self.window = n
        self.symbols = V
        self.dropout = settings.dropout
        self.activation = {"relu": torch.relu, "tanh": torch.tanh, "sigmoid": torch.sigmoid}[settings.activation]
        table = torch.randn(n * V + 1, H) * n**-0.5
        table[-1] = 0.0
        self.table = nn.Parameter(table)
        """Row (j - 1) * symbols + x is W_j[x]; the last row stands for an absent symbol and stays zero."""
        self.c = nn.Parameter(torch.zeros(H))
        self.told = domain.condition.size if domain.condition is not None else 0
        if self.told:
            self.condition_h = nn.Parameter(torch.zeros(self.told, H))
        layers = range(2, settings.layers + 1)
        self.A = nn.ParameterDict({f"layer{k}": torch.randn(H, H) * H**-0.5 for k in layers})
        self.a = nn.ParameterDict({f"layer{k}": torch.zeros(H) for k in layers})
        self.V = nn.Parameter(torch.empty(V, H).uniform_(-(H**-0.5), H**-0.5))
        self.b = nn.Parameter(torch.zeros(V))

    def start(self, batch: int, condition: Tensor | None = None) -> Carry:
        """No symbols yet, and what each stream is told."""
        past = torch.full((batch, self.window), ABSENT, dtype=torch.int64, device=self.b.device)
        if not self.told:
            return (past,)
        return past, self.c.new_zeros(batch, self.told) if condition is None else condition.to(self.c.dtype)

    def log_prob(
        self, x: Int[Tensor, "batch time"], carry: Carry | None = None
    ) -> tuple[Float[Tensor, "batch time"], Carry]:
        """log p(x_t | the n symbols before it) in nats, and the last n symbols; all positions at once."""
        x = x.long()
        past, *told = self.start(x.shape[0]) if carry is None else carry
        known = torch.cat((past, x), dim=1)
        after = (known[:, x.shape[1] :], *told)
        if not x.numel():
            return x.new_zeros(x.shape, dtype=self.b.dtype), after
        c = (self.c + told[0] @ self.condition_h).repeat_interleave(x.shape[1], dim=0) if told else None
        logits = F.linear(self._hidden(known[:, :-1], c), self.V, self.b)
        nats = F.cross_entropy(logits, x.flatten(), reduction="none")
        return -nats.view(x.shape), after

    def _hidden(self, known: Int[Tensor, "batch known"], c: Tensor | None = None) -> Float[Tensor, "positions hidden"]:
        """The last layer's h after every full window of `known`, batch and time in one dimension."""
        n, V = self.window, self.symbols
        windows = known.unfold(1, n, 1).reshape(-1, n)
        lag = torch.arange(n - 1, -1, -1, device=known.device)
        rows = torch.where(windows == ABSENT, n * V, windows + lag * V)
        h = (self.c if c is None else c) + F.embedding_bag(rows, self.table, mode="sum", padding_idx=n * V)
        h = F.dropout(self.activation(h), self.dropout, self.training)
        for k, A in self.A.items():
            h = h + F.dropout(self.activation(F.linear(h, A, self.a[k])), self.dropout, self.training)
        return h
