"""Dots in terminal cells: lines and bands drawn at sub-cell resolution, then read out as one glyph a cell.

Three ladders of glyphs: braille (2 x 4 dots a cell), half blocks (1 x 2) and ASCII (1 x 1). A layer is a sparse
map of cells to the dots set in them, so that drawing costs what is drawn and not what the size is.
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
_BLOCKS = " ▀▄█"


class Layer:
    """Dots of one kind. (0, 0) is the upper left dot; what lies outside is not drawn."""

    def __init__(self, columns: int, rows: int, markers: Markers) -> None:
        self.cells: dict[tuple[int, int], int] = {}
        """(row, column) of a cell to the bits of its dots."""
        self._markers: Markers = markers
        self._across, self._down = DOTS[markers]
        self.width, self.height = columns * self._across, rows * self._down

    def dot(self, x: int, y: int) -> None:
        """Set one dot."""
        if not (0 <= x < self.width and 0 <= y < self.height):
            return
        cell = (y // self._down, x // self._across)
        self.cells[cell] = self.cells.get(cell, 0) | self._bit(x % self._across, y % self._down)

    def vertical(self, x: int, top: int, bottom: int) -> None:
        """Set the dots of column `x` from `top` to `bottom`, both included, in either order."""
        top, bottom = min(top, bottom), max(top, bottom)
        for y in range(max(0, top), min(self.height - 1, bottom) + 1):
            self.dot(x, y)

    def line(self, x0: int, y0: int, x1: int, y1: int) -> None:
        """Join two dots, without a hole, as a run of short vertical strokes."""
        if x1 < x0:
            x0, y0, x1, y1 = x1, y1, x0, y0
        if x0 == x1:
            self.vertical(x0, y0, y1)
            return
        last = y0
        for x in range(x0, x1 + 1):
            y = round(y0 + (y1 - y0) * (x - x0) / (x1 - x0))
            step = 1 if y > last else -1
            self.vertical(x, y if abs(y - last) <= 1 else last + step, y)
            last = y

    def dotted(self, y: int, every: int) -> None:
        """A horizontal line of single dots, `every` so many."""
        for x in range(0, self.width, every):
            self.dot(x, y)

    def glyph(self, bits: int, plain: str) -> str:
        """The character that shows these dots; `plain` stands for them in ASCII."""
        if self._markers == "braille":
            return chr(0x2800 + bits)
        return _BLOCKS[bits] if self._markers == "blocks" else plain

    def _bit(self, dx: int, dy: int) -> int:
        return _BRAILLE[dx][dy] if self._markers == "braille" else 1 << dy


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
        return "".join(layer.glyph(layer.cells.get((0, c), 0), "") for c in range((len(values) + 1) // 2))
    ladder = SPARKS[markers]
    return "".join(" " if v is None else ladder[round((len(ladder) - 1) * (v - low) / span)] for v in values)
