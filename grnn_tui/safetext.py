"""SafeText: the one way from foreign bytes to a screen cell.

Corpus lines, generated symbols, names from disk, error texts and model cards are foreign: they may hold escape
sequences, bidirectional overrides, or marks that climb over their neighbours. `sanitise` maps every code point that
could do more than fill its own cells to one visible glyph of width 1, and strips nothing, so positions in the text
and on the screen agree. No parsing is involved, hence no state that a cut-off sequence could confuse.

SafeText is safe for a terminal, NOT for a markup parser: brackets stay brackets. Show it with `Content(text)`,
`Text(text)` or `markup=False`.

Strong right-to-left letters (Hebrew, Arabic) are shown; what could reorder their neighbours is not. Marks that take
space of their own (many Indic vowel signs), viramas, regional indicators, skin tones and conjoining jamo become U+FFFD:
how many cells they take depends on the terminal and on what stands next to them.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Mapping
from functools import cache, lru_cache
from typing import TextIO

from grnn_tui import _widths

REPLACEMENT = "\ufffd"
MARKS_PER_CELL = 4
TERMINAL_TAB = 8

_DOTTED_CIRCLE = "\u25cc"
_PICTURES: Mapping[str, str] = {chr(code): chr(0x2400 + code) for code in range(0x20)} | {"\x7f": "\u2421"}
_NAMES: Mapping[str, str] = {"": "empty", " ": "space", "\n": "⏎", "\t": "⇥", "\u2800": "U+2800"}
_BLANK, _ASCII_BLANK = "\u2423", "_"
_ASCII_NAMES: Mapping[str, str] = {"\n": "newline", "\t": "tab"}


class SafeText(str):
    """Text in which no code point does more than fill its own cells; made only by this module.

    Slices and sums of it are plain `str`; pass them through `sanitise` once more, which changes nothing that is
    safe already.
    """

    __slots__ = ()

    def __new__(cls, *_: object) -> SafeText:
        """Refuse: raises TypeError."""
        raise TypeError("SafeText is made by grnn_tui.safetext.sanitise()")

    def __copy__(self) -> SafeText:
        return self

    def __deepcopy__(self, _: object) -> SafeText:
        return self


def sanitise(
    text: str, *, keep_newlines: bool = False, tab_width: int | None = None, ascii_only: bool = False
) -> SafeText:
    """`text` with every unsafe code point shown as one visible glyph of width 1.

    C0 controls and DEL become their control pictures (`␛`), all else that is unsafe U+FFFD: C1, bidirectional,
    zero-width, tag, separator, variation, surrogate, private, unassigned, and what has no agreed width. So does a
    combining mark with nothing to sit on, and every fifth mark on a cell. One code point in is one code point out, and
    doing it twice changes nothing more.

    `keep_newlines` lets line feeds (only those) through. `tab_width` expands tabs to that many columns with spaces,
    the one case in which the length changes. `ascii_only` shows `?` for all that is not printable ASCII.

    Raises ValueError for a `tab_width` below 1.
    """
    if tab_width is not None and tab_width < 1:
        raise ValueError(f"tab_width must be at least 1, not {tab_width}")
    if text.isascii() and text.isprintable():
        return _safe(text)
    characters = set(text)
    kept = ("\n" if keep_newlines else "") + ("\t" if tab_width else "")
    hidden = [c for c in characters if _cells(c) is None and c not in kept]
    text = _replaced(text, {c: _PICTURES.get(c, REPLACEMENT) for c in hidden})
    if any(_cells(c) == 0 for c in characters):
        text = _stray_mark().sub(rf"\1{REPLACEMENT}", text)
    if ascii_only:
        text = text.encode("ascii", "replace").decode("ascii")
    if tab_width and "\t" in text:
        text = _expand_tabs(text, tab_width)
    return _safe(text)


def sanitise_bytes(
    data: bytes,
    encoding: str = "utf-8",
    *,
    keep_newlines: bool = False,
    tab_width: int | None = None,
    ascii_only: bool = False,
) -> SafeText:
    """`data` decoded and sanitised; what does not decode is shown as U+FFFD.

    Raises LookupError for an unknown encoding.
    """
    text = data.decode(encoding, "replace")
    return sanitise(text, keep_newlines=keep_newlines, tab_width=tab_width, ascii_only=ascii_only)


def for_terminal(text: str, stream: TextIO) -> str:
    """`text` as it may be written to `stream`: safe if that is a terminal, untouched if it is a pipe or a file.

    Line feeds are kept and tabs expanded. A terminal that does not speak UTF-8 gets ASCII.
    """
    if not stream.isatty():
        return text
    ascii_only = "utf" not in (stream.encoding or "").lower()
    return sanitise(text, keep_newlines=True, tab_width=TERMINAL_TAB, ascii_only=ascii_only)


def cell_width(text: SafeText) -> int:
    """Cells `text` takes on one line, as Rich and wcwidth agree on; line feeds count nothing."""
    if text.isascii():
        return len(text) - text.count("\n")
    return sum(_cells(character) or 0 for character in text)


def clip(text: SafeText, cells: int, ellipsis: str = "…") -> SafeText:
    """The beginning of the one line `text` that fits in `cells`, ending in `ellipsis` if something was cut."""
    if cell_width(text) <= cells:
        return text
    room = cells - len(ellipsis)
    if room < 0:
        return _safe("")
    end = 0
    while (room := room - (_cells(text[end]) or 0)) >= 0:
        end += 1
    return sanitise(text[:end] + ellipsis)


def clip_start(text: SafeText, cells: int, ellipsis: str = "…") -> SafeText:
    """The end of the one line `text` that fits in `cells`, beginning with `ellipsis` if something was cut."""
    if cell_width(text) <= cells:
        return text
    room = cells - len(ellipsis)
    if room < 0:
        return _safe("")
    start = len(text)
    while (room := room - (_cells(text[start - 1]) or 0)) >= 0:
        start -= 1
    return sanitise(ellipsis + text[start:])


@lru_cache(maxsize=4096)
def glyph_of(symbol: str, *, ascii_only: bool = False) -> SafeText:
    """One vocabulary symbol as it is drawn inside running text: one or two cells for a character.

    A combining mark is drawn on a dotted circle, so that it does not lean on the symbol before it.
    """
    leans = symbol != "" and _cells(symbol[0]) == 0
    return sanitise(_DOTTED_CIRCLE + symbol if leans and not ascii_only else symbol, ascii_only=ascii_only)


@lru_cache(maxsize=4096)
def name_of(symbol: str, *, cells: int = 12, ascii_only: bool = False) -> SafeText:
    """What one vocabulary symbol is called on a chart, in at most `cells` cells.

    It equals `symbol` exactly if that can be seen as it is; the caller may then quote it. A blank or unsafe character
    gets a name: `space`, `⏎`, `⇥`, `U+200B`, or `0x80` for a byte that is no text (a lone surrogate of PEP 383). The
    space before a word is `␣`.
    """
    name = glyph_of(symbol, ascii_only=ascii_only)
    if ascii_only and symbol in _ASCII_NAMES:
        name = _safe(_ASCII_NAMES[symbol])
    elif symbol in _NAMES:
        name = _safe(_NAMES[symbol])
    elif len(symbol) == 1 and (_cells(symbol) is None or symbol.isspace() or (ascii_only and name != symbol)):
        name = _safe(_code_name(ord(symbol)))
    elif len(symbol) > 1 and symbol[0] == " ":
        name = sanitise((_ASCII_BLANK if ascii_only else _BLANK) + name[1:])
    return clip(name, cells, "~" if ascii_only else "…")


def _code_name(code: int) -> str:
    return f"0x{code - 0xDC00:02x}" if 0xDC80 <= code <= 0xDCFF else f"U+{code:04X}"


def _safe(text: str) -> SafeText:
    return str.__new__(SafeText, text)


def _replaced(text: str, glyphs: Mapping[str, str]) -> str:
    """`text` with each key replaced: a scan per key beats a look-up per character while the keys are few."""
    if len(glyphs) > 32:
        return text.translate({ord(character): glyph for character, glyph in glyphs.items()})
    for character, glyph in glyphs.items():
        text = text.replace(character, glyph)
    return text


def _expand_tabs(text: str, tab_width: int) -> str:
    if text.isascii():
        return text.expandtabs(tab_width)
    lines = []
    for line in text.split("\n"):
        *before_tabs, rest = line.split("\t")
        parts = []
        for part in before_tabs:
            width = sum(_cells(character) or 0 for character in part)
            parts.append(part + " " * (tab_width - width % tab_width))
        lines.append("".join([*parts, rest]))
    return "\n".join(lines)


@lru_cache(maxsize=65536)
def _cells(character: str) -> int | None:
    """Cells of one character: 1, 2, 0 for a combining mark, None if it must not be shown."""
    code = ord(character)
    if _within(_HIDDEN, code):
        return None
    if _within(_WIDE, code):
        return 2
    return 0 if _within(_MARKS, code) else 1


def _within(bounds: tuple[int, ...], code: int) -> bool:
    return bisect_right(bounds, code) % 2 == 1


def _bounds(ranges: str) -> tuple[int, ...]:
    """`0-1f 7f` as (0x0, 0x20, 0x7f, 0x80): an odd number of bounds lies at or below each code point within."""
    ends = [span.partition("-") for span in ranges.split()]
    return tuple(bound for first, _, last in ends for bound in (int(first, 16), int(last or first, 16) + 1))


_HIDDEN, _WIDE, _MARKS = _bounds(_widths.HIDDEN), _bounds(_widths.WIDE), _bounds(_widths.MARKS)


@cache
def _stray_mark() -> re.Pattern[str]:
    """A mark that begins a line, or the one that follows a full cell; group 1 is what goes before it."""
    starts, stops = _MARKS[::2], _MARKS[1::2]
    mark = "".join(f"{chr(start)}-{chr(stop - 1)}" for start, stop in zip(starts, stops, strict=True))
    return re.compile(rf"(\A|\n|[{mark}]{{{MARKS_PER_CELL}}})[{mark}]")
