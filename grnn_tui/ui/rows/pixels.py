"""A sample as pixels: its values, what the model expected, its surprisal, or the order it is written in."""

from __future__ import annotations

import math
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from grnn_tui.ui.rows import colours
from grnn_tui.ui.rows.colours import RGB, Floats, PictureColours
from grnn_tui.ui.rows.state import RowState, Sample

Layer = Literal["pixels", "p", "surprisal", "order"]
LAYERS: tuple[Layer, ...] = ("pixels", "p", "surprisal", "order")
BITS = 1 / math.log(2)


def picture(state: RowState, sample: Sample, layer: Layer, palette: PictureColours, *, marks: bool = True) -> RGB:
    """A sample as colours [rows, columns, 3]; with `marks`, what is known and what was forced is tinted."""
    if layer == "order":
        return _grid(state, _order(state, sample, palette), palette)
    steps = slice(0, sample.length)
    at = state.order[steps]
    written = np.zeros(state.length, bool)
    written[at] = True
    if layer == "surprisal":
        bits = np.zeros(state.length)
        bits[at] = sample.nats * BITS
        return _grid(state, colours.heat(_by_pixel(state, bits)), palette, _by_pixel(state, written) > 0)
    value = np.zeros(state.length)
    value[at] = sample.expected if layer == "p" else sample.values
    known = np.array(list(state.known), np.int64)
    shown = written.copy()
    if layer == "pixels" and known.size:
        value[known], shown[known] = list(state.known.values()), True
    full = max(1, state.opened.levels - 1)
    rgb = _light(state, value / full)
    if layer == "pixels" and marks:
        rgb = _marked(state, rgb, sample, known, palette)
    return _grid(state, rgb, palette, _by_pixel(state, shown) > 0)


def coverage(state: RowState, sample: Sample) -> NDArray[np.bool_]:
    """Which pixels hold something [rows, columns]: written, or known."""
    shown = np.zeros(state.length, bool)
    shown[state.order[: sample.length]] = True
    shown[list(state.known)] = True
    return _laid(state, _by_pixel(state, shown) > 0, False)


def brightness(state: RowState, sample: Sample, layer: Layer) -> Floats:
    """The same in one number a pixel, 0 to 1 [rows, columns], for terminals without colours."""
    value, at = np.zeros(state.length), state.order[: sample.length]
    if layer == "order":
        value = state.steps / max(1, state.length - 1)
    elif layer == "surprisal":
        value[at] = np.sqrt(np.clip(sample.nats * BITS / colours.HEAT_BITS, 0, 1))
    else:
        value[at] = (sample.expected if layer == "p" else sample.values) / max(1, state.opened.levels - 1)
        if layer == "pixels":
            value[list(state.known)] = [v / max(1, state.opened.levels - 1) for v in state.known.values()]
    return _laid(state, _by_pixel(state, value), 0.0)


def pixel_of(state: RowState, step: int) -> int:
    """The pixel that a step writes; the last one's for the end of the row."""
    if not state.order.size:
        return 0
    return int(state.order[min(step, state.order.size - 1)]) // state.shape.channels


def steps_of(state: RowState, pixel: int) -> list[int]:
    """The steps that write the values of a pixel, in their order."""
    channels = state.shape.channels
    return sorted(state.steps[pixel * channels : (pixel + 1) * channels].tolist())


def _light(state: RowState, share: Floats) -> RGB:
    """Values as light [pixels, 3]."""
    if state.shape.channels == 3:
        return np.asarray(8 + 237 * np.clip(share.reshape(-1, 3), 0, 1), np.uint8)
    return colours.light(share)


def _by_pixel(state: RowState, values: NDArray[Any]) -> NDArray[Any]:
    """The mean over the channels of each pixel [pixels]."""
    return values if state.shape.channels == 1 else values.reshape(-1, state.shape.channels).mean(1)


def _order(state: RowState, sample: Sample, palette: PictureColours) -> RGB:
    """The whole order as a gradient, what is not written yet faint."""
    share = _by_pixel(state, state.steps) / max(1, state.length - 1)
    rgb = colours.path(share)
    later = _by_pixel(state, state.steps) >= sample.length
    rgb[later] = colours.tinted(rgb[later], palette.empty, 0.55)
    return rgb


def _marked(state: RowState, rgb: RGB, sample: Sample, known: NDArray[Any], palette: PictureColours) -> RGB:
    channels = state.shape.channels
    if state.painted:
        # What is seen was written before this was known: it steps back.
        rest = np.ones(len(rgb), bool)
        rest[known // channels] = False
        rgb[rest] = colours.tinted(rgb[rest], palette.empty, 0.6)
    forced = state.order[sorted(step for step in sample.forced if step < sample.length)] // channels
    rgb[known // channels] = colours.tinted(rgb[known // channels], palette.known, 0.45)
    rgb[forced] = colours.tinted(rgb[forced], palette.forced, 0.5)
    return rgb


def _grid(state: RowState, rgb: RGB, palette: PictureColours, shown: NDArray[np.bool_] | None = None) -> RGB:
    """Pixels [pixels, 3] on their grid; what is not shown is empty."""
    if shown is not None:
        rgb = np.where(shown[:, None], rgb, np.array(palette.empty, np.uint8))
    grid = np.empty((state.shape.rows * state.shape.columns, 3), np.uint8)
    grid[:] = palette.empty
    grid[: len(rgb)] = rgb
    return grid.reshape(state.shape.rows, state.shape.columns, 3)


def _laid(state: RowState, values: NDArray[Any], blank: float) -> NDArray[Any]:
    grid = np.full(state.shape.rows * state.shape.columns, blank, values.dtype)
    grid[: values.size] = values
    return grid.reshape(state.shape.rows, state.shape.columns)
