"""What is to be drawn in a chart, and how much of y is shown of it."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

_RAW_SHARE = 0.995

Role = Literal["axis", "tick", "gap", "empty", "level", "floor", "raw", "other", "valid", "train", "best", "cursor"]
"""What a cell shows, from the back to the front; the widget gives it a colour."""


@dataclass(frozen=True)
class Curve:
    """One line (`lows` only) or band (`lows` to `highs`) over ascending `xs`; NaN is a gap."""

    role: Role
    xs: Sequence[float]
    lows: Sequence[float]
    highs: Sequence[float] | None = None
    label: str = ""
    """Written at the right edge with the last value; empty: not at all."""
    dots: bool = False
    """Mark each point, as long as they stand apart."""


@dataclass(frozen=True)
class Level:
    """A horizontal reference line."""

    label: str
    value: float
    floor: bool = False
    """Whether nothing can lie below it (an exact entropy)."""


@dataclass(frozen=True)
class Plot:
    """What is to be drawn."""

    curves: tuple[Curve, ...] = ()
    levels: tuple[Level, ...] = ()
    star: tuple[float, float] | None = None
    """The best validation."""
    log: bool = False
    x_name: str = "step"
    """What x counts; `time` is in seconds, and written so."""
    x_range: tuple[float, float] | None = None
    """What of x is shown; None: all."""
    cursor: float | None = None
    empty: str = "warming up …"


def extent(plot: Plot) -> tuple[float, float] | None:
    """From the first x to the last, laid-over runs left aside."""
    ends = [x for curve in plot.curves if curve.role != "other" and len(curve.xs) for x in (curve.xs[0], curve.xs[-1])]
    if not ends:
        return None
    low, high = min(ends), max(ends)
    return (low, high) if high > low else (low - 0.5, high + 0.5)


def y_range(plot: Plot, x_range: tuple[float, float] | None) -> tuple[float, float] | None:
    """What of y is shown: every smoothed and validated value, nearly all raw ones, and references close by."""
    if x_range is None:
        return None
    sure: list[float] = []
    raw: list[float] = []
    least = 0.0 if plot.log else -math.inf
    for curve in plot.curves:
        inside = slice(bisect_left(curve.xs, x_range[0]), bisect_right(curve.xs, x_range[1]))
        into = raw if curve.role == "raw" else sure
        for ys in (curve.lows, curve.highs or ()):
            into += [y for y in ys[inside] if least < y < math.inf]
    raw.sort()
    cut = len(raw) - math.ceil(len(raw) * _RAW_SHARE)
    kept = raw[cut : len(raw) - cut] + sure
    if not kept:
        return None
    return _with_levels(plot, min(kept), max(kept))


def _with_levels(plot: Plot, low: float, high: float) -> tuple[float, float]:
    a, b = scaled(low, plot.log), scaled(high, plot.log)
    usual = 0.05 if plot.log else max(abs(b) * 0.05, 1e-9)
    span = b - a if b - a > usual * 1e-3 else usual
    near = [scaled(v.value, plot.log) for v in plot.levels if v.value > 0 or not plot.log]
    floors = [scaled(v.value, plot.log) for v in plot.levels if v.floor and (v.value > 0 or not plot.log)]
    low_end = min([a, *(v for v in near if a - 0.3 * span <= v <= b), *(v for v in floors if v >= a - 0.6 * span)])
    high_end = max([b, *(v for v in near if a <= v <= b + 0.15 * span)])
    if high_end - low_end < span:
        low_end, high_end = low_end - span / 2, high_end + span / 2
    pad = 0.02 * (high_end - low_end)
    return unscaled(low_end - pad, plot.log), unscaled(high_end + pad, plot.log)


def scaled(value: float, log: bool) -> float:
    """Where `value` lies on its axis."""
    return math.log10(max(value, 1e-300)) if log else value


def unscaled(value: float, log: bool) -> float:
    """The value that lies there."""
    return 10.0**value if log else value
