"""The list of runs as lines of cells: pure, so that it can be tested and drawn for a thousand runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from grnn_tui.runs.scale import SHORT
from grnn_tui.runs.store import RunSummary
from grnn_tui.safetext import SafeText, cell_width, clip, sanitise
from grnn_tui.ui.panes.training.shown import State
from grnn_tui.ui.widgets.chart_ticks import count, loss_figure, number


@dataclass(frozen=True)
class RunLine:
    """One run, ready to be shown; every text is safe."""

    path: Path
    name: SafeText
    state: State
    backend: SafeText
    data: SafeText
    step: str
    validation: str
    gap: str
    """Validation minus the best reference, in the same nats; with its sign."""
    better: bool
    """Whether the run beats the best reference."""
    when: str
    progress: float
    checkpoints: int
    haystack: str
    """What the filter looks through."""


@dataclass(frozen=True)
class Column:
    """A column of the list; the least needed ones go first when it gets narrow."""

    name: str
    width: int
    right: bool = False
    least: int = 0
    """The list's width from which on the column is shown."""


COLUMNS = (
    Column("name", 0),
    Column("state", 10),
    Column("model", 6),
    Column("data", 18, least=100),
    Column("step", 8, right=True),
    Column("valid nats", 12, right=True),
    Column("vs ref", 7, right=True, least=70),
    Column("when", 6, right=True),
)


def line_of(summary: RunSummary, now: float) -> RunLine:
    """One run as it is shown."""
    name, backend = sanitise(summary.name), sanitise(summary.backend)
    data = sanitise(" ".join(Path(part).name or part for part in summary.data.split()))
    per = SHORT.get(summary.scale.per, summary.scale.per)
    scale, loss, reference = summary.scale, summary.validation, summary.reference
    gap = scale.nats(loss - reference) if loss is not None and reference is not None else None
    return RunLine(
        path=summary.path,
        name=name,
        state=summary.state,
        backend=backend,
        data=data,
        step=count(summary.step) if summary.step else "–",
        validation="–" if loss is None else f"{scale.mark}{loss_figure(scale.nats(loss))}/{per}",
        gap="–" if gap is None else f"{'−' if gap < 0 else '+'}{number(abs(gap))}",
        better=gap is not None and gap < 0,
        when=ago(summary.created, now),
        progress=summary.progress,
        checkpoints=len(summary.checkpoints),
        haystack=f"{name} {summary.state} {backend} {data}".casefold(),
    )


def filtered(lines: Sequence[RunLine], text: str) -> list[RunLine]:
    """The lines that hold every word of `text`, wherever."""
    words = text.casefold().split()
    return [line for line in lines if all(word in line.haystack for word in words)]


def ago(created: str, now: float) -> str:
    """How long ago an ISO 8601 time was: `now`, `4 min`, `3 h`, `12 d`."""
    try:
        then = datetime.fromisoformat(created.replace("Z", "+00:00"))
    except ValueError:
        return "–"
    then = then if then.tzinfo is not None else then.replace(tzinfo=UTC)
    seconds = now - then.timestamp()
    for size, word in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{int(seconds // size)} {word}"
    return "now"


def columns_for(width: int) -> list[tuple[Column, int]]:
    """The columns that fit in `width` cells, each with its width; the name takes what is left."""
    shown = [column for column in COLUMNS if width >= column.least]
    fixed = sum(column.width for column in shown) + 2 * (len(shown) - 1)
    return [(column, column.width or max(8, width - fixed)) for column in shown]


def cell(text: SafeText | str, width: int, *, right: bool = False) -> str:
    """`text` in exactly `width` cells."""
    safe = clip(sanitise(text), width)
    blank = " " * (width - cell_width(safe))
    return blank + safe if right else safe + blank
