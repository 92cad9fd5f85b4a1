"""NADE over 28x28 black and white images on one core, trained and sampled, against loops over pixels in torch.

    make bench-nade

One training step is 100 images: log-likelihood, gradients, Adam. "the public loop" is how public implementations write
it: for each pixel hidden units, two linear maps and a sigmoid, a list stacked at the end. "a tight loop" keeps the same
running sum with one fused operation a pixel and one sigmoid over all logits. All compute the same loss, which is
checked. The images are procedural strokes, about one pixel in five of them lit, or fair coins, which no model of images
meets but which our way likes least. The ways take turns, and ratios are of runs that followed each other.
"""

from __future__ import annotations

import copy
import itertools
import os

os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", MKL_NUM_THREADS="1")

import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from benchmarks.report import Line, Table, line
from grnn_tui.backends.binary_nade.network import BinaryNadeNetwork
from grnn_tui.backends.registry import backend_named
from grnn_tui.data.row_domain import RowDomain
from grnn_tui.playing.known import planned
from grnn_tui.playing.row_drawing import draw_rows
from grnn_tui.playing.sampling import Sampling

SIDE, BATCH = 28, 100
D = SIDE * SIDE
ROUNDS = 3
IMAGES = RowDomain(kind="binary", shape=(SIDE, SIDE))
Way = Callable[[], Any]


def strokes(count: int) -> Tensor:
    """Procedural images [count, D]: a few thick lines each."""
    rng = np.random.default_rng(0)
    y, x = np.mgrid[:SIDE, :SIDE] / (SIDE - 1)
    images = np.zeros((count, SIDE, SIDE), bool)
    for image in images:
        for _ in range(3):
            (y0, x0), (y1, x1) = rng.uniform(0.15, 0.85, (2, 2))
            along = ((y - y0) * (y1 - y0) + (x - x0) * (x1 - x0)) / ((y1 - y0) ** 2 + (x1 - x0) ** 2 + 1e-9)
            along = along.clip(0, 1)
            image |= np.hypot(y - y0 - along * (y1 - y0), x - x0 - along * (x1 - x0)) < 0.07
    return torch.from_numpy(images.reshape(count, D).astype(np.float32))


def coins(count: int) -> Tensor:
    """Fair coins [count, D]."""
    return torch.bernoulli(torch.full((count, D), 0.5))


def public_loop(network: BinaryNadeNetwork, x: Tensor) -> Tensor:
    """log p(x) [batch], pixel by pixel; told which it has seen, if the network is."""
    W, M = network.W.t(), network.M if network.settings.order_agnostic else None
    a, p = network.c.expand(len(x), -1), []
    for i in range(D):
        h = network.act(a)
        p.append(torch.sigmoid(F.linear(h, network.V[i : i + 1], network.b[i : i + 1])))
        a = a + F.linear(x[:, i : i + 1], W[:, i : i + 1])
        if M is not None:
            a = a + M[i : i + 1]
    return -F.binary_cross_entropy(torch.stack(p, 1)[:, :, 0], x, reduction="none").sum(1)


def tight_loop(network: BinaryNadeNetwork, x: Tensor) -> Tensor:
    """log p(x) [batch], with as little as autograd lets one do for each pixel."""
    a, z = network.c.expand(len(x), -1), []
    for xt, Wt, Vt in zip(x.t()[:, :, None].unbind(0), network.W.unbind(0), network.V.unbind(0), strict=True):
        z.append(network.act(a) @ Vt)
        a = torch.addcmul(a, xt, Wt)
    return F.logsigmoid((2 * x - 1) * (torch.stack(z, 1) + network.b)).sum(1)


def ours(network: BinaryNadeNetwork, x: Tensor) -> Tensor:
    """log p(x) [batch]."""
    return network.log_prob(x)[0].sum(1)


def step(network: BinaryNadeNetwork, x: Tensor, log_prob: Callable[[BinaryNadeNetwork, Tensor], Tensor]) -> Way:
    """A training step of a copy of `network`, with the likelihood from `log_prob`."""
    mine = copy.deepcopy(network)
    adam = torch.optim.Adam(mine.parameters(), 1e-3)

    def run() -> float:
        adam.zero_grad()
        loss = -log_prob(mine, x).mean()
        torch.autograd.backward(loss)
        adam.step()
        return loss.item()

    return run


def network_of(hidden: int, activation: str, agnostic: bool = False) -> BinaryNadeNetwork:
    """A NADE in training, the same each time."""
    torch.manual_seed(0)
    settings = {"hidden": hidden, "activation": activation, "order_agnostic": agnostic}
    backend = backend_named("binary-nade")
    network = backend.build_network(backend.parse_settings(settings), IMAGES).train()
    assert isinstance(network, BinaryNadeNetwork)
    return network


def in_turn(ways: list[Way], check: bool = True) -> list[list[float]]:
    """Seconds of the processor that each way takes, `ROUNDS` times after one to warm up, which has to agree."""
    first = [way() for way in ways]
    if check:
        np.testing.assert_allclose(first, first[0], rtol=1e-4)
    return [[seconds(way) for way in ways] for _ in range(ROUNDS)]


def seconds(way: Way) -> float:
    """Of the processor; there is one thread, and other work on the machine does not count."""
    start = time.process_time()
    way()
    return time.process_time() - start


def trained(hidden: int, activation: str, x: Tensor, goal: float | None) -> list[Line]:
    """One step of the three ways."""
    network = network_of(hidden, activation)
    rows = in_turn([step(network, x, way) for way in (ours, public_loop, tight_loop)])
    name = f"hidden {hidden}, {activation}"
    return [
        line(f"{name}: ours", [1e3 * mine for mine, _, _ in rows], "ms"),
        line(f"{name}: the public loop, to ours", [loop / mine for mine, loop, _ in rows], "x", goal, at_most=False),
        line(f"{name}: a tight loop, to ours", [tight / mine for mine, _, tight in rows], "x"),
    ]


@torch.inference_mode()
def sampled_by_loop(network: BinaryNadeNetwork, count: int, *, lean: bool) -> Tensor:
    """`count` images, pixel by pixel: each drawn from a `Bernoulli`, as public implementations do, or by one call."""
    W = network.W.t()
    a, pixels = network.c.expand(count, -1), []
    for i in range(D):
        h = network.act(a)
        p = torch.sigmoid(F.linear(h, network.V[i : i + 1], network.b[i : i + 1]))
        x = torch.bernoulli(p) if lean else torch.distributions.Bernoulli(probs=p).sample()  # type: ignore[no-untyped-call]
        pixels.append(x)
        a = a + F.linear(x, W[:, i : i + 1])
    return torch.stack(pixels, 1)


def drawn(hidden: int, activation: str, count: int, goal: float) -> list[Line]:
    """`count` images of a network that was trained for a moment, so that they have as many lit pixels as its data."""
    network = network_of(hidden, activation)
    adam, x = torch.optim.Adam(network.parameters(), 0.01), strokes(BATCH)
    for _ in range(20):
        adam.zero_grad()
        torch.autograd.backward(-ours(network, x).mean())
        adam.step()
    backend = backend_named("binary-nade")
    player = backend.open_player(network.settings, IMAGES, network.eval().arrays())
    plan = planned(player, IMAGES)
    seeds = itertools.count(0, count)

    def numpy_way() -> float:
        return float(np.mean([part.rows.mean() for part in draw_rows(plan, next(seeds), count, Sampling())]))

    def loop(*, lean: bool) -> float:
        return float(sampled_by_loop(network, count, lean=lean).mean())

    ways: list[Way] = [numpy_way, lambda: loop(lean=False), lambda: loop(lean=True)]
    rows = in_turn(ways, check=False)
    lit = [float(np.mean([way() for _ in range(max(1, 8 // count))])) for way in ways]
    if max(lit) > 2 * min(lit):
        raise ValueError(f"the ways do not draw the same images: {lit}")
    name = f"hidden {hidden}, {activation}, {count} image{'s' if count > 1 else ''}"
    return [
        line(f"{name}: ours", [1e3 * mine for mine, _, _ in rows], "ms"),
        line(f"{name}: the public loop, to ours", [loop / mine for mine, loop, _ in rows], "x", goal, at_most=False),
        line(f"{name}: the loop with torch.bernoulli, to ours", [lean / mine for mine, _, lean in rows], "x"),
    ]


def trained_in_any_order(hidden: int, x: Tensor) -> list[Line]:
    """One step on one random part of each image, against the loop over all of them that is told what it has seen."""
    network = network_of(hidden, "relu", agnostic=True)
    rows = in_turn([step(network, x, ours), step(network, x, public_loop)], check=False)
    return [
        line(f"hidden {hidden}, relu: ours", [1e3 * mine for mine, _ in rows], "ms"),
        line(f"hidden {hidden}, relu: the loop, to ours", [loop / mine for mine, loop in rows], "x", 5, at_most=False),
    ]


def tables() -> Iterator[Table]:
    """Training at two sizes, then sampling."""
    torch.set_num_threads(1)
    each = [(hidden, activation) for hidden in (50, 500) for activation in ("relu", "sigmoid")]
    x = strokes(BATCH)
    title = "NADE of 784 pixels, one training step of {}, one thread"
    lines = [entry for size in each for entry in trained(*size, x, 5)]
    yield Table(title.format(f"100 images ({float(x.mean()):.0%} lit)"), lines)
    lines = [entry for activation in ("relu", "sigmoid") for entry in trained(500, activation, coins(BATCH), None)]
    yield Table(title.format("100 rows of fair coins"), lines)
    lines = [entry for hidden in (50, 500) for entry in trained_in_any_order(hidden, x)]
    yield Table("The same for any order: one random mask an image, against a loop that is told what it has seen", lines)
    lines = [entry for count, goal in ((1, 12), (100, 3)) for size in each for entry in drawn(*size, count, goal)]
    yield Table("Images of 784 pixels drawn by the NADE, one thread, inference mode", lines)
