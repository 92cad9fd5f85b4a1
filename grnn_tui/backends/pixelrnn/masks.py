"""What may be read: pixels that come before, and within a pixel R, then G given R, then B given R and G.

Units stand in as many groups as a pixel has channels. At its own pixel a unit of group c reads, under mask A, groups
before c (of the image itself), under mask B, groups up to c (of what has been made of it). Of other pixels it reads
whatever comes before (van den Oord, Kalchbrenner and Kavukcuoglu 2016, section 3.4). Without colour mask A is no
centre at all, and mask B is all of it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

REACH = 3
"""How far the first layer sees up, left and right: a 7 x 7 convolution."""


def groups(units: int, channels: int) -> NDArray[np.int64]:
    """The group of each of `units` [units]: as even as it goes, in the order of the channels."""
    return np.arange(units) * channels // units


def centre(readers: NDArray[np.int64], read: NDArray[np.int64], first: bool) -> NDArray[np.bool_]:
    """Which of the groups `read` each of `readers` sees at its own pixel [readers, read]; mask A if `first`, else B."""
    return readers[:, None] > read if first else readers[:, None] >= read


def neighbourhood(channels: int) -> tuple[tuple[int, int], ...]:
    """(row, column) offsets that the first layer reads, in the order of writing; the centre, if any of it, last."""
    above = [(-i, j) for i in range(REACH, 0, -1) for j in range(-REACH, REACH + 1)]
    left = [(0, -j) for j in range(REACH, 0, -1)]
    return (*above, *left, *([(0, 0)] if channels > 1 else []))
