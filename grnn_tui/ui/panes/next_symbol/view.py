"""The bars as rows of cells: raw and used probability, what was removed, which symbol stands there."""

from __future__ import annotations

import math
from collections.abc import Sequence

import msgspec
from msgspec import Struct

from grnn_tui.engine.protocol import Bar, Prediction
from grnn_tui.safetext import sanitise
from grnn_tui.ui.figures import bits, padded, percent, plural, shown_name
from grnn_tui.ui.markers import UNICODE, Glyphs
from grnn_tui.ui.widgets.lines import Cell, Row, fitted, justified

NAME_CELLS = 7
WORD_CELLS = 16
"""The most of a word that is shown beside its bar."""
FIGURES = 13
LOG_FLOOR = 1e-4
"""The probability at which a logarithmic bar ends."""


class BarsView(Struct, frozen=True):
    """What the bars are made of."""

    prediction: Prediction | None
    labels: Sequence[str] = ()
    unit: str = "character"
    selected: int = 0
    """Row of the cursor among the bars."""
    focused: bool = False
    log: bool = False
    particle: int = 0
    """Whose bars: 1 is the first particle, 0 the mixture of them all."""
    busy: bool = False
    quoted: bool = True
    """Whether symbols stand in quotes; levels do not."""
    glyphs: Glyphs = UNICODE


def bar_rows(view: BarsView, width: int, height: int) -> tuple[Row, ...]:
    """A head, bars as far as there is room, and what is left."""
    prediction = seen(view.prediction, view.particle)
    if prediction is None:
        words = "reading the text ..." if view.busy else "no model yet"
        return ((), fitted((Cell("  " + words, "dim"),), width))[:height]
    if width < 16 or height < 3:
        return ()
    room = height - 2
    first = first_bar(view.selected if view.focused else 0, len(prediction.bars), room)
    shown = prediction.bars[first : first + room]
    top = max((max(bar.raw, bar.used) for bar in prediction.bars), default=1.0)
    rows = [_head(prediction, view, width)]
    rows += [_bar_row(view, bar, index, top, width) for index, bar in enumerate(shown, first)]
    rows += [()] * (room - len(shown))
    rows.append(_foot(prediction, first + len(shown), width))
    return tuple(fitted(row, width) for row in rows)


def seen(prediction: Prediction | None, particle: int) -> Prediction | None:
    """What the bars are drawn from: for one particle, its own probabilities beside the mixture's, symbol by symbol."""
    if prediction is None or not 0 < particle <= len(prediction.particles):
        return prediction
    part = prediction.particles[particle - 1]
    bars = [Bar(bar.symbol, bar.rank, bar.raw, own) for bar, own in zip(prediction.bars, part.probs, strict=True)]
    return msgspec.structs.replace(prediction, bars=bars, removed=0)


def first_bar(selected: int, bars: int, room: int) -> int:
    """The first bar that is shown, so that the selected one is."""
    return max(0, min(selected - room + 1, bars - room)) if selected >= room else 0


def fraction(probability: float, top: float, *, log: bool) -> float:
    """Which part of the full bar a probability takes."""
    if probability <= 0 or top <= 0:
        return 0.0
    if not log:
        return min(1.0, probability / top)
    return max(0.0, 1 - math.log(max(probability, LOG_FLOOR)) / math.log(LOG_FLOOR))


def name_width(unit: str, width: int) -> int:
    """Columns for the names of symbols: words take a third of the pane, as far as they need it."""
    return max(NAME_CELLS, min(WORD_CELLS, width // 3)) if unit == "word" else NAME_CELLS


def bar_cells(bar: Bar, top: float, width: int, *, log: bool, glyphs: Glyphs = UNICODE) -> Row:
    """Used probability solid; where the raw one reaches further a faint tail, where it falls short a bright one."""
    raw = round(fraction(bar.raw, top, log=log) * width * 8)
    used = round(fraction(bar.used, top, log=log) * width * 8)
    if raw == 0 and used == 0:
        return (Cell(" " * width),)
    longer, shorter = max(raw, used), min(raw, used)
    full, part = divmod(longer, 8)
    solid = min(full, max(1, round(shorter / 8))) if shorter else 0
    tail = glyphs.eighths[7] * (full - solid) + (glyphs.eighths[part - 1] if part else "")
    gap = width - solid - len(tail)
    if solid == 0 and len(tail) <= 1:
        return (Cell(tail, "used" if bar.used > 0 else "removed"), Cell(" " * gap))
    role = "gained" if used > raw else ("raw" if bar.used > 0 else "removed")
    if full == solid:
        role = "used"
    return (Cell(glyphs.eighths[7] * solid, "used"), Cell(tail, role), Cell(" " * gap))


def chosen_line(
    prediction: Prediction,
    labels: Sequence[str],
    glyphs: Glyphs = UNICODE,
    name_cells: int = NAME_CELLS,
    *,
    quoted: bool = True,
) -> Row:
    """What stands at the cursor: rank and surprisal; nothing at the end of the text."""
    if prediction.chosen is None:
        return ()
    bar = next((bar for bar in prediction.bars if bar.symbol == prediction.chosen), None)
    rank = f" rank {bar.rank + 1}" if bar is not None else ""
    label = _label(labels, prediction.chosen)
    name = shown_name(label, glyphs, name_cells + 1) if quoted else sanitise(label)
    cost = f", {bits(prediction.chosen_bits)} bit" if prediction.chosen_bits is not None else ""
    return (Cell("stands here ", "dim"), Cell(name, "accent"), Cell(rank + cost, "text"))


def title_text(
    prediction: Prediction | None, unit: str, width: int, glyphs: Glyphs = UNICODE, particle: int = 0
) -> str:
    """`Next character`, and the model's own entropy and the used one if it differs, as far as there is room."""
    long, short = f"Next {unit}", "Next"
    if prediction is None:
        return long if len(long) <= width else short
    own, used = bits(prediction.entropy), bits(prediction.used_entropy)
    entropy = f"H {own}" if own == used else f"H {own} {'->' if glyphs.ascii_only else '→'} {used}"
    dot = f" {glyphs.dot} "
    if prediction.particles:
        return _particle_title(prediction, particle, entropy, width, dot)
    for text in (f"{long}{dot}{entropy} bit", f"{short}{dot}{entropy} bit", f"{short}{dot}{entropy}"):
        if len(text) <= width:
            return text
    return short


def _particle_title(prediction: Prediction, particle: int, entropy: str, width: int, dot: str) -> str:
    """Which particle and its responsibility, the effective number of them, and the entropy; the last go first."""
    several, effective = len(prediction.particles), f"eff {prediction.effective:.1f}"
    facts = [f"Mixture of {several}", effective, entropy]
    if 0 < particle <= several:
        part = prediction.particles[particle - 1]
        share = f"r {percent(part.responsibility).strip()}%"
        facts = [f"Particle {particle}/{several}", share, effective, f"H {bits(part.entropy)}"]
    while len(dot.join(facts)) > width and len(facts) > 1:
        facts.pop()
    return dot.join(facts)


def _head(prediction: Prediction, view: BarsView, width: int) -> Row:
    chosen = chosen_line(prediction, view.labels, view.glyphs, name_width(view.unit, width), quoted=view.quoted)
    left = (Cell(" "), *chosen) if chosen else (Cell("  log scale" if view.log else "", "faint"),)
    alone = 0 < view.particle <= len(prediction.particles)
    raw, used = ("mix", "    own%") if alone else ("raw", "   used%")
    heads = (Cell(raw, "dim"), Cell(used[: 8 if width >= 24 else 0], "dim"))
    head = justified(left, heads, width - 1)
    if head is left and width > 8:
        return left
    return head


def _bar_row(view: BarsView, bar: Bar, index: int, top: float, width: int) -> Row:
    assert view.prediction is not None
    selected = view.focused and index == view.selected
    chosen = bar.symbol == view.prediction.chosen
    mark = view.glyphs.arrow if selected else (view.glyphs.live if chosen else " ")
    removed = bar.used <= 0
    name_role = "accent" if chosen else "removed" if removed else "text"
    name_cells = name_width(view.unit, width)
    label = _label(view.labels, bar.symbol)
    name = padded(shown_name(label, view.glyphs, name_cells) if view.quoted else sanitise(label), name_cells)
    used = f"  {view.glyphs.dash} " if removed else percent(bar.used)
    bar_width = width - 2 - name_cells - FIGURES
    cells = [Cell(mark, "accent"), Cell(name, "selected" if selected else name_role), Cell(" ")]
    if bar_width >= 3:
        cells += bar_cells(bar, top, bar_width, log=view.log, glyphs=view.glyphs)
    figures = "selected-dim" if selected else "removed" if removed else "dim"
    cells += [Cell(" " + percent(bar.raw), figures)]
    cells += [Cell(" " + used.rjust(5) + " ", "selected" if selected else "removed" if removed else "text")]
    return tuple(cells)


def _foot(prediction: Prediction, shown: int, width: int) -> Row:
    rest = prediction.size - shown
    tail = max(0.0, 1.0 - sum(bar.raw for bar in prediction.bars[:shown]))
    left: Row = (Cell(f" {plural(rest, 'more symbol')} {percent(tail).strip()}%" if rest > 0 else "", "faint"),)
    if not prediction.removed:
        return left
    cut = (Cell(f"cut {prediction.removed} ({percent(prediction.removed_mass).strip()}%)", "warning"),)
    row = justified(left, cut, width - 1)
    return row if row is not left else (Cell(" "), *cut)


def _label(labels: Sequence[str], symbol: int) -> str:
    return labels[symbol] if 0 <= symbol < len(labels) else "�"
