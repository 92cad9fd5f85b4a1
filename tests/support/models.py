"""Small random models of any backend, for tests that need one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch

from grnn_tui.backends.contract import Settings
from grnn_tui.backends.modeldir import Header, ModelDirectory, Trained, read_model, write_model
from grnn_tui.backends.network import CountedNetwork, Network
from grnn_tui.backends.registry import backend_named
from grnn_tui.data.row_domain import RowDomain
from grnn_tui.data.vocabulary import Vocabulary
from grnn_tui.data.words import UNKNOWN

LETTERS = Vocabulary(unit="character", symbols=tuple("\n abcdefgé中"))
TINY = Vocabulary(unit="character", symbols=("a", "b", "\n"))
BYTES = Vocabulary(unit="byte")
WORDS = Vocabulary(
    unit="word",
    symbols=(
        *UNKNOWN,
        " the",
        "\n",
        " was",
        ".",
        ",",
        "the",
        " river",
        " and",
        " miller",
        " low",
        " \x1b",
        " internationally",
    ),
)

SIZES: dict[str, dict[str, Any]] = {
    "rnn": {"hidden": 12, "embedding": 5},
    "lstm": {"hidden": 12, "embedding": 5},
    "gru": {"hidden": 12, "embedding": 5},
    "mingru": {"hidden": 12, "embedding": 5},
    "minlstm": {"hidden": 12, "embedding": 5},
    "nade": {"window": 4, "hidden": 16},
    "ngram": {"order": 3},
    "markov": {"order": 2},
}
"""Settings that make a model of each shipped backend small."""


def make_network(backend_name: str, vocabulary: Vocabulary, seed: int = 0, **settings: Any) -> Network:
    """A network with nothing left at a special value: every weight is drawn, every count is of a random text."""
    torch.manual_seed(seed)
    network = backend_named(backend_name).build_network(chosen(backend_name, settings), vocabulary)
    rng = np.random.default_rng(seed)
    if isinstance(network, CountedNetwork):
        network.count(random_text(rng, vocabulary, 400))
        return network.eval()
    with torch.no_grad():
        for name, weight in network.named_parameters():
            padding = weight[-1].clone() if name == "table" else None
            weight.add_(torch.from_numpy(rng.standard_normal(tuple(weight.shape))).to(weight.dtype), alpha=0.3)
            if padding is not None:
                weight[-1] = padding
    return network.eval()


def make_row_network(backend_name: str, domain: RowDomain, seed: int = 0, **settings: Any) -> Network:
    """A network over rows with nothing left at a special value."""
    torch.manual_seed(seed)
    backend = backend_named(backend_name)
    network = backend.build_network(backend.parse_settings(settings), domain)
    rng = np.random.default_rng(seed)
    if isinstance(network, CountedNetwork):
        network.count(rng.integers(domain.size, size=(50, domain.length)))
        return network.eval()
    with torch.no_grad():
        for weight in network.parameters():
            weight.add_(torch.from_numpy(rng.standard_normal(tuple(weight.shape))).to(weight.dtype), alpha=0.1)
    return network.eval()


def make_model(path: Path, backend_name: str, vocabulary: Vocabulary, seed: int = 0, **settings: Any) -> ModelDirectory:
    """A model directory at `path` that holds the network `make_network` gives."""
    network = make_network(backend_name, vocabulary, seed, **settings)
    values = settings or SIZES.get(backend_name, {})
    header = Header(backend=backend_name, settings=values, domain=vocabulary, trained=Trained(data="random"))
    write_model(path, header, network.arrays())
    return read_model(path)


def make_row_model(
    path: Path, backend_name: str, domain: RowDomain, seed: int = 0, trained: Trained | None = None, **settings: Any
) -> ModelDirectory:
    """A model directory at `path` that holds the network `make_row_network` gives."""
    network = make_row_network(backend_name, domain, seed, **settings)
    header = Header(backend=backend_name, settings=settings, domain=domain, trained=trained or Trained(data="random"))
    write_model(path, header, network.arrays())
    return read_model(path)


def chosen(backend_name: str, settings: dict[str, Any]) -> Settings:
    """The settings asked for, or small ones."""
    return backend_named(backend_name).parse_settings(settings or SIZES.get(backend_name, {}))


def random_text(rng: np.random.Generator, vocabulary: Vocabulary, length: int) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Symbols [length] with some structure: each is likely to follow one of two others."""
    text = rng.integers(vocabulary.size, size=length)
    for t in range(1, length):
        if rng.random() < 0.7:
            text[t] = (text[t - 1] * 2 + rng.integers(2)) % vocabulary.size
    return text
