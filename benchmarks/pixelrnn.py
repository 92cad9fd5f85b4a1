"""PixelRNN on one core: a layer and a training step against convolutions under autograd, images against a stepped loop.

    make bench-pixelrnn

The plain ways are as most people write them: the input-to-state convolution over the whole map, then for each row (or
column of the skewed map) a convolution of the hidden state, four gates, and a stack at the end. Both compute the same
numbers, which is checked. The ways take turns, and each ratio is of runs that followed each other.

The floor of a training step is its multiplications and additions in matrix products, forward and twice as many
backward, at the rate of a large single-precision product measured in the same run. An image is drawn value by value;
the loop it is set against does so in torch under inference mode: `nn.Linear` and gates for each pixel, what comes from
the row above once for each row, every state carried and nothing computed twice.

Row LSTMs stay short of twice the plain way. Their steps are few and wide, so that convolutions serve the plain way
well: with 32 units and batch 64 products alone take more than half of our time, and with 16 units and batch 16 half of
it goes into calling operations, some ninety a row. One product for all taps, built from copies, was no faster.
"""

from __future__ import annotations

import itertools
import os

os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", MKL_NUM_THREADS="1")

import statistics
import time
from collections.abc import Callable, Iterator

import torch
import torch.nn.functional as F
from torch import Tensor

from benchmarks.report import Line, Table, line
from grnn_tui.backends.pixelrnn.layers import DiagonalLayer, Direction, RowLayer
from grnn_tui.backends.pixelrnn.network import PixelNetwork
from grnn_tui.backends.registry import backend_named
from grnn_tui.data.row_domain import RowDomain
from grnn_tui.playing.known import planned
from grnn_tui.playing.row_drawing import draw_rows
from grnn_tui.playing.sampling import Sampling

ROUNDS = 3
SHUT = -1e4
HIDDEN, SIDES, BATCHES = (16, 32), (14, 28), (16, 64)
Run = Callable[[], list[Tensor]]
IMAGES = RowDomain(kind="binary", shape=(28, 28))


def swept(a: Tensor, U: Tensor, dim: int, pads: tuple[int, int]) -> Tensor:
    """h [batch, hidden, height, width] of an LSTM along `dim`, from `a` [batch, 4 hidden, height, width]."""
    h = c = a.new_zeros(a.shape[0], U.shape[1], a.shape[5 - dim])
    out = []
    for part in a.unbind(dim):
        i, f, o, g = (part + F.conv1d(F.pad(h, pads), U)).chunk(4, 1)
        c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
        h = torch.sigmoid(o) * torch.tanh(c)
        out.append(h)
    return torch.stack(out, dim)


def plain_rows(down: Direction, m: Tensor) -> Tensor:
    """The Row LSTM of `down` over maps [batch, units, height, width]."""
    taps = len(down.walk.beside)
    W = down.read.W.view(len(down.read.b), taps, -1).flip(1).transpose(1, 2)[:, :, None]
    a = F.conv2d(F.pad(m, (taps - 1, 0)), W, down.read.b)
    reach = len(down.U) // 2
    return swept(a, down.U.permute(1, 2, 0), 2, (reach, reach))


def plain_diagonal(right: Direction, m: Tensor) -> Tensor:
    """The LSTM of `right` along the columns of the skewed map, cells outside the image shut."""
    height, width = m.shape[2:]
    a = F.conv2d(m, right.read.W[:, :, None, None], right.read.b)
    shut = F.pad(torch.zeros(height, width), (0, height), value=SHUT).flatten()[:-height]
    skewed = F.pad(a, (0, height)).flatten(2)[..., :-height] + shut
    h = swept(skewed.view(*a.shape[:3], -1), right.U.permute(1, 2, 0), 3, (1, 0))
    unskewed: Tensor = F.pad(h.flatten(2), (0, height)).view(*h.shape[:3], -1)
    return unskewed[..., :width]


def ways(name: str, hidden: int, side: int, batch: int) -> tuple[Run, Run]:
    """Ours and the plain way: h [hidden, height, width, batch] and gradients of the map and of all weights."""
    m = torch.randn(2 * hidden, side, side, batch).requires_grad_()
    layer = RowLayer(hidden, side, side, 1, 0, 3) if name == "row" else DiagonalLayer(hidden, side, side, 1, 0)
    weight = torch.randn(hidden, side, side, batch)
    direction = layer.down if isinstance(layer, RowLayer) else layer.right
    weights = [*direction.parameters()]

    def ours() -> list[Tensor]:
        h = direction(m.flatten(1, 2), None).view(weight.shape)
        return [h, *torch.autograd.grad(h, [m, *weights], weight)]

    images = m.detach().permute(3, 0, 1, 2).contiguous().requires_grad_()
    outside = weight.permute(3, 0, 1, 2).contiguous()

    def plain() -> list[Tensor]:
        h = (plain_rows if isinstance(layer, RowLayer) else plain_diagonal)(direction, images)
        dm, *rest = torch.autograd.grad(h, [images, *weights], outside)
        return [h.permute(1, 2, 3, 0), dm.permute(1, 2, 3, 0), *rest]

    return ours, plain


def compare(name: str, hidden: int, side: int, batch: int, rate: float) -> Line:
    """The plain way as multiples of ours; and of ours the time, and that of its products at `rate` a second."""
    torch.manual_seed(0)
    ours, plain = ways(name, hidden, side, batch)
    for mine, theirs in zip(ours(), plain(), strict=True):
        torch.testing.assert_close(mine, theirs, atol=1e-3, rtol=1e-3)
    rounds = [(seconds(ours), seconds(plain)) for _ in range(ROUNDS)]
    spent = statistics.median(mine for mine, _ in rounds)
    reads, taps = (2, 3) if name == "row" else (1, 2)
    floor = 3 * 2 * 4 * hidden * (2 * reads + taps) * hidden * side * side * batch / rate
    what = f"{name}, {hidden} units, {side}x{side}, batch {batch}"
    took = f"ours of {1e3 * spent:.0f} ms (its products {1e3 * floor:.0f})"
    return line(f"{what}: plain, to {took}", [theirs / mine for mine, theirs in rounds], "x", 2.0, at_most=False)


def seconds(run: Run) -> float:
    """Of the processor in one run; there is one thread, and other work on the machine does not count."""
    start = time.process_time()
    run()
    return time.process_time() - start


def sgemm_rate() -> float:
    """Multiplications and additions a second of a large product on this core, at its best."""
    n = 768
    a, b = torch.randn(n, n), torch.randn(n, n)
    return 2 * n**3 / min(seconds(lambda: [a @ b]) for _ in range(8))


def operations(network: PixelNetwork, batch: int) -> float:
    """Multiplications and additions of one training step in matrix products."""
    numbers = 0
    for name, weight in network.named_parameters():
        if weight.dim() >= 2 and name != "place":
            numbers += weight.numel()
    return 3 * 2.0 * numbers * network.height * network.width * batch


def training_step(name: str, hidden: int, layers: int, batch: int, rate: float) -> list[Line]:
    """Likelihood, gradients and Adam over 28 x 28 black and white images, against the floor."""
    torch.manual_seed(0)
    backend = backend_named(name)
    network = backend.build_network(backend.parse_settings({"hidden": hidden, "layers": layers}), IMAGES).train()
    assert isinstance(network, PixelNetwork)
    adam = torch.optim.Adam(network.parameters(), 1e-3)
    x = torch.bernoulli(torch.full((batch, IMAGES.length), 0.2)).long()

    def step() -> list[Tensor]:
        adam.zero_grad()
        torch.autograd.backward(-network.log_prob(x)[0].mean())
        adam.step()
        return []

    step()
    floor = operations(network, batch) / rate
    taken = [seconds(step) for _ in range(ROUNDS)]
    what = f"{name}, {hidden} units, {layers} layer{'s' if layers > 1 else ''}, 28x28, batch {batch}"
    return [
        line(f"{what}: a step", [1e3 * spent for spent in taken], "ms"),
        line(f"{what}: a step, to its products alone", [spent / floor for spent in taken], "x"),
    ]


class Stepped:
    """One Row LSTM, a window of pixels before it, two linear maps after it: drawn pixel by pixel."""

    def __init__(self, hidden: int, head: int) -> None:
        self.window = torch.nn.Linear(24, 2 * hidden)
        self.read = torch.nn.Linear(4 * hidden, 4 * hidden, bias=False)
        self.above = torch.nn.Linear(3 * hidden, 4 * hidden)
        self.back, self.head, self.out = (
            torch.nn.Linear(i, o) for i, o in ((hidden, 2 * hidden), (2 * hidden, head), (head, 1))
        )
        self.hidden = hidden

    @torch.inference_mode()
    def draw(self) -> Tensor:
        """An image [28, 28]."""
        side, H = 28, self.hidden
        seen = torch.zeros(side + 3, side + 6)
        h, c = torch.zeros(side + 2, H), torch.zeros(side, H)
        for i in range(side):
            after_h, after_c = torch.zeros_like(h), torch.zeros_like(c)
            left = torch.zeros(2 * H)
            gates = self.above(torch.cat((h[:-2], h[1:-1], h[2:]), 1))
            for j in range(side):
                m = self.window(torch.cat((seen[i : i + 3, j : j + 7].flatten(), seen[i + 3, j : j + 3])))
                z = self.read(torch.cat((m, left))) + gates[j]
                i_, f, g, o = z.chunk(4)
                after_c[j] = torch.sigmoid(f) * c[j] + torch.sigmoid(i_) * torch.tanh(g)
                after_h[j + 1] = torch.sigmoid(o) * torch.tanh(after_c[j])
                left = m
                logit = self.out(torch.relu(self.head(torch.relu(m + self.back(after_h[j + 1])))))
                seen[i + 3, j + 3] = torch.bernoulli(torch.sigmoid(logit))[0]
            h, c = after_h, after_c
        return seen[3:, 3:-3]


def drawn(hidden: int) -> list[Line]:
    """One image of a Row LSTM of one layer."""
    torch.manual_seed(0)
    backend = backend_named("rowlstm")
    settings = backend.parse_settings({"hidden": hidden, "layers": 1, "head": 32})
    player = backend.open_player(settings, IMAGES, backend.build_network(settings, IMAGES).arrays())
    plan, stepped, seeds = planned(player, IMAGES), Stepped(hidden, 32), itertools.count()

    def ours() -> list[Tensor]:
        return [torch.from_numpy(part.rows) for part in draw_rows(plan, next(seeds), 1, Sampling())]

    def theirs() -> list[Tensor]:
        return [stepped.draw()]

    ours(), theirs()
    rounds = [(seconds(ours), seconds(theirs)) for _ in range(ROUNDS)]
    what = f"rowlstm, {hidden} units, 1 layer, 28x28"
    return [
        line(f"{what}: ours", [IMAGES.length / mine for mine, _ in rounds], "values/s"),
        line(f"{what}: the loop in torch, to ours", [loop / mine for mine, loop in rounds], "x"),
    ]


def tables() -> Iterator[Table]:
    """Every size, of either kind of layer; whole training steps; images."""
    torch.set_num_threads(1)
    rate = sgemm_rate()
    sizes = itertools.product(("row", "diagonal"), HIDDEN, SIDES, BATCHES)
    lines = [compare(*size, rate) for size in sizes]
    yield Table("One layer forward and backward, one thread", lines)
    steps = [("rowlstm", 16, 2, 16), ("rowlstm", 32, 2, 16), ("diagonal", 16, 2, 16), ("diagonal", 32, 2, 16)]
    lines = [entry for size in steps for entry in training_step(*size, rate)]
    yield Table("A training step, against its matrix products at the rate of a large one, one thread", lines)
    yield Table("Images drawn one at a time, one thread", [entry for hidden in HIDDEN for entry in drawn(hidden)])
