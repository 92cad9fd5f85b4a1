"""Rows of real numbers as a table: the data's mean and scale of each column, and each sample beside them."""

from __future__ import annotations

import math

from grnn_tui.safetext import clip, sanitise
from grnn_tui.ui.figures import padded
from grnn_tui.ui.panes.picture.view import PictureView, known_words
from grnn_tui.ui.rows.state import RowState, Sample
from grnn_tui.ui.widgets.lines import Cell, Row, fitted

NAME, NUMBER = 12, 9
GAUGE = 9
"""Cells of the gauge of how many standard deviations a value lies from the mean."""
REACH = 3.0
"""Standard deviations at its ends."""


def table_rows(view: PictureView, width: int, height: int) -> tuple[Row, ...]:
    """A head, the columns of the data one a row, and words below; the row of the cursor is always shown."""
    state = view.state
    if state is None or state.sample is None or height < 4:
        return ((), (Cell("  the model is being opened ...", "dim"),))
    words = known_words(state, view.told, view.glyphs)
    room = height - 1 - (2 if words else 0)
    place = cursor_place(view)
    first = max(0, min(place - room // 2, state.length - room))
    shown = shown_samples(state, width)
    rows = [_head(state, shown, width)]
    rows += [_line(view, d, shown, d == place, width) for d in range(first, min(state.length, first + room))]
    rows = [fitted(row, width) for row in rows]
    rows += [()] * (1 + room - len(rows))
    return (*rows, (), words) if words else tuple(rows)


def cursor_place(view: PictureView) -> int:
    """The column of the data that the keys stand on."""
    state = view.state
    assert state is not None
    if view.place is not None:
        return view.place
    return int(state.order[min(state.cursor, state.length - 1)]) if state.order.size else 0


def first_row(view: PictureView, height: int) -> int:
    """The column of the data on the first row below the head."""
    state = view.state
    assert state is not None
    room = height - 1 - (2 if known_words(state, view.told, view.glyphs) else 0)
    return max(0, min(cursor_place(view) - room // 2, state.length - room))


def shown_samples(state: RowState, width: int) -> list[int]:
    """As many samples as there is room for, the selected one among them."""
    room = width - NAME - NUMBER
    room -= GAUGE + 2 if room >= NUMBER + GAUGE + 2 else 0
    count = max(1, min(len(state.samples), room // NUMBER))
    first = max(0, min(state.selected - count + 1, len(state.samples) - count)) if state.selected >= count else 0
    return list(range(first, first + count))


def _head(state: RowState, shown: list[int], width: int) -> Row:
    cells = [Cell(" " * NAME), Cell("mean".rjust(NUMBER), "faint")]
    for i in shown:
        label = (f"sample {i + 1}" if i == state.selected else str(i + 1)).rjust(NUMBER)
        cells.append(Cell(label, "strong" if i == state.selected else "dim"))
    if width - NAME - NUMBER * (1 + len(shown)) >= GAUGE + 2:
        cells.append(Cell(f"  -{REACH:.0f}  0  +{REACH:.0f}", "faint"))
    return tuple(cells)


def _line(view: PictureView, place: int, shown: list[int], here: bool, width: int) -> Row:
    state = view.state
    assert state is not None
    names = state.opened.columns
    name = names[place] if place < len(names) else f"x {place + 1}"
    label = padded(clip(sanitise(name, ascii_only=view.glyphs.ascii_only), NAME - 2, view.glyphs.ellipsis), NAME - 2)
    mean, scale = (float(each[place]) for each in state.moments)
    mark = view.glyphs.arrow if here else " "
    cells = [Cell(f"{mark} ", "accent"), Cell(label, "selected" if here and view.focused else "text")]
    cells.append(Cell(number(mean, scale).rjust(NUMBER), "faint"))
    cells += [_value(view, state.samples[i], place, scale, i == state.selected) for i in shown]
    if width - NAME - NUMBER * (1 + len(shown)) >= GAUGE + 2:
        cells += _gauge(view, place, mean, scale)
    return tuple(cells)


def _value(view: PictureView, sample: Sample, place: int, scale: float, selected: bool) -> Cell:
    state = view.state
    assert state is not None
    step = int(state.steps[place])
    if place in state.known and (step >= sample.length or state.painted):
        return Cell(number(state.known[place], scale).rjust(NUMBER), "good")
    if step >= sample.length:
        return Cell(view.glyphs.dot.rjust(NUMBER) if selected else " " * NUMBER, "faint")
    role = "warning" if step in sample.forced else "good" if place in state.known else "text" if selected else "dim"
    return Cell(number(float(sample.values[step]), scale).rjust(NUMBER), role)


def _gauge(view: PictureView, place: int, mean: float, scale: float) -> list[Cell]:
    """Where the selected sample's value lies, from -3 to 3 standard deviations of the data."""
    state = view.state
    assert state is not None
    sample, step = state.sample, int(state.steps[place])
    assert sample is not None
    rail = [view.glyphs.rail] * GAUGE
    value = float(sample.values[step]) if step < sample.length else state.known.get(place)
    if value is None:
        return [Cell("  " + "".join(rail), "removed")]
    at = round((max(-REACH, min(REACH, (value - mean) / scale)) + REACH) / (2 * REACH) * (GAUGE - 1))
    return [
        Cell("  " + "".join(rail[:at]), "removed"),
        Cell(view.glyphs.knob, "used"),
        Cell("".join(rail[at + 1 :]), "removed"),
    ]


def number(value: float, scale: float = 0.0) -> str:
    """A number in eight cells at most; with as many decimals as values that vary by `scale` deserve."""
    if not math.isfinite(value):
        return "nan"
    if scale > 0:
        text = f"{value:.{max(0, 2 - math.floor(math.log10(scale)))}f}"
        if len(text) < NUMBER:
            return text
    for digits in (5, 4, 3, 2):
        text = f"{value:.{digits}g}"
        if len(text) < NUMBER:
            return text
    return f"{value:.0e}"
