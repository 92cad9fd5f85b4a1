"""Writing text on one core: one symbol at a time, many texts at once, after much text, and scoring a file.

    make bench-playing

Playing: symbols per second at batch 1 with temperature, top-k and top-p, against stepping the stock torch module under
inference mode with the same settings as most people write them: `topk`, softmax, a cumulative sum, `multinomial`.
Batches: the loop behind `grnn-tui generate --count`, against the stock LSTM at batch 256 and `multinomial`.
Scoring: nats per symbol of a text by `score`'s own function, against the stock module run over as many stretches in
windows of the same size, with the same warm-up, weights and threads.

Of the 58 us of a step of an LSTM of 256 units, 19 are the product U h, at 55 GB/s from the third-level cache, 18 the
draw with its truncation, and the rest the gates, the output layer and the calls. What keeps many texts at once from
twice the stock loop stands in `grnn_tui/playing/many.py`.
"""

from __future__ import annotations

import os

os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", MKL_NUM_THREADS="1")

import statistics
import time
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F

from benchmarks.report import Line, Table, line
from grnn_tui.backends.contract import Player
from grnn_tui.backends.modeldir import Header, ModelDirectory
from grnn_tui.backends.registry import backend_named
from grnn_tui.data.vocabulary import Vocabulary
from grnn_tui.playing import stretches
from grnn_tui.playing.generation import generate, generate_texts
from grnn_tui.playing.sampling import Sampling
from grnn_tui.playing.session import Session

SYMBOLS = 65
ROUNDS = 5
SECONDS = 0.4
GOALS = {"lstm": {128: 8, 256: 8, 512: 8}, "gru": {128: 4, 256: 4, 512: 3}}
VOCABULARY = Vocabulary(unit="character", symbols=tuple(chr(33 + i) for i in range(SYMBOLS)))
SAMPLING = Sampling(temperature=0.9, top_k=40, top_p=0.95)
MANY = 256
SCORED = stretches.STRETCHES * 4096


class Stock:
    """Embedding, `nn.LSTM` or `nn.GRU`, and a linear layer, stepped one symbol at a time."""

    def __init__(self, kind: str, hidden: int, layers: int, symbols: int = SYMBOLS) -> None:
        self.embedding = torch.nn.Embedding(symbols, 64)
        self.cells: Any = {"lstm": torch.nn.LSTM, "gru": torch.nn.GRU}[kind](64, hidden, layers)
        self.out = torch.nn.Linear(hidden, symbols)

    @torch.inference_mode()
    def write(self, count: int) -> None:
        """Sample `count` symbols, truncated."""
        symbol = torch.zeros(1, 1, dtype=torch.int64)
        state = None
        for _ in range(count):
            output, state = self.cells(self.embedding(symbol), state)
            highest, index = torch.topk(self.out(output[-1]) / SAMPLING.temperature, SAMPLING.top_k)
            p = F.softmax(highest, dim=-1)
            p[p.cumsum(-1) - p > SAMPLING.top_p] = 0
            symbol = index.gather(-1, torch.multinomial(p, 1))

    @torch.inference_mode()
    def write_many(self, texts: int, length: int) -> None:
        """Sample `length` symbols of each of `texts` from the full softmax."""
        symbol = torch.zeros(1, texts, dtype=torch.int64)
        state = None
        for _ in range(length):
            output, state = self.cells(self.embedding(symbol), state)
            symbol = torch.multinomial(F.softmax(self.out(output[-1]), dim=-1), 1).t()

    @torch.inference_mode()
    def score(self, text: torch.Tensor, window: int, warm_up: int) -> torch.Tensor:
        """-log p of `text` [stretches, time], each stretch warmed up on the end of the one before."""
        before = torch.cat((torch.zeros(1, warm_up, dtype=torch.int64), text[:-1, -warm_up:]))
        together = torch.cat((before, text), 1).t()
        nats, state = torch.empty(together.shape), None
        for at in range(0, len(together) - 1, window):
            output, state = self.cells(self.embedding(together[at : at + window]), state)
            target = together[at + 1 : at + 1 + window]
            logits = self.out(output[: len(target)])
            nats[at + 1 : at + 1 + window] = F.cross_entropy(
                logits.flatten(0, 1), target.flatten(), reduction="none"
            ).view(target.shape)
        return nats[warm_up:]


def opened(kind: str, vocabulary: Vocabulary = VOCABULARY, **settings: Any) -> Player[Any]:
    """A player of fresh weights."""
    backend = backend_named(kind)
    parsed = backend.parse_settings({"embedding": 64} | settings)
    return backend.open_player(parsed, vocabulary, backend.build_network(parsed, vocabulary).arrays())


def writer(player: Player[Any], vocabulary: Vocabulary = VOCABULARY) -> Callable[[int], None]:
    """Draws so many symbols by the loop behind `grnn-tui generate`."""

    def write(count: int) -> None:
        for _ in islice(generate(player, vocabulary, "", count, SAMPLING, 1), count):
            pass

    return write


def rate(write: Callable[[int], None], first: int = 100) -> float:
    """Symbols per second of `write(count)`, over about `SECONDS`."""
    count, taken = first, 0.0
    while True:
        start = time.perf_counter()
        write(count)
        taken = time.perf_counter() - start
        if taken >= SECONDS / 2:
            return count / taken
        count = int(count * max(1.5, SECONDS / max(taken, 1e-3)))


def compare(kind: str, hidden: int, layers: int) -> list[Line]:
    """Ours against stock, in turn."""
    ours, stock = writer(opened(kind, hidden=hidden, layers=layers)), Stock(kind, hidden, layers).write
    pairs = [(rate(ours), rate(stock)) for _ in range(ROUNDS)]
    name = f"{kind} {hidden} x {layers}"
    goal = GOALS[kind][hidden]
    return [
        line(f"{name}, symbols", [a / 1000 for a, _ in pairs], "k/s"),
        line(f"{name}, to stock", [a / b for a, b in pairs], "x", goal, at_most=False),
    ]


def singles() -> Table:
    """Every size of the goals, and what has no stock module."""
    sizes = [(kind, hidden, layers) for kind in ("lstm", "gru") for layers in (1, 2) for hidden in (128, 256, 512)]
    lines = [entry for size in sizes for entry in compare(*size)]
    others = {
        "gru 64 x 1 with 6 particles": opened("gru", hidden=64, particles=6),
        "mingru 256 x 2": opened("mingru", hidden=256, layers=2),
        "minlstm 256 x 2": opened("minlstm", hidden=256, layers=2),
    }
    for name, player in others.items():
        write = writer(player)
        lines.append(line(f"{name}, symbols", [rate(write) / 1000 for _ in range(3)], "k/s"))
    return Table("Playing one symbol at a time (65 symbols, temperature 0.9, top-k 40, top-p 0.95, one core)", lines)


def batches() -> Table:
    """256 texts at once."""
    lines = []
    for kind, hidden in (("lstm", 128), ("lstm", 256), ("lstm", 512), ("gru", 256), ("mingru", 256)):
        player, length = opened(kind, hidden=hidden), 4096 // hidden

        def ours(player: Player[Any] = player, length: int = length) -> float:
            start = time.perf_counter()
            for text in generate_texts(player, VOCABULARY, "", length, Sampling(), range(MANY)):
                for _ in text:
                    pass
            return MANY * length / (time.perf_counter() - start)

        if kind == "mingru":
            lines.append(line(f"{kind} {hidden}, symbols", [ours() / 1000 for _ in range(3)], "k/s"))
            continue
        stock = Stock(kind, hidden, 1)

        def theirs(stock: Stock = stock, length: int = length) -> float:
            start = time.perf_counter()
            stock.write_many(MANY, length)
            return MANY * length / (time.perf_counter() - start)

        ours(), theirs()
        # The default of either: a block of texts on each core here, threads of a product there.
        torch.set_num_threads(os.cpu_count() or 1)
        pairs = [(ours(), theirs()) for _ in range(ROUNDS)]
        torch.set_num_threads(1)
        goal = 2 if kind == "lstm" else None
        lines += [
            line(f"{kind} {hidden}, symbols", [a / 1000 for a, _ in pairs], "k/s"),
            line(f"{kind} {hidden}, to stock", [a / b for a, b in pairs], "x", goal, at_most=False),
        ]
    return Table(f"Writing {MANY} texts at once (65 symbols, full softmax, every core)", lines)


def lengths() -> Table:
    """A session after a thousand symbols and after a million."""
    player = opened("gru", hidden=128)
    text = "".join(np.random.default_rng(0).choice(list(VOCABULARY.symbols), 1_000_000))
    sessions = []
    for count in (1000, len(text)):
        session = Session(player, VOCABULARY, SAMPLING, 1)
        session.set_prompt(text[:count])
        session.read()
        sessions.append(session)

    def write(session: Session) -> float:
        start = time.perf_counter()
        session.write(500)
        return time.perf_counter() - start

    def back(session: Session) -> float:
        start = time.perf_counter()
        for _ in range(64):
            session.move(-1)
            session.outlook()
        return (time.perf_counter() - start) / 64

    def branch(session: Session) -> float:
        start = time.perf_counter()
        for _ in range(10):
            session.move(-3)
            here = session.current.symbols_between(session.cursor, session.cursor + 1)[0]
            session.force((here + 1) % SYMBOLS)
        return (time.perf_counter() - start) / 10

    lines = []
    for name, goal, act in (("500 symbols", 1.1, write), ("step back and look", 1.5, back), ("branch", 1.5, branch)):
        rows = [[act(session) for session in sessions] for _ in range(15)]
        middle = [statistics.median(column) for column in zip(*rows, strict=True)]
        lines.append(line(f"{name}, after 1,000,000", [1e6 * long for _, long in rows], "us"))
        lines.append(line(f"{name}, to after 1,000", [middle[1] / middle[0]], "x", goal))
    return Table("A session after a million symbols (gru 128)", lines)


def scoring() -> Table:
    """A text of ASCII by the training path, one thread."""
    text = np.random.default_rng(0).integers(0, SYMBOLS, SCORED).astype(np.uint8)
    lines = []
    for kind, hidden in (("gru", 256), ("lstm", 256)):
        backend = backend_named(kind)
        settings = {"hidden": hidden, "embedding": 64, "learned_start": False}
        network: Any = backend.build_network(backend.parse_settings(settings), VOCABULARY)
        model = ModelDirectory(Path(), Header(backend=kind, settings=settings, domain=VOCABULARY), network.arrays())
        stock = Stock(kind, hidden, 1)
        stock.cells.load_state_dict(network.cells.stack.state_dict())
        stock.embedding.weight.data, stock.out.weight.data = network.embedding.data, network.output_weight.data
        stock.out.bias.data = network.output_bias.data
        rows = torch.from_numpy(text.astype(np.int64))
        rows = rows.view(stretches.STRETCHES, -1)

        def ours(model: ModelDirectory = model) -> tuple[float, Any]:
            start = time.perf_counter()
            nats = stretches.score_in_stretches(model, text, threads=1)
            return SCORED / (time.perf_counter() - start), nats

        def theirs(stock: Stock = stock, rows: torch.Tensor = rows) -> tuple[float, Any]:
            start = time.perf_counter()
            nats = stock.score(rows, stretches.WINDOW, stretches.WARM_UP)
            return SCORED / (time.perf_counter() - start), nats.t().flatten().numpy()

        pairs = [(ours(), theirs()) for _ in range(2)]
        both = np.stack([pairs[0][0][1][: rows.numel()], pairs[0][1][1]])[:, rows.shape[1] :]
        np.testing.assert_allclose(both[0], both[1], atol=1e-3)
        lines += [
            line(f"{kind} {hidden}, symbols", [a / 1000 for (a, _), _ in pairs], "k/s"),
            line(f"{kind} {hidden}, to a bare loop", [a / b for (a, _), (b, _) in pairs], "x", 0.95, at_most=False),
        ]
    return Table(
        f"Scoring {SCORED:,} symbols, {stretches.STRETCHES} stretches in windows of {stretches.WINDOW}, one thread",
        lines,
    )


def tables() -> Iterator[Table]:
    """One symbol at a time, many texts at once, after much text, scoring."""
    torch.set_num_threads(1)
    yield singles()
    yield batches()
    yield lengths()
    yield scoring()
