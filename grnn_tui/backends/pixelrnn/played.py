"""The two recurrent layers of PixelRNN on the playing path: numpy, one pixel at a time. Equations: `layers.py`.

What a pixel takes from the row above is computed for the whole row as soon as that row is known; so is the second
direction of a Diagonal BiLSTM, which reads pixels to the right, but only of rows above.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from grnn_tui.backends.contract import Arrays, Vector
from grnn_tui.backends.pixelrnn.masks import centre, groups
from grnn_tui.backends.weights import floats

Matrix = NDArray[np.float32]
Pair = tuple[Vector, Vector]
"""h and c [hidden] of one cell; or of a row of cells [width, hidden]."""


@dataclass(frozen=True)
class Sizes:
    """Of a layer: pixels in a row, units of an LSTM, channels of a pixel, numbers of what it is told."""

    width: int
    hidden: int
    channels: int
    told: int


class Told(NamedTuple):
    """Biases of the gates [4 hidden], and the state outside the image."""

    b: Vector
    h: Vector
    c: Vector


class Cell(NamedTuple):
    """What a layer made of one pixel.

    `m` [2 hidden] is the map it read, `h` and `c` [hidden] are the LSTM's. `seen` [hidden] goes into the next map: h,
    or with a second direction h + r.
    """

    m: Vector
    h: Vector
    c: Vector
    seen: Vector


class Row(NamedTuple):
    """What a layer knows of a row before any of its pixels.

    `gates` [width, 4 hidden]: biases, and what comes from the row above. `c` [width, hidden]: cell states of the row
    above. `r` [width, hidden]: the second direction's h on the row above. `shown`: the same where there is such a row,
    else zeros.
    """

    told: tuple[Told, ...]
    gates: Matrix
    c: Matrix
    r: Matrix
    shown: Matrix


@dataclass(frozen=True)
class Direction:
    """One LSTM's weights: W [4 hidden, read], U [taps, 4 hidden, hidden]."""

    W: Matrix
    b: Vector
    U: Matrix
    C: Matrix | None
    S: Matrix | None

    def told(self, condition: Vector | None) -> Told:
        """What `condition` makes of biases and of the start state."""
        H = self.U.shape[2]
        if condition is None or self.C is None or self.S is None:
            zeros = np.zeros(H, np.float32)
            return Told(self.b, zeros, zeros)
        start = self.S @ condition
        return Told(self.b + self.C @ condition, np.tanh(start[:H]), start[H:])


def open_direction(arrays: Arrays, name: str, sizes: Sizes, read: int, taps: int) -> Direction:
    """The LSTM `name`, which reads `read` pixels of the map and `taps` cells of the step before.

    Raises:
        ModelError: weights are missing or of other shapes.
    """
    H, C = sizes.hidden, sizes.channels
    W = floats(arrays, f"{name}.read.W", 4 * H, 2 * H * read)
    own = centre(np.tile(groups(H, C), 4), groups(2 * H, C), first=False)
    told = sizes.told
    return Direction(
        W=np.concatenate([W[:, : 2 * H] * own, W[:, 2 * H :]], axis=1),
        b=floats(arrays, f"{name}.read.b", 4 * H),
        U=floats(arrays, f"{name}.U", taps, 4 * H, H),
        C=floats(arrays, f"{name}.C", 4 * H, told) if told else None,
        S=floats(arrays, f"{name}.S", 2 * H, told) if told else None,
    )


def lstm(z: Vector, c: Vector) -> Pair:
    """h' and c' from the gates' sums `z` [4 hidden], i f o g, which are written over, and `c`."""
    H = c.size
    s = z[: 3 * H]
    s *= 0.5
    np.tanh(z, out=z)
    s += 1.0
    s *= 0.5
    after = z[H : 2 * H] * c
    after += z[:H] * z[3 * H :]
    h = np.tanh(after)
    h *= z[2 * H : 3 * H]
    return h, after


class PlayedLayer(ABC):
    """One layer: rows from above, cells from the left."""

    def __init__(self, arrays: Arrays, name: str, sizes: Sizes) -> None:
        H, C = sizes.hidden, sizes.channels
        self.sizes = sizes
        self.V = floats(arrays, f"{name}.V.W", 2 * H, H) * centre(groups(2 * H, C), groups(H, C), first=False)
        self.d = floats(arrays, f"{name}.V.b", 2 * H)

    @abstractmethod
    def first_row(self, condition: Vector | None) -> Row:
        """The row at the top of an image of which `condition` is told."""

    @abstractmethod
    def next_row(self, row: Row, cells: tuple[Cell, ...]) -> Row:
        """The row under `row`, whose `cells` are all there."""

    @abstractmethod
    def cell(self, row: Row, cells: tuple[Cell, ...], m: Vector) -> Cell:
        """The pixel to the right of `cells`, of map `m` [2 hidden]."""

    def next_map(self, cell: Cell) -> Vector:
        """m + V (h + r) + d [2 hidden]."""
        after: Vector = self.V @ cell.seen
        after += cell.m
        after += self.d
        return after


class PlayedRowLSTM(PlayedLayer):
    """Row LSTM: h and c of the row above, the map at the pixel and to its left."""

    def __init__(self, arrays: Arrays, name: str, sizes: Sizes, kernel: int) -> None:
        super().__init__(arrays, name, sizes)
        self.reach = kernel // 2
        self.down = open_direction(arrays, f"{name}.down", sizes, self.reach + 1, kernel)

    def first_row(self, condition: Vector | None) -> Row:
        """All of the row above is in the start state."""
        told = self.down.told(condition)
        outside = np.broadcast_to(told.h, (self.sizes.width, self.sizes.hidden))
        c = np.broadcast_to(told.c, (self.sizes.width, self.sizes.hidden))
        return self._row(told, outside, c)

    def next_row(self, row: Row, cells: tuple[Cell, ...]) -> Row:
        """A convolution over the cells of the row above."""
        (told,) = row.told
        return self._row(told, np.stack([cell.h for cell in cells]), np.stack([cell.c for cell in cells]))

    def _row(self, told: Told, h: Matrix, c: Matrix) -> Row:
        outside = np.broadcast_to(told.h, (self.reach, h.shape[1]))
        padded = np.concatenate([outside, h, outside])
        gates = sum((padded[k : k + len(h)] @ U.T for k, U in enumerate(self.down.U)), start=np.zeros(1, np.float32))
        none = np.zeros((0, 0), np.float32)
        return Row((told,), gates + told.b, c, none, none)

    def cell(self, row: Row, cells: tuple[Cell, ...], m: Vector) -> Cell:
        """From the row above, the map to the left and the map here."""
        j = len(cells)
        read = np.concatenate([m, *(cell.m for cell in cells[: -self.reach - 1 : -1])])
        z = self.down.W[:, : read.size] @ read
        z += row.gates[j]
        h, c = lstm(z, row.c[j])
        return Cell(m, h, c, h)


class PlayedDiagonal(PlayedLayer):
    """Diagonal BiLSTM: the cell above and the cell to the left; and from the right, on the row above."""

    def __init__(self, arrays: Arrays, name: str, sizes: Sizes) -> None:
        super().__init__(arrays, name, sizes)
        self.right = open_direction(arrays, f"{name}.right", sizes, 1, 2)
        self.left = open_direction(arrays, f"{name}.left", sizes, 1, 2)

    def first_row(self, condition: Vector | None) -> Row:
        """The row above is in the start state, and shows nothing of the second direction."""
        right, left = self.right.told(condition), self.left.told(condition)
        shape = self.sizes.width, self.sizes.hidden
        above, r = (np.broadcast_to(told.h, shape) for told in (right, left))
        return self._row((right, left), above, r, np.zeros(shape, np.float32))

    def next_row(self, row: Row, cells: tuple[Cell, ...]) -> Row:
        """The second direction walks over the row that is complete, from the right."""
        _, told = row.told
        z = np.stack([cell.m for cell in cells]) @ self.left.W.T
        z += row.r @ self.left.U[0].T
        z += told.b
        h, c = told.h, told.c
        r = np.empty_like(row.shown)
        for j in range(len(cells) - 1, -1, -1):
            h, c = lstm(z[j] + self.left.U[1] @ h, c)
            r[j] = h
        return self._row(row.told, np.stack([cell.h for cell in cells]), r, r)

    def _row(self, told: tuple[Told, ...], h: Matrix, r: Matrix, shown: Matrix) -> Row:
        return Row(told, h @ self.right.U[0].T + told[0].b, h, r, shown)

    def cell(self, row: Row, cells: tuple[Cell, ...], m: Vector) -> Cell:
        """From the row above, the cell to the left and the map here."""
        j, told = len(cells), row.told[0]
        h, c = cells[-1][1:3] if cells else told[1:]
        z = self.right.W @ m
        z += self.right.U[1] @ h
        z += row.gates[j]
        h, c = lstm(z, c)
        return Cell(m, h, c, h + row.shown[j])
