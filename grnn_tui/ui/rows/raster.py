"""Pixels as cells of a terminal: two above each other in a half block, or one shade for both where colours are few.

A picture is brought to a size first: each pixel some whole number of half cells wide and high, or some pixels averaged
into one.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from grnn_tui.ui.rows.colours import RGB, Floats
from grnn_tui.ui.widgets.lines import Cell, Row

SHADES = " ░▒▓█"
ASCII_SHADES = " .:-=+*#%@"
_STEPS = 32
"""Brightnesses of a colour channel that are told apart in cells: fewer styles to keep."""


class Scale(Struct, frozen=True):
    """How large a pixel is drawn: `by` half cells, or 1 / `by` of one if it is `down`."""

    by: int = 1
    down: bool = False

    def cells(self, rows: int, columns: int) -> tuple[int, int]:
        """Height and width in cells of a picture of so many pixels."""
        if self.down:
            return math.ceil(math.ceil(rows / self.by) / 2), math.ceil(columns / self.by)
        return math.ceil(rows * self.by / 2), columns * self.by

    def pixel_at(self, x: int, y: int) -> tuple[int, int]:
        """Row and column of the pixel under a cell."""
        if self.down:
            return 2 * y * self.by, x * self.by
        return 2 * y // self.by, x // self.by

    def smaller(self) -> Scale | None:
        """The next size below; None if a pixel is an eighth already."""
        if self.down:
            return Scale(self.by + 1, True) if self.by < 8 else None
        return Scale(self.by - 1) if self.by > 1 else Scale(2, True)


def scale_for(rows: int, columns: int, height: int, width: int, largest: int = 8) -> Scale:
    """The largest scale at which a picture of so many pixels fits into so many cells."""
    scale: Scale | None = Scale(largest)
    last = Scale(largest)
    while scale is not None:
        last = scale
        tall, wide = scale.cells(rows, columns)
        if tall <= height and wide <= width:
            return scale
        scale = scale.smaller()
    return last


def scaled(pixels: NDArray[Any], scale: Scale) -> NDArray[Any]:
    """A picture [rows, columns, ...] at a scale, as half cells."""
    if not scale.down:
        return pixels if scale.by == 1 else pixels.repeat(scale.by, axis=0).repeat(scale.by, axis=1)
    by = scale.by
    tall, wide = math.ceil(pixels.shape[0] / by), math.ceil(pixels.shape[1] / by)
    around = [(0, tall * by - pixels.shape[0]), (0, wide * by - pixels.shape[1])] + [(0, 0)] * (pixels.ndim - 2)
    whole = np.pad(pixels.astype(np.float64), around, mode="edge")
    mean: NDArray[Any] = whole.reshape(tall, by, wide, by, *pixels.shape[2:]).mean(axis=(1, 3))
    return mean.astype(pixels.dtype) if pixels.dtype != bool else np.asarray(mean >= 0.5)


def coloured(rgb: RGB, blank: tuple[int, int, int]) -> tuple[Row, ...]:
    """Half cells [half rows, columns, 3] as rows of half blocks; runs of one look are one cell."""
    if len(rgb) % 2:
        rgb = np.concatenate([rgb, np.broadcast_to(np.array(blank, np.uint8), (1, *rgb.shape[1:]))])
    coarse = (rgb.astype(np.uint32) * (_STEPS - 1) + 127) // 255 * 255 // (_STEPS - 1)
    packed = (coarse[..., 0] << 16) + (coarse[..., 1] << 8) + coarse[..., 2]
    return tuple(
        _half_blocks(top, bottom) for top, bottom in zip(packed[::2].tolist(), packed[1::2].tolist(), strict=True)
    )


def _half_blocks(top: Sequence[int], bottom: Sequence[int]) -> Row:
    cells: list[Cell] = []
    start = 0
    for x in range(1, len(top) + 1):
        if x == len(top) or (top[x], bottom[x]) != (top[start], bottom[start]):
            above, below = top[start], bottom[start]
            glyph = " " if above == below else "▀"
            cells.append(Cell(glyph * (x - start), f"#{above:06x}#{below:06x}"))
            start = x
    return tuple(cells)


def shaded(
    brightness: Floats, shown: NDArray[np.bool_], cursor: tuple[int, int] | None, *, ascii_only: bool, dot: str
) -> tuple[Row, ...]:
    """Half cells [half rows, columns] as rows of shades; a dot where nothing is shown, the cursor's cell reversed."""
    if len(brightness) % 2:
        brightness, shown = np.pad(brightness, [(0, 1), (0, 0)]), np.pad(shown, [(0, 1), (0, 0)])
    rows = []
    for y in range(0, len(brightness), 2):
        cells: list[Cell] = []
        for x in range(brightness.shape[1]):
            glyph = _shade(brightness[y : y + 2, x], shown[y : y + 2, x], ascii_only=ascii_only) or dot
            here = cursor is not None and cursor == (y // 2, x)
            role = "cursor" if here else "faint" if glyph == dot else "text"
            if cells and cells[-1].role == role:
                cells[-1] = Cell(cells[-1].text + glyph, role)
            else:
                cells.append(Cell(glyph, role))
        rows.append(tuple(cells))
    return tuple(rows)


def _shade(pair: Floats, shown: NDArray[np.bool_], *, ascii_only: bool) -> str:
    """One glyph for two pixels; empty if neither is shown."""
    if not shown.any():
        return ""
    top, bottom = np.where(shown, pair, 0.0).tolist()
    if not ascii_only and {top, bottom} == {0.0, 1.0}:
        return "▀" if top else "▄"
    ladder = ASCII_SHADES if ascii_only else SHADES
    return ladder[round((top + bottom) / 2 * (len(ladder) - 1))]
