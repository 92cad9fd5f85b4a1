"""Where the rows of a growing text begin: words kept whole, only the last rows looked at again as it grows."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Sequence

from grnn_tui.safetext import SafeText, cell_width, clip, glyph_of, sanitise

TAB = sanitise("→   ")
ASCII_TAB = sanitise(">   ")
NEWLINE = sanitise("↵")
ASCII_NEWLINE = sanitise("~")

ONE_CELL = frozenset(chr(code) for code in range(0x20, 0x7F))
"""Labels that are drawn as they are, in one cell."""


def drawn(label: str, *, ascii_only: bool = False) -> SafeText:
    """One position as it is drawn in the text: a line feed as a mark at the end of its row."""
    if label == "\n":
        return ASCII_NEWLINE if ascii_only else NEWLINE
    if label == "\t":
        return ASCII_TAB if ascii_only else TAB
    return glyph_of(label, ascii_only=ascii_only)


class Wrapping:
    """Rows of one text at one width. The last column is kept for the blank or line feed that ends a row.

    A word that has its space with it loses it where it begins a row, and its end where it is longer than a row.
    """

    def __init__(self, width: int, *, ascii_only: bool = False) -> None:
        self.width = max(2, width)
        self.ascii_only = ascii_only
        self.starts = array("q", [0])
        """Position at which each row begins."""
        self.length = 0

    @property
    def rows(self) -> int:
        """How many rows there are; an empty text has one."""
        return len(self.starts)

    def row_of(self, position: int) -> int:
        """The row a position is in; the end of the text is in the last."""
        return bisect_right(self.starts, position) - 1

    def stop_of(self, row: int) -> int:
        """The position after the last one of a row."""
        return self.starts[row + 1] if row + 1 < len(self.starts) else self.length

    def column_of(self, text: Sequence[str], position: int) -> int:
        """The first cell of a position within its row."""
        return sum(self.cells_at(text, i) for i in range(self.starts[self.row_of(position)], position))

    def position_at(self, text: Sequence[str], row: int, column: int) -> int:
        """The position under a cell; the end of the row beyond it."""
        row = max(0, min(row, self.rows - 1))
        stop = self.stop_of(row)
        for position in range(self.starts[row], stop):
            column -= self.cells_at(text, position)
            if column < 0:
                return position
        return stop if row + 1 == self.rows else max(self.starts[row], stop - 1)

    def drawn(self, text: Sequence[str], position: int) -> SafeText:
        """A position of one of the rows as it is drawn there."""
        return self._drawn(text, position, self.starts[self.row_of(position)])

    def cells_at(self, text: Sequence[str], position: int) -> int:
        """Cells a position takes; one at the end of the text."""
        if position >= self.length or text[position] in ONE_CELL:
            return 1
        return cell_width(self.drawn(text, position))

    def _drawn(self, text: Sequence[str], position: int, start: int) -> SafeText:
        """A position in the row that begins at `start`."""
        label = text[position]
        if len(label) > 1:
            if position == start > 0 and text[start - 1] != "\n" and label.startswith(" "):
                label = label[1:]
            glyphs = drawn(label, ascii_only=self.ascii_only)
            return clip(glyphs, self.width - 1, "~" if self.ascii_only else "…")
        return drawn(label, ascii_only=self.ascii_only)

    def rewrap(self, text: Sequence[str], length: int, changed: int) -> int:
        """Take in a text that differs from position `changed` on; the first row that may look different."""
        # A word that has become shorter may fit on the row before its own.
        row = max(0, self.row_of(min(changed, self.length)) - 1)
        del self.starts[row + 1 :]
        position = self.starts[row]
        while True:
            position, complete = self._row_end(text, length, position)
            if not complete:
                break
            self.starts.append(position)
        self.length = length
        return row

    def _row_end(self, text: Sequence[str], length: int, start: int) -> tuple[int, bool]:
        """Where the next row begins, and whether this one is complete."""
        room, used, breaking = self.width - 1, 0, -1
        for position in range(start, length):
            label = text[position]
            if label == "\n":
                return position + 1, True
            cells = 1 if label in ONE_CELL else cell_width(self._drawn(text, position, start))
            blank = label == " "
            if not blank and label.startswith(" "):
                breaking = position
            if used + cells > room and not (blank and used + cells <= self.width and used <= room):
                if breaking > start and not blank:
                    return breaking, True
                return max(position, start + 1), True
            used += cells
            if blank:
                breaking = position + 1
        return length, False
