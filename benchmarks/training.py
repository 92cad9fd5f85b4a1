"""Training steps: the real loop against the stock modules in a plain loop.

    make bench-training

Unless a line says otherwise, a step is 32 streams of 64 symbols of a vocabulary of 65, on one thread of the processor.
Ours is a run of the trainer, with clipping, carried state, AdamW, rows and commands. "bare" is how most people write
it: `nn.Embedding(hidden)`, the stock module, cross entropy, Adam. "like for like" is the same with one-hot inputs, the
function that our model computes with embedding 0. Ours has the default embedding of 64 against the first, embedding 0
against the second. The minimal gated networks have no stock module: they are set against a bare GRU of one layer of as
many units, which is another function. The variants take turns, and each ratio is of steps that were run within the
same second.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

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

SYMBOLS = 65
ROUNDS = 5
SECONDS = 0.15
CPU = torch.device("cpu")
GOALS = {("rnn", 1): 1.7, ("gru", 1): 1.5, ("lstm", 1): 1.3, ("gru", 2): 1.2, ("lstm", 2): 1.15}
LIKE = {("rnn", 1): 1.4, ("gru", 1): 1.25}
CELLS = ("rnn", "gru", "lstm")


class Shape(NamedTuple):
    """What is trained, and on how much at a time."""

    kind: str
    hidden: int
    layers: int = 1
    batch: int = 32
    length: int = 64

    def __str__(self) -> str:
        usual = (self.batch, self.length) == (32, 64)
        return f"{self.kind} {self.hidden} x {self.layers}" + ("" if usual else f", {self.batch} x {self.length}")


SIZES = [Shape(kind, H) for kind in CELLS for H in (128, 256, 512)]
SIZES += [Shape(kind, H, 2) for kind in ("gru", "lstm") for H in (128, 256, 512)]
ODD = ((1, 64), (8, 64), (16, 64), (64, 64), (32, 16), (32, 256))
"""Other batches and lengths."""
MINIMAL = [Shape(kind, 256, layers) for kind in ("mingru", "minlstm") for layers in (1, 2)]


def text_of(symbols: int) -> tuple[Vocabulary, np.ndarray[Any, np.dtype[Any]]]:
    """Characters that are all as frequent, or more than 256 words as frequent as words are (Zipf 1935)."""
    luck = np.random.default_rng(0)
    if symbols <= 256:
        characters = tuple(chr(0x100 + i) for i in range(symbols))
        return Vocabulary(unit="character", symbols=characters), luck.integers(0, symbols, 1_000_000).astype(np.uint8)
    share = 1 / np.arange(1, symbols + 1)
    words = Vocabulary(unit="word", symbols=tuple(f" {i}" for i in range(symbols)))
    return words, luck.choice(symbols, 1_000_000, p=share / share.sum()).astype(np.uint16)


def now() -> float:
    """Seconds: of this process on one thread, so that others may use the machine meanwhile; else of the clock."""
    alone = torch.get_num_threads() == 1 and not torch.cuda.is_available()
    return time.process_time() if alone else time.perf_counter()


class Timed(Trainer):
    """The trainer, with the moment at which each step began, and the seconds spent in network and optimiser."""

    began: list[float]
    within = 0.0

    def train_step(self) -> tuple[torch.Tensor, torch.Tensor]:
        self.began.append(now())
        return super().train_step()

    def watch(self) -> None:
        """Count from now on what goes into the network and the optimiser."""

        def timed(function: Callable[..., Any]) -> Callable[..., Any]:
            def call(*words: Any) -> Any:
                start = now()
                result = function(*words)
                self.within += now() - start
                return result

            return call

        self.network.log_prob = timed(self.network.log_prob)  # type: ignore[method-assign]
        self.optimiser.step = timed(self.optimiser.step)  # type: ignore[method-assign]


class Ours:
    """A run of the trainer in a folder of its own."""

    def __init__(
        self,
        kind: str,
        hidden: int,
        layers: int,
        embedding: int,
        symbols: int = SYMBOLS,
        batch: int = 32,
        length: int = 64,
        device: torch.device = CPU,
        options: dict[str, Any] | None = None,
        **settings: Any,
    ) -> None:
        self.folder = tempfile.TemporaryDirectory(prefix="grnn-tui-bench-")
        path = Path(self.folder.name)
        self.device = device
        vocabulary, text = text_of(symbols)
        backend = backend_named(kind)
        settings |= {"hidden": hidden, "layers": layers, "embedding": embedding}
        network = backend.build_network(backend.parse_settings(settings), vocabulary).to(device)
        chosen = TrainingOptions(steps=10**9, checkpoint_every=1e9, batch=batch, length=length, **(options or {}))
        clock = TrainingClock()
        journal = Journal(path / "metrics.jsonl", clock, None)
        header = Header(backend=kind, settings=settings, domain=vocabulary)
        machine = Machine.here(device, torch.get_num_threads())
        self.trainer = Timed(
            Setting(chosen, header, None, machine, {}, device),
            network,
            TextFeed(Streams(text, batch, length, 0), device),
            Optimiser(network, chosen, device),
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

    def outside(self, steps: int) -> float:
        """Share of a step that goes neither into the network nor into the optimiser, in percent."""
        trainer = self.trainer
        trainer.within = 0.0
        whole = self.seconds(steps)
        return 100 * (1 - trainer.within / (steps + 1) / whole)


class Stock:
    """Embedding or one-hot symbols, `nn.RNN`, `nn.GRU` or `nn.LSTM`, a linear layer, cross entropy, Adam."""

    def __init__(self, shape: Shape, *, one_hot: bool, dropout: float = 0.0, device: torch.device = CPU) -> None:
        kind, hidden, layers, self.batch, self.length = shape
        module: Any = {"rnn": torch.nn.RNN, "gru": torch.nn.GRU, "lstm": torch.nn.LSTM}[kind]
        self.embedding = None if one_hot else torch.nn.Embedding(SYMBOLS, hidden).to(device)
        self.cells = module(SYMBOLS if one_hot else hidden, hidden, layers, dropout=dropout if layers > 1 else 0.0)
        self.cells.to(device)
        self.out = torch.nn.Sequential(torch.nn.Dropout(dropout), torch.nn.Linear(hidden, SYMBOLS)).to(device)
        parts = [part for part in (self.embedding, self.cells, self.out) if part is not None]
        self.adam = torch.optim.Adam([p for part in parts for p in part.parameters()], 1e-3)
        _, text = text_of(SYMBOLS)
        streams = text[: len(text) // self.batch * self.batch].astype(np.int64).reshape(self.batch, -1)
        self.text = torch.from_numpy(streams).to(device)
        self.device = device
        self.state: Any = None
        self.at = 0

    def step(self) -> None:
        """One window."""
        self.at = self.at if self.at + self.length < self.text.shape[1] else 0
        x = self.text[:, self.at : self.at + self.length + 1].t()
        self.at += self.length
        inputs = F.one_hot(x[:-1], SYMBOLS).float() if self.embedding is None else self.embedding(x[:-1])
        h, state = self.cells(inputs, self.state)
        self.state = tuple(s.detach() for s in state) if isinstance(state, tuple) else state.detach()
        loss = F.cross_entropy(self.out(h).flatten(0, 1), x[1:].flatten())
        self.adam.zero_grad()
        torch.autograd.backward(loss)
        self.adam.step()

    def seconds(self, steps: int) -> float:
        """Per step, over `steps` steps."""
        if self.device.type == "cuda":
            torch.cuda.synchronize()
        start = now()
        for _ in range(steps):
            self.step()
        if self.device.type == "cuda":
            torch.cuda.synchronize()
        return (now() - start) / steps


def ours(shape: Shape, embedding: int, **more: Any) -> Callable[[int], float]:
    """Seconds per step of a run of `shape`."""
    kind, hidden, layers, batch, length = shape
    return Ours(kind, hidden, layers, embedding, batch=batch, length=length, **more).seconds


def in_turn(variants: list[Callable[[int], float]]) -> list[list[float]]:
    """Seconds per step of each variant, `ROUNDS` times, after a few steps to warm up."""
    for seconds in variants:
        seconds(1)
    warm = max(seconds(1) for seconds in variants)
    steps = max(1, int(SECONDS / warm))
    return [[seconds(steps) for seconds in variants] for _ in range(ROUNDS)]


def compare(shape: Shape) -> list[Line]:
    """Ours against both baselines, in turn."""
    stock = [Stock(shape, one_hot=one_hot).seconds for one_hot in (False, True)]
    rows = in_turn([ours(shape, 64), stock[0], ours(shape, 0), stock[1]])
    kind, layers = shape.kind, shape.layers
    bare_goal, like_goal = GOALS[kind, layers], LIKE.get((kind, layers), 1.0)
    rates = [shape.batch * shape.length / mine / 1000 for mine, _, _, _ in rows]
    return [
        line(f"{shape}, ours", rates, "ktok/s"),
        line(f"{shape}, to bare", [bare / mine for mine, bare, _, _ in rows], "x", bare_goal, at_most=False),
        line(f"{shape}, like for like", [like / mine for _, _, mine, like in rows], "x", like_goal, at_most=False),
    ]


def alike(name: str, mine: Callable[[int], float], stock: Stock, goal: float | None = 1.0) -> Line:
    """Ours against the stock module that does the same work."""
    rows = in_turn([mine, stock.seconds])
    return line(f"{name}, like for like", [theirs / ours for ours, theirs in rows], "x", goal, at_most=False)


def with_more() -> Iterator[Line]:
    """Dropout, particles against as many streams, noise against none."""
    for kind in CELLS:
        two = Shape(kind, 256, 2)
        yield alike(f"{two}, dropout 0.3", ours(two, 0, dropout=0.3), Stock(two, one_hot=True, dropout=0.3))
    for kind in CELLS:
        few = Shape(kind, 256, 1, 8)
        yield alike(f"{few}, 4 particles", ours(few, 0, particles=4), Stock(Shape(kind, 256), one_hot=True))
    for kind in CELLS:
        shape = Shape(kind, 256)
        yield alike(f"{shape}, noise 0.1", ours(shape, 0, noise=0.1), Stock(shape, one_hot=True), None)


def compare_minimal(shape: Shape) -> list[Line]:
    """Ours against a bare GRU of one layer, in turn."""
    rows = in_turn([ours(shape, 64), Stock(Shape("gru", shape.hidden), one_hot=False).seconds])
    return [
        line(f"{shape}, ours", [shape.batch * shape.length / mine / 1000 for mine, _ in rows], "ktok/s"),
        line(f"{shape}, to bare gru", [bare / mine for mine, bare in rows], "x"),
    ]


def overhead() -> Line:
    """What the loop costs beside network and optimiser."""
    run = Ours("gru", 256, 1, 64)
    run.trainer.watch()
    run.seconds(2)
    return line("gru 256 x 1: loop beside network and optimiser", [run.outside(4) for _ in range(ROUNDS)], "%", 2.0)


def on_cuda() -> Iterator[Line]:
    """The tool against a bare cuDNN loop of the same function and precision."""
    device = torch.device("cuda")
    for kind in ("gru", "lstm"):
        for shape in (Shape(kind, 512, 1, 64, 128), Shape(kind, 1024, 2, 128, 128)):
            prepare(device, 1, 0, "tf32")
            mine = Ours(*shape[:3], shape.hidden, batch=shape.batch, length=shape.length, device=device)

            def seconds(steps: int, mine: Ours = mine) -> float:
                torch.cuda.synchronize()
                return mine.seconds(steps)

            yield alike(f"{shape}, tf32", seconds, Stock(shape, one_hot=False, device=device), 0.97)


def tables() -> Iterator[Table]:
    """Every size of the goals and other shapes on one thread, some on two; on CUDA if there is one."""
    prepare(CPU, 1, 0)
    for kind, layers in dict.fromkeys((shape.kind, shape.layers) for shape in SIZES):
        sizes = [shape for shape in SIZES if (shape.kind, shape.layers) == (kind, layers)]
        lines = [entry for shape in sizes for entry in compare(shape)]
        yield Table(
            f"Training {kind} of {layers} layer{'s' * (layers > 1)}, 32 streams of 64 symbols, one thread", lines
        )
    shapes = [Shape(kind, 256, 1, B, T) for kind in CELLS for B, T in ODD]
    odd = [alike(str(shape), ours(shape, 0), Stock(shape, one_hot=True)) for shape in shapes]
    yield Table("Training with other batches x lengths, one thread", odd)
    yield Table("Training with dropout, particles, noise, one thread", list(with_more()))
    yield Table("What the training loop itself costs, one thread", [overhead()])
    yield Table("Training minimal gated networks, one thread", [e for shape in MINIMAL for e in compare_minimal(shape)])
    if (os.cpu_count() or 1) > 1:
        prepare(CPU, 2, 0)
        shapes = [Shape(kind, 256, 1, batch) for kind in CELLS for batch in (16, 32, 64)]
        both = [alike(str(shape), ours(shape, 0), Stock(shape, one_hot=True)) for shape in shapes]
        yield Table("Training, two threads", both)
    if torch.cuda.is_available():
        yield Table("Training on CUDA against a bare cuDNN loop", list(on_cuda()))
