"""What the terminal shows, cell by cell, so that it is sent no more than what differs, in few bytes.

Textual paints whole rows of a widget from their beginning, and sets and resets every style. Here each cell is compared
with what stands there already, a style is told as the difference from the one before it, and blanks have no colour but
that of their ground. Text that streams with its bars takes a third to a tenth of the bytes.

This leans on three names that are not public: `App._display`, and the strips of `LayoutUpdate` and `ChopsUpdate`. An
update of any other kind is written as it is, and what is shown is then no longer known.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from rich.cells import cell_len, get_character_cell_size
from rich.color import ColorSystem
from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from textual._compositor import ChopsUpdate, CompositorUpdate, LayoutUpdate

from grnn_tui.safetext import sanitise

if TYPE_CHECKING:
    from textual.app import App

    _Base = App[Any]
else:
    _Base = object

GAP = 4
"""So many cells that stay are written again where moving over them takes as many bytes."""
MANY = 4096
"""With more looks than this, all is forgotten: they are numbered as they come."""
_UNKNOWN = -1
_HARMLESS = frozenset(("", "1", "2", "3"))
"""Attributes that do not show on a blank: none, bold, dim, italic."""

Part = tuple[int, int, Iterable[Segment]]
"""Column, row and what is painted from there on."""


class Look(NamedTuple):
    """A style as parameters of SGR, the sequence that sets it. `fore` is None where any will do: on a blank."""

    attributes: str = ""
    fore: str | None = ""
    back: str = ""
    link: str = ""


def look_of(style: Style | None, colours: ColorSystem) -> Look:
    """The look of a style on a terminal of these colours."""
    if style is None:
        return Look()
    fore = style.color.downgrade(colours).get_ansi_codes() if style.color is not None else ()
    back = style.bgcolor.downgrade(colours).get_ansi_codes(foreground=False) if style.bgcolor is not None else ()
    attributes = style.without_color._make_ansi_codes(colours)
    link = f"id={style.link_id};{style.link}" if style.link else ""
    return Look(attributes, ";".join(fore), ";".join(back), link)


def on_blank(look: Look) -> Look:
    """The same where nothing stands; itself if its attributes show there too."""
    return look._replace(attributes="", fore=None) if look.attributes in _HARMLESS else look


def change(before: Look, after: Look) -> str:
    """What turns one look into the other."""
    link = f"\x1b]8;{after.link or ';'}\x1b\\" if before.link != after.link else ""
    blank = after.fore is None and before.attributes in _HARMLESS
    if (not blank and before.attributes != after.attributes) or (before.back and not after.back):
        parts = ["0", after.attributes, after.fore or "", after.back]
    elif before.fore and after.fore == "":
        parts = ["0", after.attributes, "", after.back]
    else:
        fore = after.fore if after.fore is not None and after.fore != before.fore else ""
        parts = [fore, after.back if after.back != before.back else ""]
    codes = ";".join(part for part in parts if part)
    return link + (f"\x1b[{codes}m" if codes else "")


def after_change(before: Look, after: Look) -> Look:
    """How the terminal is set once `change` was written: a blank leaves what it has no use for."""
    if after.fore is not None:
        return after
    if before.attributes not in _HARMLESS or (before.back and not after.back):
        return after._replace(fore="")
    return after._replace(attributes=before.attributes, fore=before.fore)


class Cells:
    """The cells of one terminal, as far as they are known."""

    def __init__(self) -> None:
        self._glyphs: list[list[str]] = []
        self._looks: list[list[int]] = []
        self._numbers: dict[Look, int] = {}
        self._known: list[Look] = []
        self._of_style: dict[Style | None, tuple[int, int]] = {}
        self._changes: dict[tuple[int, int], tuple[str, int]] = {}
        self._plain = self._number(Look())

    def forget(self) -> None:
        """Nothing is known of what the terminal shows."""
        self._glyphs, self._looks = [], []

    def painted(self, parts: Iterable[Part], console: Console, *, all_of_it: bool = False) -> str:
        """What is to be written so that `parts` are shown; `all_of_it`, or only where something else stands."""
        colours = console._color_system or ColorSystem.TRUECOLOR
        if len(self._known) > MANY:
            self.__init__()  # type: ignore[misc]
        if len(self._of_style) > MANY:  # styles that look alike are many where each tells of its place
            self._of_style.clear()
        out: list[str] = []
        look = self._plain
        for x, y, segments in parts:
            glyphs, looks = self._expanded(segments, colours)
            old_glyphs, old_looks = self._row(y, x + len(glyphs))
            stop = x + len(glyphs)
            if all_of_it:
                runs = [(0, len(glyphs))] if glyphs else []
            elif old_glyphs[x:stop] == glyphs and old_looks[x:stop] == looks:
                continue
            else:
                runs = list(_runs(glyphs, looks, old_glyphs[x:stop], old_looks[x:stop]))
            old_glyphs[x:stop], old_looks[x:stop] = glyphs, looks
            for count, (first, after) in enumerate(runs):
                out.append(f"\x1b[{x + first + 1}G" if count else f"\x1b[{y + 1};{x + first + 1}H")
                look = self._write(out, glyphs, looks, first, after, look)
        if look != self._plain:
            out.append("\x1b[0m")
            if self._known[look].link:
                out.append("\x1b]8;;\x1b\\")
        return "".join(out)

    def _write(
        self, out: list[str], glyphs: Sequence[str], looks: Sequence[int], first: int, after: int, look: int
    ) -> int:
        """Append these cells; the look that the terminal is then set to."""
        begin = first
        for at in range(first, after):
            if looks[at] == look:
                continue
            code, look = self._change(look, looks[at])
            if code:
                out.append("".join(glyphs[begin:at]))
                out.append(code)
                begin = at
        out.append("".join(glyphs[begin:after]))
        return look

    def _change(self, before: int, after: int) -> tuple[str, int]:
        found = self._changes.get((before, after))
        if found is None:
            one, other = self._known[before], self._known[after]
            found = self._changes[before, after] = change(one, other), self._number(after_change(one, other))
        return found

    def _number(self, look: Look) -> int:
        number = self._numbers.get(look)
        if number is None:
            number = self._numbers[look] = len(self._known)
            self._known.append(look)
        return number

    def _row(self, y: int, width: int) -> tuple[list[str], list[int]]:
        """What is known of a row, at least so wide."""
        while len(self._glyphs) <= y:
            self._glyphs.append([])
            self._looks.append([])
        glyphs, looks = self._glyphs[y], self._looks[y]
        if len(glyphs) < width:
            looks += [_UNKNOWN] * (width - len(glyphs))
            glyphs += [""] * (width - len(glyphs))
        return glyphs, looks

    def _expanded(self, segments: Iterable[Segment], colours: ColorSystem) -> tuple[list[str], list[int]]:
        """A glyph and a look for each cell; the second cell of a wide glyph holds none."""
        glyphs: list[str] = []
        looks: list[int] = []
        for painted, style, _ in segments:
            text = painted if painted.isascii() and painted.isprintable() else _harmless(painted)
            numbers = self._of_style.get(style)
            if numbers is None:
                look = look_of(style, colours)
                numbers = self._of_style[style] = self._number(look), self._number(on_blank(look))
            look_here, blank = numbers
            cells: Sequence[str] = text if _is_narrow(text) else list(_split(text))
            glyphs += cells
            if " " in text:
                looks += [blank if glyph == " " else look_here for glyph in cells]
            else:
                looks += [look_here] * len(cells)
        return glyphs, looks


@lru_cache(maxsize=MANY)
def _harmless(text: str) -> str:
    """`text`, of which each code point that does more than fill its cells is replaced by as many that do not.

    Whoever shows foreign text makes it safe, and visible, where it is shown. This holds where that was forgotten.
    """
    if sanitise(text) == text:
        return text
    return "".join(c if sanitise(f"a{c}") == f"a{c}" else "\ufffd" * get_character_cell_size(c) for c in text)


def _is_narrow(text: str) -> bool:
    """Whether each character takes one cell."""
    return text.isascii() or (cell_len(text) == len(text) and all(map(get_character_cell_size, text)))


def _split(text: str) -> Iterator[str]:
    """Glyphs of one cell, or of two with nothing after them; marks stay with what they are put on."""
    held = ""
    for character in text:
        width = get_character_cell_size(character)
        if width == 0:
            held += character
            continue
        if held:
            yield from _filled(held)
        held = character
    if held:
        yield from _filled(held)


def _filled(glyph: str) -> list[str]:
    return [glyph, ""] if max(map(get_character_cell_size, glyph)) > 1 else [glyph]


def _runs(
    glyphs: Sequence[str], looks: Sequence[int], old_glyphs: Sequence[str], old_looks: Sequence[int]
) -> Iterator[tuple[int, int]]:
    """Stretches of cells that have to be written."""
    first = after = -1
    for at, (glyph, look, old_glyph, old_look) in enumerate(zip(glyphs, looks, old_glyphs, old_looks, strict=True)):
        if glyph == old_glyph and look == old_look:
            continue
        if first >= 0 and at - after <= GAP and looks[after - 1 : at + 1] == [look] * (at + 2 - after):
            after = at + 1
            continue
        if first >= 0 and at > after:
            yield first, after
            first = -1
        if first < 0:
            first = at - 1 if glyph == "" and at > 0 else at
        after = at + 1
    if first >= 0:
        yield first, after


class Sparing(_Base):
    """Mixed into the app: its updates are written through `Cells`."""

    _cells: Cells
    _cells_size: Any = None
    """Of the terminal when something was written last; another makes it arrange its rows anew."""

    def forget_shown(self) -> None:
        """The terminal may show anything: the next update is written whole."""
        self._cells.forget()

    def _display(self, screen: Any, renderable: Any) -> None:
        """Write an update; called by Textual whenever something has to be painted."""
        if self.size != self._cells_size:
            self._cells_size = self.size
            self.forget_shown()
        if isinstance(renderable, ChopsUpdate | LayoutUpdate):
            renderable = _Update(self._cells, renderable)
        elif renderable is not None:
            self.forget_shown()
        super()._display(screen, renderable)


class _Update(CompositorUpdate):
    """An update that compares itself with what is shown once it is written, and not if it never is."""

    def __init__(self, cells: Cells, update: ChopsUpdate | LayoutUpdate) -> None:
        self._cells = cells
        self._update = update

    def render_segments(self, console: Console) -> str:
        """What the terminal is sent."""
        update = self._update
        if isinstance(update, LayoutUpdate):
            self._cells.forget()
            return self._cells.painted(_whole(update), console, all_of_it=True)
        return self._cells.painted(_spans(update), console)


def _whole(update: LayoutUpdate) -> Iterator[Part]:
    for y, strips in enumerate(update.strips, update.region.y):
        yield update.region.x, y, (segment for strip in strips for segment in strip)


def _spans(update: ChopsUpdate) -> Iterator[Part]:
    """What stands in the spans, cut where they end: what lies beyond need not be what the terminal shows there."""
    for y, x1, x2 in update.spans:
        for (x, strip), end in zip(update.chops[y].items(), update.chop_ends[y], strict=False):
            if strip is not None and x <= x2 and end > x1:
                yield x, y, strip if end <= x2 else strip.crop(0, x2 - x)
