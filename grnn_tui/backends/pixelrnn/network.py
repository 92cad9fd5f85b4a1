"""PixelRNN on the training path (van den Oord, Kalchbrenner and Kavukcuoglu 2016).

    m_0 = W * x + w + P,   m_l = layer_l(m_{l-1}),   scores = A_2 relu(A_1 relu(m_L) + a_1) + a_2

W * x is a 7 x 7 convolution under mask A over what stands for the values (see `planes`), P a bias of each place in the
image, layers are those of `layers`, A_1 and A_2 1 x 1 convolutions under mask B. The scores are a Bernoulli logit for
each channel of a binary image, else softmax logits over the levels of each channel.
"""

from __future__ import annotations

from abc import abstractmethod

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Float, Num
from torch import Tensor, nn

from grnn_tui.backends.network import Carry, Network
from grnn_tui.backends.pixelrnn.layers import DiagonalLayer, Masked, RowLayer
from grnn_tui.backends.pixelrnn.masks import REACH, centre, groups, neighbourhood
from grnn_tui.backends.pixelrnn.planes import encoding
from grnn_tui.backends.pixelrnn.spec import PixelSettings, RowSettings
from grnn_tui.data.row_domain import RowDomain


class PixelNetwork(Network):
    """What the two kinds share; the carry is what each image is told [batch, size], or else empty."""

    encoding: Tensor

    def __init__(self, settings: PixelSettings, domain: RowDomain) -> None:
        super().__init__()
        self.height, self.width, self.channels = *domain.shape[:2], domain.channels
        C, H = self.channels, settings.hidden
        self.told = 0 if domain.condition is None else domain.condition.size
        self.binary = domain.kind == "binary"
        self.register_buffer("encoding", torch.from_numpy(encoding(domain.size)), persistent=False)
        self.taps = neighbourhood(C)
        read = groups(C * self.encoding.shape[1], C)
        others = np.ones((2 * H, read.size * len(neighbourhood(1))), bool)
        own = centre(groups(2 * H, C), read, first=True)[:, : read.size if C > 1 else 0]
        self.context = Masked(np.concatenate([others, own], axis=1))
        self.place = nn.Parameter(torch.zeros(2 * H, self.height, self.width)) if settings.position else None
        self.layers = nn.ModuleList(self._layer(settings) for _ in range(settings.layers))
        self.head = Masked(centre(groups(settings.head, C), groups(2 * H, C), first=False), gain=2**0.5)
        scores = C if self.binary else C * domain.size
        self.output = Masked(centre(groups(scores, C), groups(settings.head, C), first=False), gain=0.1)

    @abstractmethod
    def _layer(self, settings: PixelSettings) -> nn.Module:
        """A recurrent layer, from map to map [2 hidden, height, width, batch]."""

    def start(self, batch: int, condition: Float[Tensor, "batch size"] | None = None) -> Carry:
        """What each of `batch` images is told; zeros stand for nothing."""
        if not self.told:
            return ()
        return (self.context.b.new_zeros(batch, self.told) if condition is None else condition.to(self.context.b),)

    def log_prob(
        self, x: Num[Tensor, "batch time"], carry: Carry | None = None
    ) -> tuple[Float[Tensor, "batch time"], Carry]:
        """log p of every value of the images `x`, and the carry as it was."""
        carry = self.start(x.shape[0]) if carry is None else carry
        values = self._values(x)
        scores = self.scores(self._seen(values), carry)
        if self.binary:
            log_prob = F.logsigmoid(scores[:, 0] * (2 * values - 1))
        else:
            log_prob = torch.log_softmax(scores, 1).gather(1, values[:, None])[:, 0]
        return log_prob.permute(3, 1, 2, 0).reshape(x.shape), carry

    def features(self, x: Num[Tensor, "batch time"], carry: Carry | None = None) -> Float[Tensor, "batch units"]:
        """The mean over all pixels of the last layer's map [batch, 2 hidden]."""
        carry = self.start(x.shape[0]) if carry is None else carry
        m: Tensor = self._map(self._seen(self._values(x)), carry)
        return m.mean((1, 2)).t()

    def scores(
        self, seen: Float[Tensor, "planes height width batch"], carry: Carry
    ) -> Float[Tensor, "channels levels height width batch"]:
        """Logits of every value, from what stands for the values; levels is 1 for Bernoulli logits."""
        m = self._map(seen, carry)
        hidden = torch.relu_(self.head(torch.relu(m).flatten(1)))
        scores: Tensor = self.output(hidden)
        return scores.view(self.channels, -1, *m.shape[1:])

    def _values(self, x: Tensor) -> Tensor:
        """Images [batch, D] as [channels, height, width, batch]."""
        return x.long().view(-1, self.height, self.width, self.channels).permute(3, 1, 2, 0)

    def _seen(self, values: Tensor) -> Tensor:
        """What stands for the values [channels * planes, height, width, batch], channel by channel."""
        return F.embedding(values, self.encoding).movedim(4, 1).flatten(0, 1)

    def _map(self, seen: Tensor, carry: Carry) -> Tensor:
        """The last layer's map [2 hidden, height, width, batch]."""
        padded = F.pad(seen, (0, 0, REACH, REACH, REACH, 0))
        read = torch.stack([padded[:, REACH + i :, REACH + j :][:, : self.height, : self.width] for i, j in self.taps])
        m = self.context(read.flatten(0, 1).flatten(1)).view(-1, *seen.shape[1:])
        if self.place is not None:
            m = m + self.place[..., None]
        told = carry[0].t() if carry else None
        for layer in self.layers:
            m = layer(m, told)
        assert isinstance(m, Tensor)
        return m


class RowNetwork(PixelNetwork):
    """PixelRNN by Row LSTMs."""

    def _layer(self, settings: PixelSettings) -> nn.Module:
        assert isinstance(settings, RowSettings)
        return RowLayer(settings.hidden, self.height, self.width, self.channels, self.told, settings.kernel)


class DiagonalNetwork(PixelNetwork):
    """PixelRNN by Diagonal BiLSTMs."""

    def _layer(self, settings: PixelSettings) -> nn.Module:
        return DiagonalLayer(settings.hidden, self.height, self.width, self.channels, self.told)
