"""The training path."""

import torch
from torch import Tensor, nn

from grnn_echo.spec import EchoSettings
from grnn_tui.backends.network import Carry, Network
from grnn_tui.data.vocabulary import Vocabulary


class EchoNetwork(Network):
    """One parameter: the log-odds of an echo."""

    def __init__(self, settings: EchoSettings, vocabulary: Vocabulary) -> None:
        super().__init__()
        self.size = vocabulary.size
        self.odds = nn.Parameter(torch.full((1,), settings.doubt))

    def start(self, batch: int) -> Carry:
        """-1 stands for nothing seen."""
        return (torch.full((batch, 1), -1, dtype=torch.int64, device=self.odds.device),)

    def log_prob(self, x: Tensor, carry: Carry | None = None) -> tuple[Tensor, Carry]:
        """[batch, time] nats."""
        (last,) = self.start(x.shape[0]) if carry is None else carry
        before = torch.cat([last, x[:, :-1]], 1)
        echo = torch.sigmoid(self.odds) * (before >= 0)
        p = (1 - echo) / self.size + echo * (before == x)
        return p.log(), (x[:, -1:],)
