"""The digits and shapes of `strokes`: open and closed curves of a pen in a box from -1 to 1, y downwards."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

Point = tuple[float, float]
Stroke = Sequence[Point]
Glyph = NDArray[np.float64]
"""Segments [S, 2, 2]: of each its two ends, x and y."""

_GRID = 1024


def arc(x: float, y: float, rx: float, ry: float, start: float, end: float, segments: int = 7) -> list[Point]:
    """Points on an ellipse about (x, y) from one angle to another, in degrees, clockwise from the right."""
    angles = [math.radians(start + (end - start) * i / segments) for i in range(segments + 1)]
    return [(x + rx * math.cos(a), y + ry * math.sin(a)) for a in angles]


def glyph(*strokes: Stroke) -> Glyph:
    """The segments of some strokes, on a grid of 1/1024: the same on every machine."""
    pairs = [pair for stroke in strokes for pair in pairwise(stroke)]
    return np.rint(np.array(pairs, dtype=np.float64) * _GRID) / _GRID


_W = 0.62  # half the width of a digit; its height is 2

GLYPHS: Mapping[str, tuple[Glyph, ...]] = MappingProxyType(
    {
        "0": (glyph(arc(0, 0, _W, 1, -90, 270, 14)),),
        "1": (
            glyph([(0, -1), (0, 1)]),
            glyph([(-0.45, -0.6), (0.05, -1), (0.05, 1)]),
            glyph([(-0.4, -0.6), (0.05, -1), (0.05, 1)], [(-0.4, 1), (0.5, 1)]),
        ),
        "2": (
            glyph([*arc(0, -0.45, _W, 0.55, -170, 30, 8), (-_W, 1), (_W + 0.05, 1)]),
            glyph([*arc(0, -0.48, _W, 0.52, -180, 20, 8), (0.15, 0.3), (-_W, 1), (_W + 0.05, 1)]),
        ),
        "3": (
            glyph([*arc(-0.05, -0.5, 0.58, 0.5, -150, 90, 8), *arc(-0.05, 0.47, 0.66, 0.53, -90, 150, 8)]),
            glyph([(-_W, -1), (0.5, -1), (-0.05, -0.2), *arc(-0.08, 0.4, 0.66, 0.6, -80, 150, 7)]),
        ),
        "4": (
            glyph([(0.3, 1), (0.3, -1), (-0.7, 0.35), (0.75, 0.35)]),
            glyph([(-0.5, -1), (-0.6, 0.15), (0.65, 0.15)], [(0.35, -0.75), (0.3, 1)]),
        ),
        "5": (glyph([(0.55, -1), (-0.45, -1), (-0.52, -0.15), *arc(-0.05, 0.38, 0.66, 0.62, -135, 150, 9)]),),
        "6": (
            glyph([(0.4, -1), (-0.2, -0.6), (-0.58, 0.1), *arc(0, 0.42, 0.6, 0.58, 180, -180, 12)]),
            glyph([*arc(0.25, -0.1, 0.85, 0.9, -75, -180, 5), *arc(0, 0.42, 0.6, 0.58, 180, -180, 12)]),
        ),
        "7": (
            glyph([(-_W, -1), (_W, -1), (-0.15, 1)]),
            glyph([(-_W, -1), (_W, -1), (-0.15, 1)], [(-0.35, 0.05), (0.5, 0.05)]),
        ),
        "8": (glyph(arc(0, -0.5, 0.5, 0.5, 90, 450, 11), arc(0, 0.5, 0.6, 0.5, -90, 270, 12)),),
        "9": (
            glyph([*arc(0, -0.42, 0.6, 0.58, 0, 360, 12), (0.5, 0.3), (0.3, 1)]),
            glyph([*arc(0, -0.42, 0.6, 0.58, 0, 360, 12), *arc(-0.25, 0.1, 0.85, 0.9, 0, 105, 5)]),
        ),
        "circle": (glyph(arc(0, 0, 1, 1, -90, 270, 16)),),
        "square": (glyph([(-0.9, -0.9), (0.9, -0.9), (0.9, 0.9), (-0.9, 0.9), (-0.9, -0.9)]),),
        "triangle": (glyph([(0, -0.95), (1, 0.85), (-1, 0.85), (0, -0.95)]),),
        "cross": (glyph([(-0.9, -0.9), (0.9, 0.9)], [(0.9, -0.9), (-0.9, 0.9)]),),
        "arrow": (glyph([(-1, 0), (1, 0)], [(0.35, -0.65), (1, 0), (0.35, 0.65)]),),
    }
)
"""Each class with the ways of writing it."""
