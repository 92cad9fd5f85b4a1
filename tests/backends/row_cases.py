"""Every registered backend that models rows, over small domains and a range of settings."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from grnn_tui.backends.contract import Backend, Player, Settings, Vector
from grnn_tui.backends.network import Network
from grnn_tui.backends.registry import backends
from grnn_tui.data.condition import Condition
from grnn_tui.data.row_domain import RowDomain
from tests.support.models import make_row_network

BITS = RowDomain(kind="binary", shape=(7,))
PICTURE = RowDomain(kind="binary", shape=(3, 4))
GREY = RowDomain(kind="levels", shape=(3, 3), levels=4)
COLOUR = RowDomain(kind="levels", shape=(2, 2, 3), levels=3)
REAL = RowDomain(kind="real", shape=(4,), mean=(0.0, 10.0, -3.0, 1e4), scale=(1.0, 2.0, 0.1, 500.0))
DOMAINS = (BITS, PICTURE, GREY, COLOUR, REAL)
CLASSES = Condition(classes=("ant", "bee", "cat"))
MEASURES = Condition(features=("size", "age"), mean=(1.0, 30.0), scale=(2.0, 10.0))

PIXELS: list[dict[str, Any]] = [{"hidden": 5, "layers": 1, "head": 6}, {"hidden": 3, "layers": 3, "head": 4}]
RECURRENT: list[dict[str, Any]] = [
    {"hidden": 5, "embedding": 0, "layers": 2},
    {"hidden": 4, "embedding": 3, "particles": 2},
]
MINIMAL: list[dict[str, Any]] = [{"hidden": 5, "embedding": 0}, {"hidden": 4, "embedding": 3, "learned_start": False}]
RANGE: dict[str, list[dict[str, Any]]] = {
    "rnn": RECURRENT[:1],
    "lstm": RECURRENT,
    "gru": RECURRENT[1:],
    "mingru": MINIMAL[:1],
    "minlstm": MINIMAL,
    "rnn-nade": [
        {"hidden": 6, "state": 5},
        {"hidden": 5, "state": 4, "cell": "rnn", "activation": "tanh", "dropout": 0.3},
    ],
    "markov": [{"order": 0}, {"order": 1, "smoothing": 0.5}, {"order": 3}],
    "binary-nade": [
        {"hidden": 6, "activation": "sigmoid"},
        {"hidden": 6, "activation": "relu", "ordering": "column"},
        {"hidden": 6, "activation": "tanh", "ordering": "spiral", "tied": True},
        {"hidden": 6, "ordering": "centre-out", "order_agnostic": True, "activation": "sigmoid"},
        {"hidden": 6, "ordering": "random", "order_agnostic": True, "layers": 2, "activation": "tanh"},
    ],
    "rnade": [
        {"hidden": 6, "components": 5},
        {"hidden": 6, "components": 1, "activation": "sigmoid", "ordering": "random", "floor": 0.1},
        {"hidden": 6, "components": 2, "activation": "tanh", "ordering": "centre-out"},
    ],
    "rowlstm": [*PIXELS, {"hidden": 4, "kernel": 5, "head": 3, "position": False}],
    "diagonal": PIXELS,
}
"""Settings worth trying of each backend; none stands for its defaults."""


@dataclass(frozen=True)
class RowCase:
    """One backend with one choice of settings over one domain."""

    backend: str
    domain: RowDomain
    settings: dict[str, Any]

    def __str__(self) -> str:
        shape = "x".join(map(str, self.domain.shape))
        told = "" if self.domain.condition is None else "-told"
        chosen = [f"{name}={value}" for name, value in self.settings.items()]
        return "-".join([self.backend, self.domain.kind, shape + told, *chosen])

    @property
    def family(self) -> Backend:
        return backends()[self.backend]

    @property
    def parsed(self) -> Settings:
        return self.family.parse_settings(self.settings)

    def network(self, seed: int = 0) -> Network:
        return make_row_network(self.backend, self.domain, seed, **self.settings)

    def player(self, network: Network) -> Player[Any, Any]:
        return self.family.open_player(self.parsed, self.domain, network.arrays())

    def condition(self, seed: int = 0) -> Vector | None:
        """Something to tell a model of this domain [size]."""
        told = self.domain.condition
        if told is None:
            return None
        if told.classes:
            return np.asarray(np.eye(told.size, dtype=np.float32)[seed % told.size])
        return np.random.default_rng(seed).standard_normal(told.size).astype(np.float32)

    @property
    def learns_by_gradient(self) -> bool:
        return self.family.learning == "gradient"


def some_rows(domain: RowDomain, count: int, seed: int = 0) -> NDArray[Any]:
    """Random rows [count, D] of the kind that networks take: int64, or float64 in their own units."""
    rng = np.random.default_rng([seed, zlib.crc32(str(domain.shape).encode())])
    if domain.kind == "real":
        return rng.standard_normal((count, domain.length)) * domain.scale + domain.mean
    return rng.integers(domain.size, size=(count, domain.length))


def _fitting(backend: Backend) -> list[RowDomain]:
    domains = [d for d in DOMAINS if d.kind in backend.fits and (d.image or not backend.images)]
    if backend.conditional and domains:
        told = [msgspec.structs.replace(d, condition=CLASSES) for d in domains[:2]]
        domains += [*told, msgspec.structs.replace(domains[-1], condition=MEASURES)]
    return domains


ROW_CASES = [
    RowCase(name, domain, settings)
    for name, backend in backends().items()
    for domain in _fitting(backend)
    for settings in RANGE.get(name, [{}])
]
TRAINED = [case for case in ROW_CASES if case.learns_by_gradient]
