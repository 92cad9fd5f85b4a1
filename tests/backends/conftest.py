"""Every registered backend in a range of sizes: the cases over which the contract is tested."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from grnn_tui.backends.contract import Player, Settings
from grnn_tui.backends.modeldir import ModelDirectory
from grnn_tui.backends.network import Network
from grnn_tui.backends.registry import backends
from grnn_tui.data.vocabulary import Vocabulary
from tests.support.models import LETTERS, chosen, make_model, make_network

RECURRENT: list[dict[str, Any]] = [
    {"hidden": 1, "embedding": 1},
    {"hidden": 12, "embedding": 5},
    {"hidden": 9, "embedding": 0, "layers": 2},
    {"hidden": 8, "embedding": 8, "layers": 3, "tied": True, "dropout": 0.3},
    {"hidden": 33, "embedding": 16, "learned_start": False},
    {"hidden": 7, "embedding": 4, "particles": 3},
    {"hidden": 6, "embedding": 0, "layers": 2, "particles": 2, "noise": 0.3},
]
MINIMAL: list[dict[str, Any]] = [
    {"hidden": 1, "embedding": 1, "layers": 1},
    {"hidden": 12, "embedding": 5},
    {"hidden": 9, "embedding": 0, "layers": 3},
    {"hidden": 8, "embedding": 8, "tied": True, "dropout": 0.3},
    {"hidden": 33, "embedding": 16, "learned_start": False},
]
RANGE: dict[str, list[dict[str, Any]]] = {
    "rnn": RECURRENT,
    "lstm": RECURRENT,
    "gru": RECURRENT,
    "mingru": MINIMAL,
    "minlstm": MINIMAL,
    "nade": [
        {"window": 1, "hidden": 1, "activation": "tanh"},
        {"window": 4, "hidden": 16, "activation": "sigmoid"},
        {"window": 9, "hidden": 20, "layers": 3, "activation": "tanh", "dropout": 0.3},
        {"window": 64, "hidden": 8, "activation": "relu"},
    ],
    "ngram": [{"order": 0}, {"order": 1}, {"order": 3}, {"order": 32}],
}


@dataclass(frozen=True)
class Case:
    """One backend with one choice of settings; none means its defaults."""

    backend: str
    settings: dict[str, Any]

    def __str__(self) -> str:
        return "-".join([self.backend, *(f"{name}={value}" for name, value in self.settings.items())])

    @property
    def learns_by_gradient(self) -> bool:
        return backends()[self.backend].learning == "gradient"

    @property
    def parsed(self) -> Settings:
        return chosen(self.backend, self.settings)

    def network(self, vocabulary: Vocabulary = LETTERS, seed: int = 0) -> Network:
        return make_network(self.backend, vocabulary, seed, **self.settings)

    def model(self, path: Path, vocabulary: Vocabulary = LETTERS, seed: int = 0) -> ModelDirectory:
        return make_model(path, self.backend, vocabulary, seed, **self.settings)

    def player(self, network: Network, vocabulary: Vocabulary = LETTERS) -> Player[Any]:
        return backends()[self.backend].open_player(self.parsed, vocabulary, network.arrays())


CASES = [
    Case(name, settings) for name, b in backends().items() if "text" in b.fits for settings in RANGE.get(name, [{}])
]
GRADIENT = [case for case in CASES if case.learns_by_gradient]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test that asks for `case` runs over every backend; one that asks for `gradient_case`, over those it suits."""
    for name, cases in (("case", CASES), ("gradient_case", GRADIENT)):
        if name in metafunc.fixturenames:
            metafunc.parametrize(name, cases, ids=str)


def teacher_forced(network: Network, texts: NDArray[np.int64]) -> NDArray[np.float64]:
    """log p of every symbol of `texts` [batch, time], by the training path."""
    with torch.no_grad():
        log_prob, _ = network.log_prob(torch.from_numpy(texts))
    return log_prob.double().numpy()


def played(player: Player[Any], text: NDArray[np.int64]) -> NDArray[np.float64]:
    """log p of every symbol of `text` [time], by the playing path."""
    state = player.start()
    nats = []
    for symbol in text.tolist():
        nats.append(player.predict(state).log_prob(symbol))
        state = player.advance(state, symbol)
    return np.array(nats)
