"""Where the ticks of an axis stand and what is written at them."""

from __future__ import annotations

import math
from itertools import pairwise

_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)
_SECONDS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 21600, 43200, 86400)


def ticks(low: float, high: float, most: int) -> list[float]:
    """Round numbers within [low, high], at most `most` of them, evenly apart."""
    if most < 1 or not high > low:
        return []
    raw = (high - low) / most
    power = 10.0 ** math.floor(math.log10(raw))
    for step in (power * s for s in (*_STEPS, 20.0, 50.0)):
        found = _multiples(low, high, step)
        if len(found) <= most:
            return found
    return []


def log_ticks(low: float, high: float, most: int) -> list[float]:
    """Round numbers within [low, high] for a logarithmic axis: 1-2-5 of each decade, plain ticks within one."""
    if not 0 < low < high:
        return []
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    for digits in ((1, 2, 3, 4, 5, 6, 7, 8, 9), (1, 2, 5), (1, 3), (1,)):
        found = [d * 10.0**power for power in decades for d in digits if low <= d * 10.0**power <= high]
        if 3 <= len(found) <= most:
            return found
    whole = [10.0**power for power in decades if low <= 10.0**power <= high]
    if len(whole) > most:
        return whole[:: -(-len(whole) // most)]
    return ticks(low, high, most)


def second_ticks(low: float, high: float, most: int) -> list[float]:
    """Round times within [low, high], at most `most` of them, in seconds."""
    if most < 1 or not high > low:
        return []
    for step in _SECONDS:
        if (high - low) / step <= most:
            return _multiples(low, high, float(step))
    return _multiples(low, high, 86400.0 * math.ceil((high - low) / 86400.0 / most))


def decimals_of(values: list[float]) -> int:
    """Digits after the point that tell neighbouring ticks apart."""
    gaps = [b - a for a, b in pairwise(values) if b > a]
    if not gaps:
        return 2
    gap = min(gaps)
    digits = max(0, -math.floor(math.log10(gap) + 1e-9))
    return digits + (1 if round(gap / 10.0**-digits, 6) % 1 else 0)


def number(value: float, decimals: int | None = None) -> str:
    """A figure in at most six cells: `1.204`, `8.1e-4`, `142k`, `5.8k`, `3.2M`."""
    size = abs(value)
    if size >= 1000:
        return si(value)
    if value != 0 and size < 0.001:
        mantissa, _, power = f"{value:.1e}".partition("e")
        return f"{mantissa.removesuffix('.0')}e{int(power)}"
    if decimals is None:
        decimals = 0 if size >= 100 or value == 0 else 1 if size >= 20 else 2 if size >= 10 else 3
    return f"{value:.{decimals}f}"


def loss_figure(value: float) -> str:
    """A loss in at most six cells, with two decimals from 10 to 1000: those of rows differ little."""
    return number(value, 2 if 10 <= abs(value) < 1000 else None)


def si(value: float) -> str:
    """A count with at most three digits and a suffix: `950`, `5.8k`, `142k`, `3.2M`."""
    size = abs(value)
    for factor, suffix in ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")):
        if size >= factor * 0.9995:
            scaled = value / factor
            text = f"{scaled:.0f}" if abs(scaled) >= 99.95 else f"{scaled:.1f}"
            return text.removesuffix(".0") + suffix
    return f"{value:.0f}" if size >= 10 or value == int(value) else f"{value:.1f}"


def count(value: int) -> str:
    """A count with its thousands set apart: `5 800`."""
    return f"{value:,}".replace(",", " ")


def duration(seconds: float) -> str:
    """`0s`, `48s`, `12m04s`, `3h05m`, `2d04h`."""
    whole = max(0, round(seconds))
    if whole < 60:
        return f"{whole}s"
    if whole < 3600:
        return f"{whole // 60}m{whole % 60:02d}s"
    if whole < 86400:
        return f"{whole // 3600}h{whole % 3600 // 60:02d}m"
    return f"{whole // 86400}d{whole % 86400 // 3600:02d}h"


def short_duration(seconds: float) -> str:
    """A tick: `30s`, `5m`, `1m30s`, `2h`."""
    text = duration(seconds)
    return text.removesuffix("00s").removesuffix("00m") if len(text) > 3 else text


def _multiples(low: float, high: float, step: float) -> list[float]:
    first = math.ceil(low / step - 1e-9)
    last = math.floor(high / step + 1e-9)
    return [i * step for i in range(first, last + 1)]
