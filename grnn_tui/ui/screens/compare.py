"""Two branches side by side: what they share faint, the fork marked, the rest coloured by surprisal, totals below."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from rich.style import Style
from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.screen import Screen

from grnn_tui.engine.protocol import BranchRead
from grnn_tui.ui.actions import Scope
from grnn_tui.ui.bindings import bindings_for
from grnn_tui.ui.controller import Controller
from grnn_tui.ui.figures import bits, perplexity, plural
from grnn_tui.ui.markers import UNICODE, Glyphs
from grnn_tui.ui.panes.output.wrapping import Wrapping
from grnn_tui.ui.theme import level_of, surprisal_styles
from grnn_tui.ui.widgets.lines import Cell, LineView, Row, fitted, width_of


@dataclass(frozen=True)
class Side:
    """One of the two, wrapped to its column."""

    read: BranchRead
    shared: int
    """Positions that both have in common from the start."""
    width: int
    ascii_only: bool = False

    def rows(self) -> list[Row]:
        """All rows of the text."""
        wrapping = Wrapping(self.width, ascii_only=self.ascii_only)
        wrapping.rewrap(self.read.text, len(self.read.text), 0)
        return [self._row(wrapping, row) for row in range(wrapping.rows)]

    def _row(self, wrapping: Wrapping, row: int) -> Row:
        cells: list[Cell] = []
        for position in range(wrapping.starts[row], wrapping.stop_of(row)):
            label = self.read.text[position]
            role = "faint" if position < self.shared else f"level-{level_of(self.read.bits[position])}"
            if position == self.shared:
                role = "fork"
            text = " " if label == "\n" and role != "fork" else wrapping.drawn(self.read.text, position)
            if cells and cells[-1].role == role:
                cells[-1] = Cell(cells[-1].text + text, role)
            else:
                cells.append(Cell(text, role))
        return tuple(cells)

    def totals(self, unit: str, glyphs: Glyphs) -> str:
        """Of what is its own."""
        own = self.read.bits[self.shared :]
        if not own:
            return "ends where the other goes on"
        mean = sum(own) / len(own)
        parts = [plural(len(own), unit), f"{bits(mean)} bit/{unit}", f"perplexity {perplexity(mean)}"]
        kinds = [f" {glyphs.dot} ".join(kept) for kept in (parts, parts[:2], [str(len(own)), parts[1]])]
        return next((text for text in kinds if len(text) <= self.width), kinds[-1])


def shared_length(left: BranchRead, right: BranchRead) -> int:
    """Positions from the start that are alike."""
    shared = 0
    for one, other in zip(left.text, right.text, strict=False):
        if one != other:
            break
        shared += 1
    return shared


def compare_rows(
    left: BranchRead, right: BranchRead, top: int | None, unit: str, width: int, height: int, glyphs: Glyphs = UNICODE
) -> tuple[tuple[Row, ...], int]:
    """Rows for the screen, and the first row shown; `top` None begins a little above the fork."""
    column = (width - 3) // 2
    if column < 8 or height < 4:
        return (), 0
    shared = shared_length(left, right)
    sides = [Side(read, shared, column, glyphs.ascii_only) for read in (left, right)]
    rows = [side.rows() for side in sides]
    room = height - 3
    longest = max(len(rows[0]), len(rows[1]))
    if top is None:
        fork = next((y for y, row in enumerate(rows[0]) if any(cell.role == "fork" for cell in row)), len(rows[0]) - 1)
        top = fork - room // 4
    top = max(0, min(top, longest - room))
    heads = [
        (Cell(f"branch {side.read.info.branch}", "strong"), Cell(f" {glyphs.dot} seed {side.read.info.seed}", "dim"))
        for side in sides
    ]
    shown: list[Row] = [_beside(heads[0], heads[1], column, glyphs), _beside((), (), column, glyphs)]
    for y in range(top, top + room):
        pair = [side[y] if y < len(side) else () for side in rows]
        shown.append(_beside(pair[0], pair[1], column, glyphs))
    feet = [(Cell(side.totals(unit, glyphs), "accent"),) for side in sides]
    shown.append(_beside(feet[0], feet[1], column, glyphs))
    return tuple(shown), top


def _beside(left: Row, right: Row, column: int, glyphs: Glyphs) -> Row:
    left, right = fitted(left, column), fitted(right, column)
    gap = max(0, column - width_of(left))
    return (*left, Cell(" " * gap), Cell(f" {glyphs.separator} ", "removed"), *right)


class _Texts(LineView, can_focus=True):
    def __init__(self, controller: Controller, other: int, glyphs: Glyphs) -> None:
        super().__init__(id="compare-texts")
        self._controller, self._glyphs = controller, glyphs
        self.left, self.right = controller.state.branch, other
        self.top: int | None = None
        self._ramp: tuple[Style, ...] = ()

    def build(self, width: int, height: int) -> tuple[Row, ...]:
        """Both texts, as soon as they are there."""
        known = {read.info.branch: read for read in self._controller.state.compared}
        if self.left not in known or self.right not in known:
            return ((), (Cell("  reading the branches ...", "dim"),))
        unit = self._controller.state.unit
        rows, top = compare_rows(known[self.left], known[self.right], self.top, unit, width, height, self._glyphs)
        if self.top is not None:
            self.top = top
        self._shown_top = top
        return rows

    _shown_top = 0

    def scroll_by(self, by: int) -> None:
        """Further down, or up."""
        self.top = max(0, self._shown_top + by)
        self.renew()

    def notify_style_update(self) -> None:
        """Another theme."""
        super().notify_style_update()
        self._ramp = ()

    def style_of(self, role: str) -> Style:
        """The ramp besides the roles of all rows."""
        if role.startswith("level-"):
            if not self._ramp:
                self._ramp = surprisal_styles(self.app.current_theme, no_color=self.app.no_color)
            return super().style_of("") + self._ramp[int(role[-1])]
        if role == "fork":
            return super().style_of("accent") + Style(reverse=True)
        return super().style_of(role)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """The wheel scrolls."""
        event.stop()
        self.scroll_by(3)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """The wheel scrolls."""
        event.stop()
        self.scroll_by(-3)


class CompareScreen(Screen[None]):
    """Left the branch one is on, right another."""

    DEFAULT_CSS = """
    CompareScreen {
        background: $background;
        & > #compare-texts { border: round $border; padding: 0 1; height: 1fr; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = bindings_for("compare")
    scopes: ClassVar[tuple[Scope, ...]] = ("compare", "app")

    def __init__(self, controller: Controller, other: int, glyphs: Glyphs = UNICODE) -> None:
        super().__init__()
        self._controller = controller
        self.texts = _Texts(controller, other, glyphs)
        self._glyphs = glyphs

    def compose(self) -> ComposeResult:
        """Two columns in one box, keys below."""
        from grnn_tui.ui.widgets.key_hints import KeyHints

        self.texts.border_title = Content("Compare")
        yield self.texts
        yield KeyHints("compare", ascii_only=self._glyphs.ascii_only)

    def engine_told(self) -> None:
        """The branches may have come."""
        self.texts.renew()

    def action_next_difference(self) -> None:
        """Scroll down."""
        self.texts.scroll_by(3)

    def action_earlier_difference(self) -> None:
        """Scroll up."""
        self.texts.scroll_by(-3)

    def action_take_left(self) -> None:
        """Return to the left one."""
        self._take(self.texts.left)

    def action_take_right(self) -> None:
        """Return to the right one."""
        self._take(self.texts.right)

    def action_other_branch(self) -> None:
        """Compare with the next one."""
        numbers = [info.branch for info in self._controller.state.branches if info.branch != self.texts.left]
        if len(numbers) < 2:
            return
        at = numbers.index(self.texts.right) if self.texts.right in numbers else -1
        self.texts.right, self.texts.top = numbers[(at + 1) % len(numbers)], None
        self._controller.compare(self.texts.right)
        self.texts.renew()

    def action_close(self) -> None:
        """Back."""
        self.dismiss(None)

    def _take(self, branch: int) -> None:
        self._controller.switch(branch)
        self.dismiss(None)
