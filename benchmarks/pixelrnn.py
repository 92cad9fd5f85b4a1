"""One recurrent layer of PixelRNN, forward and backward, on one core: ours against convolutions under autograd.

    make bench-pixelrnn

The plain ways are as most people write them: the input-to-state convolution over the whole map, then for each row (or
column of the skewed map) a convolution of the hidden state, four gates, and a stack at the end. Both compute the same
numbers, which is checked. The ways take turns, and each ratio is of runs that followed each other.
"""

from __future__ import annotations

import itertools
import statistics
import time
from collections.abc import Callable, Iterator

import torch
import torch.nn.functional as F
from torch import Tensor

from benchmarks.report import Table, line
from grnn_tui.backends.pixelrnn.layers import DiagonalLayer, Direction, RowLayer

ROUNDS = 7
SHUT = -1e4
HIDDEN, SIDES, BATCHES = (16, 32), (14, 28), (16, 64)
Run = Callable[[], list[Tensor]]


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


def compare(name: str, hidden: int, side: int, batch: int) -> tuple[float, list[float]]:
    """Median milliseconds of ours, and the plain way's as multiples of it."""
    torch.manual_seed(0)
    ours, plain = ways(name, hidden, side, batch)
    for mine, theirs in zip(ours(), plain(), strict=True):
        torch.testing.assert_close(mine, theirs, atol=1e-3, rtol=1e-3)
    rounds = [(seconds(ours), seconds(plain)) for _ in range(ROUNDS)]
    return 1e3 * statistics.median(mine for mine, _ in rounds), [theirs / mine for mine, theirs in rounds]


def seconds(run: Run) -> float:
    """Of the processor in one run; there is one thread, and other work on the machine does not count."""
    start = time.process_time()
    run()
    return time.process_time() - start


def tables() -> Iterator[Table]:
    """Every size, of either kind of layer."""
    torch.set_num_threads(1)
    lines = []
    for name, hidden, side, batch in itertools.product(("row", "diagonal"), HIDDEN, SIDES, BATCHES):
        spent, ratios = compare(name, hidden, side, batch)
        what = f"{name}, {hidden} units, {side}x{side}, batch {batch}: plain, to ours of {spent:.0f} ms"
        lines.append(line(what, ratios, "x", 2.0, at_most=False))
    yield Table("One layer forward and backward, one thread", lines)
