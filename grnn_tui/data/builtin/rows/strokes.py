"""`strokes`: digits and shapes as somebody might write them, of any size, place, slant, thickness and wobble.

Each pixel takes its distance d to the nearest segment of the bent and moved glyph; its light is that of an edge one
pixel wide, 1/2 + t - d within 0..1, with t half the thickness, all in pixels. Only sums, products, quotients and roots
of float32 are taken, one at a time, which are the same on every machine. Nobody knows the entropy of the pictures.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from grnn_tui.data.builtin.rows.draws import Draws
from grnn_tui.data.builtin.rows.glyphs import GLYPHS, Glyph
from grnn_tui.data.builtin.rows.row_set import Made, RowBuiltIn
from grnn_tui.data.row_domain import RowDomain

CLASSES = tuple(GLYPHS)
_BATCH = 256
_THICKNESS = {16: (1.3, 2.1), 28: (1.9, 3.4)}

Numbers = NDArray[np.float32]


@dataclass(frozen=True)
class _Hands:
    """How each of n pictures is written; every field is [n]."""

    size: Numbers
    stretch: Numbers
    slant: Numbers
    turn: Numbers
    bend: Numbers
    bow: Numbers
    x: Numbers
    y: Numbers
    thickness: Numbers
    light: Numbers

    def take(self, index: NDArray[np.integer]) -> _Hands:
        """Some of them."""
        return _Hands(*(getattr(self, name)[index] for name in self.__dataclass_fields__))


def make_strokes(seed: int, size: int, *, side: int, levels: int) -> Made:
    """`size` pictures [size, side * side] of a class each, all equally likely; light from 0 to levels - 1."""
    draws = Draws(seed)
    labels = draws.below(len(CLASSES), size)
    styles = draws.uniform(size)
    hands = _draw_hands(draws, size, side)
    if levels == 2:
        hands = replace(hands, light=np.ones_like(hands.light))
    rows = np.empty((size, side * side), dtype=np.uint8)
    for code, name in enumerate(CLASSES):
        glyphs = GLYPHS[name]
        style = (styles * len(glyphs)).astype(np.int64)
        for variant, glyph in enumerate(glyphs):
            index = np.flatnonzero((labels == code) & (style == variant))
            for i in range(0, len(index), _BATCH):
                some = index[i : i + _BATCH]
                rows[some] = _light_levels(_draw(glyph, hands.take(some), side), levels)
    return Made(rows, labels)


def _draw_hands(draws: Draws, n: int, side: int) -> _Hands:
    """Hands with room left at the edges for the pen."""
    scale = side / 16

    def between(low: float, high: float) -> Numbers:
        return draws.between(low, high, n).astype(np.float32)

    return _Hands(
        size=between(4.3, 5.9) * np.float32(scale),
        stretch=between(0.85, 1.15),
        slant=between(-0.12, 0.32),
        turn=between(-0.09, 0.09),
        bend=between(-0.12, 0.12),
        bow=between(-0.1, 0.1),
        x=between(-1.1, 1.1) * np.float32(scale),
        y=between(-1.0, 1.0) * np.float32(scale),
        thickness=between(*_THICKNESS[side]),
        light=between(0.75, 1.0),
    )


def _place(glyph: Glyph, hands: _Hands, side: int) -> tuple[Numbers, Numbers]:
    """Ends x and y [n, S, 2] of the segments in pixels, after bending, stretching, slanting and turning."""
    x, y = glyph[None, :, :, 0].astype(np.float32), glyph[None, :, :, 1].astype(np.float32)
    h = {name: getattr(hands, name)[:, None, None] for name in hands.__dataclass_fields__}
    x, y = x + h["bend"] * (y * y - np.float32(0.5)) + h["bow"] * x * y, y + h["bow"] * (x * x - np.float32(0.3))
    x = x * h["stretch"] - h["slant"] * y
    t = h["turn"] / 2  # the rational points of the circle: a turn without sine and cosine
    c, s = (1 - t * t) / (1 + t * t), 2 * t / (1 + t * t)
    x, y = c * x - s * y, s * x + c * y
    middle = np.float32((side - 1) / 2)
    return middle + h["x"] + h["size"] * x, middle + h["y"] + h["size"] * y


def _draw(glyph: Glyph, hands: _Hands, side: int) -> Numbers:
    """Light [n, side * side] from 0 to 1."""
    x, y = _place(glyph, hands, side)
    px = np.tile(np.arange(side, dtype=np.float32), side)[None]
    py = np.repeat(np.arange(side, dtype=np.float32), side)[None]
    nearest = np.full((len(x), side * side), np.inf, dtype=np.float32)
    for k in range(x.shape[1]):
        ax, ay = x[:, k, :1], y[:, k, :1]
        dx, dy = x[:, k, 1:] - ax, y[:, k, 1:] - ay
        qx, qy = px - ax, py - ay
        along = np.clip((qx * dx + qy * dy) / (dx * dx + dy * dy), 0, 1)
        qx -= along * dx
        qy -= along * dy
        np.minimum(nearest, qx * qx + qy * qy, out=nearest)
    edge = np.float32(0.5) + hands.thickness[:, None] / 2 - np.sqrt(nearest)
    return np.asarray(np.clip(edge, 0, 1) * hands.light[:, None], dtype=np.float32)


def _light_levels(light: Numbers, levels: int) -> NDArray[np.uint8]:
    """Light rounded to levels; of two, the threshold is half of full light."""
    rounded: NDArray[np.uint8] = np.floor(light * np.float32(levels - 1) + np.float32(0.5)).astype(np.uint8)
    return rounded


def stroke_set(name: str, summary: str, *, side: int, levels: int, default_size: int) -> RowBuiltIn:
    """One of the variants."""
    return RowBuiltIn(
        name=name,
        summary=summary,
        default_size=default_size,
        domain=RowDomain(kind="binary" if levels == 2 else "levels", shape=(side, side), levels=levels),
        make=partial(make_strokes, side=side, levels=levels),
        classes=CLASSES,
    )
