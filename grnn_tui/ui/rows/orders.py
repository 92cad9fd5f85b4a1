"""Orders in which a model that knows several can be asked to write."""

from __future__ import annotations

import numpy as np

from grnn_tui.ui.rows.state import Shape

ORDERS = ("own", "rows", "columns", "backwards", "inside out", "shuffled")
SHUFFLE = 1
"""Seed of the one shuffled order."""


def order_named(name: str, shape: Shape) -> list[int]:
    """Which value each step writes; empty for the model's own order."""
    place = np.arange(shape.length)
    pixel = place // shape.channels
    row, column = pixel // shape.columns, pixel % shape.columns
    if name == "own":
        return []
    if name == "shuffled":
        rank = np.random.default_rng(SHUFFLE).permutation(shape.length)
    elif name == "columns":
        rank = column * shape.rows + row
    elif name == "backwards":
        rank = -place
    elif name == "inside out":
        rank = np.hypot(row - (shape.rows - 1) / 2, column - (shape.columns - 1) / 2)
    else:
        rank = place
    found: list[int] = np.argsort(rank, kind="stable").tolist()
    return found
