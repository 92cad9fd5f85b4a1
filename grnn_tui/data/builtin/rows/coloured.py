"""`shapes-rgb`: one filled shape of one colour on a dark ground, 12 x 12 pixels of 4 levels of red, green and blue.

Each pixel takes its distance to the edge of the shape as its share of the colour, which is then rounded. Nobody
knows the entropy of the pictures.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from grnn_tui.data.builtin.rows.draws import Draws
from grnn_tui.data.builtin.rows.row_set import Made

SIDE = 12
LEVELS = 4
Numbers = NDArray[np.float32]

COLOURS: Mapping[str, tuple[int, int, int]] = MappingProxyType(
    {
        "red": (3, 0, 0),
        "orange": (3, 2, 0),
        "green": (0, 3, 0),
        "cyan": (0, 3, 3),
        "blue": (0, 1, 3),
        "pink": (3, 1, 3),
    }
)
_GROUNDS = ((0, 0, 0), (0, 0, 1), (1, 0, 1), (1, 1, 1))


def _disc(x: Numbers, y: Numbers) -> Numbers:
    out: Numbers = 1 - np.sqrt(x * x + y * y)
    return out


def _square(x: Numbers, y: Numbers) -> Numbers:
    out: Numbers = np.float32(0.9) - np.maximum(np.abs(x), np.abs(y))
    return out


def _triangle(x: Numbers, y: Numbers) -> Numbers:
    slope = np.float32(0.447) * (np.float32(1.0) + y) - np.float32(0.894) * np.abs(x)
    out: Numbers = np.minimum(slope, np.float32(0.85) - y)
    return out


def _plus(x: Numbers, y: Numbers) -> Numbers:
    x, y = np.abs(x), np.abs(y)
    long, thin = np.float32(1), np.float32(0.36)
    out: Numbers = np.maximum(np.minimum(long - x, thin - y), np.minimum(thin - x, long - y))
    return out


SHAPES: Mapping[str, Callable[[Numbers, Numbers], Numbers]] = MappingProxyType(
    {"disc": _disc, "square": _square, "triangle": _triangle, "plus": _plus}
)
CLASSES = tuple(f"{colour} {shape}" for colour in COLOURS for shape in SHAPES)


def make_shapes(seed: int, size: int) -> Made:
    """`size` pictures [size, 12 * 12 * 3], each of a class, all equally likely."""
    draws = Draws(seed)
    labels = draws.below(len(CLASSES), size)
    grounds = np.array(_GROUNDS, dtype=np.float32)[draws.below(len(_GROUNDS), size)]
    colours = np.array(list(COLOURS.values()), dtype=np.float32)[labels // len(SHAPES)]
    radius = draws.between(3.0, 4.8, size).astype(np.float32)
    room = np.maximum(np.float32(5.2) - radius, 0)
    centre = [np.float32(5.5) + room * draws.between(-1, 1, size).astype(np.float32) for _ in range(2)]
    grid = np.arange(SIDE, dtype=np.float32)
    x = (grid[None, None, :] - centre[0][:, None, None]) / radius[:, None, None]
    y = (grid[None, :, None] - centre[1][:, None, None]) / radius[:, None, None]
    x, y = np.broadcast_arrays(x, y)
    share = np.empty((size, SIDE, SIDE), dtype=np.float32)
    for code, distance in enumerate(SHAPES.values()):
        chosen = labels % len(SHAPES) == code
        edge = distance(x[chosen], y[chosen]) * radius[chosen][:, None, None] + np.float32(0.5)
        share[chosen] = np.clip(edge, 0, 1)
    ground, colour = grounds[:, None, None, :], colours[:, None, None, :]
    rows = np.floor(ground + share[..., None] * (colour - ground) + np.float32(0.5)).astype(np.uint8)
    return Made(rows.reshape(size, -1), labels)
