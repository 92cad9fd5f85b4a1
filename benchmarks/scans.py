"""Ways to compute the recurrence of a minimal gated layer, forward and backward, on one core.

    make bench-scans

From the pre-activations to the gradients of them, the same for each: the scan in log space of the paper (Feng et al.
2024, after Heinsen 2023) under autograd, doubling (Hillis and Steele 1986), chunks of eight steps side by side, and the
two ways of `grnn_tui.backends.minimal.scan`, halving and steps. The ways take turns, and each ratio is of runs that
followed each other.
"""

from __future__ import annotations

import itertools
import statistics
import time
from collections.abc import Callable, Iterator
from unittest.mock import patch

import torch
import torch.nn.functional as F
from torch import Tensor

from benchmarks.report import Table, line
from grnn_tui.backends.minimal import scan
from grnn_tui.backends.minimal.scan import gated_scan

ROUNDS = 3
CHUNK = 8
WAYS = ("log space", "doubling", "chunks", "halving", "steps")
HIDDEN, BATCHES, LENGTHS = (128, 256, 512), (16, 32, 64), (64, 128, 256)


def log_space(k: Tensor, x: Tensor, h0: Tensor) -> Tensor:
    """h_0 .. h_T as the paper's appendix has it; `h0` must be positive."""
    log_g = torch.where(x >= 0, (F.relu(x) + 0.5).log(), F.logsigmoid(x))
    log_values = torch.cat((h0.log()[None], F.logsigmoid(k) + log_g))
    factors = F.pad(torch.cumsum(F.logsigmoid(-k), 0), (0, 0, 0, 0, 1, 0))
    return (factors + torch.logcumsumexp(log_values - factors, 0)).exp()


def doubled(f: Tensor, b: Tensor) -> Tensor:
    """h_t = f_t h_{t-1} + b_t, each step reaching twice as far back as the one before."""
    reach = 1
    while reach < len(b):
        b = torch.cat((b[:reach], torch.addcmul(b[reach:], f[reach:], b[:-reach])))
        f = torch.cat((f[:reach], f[reach:] * f[:-reach]))
        reach *= 2
    return b


def chunked(f: Tensor, b: Tensor) -> Tensor:
    """h_t = f_t h_{t-1} + b_t, first within all chunks of `CHUNK` steps side by side, then chunk after chunk."""
    length, pad = len(b), -len(b) % CHUNK
    f, b = (F.pad(s, (0, 0, 0, 0, 0, pad)) for s in (f, b))
    f, b = (s.view(-1, CHUNK, *s.shape[1:]).transpose(0, 1).contiguous() for s in (f, b))
    for step in range(1, CHUNK):
        b[step].addcmul_(f[step], b[step - 1])
        f[step].mul_(f[step - 1])
    for chunk in range(1, b.shape[1]):
        b[:, chunk].addcmul_(f[:, chunk], b[-1, chunk - 1])
    return b.transpose(0, 1).flatten(0, 1)[:length]


SCANS: dict[str, Callable[[Tensor, Tensor], Tensor]] = {"doubling": doubled, "chunks": chunked}


def runs(way: str) -> Callable[[Tensor, Tensor, Tensor, Tensor], list[Tensor]]:
    """States and gradients of k, x and h_0 for the gradient `dh` of the states, by one of `WAYS`."""

    def run(k: Tensor, x: Tensor, h0: Tensor, dh: Tensor) -> list[Tensor]:
        scanned = SCANS.get(way, scan.halved)
        with patch.object(scan, "stepwise", return_value=way == "steps"), patch.object(scan, "halved", scanned):
            h = log_space(k, x, h0) if way == "log space" else gated_scan(k, x, h0)
            return [h, *torch.autograd.grad(h, (k, x, h0), dh)]

    return run


def compare(hidden: int, batch: int, length: int) -> dict[str, float]:
    """Median seconds of each way, as multiples of the steps'."""
    k, x = (torch.randn(length, batch, hidden).requires_grad_() for _ in range(2))
    h0 = torch.rand(batch, hidden).requires_grad_()
    dh = torch.randn(length + 1, batch, hidden)
    rounds = [[seconds(runs(way), k, x, h0, dh) for way in WAYS] for _ in range(ROUNDS + 1)][1:]
    return {way: statistics.median(row[n] / row[-1] for row in rounds) for n, way in enumerate(WAYS)}


def seconds(run: Callable[..., object], *given: Tensor) -> float:
    """Of the processor in one run; there is one thread, and other work on the machine does not count."""
    start = time.process_time()
    run(*given)
    return time.process_time() - start


def tables() -> Iterator[Table]:
    """Every size; of each way the median and the range over the sizes."""
    torch.set_num_threads(1)
    ratios = [compare(*size) for size in itertools.product(HIDDEN, BATCHES, LENGTHS)]
    lines = [line(f"{way}, to steps", [each[way] for each in ratios], "x") for way in WAYS]
    yield Table("Scans of a minimal gated layer, one thread", lines)
