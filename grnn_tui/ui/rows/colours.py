"""Colours of pictures: light from black to white, heat of surprisal, the order as a gradient, and marks on them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray
from textual.color import Color

RGB = NDArray[np.uint8]
Floats = NDArray[np.float64]

_HEAT = ("#05060f", "#3b0f6b", "#8c2981", "#de4968", "#fe9f6d", "#fcfdbf")
"""Like magma: lightness grows with surprisal, for every kind of colour vision."""
_PATH = ("#3b528b", "#2c728e", "#21918c", "#28ae80", "#5ec962", "#addc30", "#fde725")
"""Like viridis without its dark end: from the first step to the last."""
HEAT_BITS = 6.0
"""Surprisal at the hot end."""


class PictureColours(Struct, frozen=True):
    """What stands beside the values themselves, as 24-bit colours."""

    empty: tuple[int, int, int]
    """Not yet written."""
    known: tuple[int, int, int]
    """Laid over what is known."""
    forced: tuple[int, int, int]
    cursor: tuple[int, int, int]


def colours_of(variables: Mapping[str, str]) -> PictureColours:
    """The colours of a theme, given its variables."""
    ground, primary = Color.parse(variables["background"]), Color.parse(variables["primary"])
    return PictureColours(
        empty=ground.blend(primary, 0.2).rgb,
        known=Color.parse(variables["success"]).rgb,
        forced=Color.parse(variables["warning"]).rgb,
        cursor=Color.parse(variables["accent"]).rgb,
    )


def light(share: Floats) -> RGB:
    """Black (0) to white (1), [...] to [..., 3]; the ends are a little softer than a screen's own."""
    grey = np.clip(8 + 237 * np.clip(share, 0, 1), 0, 255).astype(np.uint8)
    return np.repeat(grey[..., None], 3, axis=-1)


def heat(bits: Floats) -> RGB:
    """Surprisal, [...] to [..., 3]; finest where most of it is."""
    return _along(_HEAT, np.sqrt(np.clip(bits / HEAT_BITS, 0, 1)))


def path(share: Floats) -> RGB:
    """How far along the order, [...] to [..., 3]."""
    return _along(_PATH, share)


def tinted(rgb: RGB, colour: tuple[int, int, int], share: float) -> RGB:
    """Blended with a colour."""
    mixed = rgb.astype(np.float64) * (1 - share) + np.array(colour, np.float64) * share
    return mixed.astype(np.uint8)


def _along(stops: tuple[str, ...], share: Floats) -> RGB:
    table = np.array([Color.parse(stop).rgb for stop in stops], np.float64)
    at = np.clip(np.nan_to_num(share, nan=1.0), 0, 1) * (len(stops) - 1)
    mixed = [np.interp(at, np.arange(len(stops)), table[:, channel]) for channel in range(3)]
    return np.stack(mixed, axis=-1).astype(np.uint8)
