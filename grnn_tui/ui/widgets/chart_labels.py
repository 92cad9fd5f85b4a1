"""What is written beside the lines of a chart, so that no legend is needed, and in which rows it stands."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from grnn_tui.safetext import SafeText, cell_width, sanitise
from grnn_tui.ui.widgets.chart_plot import Level, Plot, Role
from grnn_tui.ui.widgets.chart_ticks import number


@dataclass(frozen=True)
class Label:
    """A name and a value that belong to a line."""

    text: SafeText
    short: SafeText
    """The value alone, for where the name is too long."""
    value: float
    row: int
    """Where the line ends."""
    role: Role
    level: Level | None = None
    """The reference line it names; None: it names a curve."""


def labels_of(
    plot: Plot, y_range: tuple[float, float], row_of: Callable[[float], int], *, ascii_only: bool
) -> list[Label]:
    """What is to be written, the most telling first: curves, then the reference lines within `y_range`."""
    found: list[Label] = []

    def add(name: str, value: float, role: Role, level: Level | None = None) -> None:
        short = sanitise(number(value))
        text = sanitise(f"{name} {short}", ascii_only=ascii_only or level is not None)
        found.append(Label(text, short, value, row_of(value), role, level))

    for curve in plot.curves:
        last = next((y for y in reversed(curve.lows) if math.isfinite(y)), None)
        if curve.label and last is not None:
            add(curve.label, last, curve.role)
    for level in plot.levels:
        if y_range[0] <= level.value <= y_range[1]:
            add(level.label, level.value, "floor" if level.floor else "level", level)
    return found


def shortened(labels: Sequence[Label], cells: int) -> list[Label]:
    """Those that fit in `cells` with a blank before them; of a curve the value alone may stay, of a reference not."""
    found: list[Label] = []
    for label in labels:
        if cell_width(label.text) < cells:
            found.append(label)
        elif label.level is None and cell_width(label.short) < cells:
            found.append(Label(label.short, label.short, label.value, label.row, label.role))
    return found


def placed(labels: Sequence[Label], rows: int, *, near: bool) -> dict[int, Label]:
    """Labels by row at the right edge: each as near to its line as the others allow, in the order of the values.

    With `near`, a reference that would stand more than a row away from its line is left out.
    """
    wanted = list(labels)
    while wanted:
        at = spread([(-label.value, label.row) for label in wanted], rows)
        if at is None:
            wanted.pop()
            continue
        far = [i for i, label in enumerate(wanted) if label.level is not None and abs(at[i] - label.row) > 1]
        if not far or not near:
            return dict(zip(at, wanted, strict=True))
        wanted.pop(far[-1])
    return {}


def spread(wants: Sequence[tuple[float, int]], rows: int) -> list[int] | None:
    """Rows for labels that want `(order, row)`: distinct, in order, as near as they go; None: there is no room."""
    if len(wants) > rows:
        return None
    order = sorted(range(len(wants)), key=lambda i: wants[i])
    found = [0] * len(wants)
    free = 0
    for i in order:
        found[i] = max(wants[i][1], free)
        free = found[i] + 1
    limit = rows - 1
    for i in reversed(order):
        found[i] = min(found[i], limit)
        limit = found[i] - 1
    return found
