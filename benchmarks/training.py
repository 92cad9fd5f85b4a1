"""Training steps on the processor: the real loop against the stock modules in a plain loop.

    make bench-training

One step is 32 streams of 64 symbols of a vocabulary of 65. Ours is a run of the trainer, with clipping, carried
state, AdamW, rows and commands. "bare" is how most people write it: `nn.Embedding(hidden)`, the stock module, cross
entropy, Adam. "like for like" is the same with one-hot inputs, the function that our model computes with embedding 0.
Ours has the default embedding of 64 against the first, embedding 0 against the second. The minimal gated networks have
no stock module: they are set against a bare GRU of one layer of as many units, which is another function. The variants
take turns, and each ratio is of steps that were run within the same second.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F

from benchmarks.report import Line, Table, line
from grnn_tui.backends.modeldir import Header
from grnn_tui.backends.registry import backend_named
from grnn_tui.data.vocabulary import Vocabulary
from grnn_tui.runs.commands import CommandReader
from grnn_tui.runs.request import TrainingOptions
from grnn_tui.training.checkpointing import Machine
from grnn_tui.training.clock import TrainingClock
from grnn_tui.training.devices import prepare
from grnn_tui.training.feed import TextFeed
from grnn_tui.training.journal import Journal
from grnn_tui.training.loop import Setting, Trainer
from grnn_tui.training.optimising import Optimiser
from grnn_tui.training.saving import Saver
from grnn_tui.training.signals import Interruption
from grnn_tui.training.streams import Streams

SYMBOLS, BATCH, LENGTH = 65, 32, 64
ROUNDS = 9
SECONDS = 0.25
CPU = torch.device("cpu")
VOCABULARY = Vocabulary(unit="character", symbols=tuple(chr(33 + i) for i in range(SYMBOLS)))
TEXT = np.random.default_rng(0).integers(0, SYMBOLS, 1_000_000).astype(np.uint8)
GOALS = {("rnn", 1): 1.7, ("gru", 1): 1.5, ("lstm", 1): 1.3, ("gru", 2): 1.2, ("lstm", 2): 1.15}
LIKE = {("rnn", 1): 1.4, ("gru", 1): 1.25}
SIZES = [(kind, H, 1) for kind in ("rnn", "gru", "lstm") for H in (128, 256, 512)]
SIZES += [(kind, H, 2) for kind in ("gru", "lstm") for H in (128, 256, 512)]

MINIMAL = [(kind, H, layers) for kind in ("mingru", "minlstm") for layers in (1, 2, 3) for H in (128, 256, 512)]


class Timed(Trainer):
    """The trainer, with the moment at which each step began."""

    began: list[float]

    def train_step(self) -> tuple[torch.Tensor, torch.Tensor]:
        self.began.append(time.perf_counter())
        return super().train_step()


class Ours:
    """A run of the trainer in a folder of its own."""

    def __init__(self, kind: str, hidden: int, layers: int, embedding: int) -> None:
        self.folder = tempfile.TemporaryDirectory(prefix="grnn-tui-bench-")
        path = Path(self.folder.name)
        backend = backend_named(kind)
        settings = {"hidden": hidden, "layers": layers, "embedding": embedding}
        network = backend.build_network(backend.parse_settings(settings), VOCABULARY)
        options = TrainingOptions(steps=10**9, device="cpu", checkpoint_every=1e9, batch=BATCH, length=LENGTH)
        clock = TrainingClock()
        journal = Journal(path / "metrics.jsonl", clock, None)
        header = Header(backend=kind, settings=settings, domain=VOCABULARY)
        machine = Machine.here(CPU, torch.get_num_threads())
        self.trainer = Timed(
            Setting(options, header, None, machine, {}, CPU),
            network,
            TextFeed(Streams(TEXT, BATCH, LENGTH, 0), CPU),
            Optimiser(network, options, CPU),
            clock,
            journal,
            Saver(path, journal, clock, 2),
            CommandReader(path / "commands.jsonl"),
        )

    def seconds(self, steps: int) -> float:
        """Per step, over `steps` steps."""
        trainer = self.trainer
        trainer.began = []
        with Interruption() as interruption:
            trainer.run(interruption, until=trainer.step + steps + 1)
        return (trainer.began[-1] - trainer.began[0]) / steps


class Stock:
    """Embedding or one-hot symbols, `nn.RNN`, `nn.GRU` or `nn.LSTM`, a linear layer, cross entropy, Adam."""

    def __init__(self, kind: str, hidden: int, layers: int, *, one_hot: bool) -> None:
        self.embedding = None if one_hot else torch.nn.Embedding(SYMBOLS, hidden)
        module: Any = {"rnn": torch.nn.RNN, "gru": torch.nn.GRU, "lstm": torch.nn.LSTM}[kind]
        self.cells = module(SYMBOLS if one_hot else hidden, hidden, layers)
        self.out = torch.nn.Linear(hidden, SYMBOLS)
        parts = [part for part in (self.embedding, self.cells, self.out) if part is not None]
        self.adam = torch.optim.Adam([p for part in parts for p in part.parameters()], 1e-3)
        self.text = torch.from_numpy(TEXT[: len(TEXT) // BATCH * BATCH].astype(np.int64).reshape(BATCH, -1))
        self.state: Any = None
        self.at = 0

    def step(self) -> None:
        """One window."""
        self.at = self.at if self.at + LENGTH < self.text.shape[1] else 0
        x = self.text[:, self.at : self.at + LENGTH + 1].t()
        self.at += LENGTH
        inputs = F.one_hot(x[:-1], SYMBOLS).float() if self.embedding is None else self.embedding(x[:-1])
        h, state = self.cells(inputs, self.state)
        self.state = tuple(s.detach() for s in state) if isinstance(state, tuple) else state.detach()
        loss = F.cross_entropy(self.out(h).flatten(0, 1), x[1:].flatten())
        self.adam.zero_grad()
        torch.autograd.backward(loss)
        self.adam.step()

    def seconds(self, steps: int) -> float:
        """Per step, over `steps` steps."""
        start = time.perf_counter()
        for _ in range(steps):
            self.step()
        return (time.perf_counter() - start) / steps


def compare(kind: str, hidden: int, layers: int, threads: int = 1) -> list[Line]:
    """Ours against both baselines, in turn."""
    prepare(CPU, threads, 0)
    variants: list[Callable[[int], float]] = [
        Ours(kind, hidden, layers, 64).seconds,
        Stock(kind, hidden, layers, one_hot=False).seconds,
        Ours(kind, hidden, layers, 0).seconds,
        Stock(kind, hidden, layers, one_hot=True).seconds,
    ]
    rows = in_turn(variants)
    name = f"{kind} {hidden} x {layers}, {threads} thread{'s' if threads > 1 else ''}"
    goal = (GOALS[kind, layers], LIKE.get((kind, layers), 1.0)) if threads == 1 else (None, 1.0)
    return [
        line(f"{name}, ours", [BATCH * LENGTH / ours / 1000 for ours, _, _, _ in rows], "ktok/s"),
        line(f"{name}, to bare", [bare / ours for ours, bare, _, _ in rows], "x", goal[0], at_most=False),
        line(f"{name}, like for like", [like / direct for _, _, direct, like in rows], "x", goal[1], at_most=False),
    ]


def compare_minimal(kind: str, hidden: int, layers: int) -> list[Line]:
    """Ours against a bare GRU of one layer, in turn, on one thread."""
    prepare(CPU, 1, 0)
    rows = in_turn([Ours(kind, hidden, layers, 64).seconds, Stock("gru", hidden, 1, one_hot=False).seconds])
    name = f"{kind} {hidden} x {layers}, 1 thread"
    return [
        line(f"{name}, ours", [BATCH * LENGTH / ours / 1000 for ours, _ in rows], "ktok/s"),
        line(f"{name}, to bare gru", [bare / ours for ours, bare in rows], "x"),
    ]


def in_turn(variants: list[Callable[[int], float]]) -> list[list[float]]:
    """Seconds per step of each variant, `ROUNDS` times, after a few steps to warm up."""
    for seconds in variants:
        seconds(3)
    warm = max(seconds(3) for seconds in variants)
    steps = max(2, int(SECONDS / warm))
    return [[seconds(steps) for seconds in variants] for _ in range(ROUNDS)]


def tables() -> Iterator[Table]:
    """Every size of the goals on one thread, the middle size on two; minimal gated networks."""
    lines = [entry for size in SIZES for entry in compare(*size)]
    lines += [entry for size in MINIMAL for entry in compare_minimal(*size)]
    if (os.cpu_count() or 1) > 1:
        lines += [entry for kind in ("rnn", "gru", "lstm") for entry in compare(kind, 256, 1, threads=2)]
    yield Table("Training, 32 streams of 64 symbols", lines)
