"""Works out which code points are safe to show, and writes `grnn_tui/_widths.py`.

    python -m tests.regenerate_widths

The rule is `width_of`. It needs two opinions on widths, Rich (what Textual lays out with) and wcwidth (what terminals
and pyte go by), and the oldest Unicode database in use, so run it under the oldest supported Python.
"""

from __future__ import annotations

import sys
import textwrap
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib.metadata import version
from itertools import pairwise
from pathlib import Path

from rich.cells import get_character_cell_size
from wcwidth import wcswidth, wcwidth

TARGET = Path(__file__).parents[1] / "grnn_tui" / "_widths.py"

# Default_Ignorable_Code_Point outside category Cf: joiners, fillers, vowel separators, variation selectors.
IGNORABLE = frozenset(
    [
        *(0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x3164, 0xFFA0),
        *(*range(0x180B, 0x1810), *range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)),
    ]
)
UNSAFE_CATEGORIES = frozenset(["Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"])
MARKS = frozenset(["Mn", "Me"])
NEIGHBOURS = [("a", "字"), ("क", "字")]  # one cell before, two after: spacing marks and viramas change these


def width_of(code: int) -> int | None:
    """Cells `code` takes, or None if it must not be shown."""
    character = chr(code)
    category = unicodedata.category(character)
    if category in UNSAFE_CATEGORIES or code in IGNORABLE:
        return None
    width = int(wcwidth(character))
    if width != get_character_cell_size(character):
        return None
    if any(wcswidth(f"{before}{character}{after}") != 1 + width + 2 for before, after in NEIGHBOURS):
        return None
    if (width == 0) != (category in MARKS):
        return None
    return width


def provenance() -> str:
    """The databases that decide: the table is only exactly reproducible with the same ones."""
    return f"Unicode {unicodedata.unidata_version}, rich {version('rich')}, wcwidth {version('wcwidth')}"


@dataclass(frozen=True)
class Table:
    """The widths of all code points as three sets of ranges, as `grnn_tui/_widths.py` spells them."""

    hidden: str
    wide: str
    marks: str

    @classmethod
    def of(cls, widths: list[int | None]) -> Table:
        """Ranges of `widths[code]`; those of wide ones and marks run across hidden code points, for brevity."""
        hidden = [code for code, width in enumerate(widths) if width is None]
        wide = _bridged(widths, 2)
        marks = _bridged(widths, 0)
        return cls(spell(hidden), spell(wide), spell(marks))


def _bridged(widths: list[int | None], wanted: int) -> Iterator[int]:
    codes = [code for code, width in enumerate(widths) if width == wanted]
    for code, following in pairwise([*codes, codes[-1] + 1]):
        between = range(code, following)
        yield from between if all(widths[c] is None for c in between[1:]) else between[:1]


def spell(codes: Iterable[int]) -> str:
    """Sorted code points as hexadecimal ranges: `0-1f 7f-9f ad`."""
    ranges: list[list[int]] = []
    for code in codes:
        if ranges and ranges[-1][1] == code - 1:
            ranges[-1][1] = code
        else:
            ranges.append([code, code])
    return " ".join(f"{first:x}" if first == last else f"{first:x}-{last:x}" for first, last in ranges)


def module() -> str:
    """The whole text of `grnn_tui/_widths.py`."""
    table = Table.of([width_of(code) for code in range(sys.maxunicode + 1)])
    parts = [f'PROVENANCE = "{provenance()}"']
    for name, ranges in [("HIDDEN", table.hidden), ("WIDE", table.wide), ("MARKS", table.marks)]:
        lines = textwrap.fill(ranges, 108, break_on_hyphens=False)
        parts.append(f'{name} = """\n{lines}\n"""')
    return HEADER + "\n" + "\n\n".join(parts) + "\n"


HEADER = '''"""Which code points may be shown, and in how many cells. Written by `python -m tests.regenerate_widths`.

Each table is a list of hexadecimal ranges. A code point is HIDDEN (shown as U+FFFD or as a control picture) if it is a
control, format, separator, surrogate, private or unassigned one, if it is ignorable or selects a variant, if Rich and
wcwidth differ on its width, alone or between others, or if it takes no cell without being a combining mark. What is
left takes two cells if WIDE, none if one of the MARKS, else one. Ranges of WIDE and MARKS run across HIDDEN.
"""
'''


if __name__ == "__main__":
    TARGET.write_text(module(), encoding="utf-8")
