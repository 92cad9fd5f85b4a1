"""RNN-NADE on the training path (Boulanger-Lewandowski, Bengio and Vincent 2012).

A piece is a sequence of rows v_1, v_2 .., such as the notes that sound at each moment. A recurrent state s carries from
row to row and sets the biases of a NADE over the values of the next one:

    b_t = b + U_b s_{t-1},   c_t = c + U_c s_{t-1},   s_t = cell(v_t, s_{t-1})
    a_d = c_t + sum_{e < d} W_e v_{t,e},   p(v_{t,d} = 1 | everything before) = sigmoid(b_{t,d} + V_d act(a_d))

s_0 is learned. The values of all rows make one stream, so that value i of it is value i mod D of row i div D. The
recurrence takes whole rows, which are known in training, and then all NADEs are one batch.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from jaxtyping import Float, Num
from torch import Tensor, nn

from grnn_tui.backends.network import Carry, Network
from grnn_tui.backends.rnn_nade.spec import RnnNadeSettings
from grnn_tui.backends.running_sum.function import running_sum
from grnn_tui.data.row_domain import RowDomain


class RnnNadeNetwork(Network):
    """The carry is s [batch, state] and, for an LSTM, its cell state of the same shape; windows end where rows do."""

    def __init__(self, settings: RnnNadeSettings, domain: RowDomain) -> None:
        super().__init__()
        D, H, S = domain.length, settings.hidden, settings.state
        self.settings = settings
        self.D = D
        self.cell: nn.LSTM | nn.RNN = nn.LSTM(D, S) if settings.cell == "lstm" else nn.RNN(D, S)
        if settings.cell == "lstm":
            with torch.no_grad():
                self.cell.get_parameter("bias_ih_l0")[S : 2 * S] = 1.0
            self.start_c = nn.Parameter(torch.zeros(S))
        self.start_s = nn.Parameter(torch.zeros(S))
        self.U_b = nn.Parameter(torch.randn(D, S) * 0.1 * S**-0.5)
        self.U_c = nn.Parameter(torch.randn(H, S) * S**-0.5)
        self.b = nn.Parameter(torch.zeros(D))
        self.c = nn.Parameter(torch.zeros(H))
        self.W = nn.Parameter(torch.randn(D, H) * D**-0.5)
        self.V = nn.Parameter(torch.empty(D, H).uniform_(-(H**-0.5), H**-0.5))

    def start(self, batch: int, condition: Tensor | None = None) -> Carry:
        """s_0 for each of `batch` pieces."""
        del condition
        starts = (self.start_s, self.start_c) if self.settings.cell == "lstm" else (self.start_s,)
        return tuple(start.expand(batch, -1) for start in starts)

    def log_prob(
        self, x: Num[Tensor, "batch time"], carry: Carry | None = None
    ) -> tuple[Float[Tensor, "batch time"], Carry]:
        """log p of each value of whole rows, one after the other [batch, rows * D], and the carry after the last.

        Raises:
            ValueError: a window that ends inside a row.
        """
        batch, time = x.shape
        if time % self.D:
            raise ValueError(f"a window of {time} values does not end where a row of {self.D} does")
        carry = self.start(batch) if carry is None else carry
        if not time:
            return x.new_zeros(x.shape, dtype=self.c.dtype), carry
        v = x.view(batch, -1, self.D).transpose(0, 1).to(self.c.dtype).contiguous()
        before, after = self._recurrence(v, carry)
        log_prob = self._nade(v.flatten(0, 1), before.flatten(0, 1))
        return log_prob.view(v.shape).transpose(0, 1).reshape(batch, time), after

    def features(self, x: Num[Tensor, "batch time"], carry: Carry | None = None) -> Float[Tensor, "batch state"]:
        """The recurrent state after the last row; of an LSTM tanh of its cell state."""
        _, after = self.log_prob(x, carry)
        return torch.tanh(after[1]) if self.settings.cell == "lstm" else after[0]

    def _recurrence(self, v: Float[Tensor, "rows batch D"], carry: Carry) -> tuple[Tensor, Carry]:
        """s before each row [rows, batch, state], and the carry after the last."""
        states = tuple(part[None].contiguous() for part in carry)
        if self.settings.cell == "lstm":
            s, last = self.cell(v, states)
        else:
            s, *last = self.cell(v, states[0])
        return torch.cat((states[0], s[:-1])), tuple(part[0] for part in last)

    def _nade(self, v: Float[Tensor, "n D"], s: Float[Tensor, "n state"]) -> Float[Tensor, "n D"]:
        """log p of the values of each row `v`, given the state `s` before it."""
        s = F.dropout(s, self.settings.dropout, self.training)
        a = torch.addmm(self.c, s, self.U_c.t())
        kept = F.dropout(torch.ones_like(a), self.settings.dropout) if self.training and self.settings.dropout else None
        z = running_sum(v, a, self.W, self.V[:, None], self.settings.activation, kept=kept)
        logits = torch.addmm(self.b, s, self.U_b.t()) + z[:, :, 0]
        return F.logsigmoid((2 * v - 1) * logits)
