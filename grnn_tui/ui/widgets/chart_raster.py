"""Dots in terminal cells: lines and bands drawn at sub-cell resolution, then read out as one glyph a cell.

Three ladders of glyphs: braille (2 x 4 dots a cell), half blocks (1 x 2) and ASCII (1 x 1). A layer keeps one whole
number a column of dots, so that a vertical stroke of any length is one operation.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Literal

Markers = Literal["braille", "blocks", "ascii"]
MARKERS: tuple[Markers, ...] = ("braille", "blocks", "ascii")

DOTS: dict[Markers, tuple[int, int]] = {"braille": (2, 4), "blocks": (1, 2), "ascii": (1, 1)}
"""Dots across and down in one cell."""

_BRAILLE = ((0x01, 0x02, 0x04, 0x40), (0x08, 0x10, 0x20, 0x80))
_BITS = tuple(tuple(sum(bit for i, bit in enumerate(side) if n >> i & 1) for n in range(16)) for side in _BRAILLE)
"""For the left and the right column of dots in a cell: four dots from the top as a number to bits of the glyph."""
_BLOCKS = " ▀▄█"


class Layer:
    """Dots of one kind. (0, 0) is the upper left dot; what lies outside is not drawn."""

    def __init__(self, columns: int, rows: int, markers: Markers) -> None:
        self._markers: Markers = markers
        self._across, self._down = DOTS[markers]
        self.width, self.height = columns * self._across, rows * self._down
        self._inside = (1 << self.height) - 1
        self._dots = [0] * self.width
        """A column of dots as a number, the uppermost dot its lowest bit."""

    @property
    def cells(self) -> dict[tuple[int, int], int]:
        """(row, column) of each cell that holds dots, to the bits of its dots."""
        found: dict[tuple[int, int], int] = {}
        down, full = self._down, (1 << self._down) - 1
        for x, dots in enumerate(self._dots):
            column, side = divmod(x, self._across)
            bits = _BITS[side] if self._markers == "braille" else range(16)
            while dots:
                row = ((dots & -dots).bit_length() - 1) // down
                part = dots >> row * down & full
                dots ^= part << row * down
                found[row, column] = found.get((row, column), 0) | bits[part]
        return found

    def vertical(self, x: int, top: int, bottom: int) -> None:
        """Set the dots of column `x` from `top` to `bottom`, both included, in either order."""
        if top > bottom:
            top, bottom = bottom, top
        if 0 <= x < self.width and bottom >= 0:
            self._dots[x] |= (2 << bottom) - (1 << max(top, 0)) & self._inside

    def line(self, x0: int, y0: int, x1: int, y1: int) -> None:
        """Join two dots, without a hole, as a run of short vertical strokes."""
        if x1 < x0:
            x0, y0, x1, y1 = x1, y1, x0, y0
        if x0 == x1:
            self.vertical(x0, y0, y1)
            return
        slope = (y1 - y0) / (x1 - x0)
        self.vertical(x0, y0, y0)
        last = y0
        for x in range(x0 + 1, x1 + 1):
            y = round(y0 + slope * (x - x0))
            self.vertical(x, y if y == last else last + 1 if y > last else last - 1, y)
            last = y

    def dotted(self, y: int, every: int) -> None:
        """A horizontal line of single dots, `every` so many."""
        for x in range(0, self.width, every):
            self.vertical(x, y, y)

    def dashed(self, on: int, off: int) -> None:
        """Take out `off` columns of dots after each `on`."""
        for x in range(self.width):
            if x % (on + off) >= on:
                self._dots[x] = 0


def glyph_of(bits: int, plain: str, markers: Markers) -> str:
    """The character that shows these dots of a cell; `plain` stands for them in ASCII."""
    if markers == "braille":
        return chr(0x2800 + bits)
    return _BLOCKS[bits] if markers == "blocks" else plain


def polyline(layer: Layer, dots: Iterable[tuple[int, int] | None]) -> None:
    """Join the dots in their order; None is a gap."""
    last: tuple[int, int] | None = None
    for dot in dots:
        if dot is not None:
            layer.line(*(last or dot), *dot)
        last = dot


SPARKS: dict[Markers, str] = {"braille": "▁▂▃▄▅▆▇█", "blocks": "▁▂▃▄▅▆▇█", "ascii": "_.-=+*#"}


def sparkline(values: Sequence[float | None], markers: Markers = "braille") -> str:
    """One character a value, from the lowest to the highest; a gap is a blank.

    In braille each character holds two neighbouring values, at four heights.
    """
    values = [None if v is None or not math.isfinite(v) else v for v in values]
    known = [v for v in values if v is not None]
    if not known:
        return " " * len(values)
    low, high = min(known), max(known)
    span = (high - low) or 1.0
    if markers == "braille":
        layer = Layer((len(values) + 1) // 2, 1, "braille")
        heights = [None if v is None else 3 - round(3 * (v - low) / span) for v in values]
        polyline(layer, (None if y is None else (x, y) for x, y in enumerate(heights)))
        cells = layer.cells
        return "".join(glyph_of(cells.get((0, c), 0), "", "braille") for c in range((len(values) + 1) // 2))
    ladder = SPARKS[markers]
    return "".join(" " if v is None else ladder[round((len(ladder) - 1) * (v - low) / span)] for v in values)
