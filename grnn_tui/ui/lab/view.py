"""What the screen of the lab shows: pure functions from experiments and findings to rows, and to a plot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec import Struct

from grnn_tui.lab.finding import Experiment, Finding, shown
from grnn_tui.safetext import SafeText, cell_width, clip, sanitise
from grnn_tui.ui.figures import padded
from grnn_tui.ui.markers import UNICODE, Glyphs
from grnn_tui.ui.widgets.chart_plot import Curve, Plot, Role
from grnn_tui.ui.widgets.chart_ticks import duration
from grnn_tui.ui.widgets.lines import Cell, Row, wrapped

ROLES: tuple[Role, ...] = ("train", "valid", "other")
GAP = 2
LEAST = 4
"""Cells that a column keeps, however narrow the table."""
SPOKEN = 4
"""Rows that a sentence may take."""


class Running(Struct, frozen=True):
    """An experiment that is being carried out."""

    name: str
    seed: int
    began: float
    """Seconds since the epoch."""
    done: float = 0.0
    what: str = "starting"


class LabView(Struct, frozen=True):
    """Everything that the screen depends on."""

    selected: int = 0
    found: Mapping[str, Finding] = {}
    failed: Mapping[str, str] = {}
    """Why an experiment found nothing."""
    running: Running | None = None
    now: float = 0.0
    glyphs: Glyphs = UNICODE


def list_rows(experiments: Sequence[Experiment], view: LabView, width: int, height: int) -> tuple[Row, ...]:
    """Their names, each with how it ended; the chosen one is always in view."""
    first = first_shown(view.selected, len(experiments), height)
    rows = []
    for index, experiment in enumerate(experiments[first : first + height], first):
        mark, role = _mark(experiment.name, view)
        name = padded(clip(sanitise(experiment.name), max(1, width - 4), view.glyphs.ellipsis), max(1, width - 4))
        here = index == view.selected
        arrow = view.glyphs.arrow if here else " "
        rows.append((Cell(arrow, "accent"), Cell(mark, role), Cell(" "), Cell(name, "selected" if here else "text")))
    return tuple(rows)


def first_shown(selected: int, count: int, height: int) -> int:
    """The number of the experiment in the first row of the list."""
    return max(0, min(selected - height + 1, count - height)) if selected >= height else 0


def _mark(name: str, view: LabView) -> tuple[str, str]:
    plain = view.glyphs.ascii_only
    if view.running is not None and view.running.name == name:
        return view.glyphs.live, "warning"
    if name in view.failed:
        return "!", "error"
    if name not in view.found:
        return " ", "text"
    if view.found[name].held:
        return ("v" if plain else "✓"), "good"
    return ("x" if plain else "✗"), "error"


def head_rows(experiment: Experiment, view: LabView, width: int) -> tuple[Row, ...]:
    """The claim; then what is done, how far it is, what went wrong, or the verdict."""
    rows: list[Row] = [*_paragraph(experiment.claim, width, "strong", 2, view.glyphs), ()]
    running = view.running if view.running is not None and view.running.name == experiment.name else None
    finding = view.found.get(experiment.name)
    if running is not None:
        rows += _progress(running, view, width)
    elif experiment.name in view.failed:
        rows += _paragraph(view.failed[experiment.name], width, "error", SPOKEN, view.glyphs)
    elif finding is not None:
        rows += _verdict(finding, view, width)
    else:
        rows += _paragraph(experiment.method, width, "text", SPOKEN, view.glyphs)
        rows += [(), (Cell(f"{view.glyphs.enter} carries it out", "dim"),)]
    return tuple(rows)


def _paragraph(text: str, width: int, role: str, rows: int, glyphs: Glyphs) -> list[Row]:
    safe = sanitise(text, ascii_only=glyphs.ascii_only)
    return [(Cell(line, role),) for line in wrapped(safe, width, rows, glyphs.ellipsis)]


def _progress(running: Running, view: LabView, width: int) -> list[Row]:
    figures = f" {running.done:4.0%}  {duration(max(0.0, view.now - running.began))}"
    room = max(4, min(40, width - len(figures)))
    full = round(running.done * room)
    filled, rest = ("=", "-") if view.glyphs.ascii_only else ("━", "─")
    what = clip(sanitise(running.what, ascii_only=view.glyphs.ascii_only), width, view.glyphs.ellipsis)
    bar = (Cell(filled * full, "used"), Cell(rest * (room - full), "faint"), Cell(figures, "dim"))
    return [bar, (Cell(what, "text"),)]


def _verdict(finding: Finding, view: LabView, width: int) -> list[Row]:
    said, role = ("The claim held.", "good") if finding.held else ("The claim did not hold.", "error")
    rows = _paragraph(f"{said} {finding.sentence}", width, "text", SPOKEN, view.glyphs)
    first = rows[0][0].text
    rows[0] = (Cell(first[: len(said)], role), Cell(first[len(said) :], "text"))
    rows.append((Cell(f"seed {finding.seed} {view.glyphs.dot} {duration(finding.seconds)}", "faint"),))
    return rows


def table_rows(finding: Finding, width: int, height: int, glyphs: Glyphs = UNICODE) -> tuple[Row, ...]:
    """The table in `width` cells: wide columns give way; rows that find no room are counted in the last one."""
    table = [list(finding.columns), *([shown(value) for value in row] for row in finding.rows)]
    safe = [[sanitise(cell.replace("\n", " "), ascii_only=glyphs.ascii_only) for cell in row] for row in table]
    right = [all(not isinstance(row[i], str) for row in finding.rows) for i in range(len(finding.columns))]
    widths = column_widths(safe, width)
    rows: list[Row] = []
    for number, line in enumerate(safe):
        cells = [_aligned(cell, w, glyphs, right=r) for cell, w, r in zip(line, widths, right, strict=True)]
        rows.append((Cell(clip(sanitise((" " * GAP).join(cells)), width, ""), "text" if number else "dim"),))
    if len(rows) > height > 1:
        more = len(rows) - height + 1
        rows = [*rows[: height - 1], (Cell(f"{glyphs.ellipsis} {more} rows more", "faint"),)]
    return tuple(rows)


def column_widths(table: Sequence[Sequence[SafeText]], width: int) -> list[int]:
    """What each column takes, the widest giving way until all fit."""
    widths = [max(cell_width(row[i]) for row in table) for i in range(len(table[0]))]
    while sum(widths) + GAP * (len(widths) - 1) > width and max(widths) > LEAST:
        widths[widths.index(max(widths))] -= 1
    return widths


def _aligned(cell: SafeText, width: int, glyphs: Glyphs, *, right: bool) -> str:
    cut = clip(cell, width, glyphs.ellipsis)
    blank = " " * (width - cell_width(cut))
    return blank + cut if right else cut + blank


def caption(finding: Finding) -> str:
    """What the plot shows."""
    return f"{finding.y_label}, by {finding.x_label}"


def plot_of(finding: Finding) -> Plot:
    """The curves; an empty plot where there are none."""
    curves = [curve for curve in finding.series if len(curve.x) > 1]
    if not curves:
        return Plot(empty="there is nothing to plot")
    return Plot(
        curves=tuple(
            Curve(ROLES[i % len(ROLES)], curve.x, curve.y, label=curve.name, dots=True)
            for i, curve in enumerate(curves)
        ),
        x_name="",
        x_range=(min(curve.x[0] for curve in curves), max(curve.x[-1] for curve in curves)),
    )
