"""A widget that draws rows of styled cells, made by a pure function, and repaints only the rows that changed."""

from __future__ import annotations

from typing import NamedTuple

from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from grnn_tui.safetext import SafeText, cell_width, clip, sanitise
from grnn_tui.ui.roles import role_style


class Cell(NamedTuple):
    """Some text in one style. Foreign text is SafeText; anything else is the program's own words."""

    text: str
    role: str = "text"


Row = tuple[Cell, ...]


def width_of(row: Row) -> int:
    """Cells a row takes."""
    return sum(cell_width(sanitise(cell.text)) for cell in row)


def justified(left: Row, right: Row, width: int) -> Row:
    """`left` and `right` at the two ends of a row; the right one gives way."""
    gap = width - width_of(left) - width_of(right)
    return (*left, Cell(" " * gap), *right) if gap > 0 else left


def fitted(row: Row, width: int) -> Row:
    """The beginning of a row, as much as fits."""
    if width_of(row) <= width:
        return row
    kept: list[Cell] = []
    for cell in row:
        text = clip(sanitise(cell.text), max(0, width), "")
        kept.append(Cell(text, cell.role))
        width -= cell_width(text)
        if text != cell.text:
            break
    return tuple(kept)


def cut_at_word(text: SafeText, cells: int, ellipsis: str) -> SafeText:
    """The words of `text` that fit in `cells`, ending in `ellipsis` if some did not."""
    if cell_width(text) <= cells:
        return text
    short = clip(text, cells - cell_width(sanitise(ellipsis)), "")
    whole = text.startswith(short + " ") or " " not in short
    return sanitise((short if whole else short.rpartition(" ")[0]).rstrip(" ,;:") + ellipsis)


def wrapped(text: SafeText, cells: int, rows: int, ellipsis: str) -> list[SafeText]:
    """`text` in at most `rows` rows of `cells`, broken between words, or within one that is wider than a row."""
    cells, lines, rest = max(2, cells), list[SafeText](), sanitise(text.strip())
    while rest and len(lines) < rows - 1:
        line = clip(rest, cells, "")
        if " " in line and rest[len(line) : len(line) + 1] not in ("", " "):
            line = sanitise(line.rpartition(" ")[0])
        rest = sanitise(rest[len(line) :].lstrip())
        lines.append(sanitise(line.rstrip()))
    return [*lines, cut_at_word(rest, cells, f" {ellipsis}")] if rest else lines


class LineView(Widget):
    """Shows the rows that `build` makes for its size; `renew` after anything that they depend on has changed."""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, classes=classes)
        self._rows: tuple[Row, ...] = ()
        self._styles: dict[str, Style] = {}

    def build(self, width: int, height: int) -> tuple[Row, ...]:
        """The rows for this size; written by each widget, and pure but for what the widget was last given."""
        raise NotImplementedError

    def renew(self) -> None:
        """Make the rows again and repaint those that differ."""
        width, height = self.size
        old, new = self._rows, self.build(width, height)[:height] if width > 0 and height > 0 else ()
        self._rows = new
        changed = [y for y in range(max(len(old), len(new))) if y >= len(old) or y >= len(new) or old[y] != new[y]]
        if changed:
            self.refresh(*(Region(0, y, width, 1) for y in changed))

    def on_resize(self) -> None:
        """Other widths make other rows; what was painted in the meantime is of the old ones."""
        self._rows = ()
        self.renew()
        self.refresh()

    def watch_has_focus(self, has_focus: bool) -> None:
        """Rows may show whether keys come here; messages of focus arrive before that is known."""
        super().watch_has_focus(has_focus)
        self.renew()

    def notify_style_update(self) -> None:
        """Another theme: look colours up again."""
        super().notify_style_update()
        self._styles = {}

    def render_line(self, y: int) -> Strip:
        """One row, filled up to the width."""
        if y >= len(self._rows):
            return Strip.blank(self.size.width, self.style_of(""))
        segments = [Segment(cell.text, self.style_of(cell.role)) for cell in self._rows[y]]
        return Strip(segments).adjust_cell_length(self.size.width, self.style_of(""))

    def style_of(self, role: str) -> Style:
        """The style of a role in the present theme; of no role, the widget's own, which is slow to work out."""
        style = self._styles.get(role)
        if style is None:
            style = self._styles[role] = self._looked_up(role)
        return style

    def _looked_up(self, role: str) -> Style:
        if not role:
            return self.rich_style
        return self.style_of("") + role_style(role, self.app.theme_variables, self.background_colors[1])

    def plain(self) -> list[str]:
        """The rows as plain text, for tests."""
        return ["".join(cell.text for cell in row) for row in self._rows]
