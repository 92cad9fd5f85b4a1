"""Branches as rows: which, where it left, how it goes on, how much is its own, bits of all that was written."""

from __future__ import annotations

from collections.abc import Sequence

from grnn_tui.engine.protocol import BranchInfo
from grnn_tui.safetext import clip, sanitise
from grnn_tui.ui.markers import UNICODE, Glyphs
from grnn_tui.ui.widgets.lines import Cell, Row, fitted, width_of


def listed(branches: Sequence[BranchInfo]) -> list[BranchInfo]:
    """Newest first."""
    return sorted(branches, key=lambda info: -info.branch)


def branch_rows(
    branches: Sequence[BranchInfo],
    current: int,
    selected: int,
    width: int,
    height: int,
    *,
    focused: bool,
    glyphs: Glyphs = UNICODE,
) -> tuple[Row, ...]:
    """One branch a row, as many as there is room for, the selected one among them."""
    if width < 10 or height < 1:
        return ()
    if len(branches) < 2:
        return (
            (),
            (Cell("  step back, write another symbol,", "dim"),),
            (Cell("  and a second branch stands here", "dim"),),
        )
    shown = listed(branches)
    first = max(0, min(selected - height + 1, len(shown) - height)) if selected >= height else 0
    return tuple(
        fitted(_row(info, info.branch == current, focused and index == selected, width, glyphs), width)
        for index, info in enumerate(shown[first : first + height], first)
    )


def _row(info: BranchInfo, here: bool, chosen: bool, width: int, glyphs: Glyphs) -> Row:
    mark = glyphs.arrow if chosen else glyphs.live if here else " "
    own = info.length - info.fork
    cost = f"{info.bits:.0f} bit" if info.bits > 0 else ""
    head: Row = (
        Cell(mark, "accent"),
        Cell(f"{info.branch:>3} ", "selected" if chosen else "dim"),
        Cell(f"@{info.fork:<5}", "faint"),
    )
    tail: Row = (Cell(f"{own:>6}", "dim"), Cell(f" {cost:>9.9}", "faint"))
    room = width - width_of(head) - width_of(tail) - 1
    if room < 8:
        tail, room = (), width - width_of(head)
    preview = clip(sanitise(info.preview, ascii_only=glyphs.ascii_only), room, glyphs.ellipsis)
    role = "selected" if chosen else "strong" if here else "text"
    body = Cell(preview or "(as its parent)", role if preview else "faint")
    gap = max(0, width - width_of((*head, body)) - width_of(tail))
    return (*head, body, Cell(" " * gap), *tail)
