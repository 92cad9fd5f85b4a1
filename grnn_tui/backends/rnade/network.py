"""NADE over real rows on the training path (Uria, Murray and Larochelle 2013).

With o the ordering, y = (x - mean) / scale the values in standard units, and d = o_t the one written at step t,

    h_t = act(rho_t (c + sum_{s < t} W_{o_s} y_{o_s})),
    p(y_d | y_{o_<t}) = sum_k softmax(u_d)_k N(y_d; m_dk, s_dk^2),   s_d = floor + exp(v_d),

where (u_d, m_d, v_d) = b_d + V_d h_t. The density of x_d is that of y_d over scale_d. A model that is told k adds U^T k
to the sum and B^T k to the outputs.

In training, the gradient of m_dk is multiplied by s_dk (section 3 there): a narrow Gaussian would otherwise take steps
far beyond its own width. Evaluation gives the gradient as it is.
"""

from __future__ import annotations

import math

import torch
from jaxtyping import Float, Num
from torch import Tensor, nn

from grnn_tui.backends.network import Carry
from grnn_tui.backends.rnade.spec import RnadeSettings
from grnn_tui.backends.running_sum.function import running_sum
from grnn_tui.backends.running_sum.network import ACTIVATIONS, RunningSumNetwork
from grnn_tui.backends.running_sum.permuted import permuted
from grnn_tui.data.row_domain import RowDomain

_LOG_ROOT_TWO_PI = 0.5 * math.log(2 * math.pi)


class RnadeNetwork(RunningSumNetwork):
    """The whole row at once; values come and are scored in their own units."""

    settings: RnadeSettings
    mean: Float[Tensor, " D"]
    scale: Float[Tensor, " D"]

    def __init__(self, settings: RnadeSettings, domain: RowDomain) -> None:
        C = settings.components
        super().__init__(settings, domain, outputs=3 * C)
        D, H = domain.length, settings.hidden
        self.register_buffer("mean", torch.tensor(domain.mean or (0.0,) * D, dtype=torch.float64), persistent=False)
        self.register_buffer("scale", torch.tensor(domain.scale or (1.0,) * D, dtype=torch.float64), persistent=False)
        self.act = ACTIVATIONS[settings.activation]
        self.rho = nn.Parameter(torch.arange(1, D + 1) ** -0.5)
        """Of step t, whatever value it writes: it evens out that later sums have more terms."""
        self.V = nn.Parameter(torch.empty(D, 3 * C, H).uniform_(-(H**-0.5), H**-0.5))
        b = torch.zeros(D, 3, C)
        b[:, 1] = torch.linspace(-2, 2, C + 2)[1:-1]
        self.b = nn.Parameter(b.view(D, 3 * C))

    def log_prob(self, x: Num[Tensor, "batch D"], carry: Carry | None = None) -> tuple[Float[Tensor, "batch D"], Carry]:
        """Log-density of each value given those before it, in nats and in the units of the data."""
        carry = self.start(x.shape[0]) if carry is None else carry
        y = self._standard(x)
        a, told = self._begin(x.shape[0], carry)
        o = self.ordering
        W, V = permuted(self.W, o), permuted(self.V, o)
        z = running_sum(y[:, o], a, W, V, self.settings.activation, self.rho, self._kept(a))
        z = permuted(z, o.argsort(), 1) + self.b
        if told is not None:
            z = z + told.view(z.shape)
        return self._log_mixture(y, z) - self.scale.log().to(y.dtype), carry

    def features(self, x: Num[Tensor, "batch D"], carry: Carry | None = None) -> Float[Tensor, "batch units"]:
        """act(c + sum_d W_d y_d): the hidden units after all values were seen."""
        a, _ = self._begin(x.shape[0], carry)
        return self.act(self.rho[-1] * (a + self._standard(x) @ self.W))

    def _standard(self, x: Tensor) -> Tensor:
        return ((x.double() - self.mean) / self.scale).to(self.c.dtype)

    def _log_mixture(
        self, y: Float[Tensor, "batch D"], z: Float[Tensor, "batch D outputs"]
    ) -> Float[Tensor, "batch D"]:
        """log sum_k softmax(u)_k N(y; m_k, s_k^2)."""
        u, m, v = z.chunk(3, dim=2)
        s = self.settings.floor + v.exp()
        if self.training and self.settings.scaled_means and m.requires_grad:
            width = s.detach()
            m.register_hook(lambda gradient: gradient * width)  # type: ignore[no-untyped-call]
        parts = u.log_softmax(2) - s.log() - 0.5 * ((y[..., None] - m) / s) ** 2
        return parts.logsumexp(2) - _LOG_ROOT_TWO_PI
