"""PixelRNN on the playing path: numpy, one value at a time. Equations and weights: `network.py`, `layers.py`."""

from __future__ import annotations

from abc import abstractmethod
from typing import NamedTuple, cast

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from grnn_tui.backends.contract import Arrays, Player, Vector
from grnn_tui.backends.distribution import Bernoulli, Categorical, Symbol
from grnn_tui.backends.pixelrnn.masks import REACH, centre, groups
from grnn_tui.backends.pixelrnn.planes import encoding
from grnn_tui.backends.pixelrnn.played import Cell, Matrix, PlayedDiagonal, PlayedLayer, PlayedRowLSTM, Row, Sizes
from grnn_tui.backends.pixelrnn.spec import PixelSettings, RowSettings
from grnn_tui.backends.weights import floats
from grnn_tui.data.row_domain import RowDomain
from grnn_tui.errors import UsageError


class State(NamedTuple):
    """All that a value to be written can depend on; nothing in it is ever written to again."""

    written: int
    lines: NDArray[np.float32]
    """What stands for the values of the last rows [3, width + 6, channels * planes], zeros outside the image."""
    context: Matrix
    """What the first layer reads in them, for each pixel of this row [width, 2 hidden]."""
    line: tuple[Vector, ...]
    """What stands for the pixels of this row that are complete [channels * planes each]."""
    pixel: Vector
    """And for this pixel, zeros where it is not known yet."""
    rows: tuple[Row, ...]
    """This row, of each layer."""
    cells: tuple[tuple[Cell, ...], ...]
    """The complete pixels of this row, of each layer."""
    now: tuple[Cell, ...]
    """This pixel, of each layer, as far as it is known."""
    scores: Matrix
    """Logits of this pixel [channels, levels]."""


class PixelPlayer(Player[State, Categorical]):
    """What the two kinds share: the context, the walk up the layers, the output."""

    def __init__(self, settings: PixelSettings, domain: RowDomain, arrays: Arrays) -> None:
        C, H, K = domain.channels, settings.hidden, settings.head
        self.height, self.width = domain.shape[:2]
        self.channels, self.hidden = C, H
        self.binary = domain.kind == "binary"
        self.encoding = encoding(domain.size)
        planes = C * self.encoding.shape[1]
        above, left = REACH * (2 * REACH + 1) * planes, REACH * planes
        own = planes if C > 1 else 0
        W = floats(arrays, "context.W", 2 * H, above + left + own)
        self.above = W[:, :above]
        self.left = np.ascontiguousarray(W[:, above : above + left])
        self.own = W[:, above + left :] * centre(groups(2 * H, C), groups(planes, C), first=True)[:, :own]
        self.bias = floats(arrays, "context.b", 2 * H)
        shape = 2 * H, self.height, self.width
        place = floats(arrays, "place", *shape) if settings.position else np.zeros(shape, np.float32)
        self.place = np.ascontiguousarray(place.transpose(1, 2, 0)) + self.bias
        self.told = 0 if domain.condition is None else domain.condition.size
        sizes = Sizes(self.width, H, C, self.told)
        self.layers = [self._layer(settings, arrays, f"layers.{k}", sizes) for k in range(settings.layers)]
        scores = C if self.binary else C * domain.size
        self.A = floats(arrays, "head.W", K, 2 * H) * centre(groups(K, C), groups(2 * H, C), first=False)
        self.a = floats(arrays, "head.b", K)
        self.O = floats(arrays, "output.W", scores, K) * centre(groups(scores, C), groups(K, C), first=False)
        self.o = floats(arrays, "output.b", scores)

    @abstractmethod
    def _layer(self, settings: PixelSettings, arrays: Arrays, name: str, sizes: Sizes) -> PlayedLayer:
        """The recurrent layer whose weights are called `name`."""

    def start(self, condition: Vector | None = None) -> State:
        """The top left corner, of an image of which `condition` is told.

        Raises:
            UsageError: it is not told so many numbers.
        """
        if condition is not None and condition.size != self.told:
            raise UsageError(f"the model is told {self.told} numbers, not {condition.size}")
        planes = self.channels * self.encoding.shape[1]
        lines = np.zeros((REACH, self.width + 2 * REACH, planes), np.float32)
        rows = tuple(layer.first_row(condition) for layer in self.layers)
        return self._at_row(0, lines, rows)

    def _at_row(self, written: int, lines: NDArray[np.float32], rows: tuple[Row, ...]) -> State:
        """Before the first pixel of a row."""
        windows = sliding_window_view(lines, 2 * REACH + 1, axis=1).transpose(1, 0, 3, 2)
        i = written // (self.width * self.channels)
        context = windows.reshape(self.width, -1) @ self.above.T
        context += self.place[i]
        return self._at_pixel(written, lines, context, (), rows, ((),) * len(rows))

    def _at_pixel(
        self,
        written: int,
        lines: NDArray[np.float32],
        context: Matrix,
        line: tuple[Vector, ...],
        rows: tuple[Row, ...],
        cells: tuple[tuple[Cell, ...], ...],
    ) -> State:
        """Before any channel of a pixel."""
        pixel = np.zeros(lines.shape[2], np.float32)
        now, scores = self._look(context[len(line)], line, pixel, rows, cells)
        return State(written, lines, context, line, pixel, rows, cells, now, scores)

    def _look(
        self,
        context: Vector,
        line: tuple[Vector, ...],
        pixel: Vector,
        rows: tuple[Row, ...],
        cells: tuple[tuple[Cell, ...], ...],
    ) -> tuple[tuple[Cell, ...], Matrix]:
        """This pixel in every layer, and its logits."""
        m = context.copy()
        if near := line[-REACH:]:
            known = np.concatenate(near)
            m += self.left[:, self.left.shape[1] - known.size :] @ known
        if self.channels > 1:
            m += self.own @ pixel
        now = []
        for layer, row, before in zip(self.layers, rows, cells, strict=True):
            now.append(layer.cell(row, before, m))
            m = layer.next_map(now[-1])
        hidden = self.A @ np.maximum(m, 0)
        hidden += self.a
        scores = self.O @ np.maximum(hidden, 0)
        scores += self.o
        return tuple(now), scores.reshape(self.channels, -1)

    def predict(self, state: State) -> Categorical:
        """Of the next channel of this pixel."""
        scores = state.scores[state.written % self.channels]
        return Bernoulli(float(scores[0])) if self.binary else Categorical(scores)

    def advance(self, state: State, symbol: Symbol) -> State:
        """To the next channel, the next pixel or the next row."""
        written = state.written + 1
        channel, planes = state.written % self.channels, self.encoding.shape[1]
        pixel = state.pixel.copy()
        pixel[channel * planes : (channel + 1) * planes] = self.encoding[symbol]
        if channel + 1 < self.channels:
            j = len(state.line)
            now, scores = self._look(state.context[j], state.line, pixel, state.rows, state.cells)
            return state._replace(written=written, pixel=pixel, now=now, scores=scores)
        line = (*state.line, pixel)
        cells = tuple((*before, cell) for before, cell in zip(state.cells, state.now, strict=True))
        if len(line) < self.width:
            return self._at_pixel(written, state.lines, state.context, line, state.rows, cells)
        if written == self.height * self.width * self.channels:
            return state._replace(written=written)
        lines = np.zeros_like(state.lines)
        lines[:-1] = state.lines[1:]
        lines[-1, REACH:-REACH] = line
        rows = tuple(
            layer.next_row(row, known) for layer, row, known in zip(self.layers, state.rows, cells, strict=True)
        )
        return self._at_row(written, lines, rows)

    def features(self, state: State) -> NDArray[np.float32]:
        """What each layer's LSTM has made of the pixel about to be written, from the bottom up [layers * hidden]."""
        return np.concatenate([cell.seen for cell in state.now])


class RowPlayer(PixelPlayer):
    """PixelRNN by Row LSTMs."""

    def _layer(self, settings: PixelSettings, arrays: Arrays, name: str, sizes: Sizes) -> PlayedLayer:
        return PlayedRowLSTM(arrays, name, sizes, cast("RowSettings", settings).kernel)


class DiagonalPlayer(PixelPlayer):
    """PixelRNN by Diagonal BiLSTMs."""

    def _layer(self, settings: PixelSettings, arrays: Arrays, name: str, sizes: Sizes) -> PlayedLayer:
        del settings
        return PlayedDiagonal(arrays, name, sizes)
