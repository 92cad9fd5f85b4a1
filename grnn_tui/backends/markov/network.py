"""Counts over rows behind the training contract: one pass of counting, then the same tries as are played."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from jaxtyping import Float, Int
from numpy.typing import NDArray
from torch import Tensor

from grnn_tui.backends.markov.counting import count_rows, score_rows
from grnn_tui.backends.markov.player import read_tries
from grnn_tui.backends.markov.spec import MarkovSettings
from grnn_tui.backends.network import Carry, CountedNetwork
from grnn_tui.data.domain import Domain


class MarkovNetwork(CountedNetwork):
    """p(x_d | x_{d-n} .. x_{d-1}) by counts at each place d; nothing is carried from row to row."""

    def __init__(self, settings: MarkovSettings, domain: Domain) -> None:
        super().__init__()
        self.settings = settings
        self.domain: Domain = domain
        self.count(np.zeros((0, domain.length or 1), dtype=np.int64))

    def count(self, symbols: NDArray[np.integer]) -> None:
        """Learn from all training rows [n, D] at once, forgetting what was counted before."""
        self.trie = count_rows(symbols, self.domain.size, self.settings.order, self.settings.smoothing)

    def start(self, batch: int, condition: Tensor | None = None) -> Carry:
        """Nothing to carry."""
        del batch, condition
        return ()

    def log_prob(
        self, x: Int[Tensor, "batch length"], carry: Carry | None = None
    ) -> tuple[Float[Tensor, "batch length"], Carry]:
        """log p(x_d | the `order` values before it) in nats; computed on the host."""
        del carry
        log_prob = score_rows(self.trie, x.cpu().numpy(), self.settings.order)
        return torch.from_numpy(log_prob.astype(np.float32)).to(x.device), ()

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        """The tries: `edges`, `followers`, `counts` (see `ngram/trie.py`)."""
        trie = self.trie
        return {"edges": trie.edges, "followers": trie.followers, "counts": trie.counts}

    def load_arrays(self, arrays: Mapping[str, NDArray[np.generic]]) -> None:
        """Take over counts saved by `arrays`; their sizes depend on the rows."""
        self.trie = read_tries(self.settings, self.domain, arrays)
