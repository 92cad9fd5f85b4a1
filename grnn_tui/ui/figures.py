"""Numbers as they are written on the screen, with their units."""

from __future__ import annotations

import math

from grnn_tui.safetext import SafeText, cell_width, name_of, sanitise
from grnn_tui.ui.markers import UNICODE, Glyphs


def percent(share: float) -> str:
    """A probability in percent, five cells: `41.2`, ` 0.03`, `<.001`."""
    value = 100 * share
    if value >= 99.95:
        return "  100"
    if value >= 9.95 or value == 0:
        return f"{value:5.1f}"
    if value >= 0.005:
        return f"{value:5.2f}"
    return "<0.01"


def count(number: int) -> str:
    """`93 k`, `1.2 M`, or the number itself below ten thousand."""
    if number >= 9_950_000:
        return f"{number / 1e6:.0f} M"
    if number >= 995_000:
        return f"{number / 1e6:.1f} M"
    if number >= 10_000:
        return f"{number / 1e3:.0f} k"
    return str(number)


def bits(value: float) -> str:
    """Bits with two digits after the point; never a traceback."""
    return f"{value:.2f}" if math.isfinite(value) else "nan"


def perplexity(bits_per_symbol: float) -> str:
    """2 to the bits per symbol."""
    if not math.isfinite(bits_per_symbol):
        return "nan"
    value = 2.0 ** min(bits_per_symbol, 60.0)
    return f"{value:.2f}" if value < 100 else f"{value:.0f}"


def plural(number: int, unit: str) -> str:
    """`1 character`, `1 200 characters`."""
    return f"{number:,} {unit}{'' if number == 1 else 's'}".replace(",", " ")


def shown_name(label: str, glyphs: Glyphs = UNICODE, cells: int = 8) -> SafeText:
    """One symbol on a chart: in quotes if it can be seen as it is, else by name."""
    name = name_of(label, cells=cells, ascii_only=glyphs.ascii_only)
    if name == label and cell_width(name) <= cells - 2:
        return sanitise(f"'{name}'")
    return name


def padded(text: SafeText, cells: int) -> SafeText:
    """`text` filled with spaces to a width."""
    return sanitise(text + " " * max(0, cells - cell_width(text)))
