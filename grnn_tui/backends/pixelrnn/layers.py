"""The two recurrent layers of PixelRNN, and the masked linear maps between them.

Maps are [units, height, width, batch]. A layer reads a map m of 2 h units with LSTMs of h units and adds to it:

    Row LSTM         m' = m + V h + d           h from above; reads m at the pixel and left of it
    Diagonal BiLSTM  m' = m + V (h + r) + d     h from the left; r from the right, whose
                                                map is shifted down by a row: r reads pixels to the right

What the model is told, c, biases the gates, b + C c, and sets the state of everything outside the image,
(tanh(S c), S' c).

As mask A keeps a pixel's own value out of its map, one pixel stays out of reach of a Diagonal BiLSTM: the last one
of the row above, where the 7 x 7 convolution does not come so far.
"""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Float
from numpy.typing import NDArray
from torch import Tensor, nn

from grnn_tui.backends.pixelrnn.masks import centre, groups
from grnn_tui.backends.pixelrnn.scan import walked_lstm
from grnn_tui.backends.pixelrnn.walk import Walk, diagonals, rows


class Masked(nn.Module):
    """W x + b over the units of a map, where W may be zero for good [readers, read]."""

    mask: Tensor | None

    def __init__(self, allowed: NDArray[np.bool_], gain: float = 1.0) -> None:
        super().__init__()
        readers, read = allowed.shape
        self.W = nn.Parameter(torch.randn(readers, read) * (gain * read**-0.5))
        self.b = nn.Parameter(torch.zeros(readers))
        mask = None if allowed.all() else torch.from_numpy(allowed.astype(np.float32))
        self.register_buffer("mask", mask, persistent=False)

    @property
    def weight(self) -> Float[Tensor, "readers read"]:
        """W, with nothing where nothing may be read."""
        return self.W if self.mask is None else self.W * self.mask

    def forward(self, x: Float[Tensor, "read numbers"]) -> Float[Tensor, "readers numbers"]:
        """W x + b."""
        return torch.addmm(self.b[:, None], self.weight, x)

    def added(
        self, m: Float[Tensor, "readers height width batch"], h: Float[Tensor, "read cells batch"]
    ) -> Float[Tensor, "readers height width batch"]:
        """m + W h + b of two maps."""
        return torch.addmm(m.flatten(1), self.weight, h.flatten(1)).add_(self.b[:, None]).view(m.shape)


class Direction(nn.Module):
    """One LSTM over a walk; of W, the first 2 h columns read the pixel itself, the next its neighbour, and so on."""

    def __init__(self, hidden: int, channels: int, told: int, walk: Walk, reads: int = 1) -> None:
        super().__init__()
        self.walk = walk
        H = hidden
        own = centre(np.tile(groups(H, channels), 4), groups(2 * H, channels), first=False)
        others = np.ones((4 * H, 2 * H * (reads - 1)), bool)
        self.read = Masked(np.concatenate([own, others], axis=1))
        with torch.no_grad():
            self.read.b[H : 2 * H] = 1.0
        self.U = nn.Parameter(torch.randn(len(walk.taps), 4 * H, H) * (H * len(walk.taps)) ** -0.5)
        self.C = nn.Parameter(torch.zeros(4 * H, told)) if told else None
        self.S = nn.Parameter(torch.zeros(2 * H, told)) if told else None

    def forward(
        self, m: Float[Tensor, "read cells batch"], told: Float[Tensor, "size batch"] | None
    ) -> Float[Tensor, "hidden cells batch"]:
        """h of every cell."""
        W = self.read.weight.view(len(self.read.b), -1, m.shape[0]).transpose(0, 1).contiguous()
        b = self.read.b[:, None].expand(-1, m.shape[2])
        h0 = c0 = m.new_zeros(self.U.shape[2], m.shape[2])
        if told is not None and self.C is not None and self.S is not None:
            b = b + self.C @ told
            h0, c0 = (self.S @ told).chunk(2)
            h0 = torch.tanh(h0)
        return walked_lstm(m, W, b, self.U, h0, c0, self.walk)


class RowLayer(nn.Module):
    """A Row LSTM and the residual connection past it."""

    def __init__(self, hidden: int, height: int, width: int, channels: int, told: int, kernel: int) -> None:
        super().__init__()
        self.down = Direction(hidden, channels, told, rows(height, width, kernel), kernel // 2 + 1)
        self.V = Masked(centre(groups(2 * hidden, channels), groups(hidden, channels), first=False))

    def forward(
        self, m: Float[Tensor, "units height width batch"], told: Float[Tensor, "size batch"] | None
    ) -> Float[Tensor, "units height width batch"]:
        """m' from m."""
        return self.V.added(m, self.down(m.flatten(1, 2), told))


class DiagonalLayer(nn.Module):
    """A Diagonal BiLSTM and the residual connection past it."""

    def __init__(self, hidden: int, height: int, width: int, channels: int, told: int) -> None:
        super().__init__()
        self.right = Direction(hidden, channels, told, diagonals(height, width))
        self.left = Direction(hidden, channels, told, diagonals(height, width, leftward=True))
        self.V = Masked(centre(groups(2 * hidden, channels), groups(hidden, channels), first=False))

    def forward(
        self, m: Float[Tensor, "units height width batch"], told: Float[Tensor, "size batch"] | None
    ) -> Float[Tensor, "units height width batch"]:
        """m' from m."""
        x, width = m.flatten(1, 2), m.shape[2]
        h = self.right(x, told) + F.pad(self.left(x, told)[:, :-width], (0, 0, width, 0))
        return self.V.added(m, h)
