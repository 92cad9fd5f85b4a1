"""n-grams behind the training contract: counted in one pass, scored in batches from the same trie as played."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from jaxtyping import Float, Int
from numpy.typing import NDArray
from torch import Tensor

from grnn_tui.backends.network import Carry, CountedNetwork
from grnn_tui.backends.ngram.counting import count_ngrams
from grnn_tui.backends.ngram.player import read_trie
from grnn_tui.backends.ngram.spec import NgramSettings
from grnn_tui.data.domain import Domain


class NgramNetwork(CountedNetwork):
    """The carry is the last `order` symbols [batch, order], oldest first, -1 before the start of the text."""

    def __init__(self, settings: NgramSettings, domain: Domain) -> None:
        super().__init__()
        self.order = settings.order
        self.domain: Domain = domain
        self.trie = count_ngrams(np.zeros(0, dtype=np.int64), domain.size, self.order)

    def count(self, symbols: NDArray[np.integer]) -> None:
        """Learn from the whole training text [n] at once, forgetting what was counted before."""
        self.trie = count_ngrams(symbols, self.domain.size, self.order)

    def start(self, batch: int, condition: Tensor | None = None) -> Carry:
        """No symbols yet."""
        del condition
        return (torch.full((batch, self.order), -1, dtype=torch.int64),)

    def log_prob(
        self, x: Int[Tensor, "batch time"], carry: Carry | None = None
    ) -> tuple[Float[Tensor, "batch time"], Carry]:
        """log p(x_t | the `order` symbols before it) in nats, and the last symbols; computed on the host."""
        (past,) = self.start(x.shape[0]) if carry is None else carry
        known = torch.cat((past.to(x.device), x.long()), dim=1)
        after = known[:, known.shape[1] - self.order :]
        if not x.numel():
            return torch.zeros(x.shape, device=x.device), (after,)
        text = known.cpu().numpy()
        contexts = np.lib.stride_tricks.sliding_window_view(text, self.order + 1, axis=1)
        flat = contexts.reshape(-1, self.order + 1)
        log_prob = self.trie.log_prob(flat[:, -1], flat[:, :-1]).reshape(x.shape)
        return torch.from_numpy(log_prob.astype(np.float32)).to(x.device), (after,)

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        """The trie: `edges`, `followers`, `counts` (see `trie.py`)."""
        trie = self.trie
        return {"edges": trie.edges, "followers": trie.followers, "counts": trie.counts}

    def load_arrays(self, arrays: Mapping[str, NDArray[np.generic]]) -> None:
        """Take over counts saved by `arrays`; their sizes depend on the text."""
        self.trie = read_trie(self.domain, arrays)
