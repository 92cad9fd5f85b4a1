"""Characters per second at batch 1 on one core, against stepping the stock torch module under inference mode.

    make bench-playing

Both sample with a temperature from the full softmax, and both are given the same weights.
"""

from __future__ import annotations

import os

os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", MKL_NUM_THREADS="1")

import time
from collections.abc import Iterator
from itertools import islice
from typing import Any

import torch
import torch.nn.functional as F

from benchmarks.report import Line, Table, line
from grnn_tui.backends.registry import backend_named
from grnn_tui.data.vocabulary import Vocabulary
from grnn_tui.playing.generation import generate
from grnn_tui.playing.sampling import Sampling

SYMBOLS = 65
ROUNDS = 5
SECONDS = 0.6
GOALS = {("lstm", 128): 8, ("lstm", 256): 8, ("lstm", 512): 8, ("gru", 128): 4, ("gru", 256): 4, ("gru", 512): 3}
VOCABULARY = Vocabulary(unit="character", symbols=tuple(chr(33 + i) for i in range(SYMBOLS)))


class Stock:
    """Embedding, `nn.LSTM` or `nn.GRU`, and a linear layer, stepped one symbol at a time."""

    def __init__(self, kind: str, hidden: int, layers: int) -> None:
        self.embedding = torch.nn.Embedding(SYMBOLS, 64)
        self.cells: Any = {"lstm": torch.nn.LSTM, "gru": torch.nn.GRU}[kind](64, hidden, layers)
        self.out = torch.nn.Linear(hidden, SYMBOLS)

    @torch.inference_mode()
    def write(self, count: int) -> None:
        """Sample `count` symbols."""
        symbol = torch.zeros(1, 1, dtype=torch.int64)
        state = None
        for _ in range(count):
            output, state = self.cells(self.embedding(symbol), state)
            p = F.softmax(self.out(output[-1]) / 0.9, dim=-1)
            symbol = torch.multinomial(p, 1)


def rate(write: Any) -> float:
    """Symbols per second of `write(count)`, over at least `SECONDS`."""
    count, taken = 200, 0.0
    while True:
        start = time.perf_counter()
        write(count)
        taken = time.perf_counter() - start
        if taken >= SECONDS / 2:
            return count / taken
        count = int(count * max(1.5, SECONDS / max(taken, 1e-3)))


def compare(kind: str, hidden: int, layers: int) -> list[Line]:
    """Ours against stock, in turn."""
    backend = backend_named(kind)
    settings = backend.parse_settings({"hidden": hidden, "layers": layers, "embedding": 64})
    player = backend.open_player(settings, VOCABULARY, backend.build_network(settings, VOCABULARY).arrays())
    sampling = Sampling(temperature=0.9)

    def ours(count: int) -> None:
        for _ in islice(generate(player, VOCABULARY, "", count, sampling, 1), count):
            pass

    stock = Stock(kind, hidden, layers)
    pairs = [(rate(ours), rate(stock.write)) for _ in range(ROUNDS)]
    name = f"{kind} {hidden} x {layers}"
    return [
        line(f"{name}, numpy step", [a for a, _ in pairs], "ch/s"),
        line(f"{name}, ratio to stock", [a / b for a, b in pairs], "x", GOALS.get((kind, hidden)), at_most=False),
    ]


def tables() -> Iterator[Table]:
    """Every size of the goals."""
    torch.set_num_threads(1)
    lines = [entry for kind in ("lstm", "gru") for hidden in (128, 256, 512) for entry in compare(kind, hidden, 1)]
    yield Table("Playing, batch 1, one core", lines + compare("lstm", 256, 2) + compare("gru", 256, 2))
