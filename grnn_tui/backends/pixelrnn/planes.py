"""How a value enters the first layer: one-hot where it can be few things, else its lightness and that it is there."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

MAX_ONE_HOT = 16


def encoding(levels: int) -> NDArray[np.float32]:
    """What stands for each value [levels, planes]. Nothing outside the image is all zeros, and no value is."""
    if levels <= MAX_ONE_HOT:
        return np.eye(levels, dtype=np.float32)
    return np.stack([np.linspace(-1, 1, levels), np.ones(levels)], axis=1).astype(np.float32)
