"""What is sent to the terminal: the same picture as Textual would paint, in as few bytes as differ."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pyte
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.color import ColorSystem
from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from textual._compositor import ChopsUpdate, LayoutUpdate
from textual.geometry import Region, Size
from textual.strip import Strip

from grnn_tui.ui.cells import MANY, Cells, Look, Part, Sparing, _Update, change, look_of
from tests.ui.support.on_terminal import OnTerminal

CONSOLE = Console(file=io.StringIO(), color_system="truecolor", force_terminal=True)
WIDTH, HEIGHT = 16, 3

Content = list[tuple[str, Style]]

colours = st.sampled_from([None, "#102030", "#405060", "#d0a010"])
styles = st.builds(
    Style, color=colours, bgcolor=colours, bold=st.booleans(), underline=st.booleans(), reverse=st.booleans()
)
texts = st.text(alphabet=st.sampled_from("ab  世█"), min_size=1, max_size=8)
pieces = st.lists(st.tuples(texts, styles), min_size=1, max_size=4)
paints = st.tuples(st.integers(0, WIDTH - 1), st.integers(0, HEIGHT - 1), pieces)


def part(x: int, y: int, content: Content) -> Part:
    """What is painted, cut where the row ends."""
    return x, y, list(Strip([Segment(text, style) for text, style in content]).crop(0, WIDTH - x))


def plainly(one: Part) -> str:
    """As Textual writes it."""
    x, y, segments = one
    return f"\x1b[{y + 1};{x + 1}H" + Strip(segments).render(CONSOLE)


def shown(output: str) -> list[list[tuple[object, ...]]]:
    """Every cell that a terminal then shows: a blank by its ground, and by its ink only where that is seen."""
    screen = pyte.Screen(WIDTH, HEIGHT)
    pyte.Stream(screen).feed(output)
    return [[_visible(screen.buffer[y][x]) for x in range(WIDTH)] for y in range(HEIGHT)]


def _visible(cell: pyte.screens.Char) -> tuple[object, ...]:
    if cell.data == " " and not cell.underscore and not cell.reverse:
        return " ", cell.bg
    return cell.data, cell.fg, cell.bg, cell.bold, cell.underscore, cell.reverse


@settings(max_examples=60, deadline=None)
@given(st.lists(paints, min_size=1, max_size=6))
def test_a_terminal_shows_what_was_painted_whatever_stood_there(
    history: list[tuple[int, int, list[tuple[str, Style]]]],
) -> None:
    cells, sparing, plain = Cells(), "", ""
    for x, y, content in history:
        if "世" in "".join(text for text, _ in content):
            x = x // 2 * 2
            content = [(text.replace("世", " 世")[:8], style) for text, style in content]
        one = part(0, y, [(" " * x, Style()), *content])
        sparing += cells.painted([one], CONSOLE)
        plain += plainly(one)
    assert shown(sparing) == shown(plain)


def test_what_stands_there_already_is_not_sent_again() -> None:
    cells, style = Cells(), Style(color="#102030")
    assert cells.painted([(0, 0, [Segment("abcdef", style)])], CONSOLE)
    assert cells.painted([(0, 0, [Segment("abcdef", style)])], CONSOLE) == ""
    assert cells.painted([(0, 0, [Segment("abXdef", style)])], CONSOLE) == "\x1b[1;3H\x1b[38;2;16;32;48mX\x1b[0m"


def test_a_style_is_told_as_the_difference_from_the_one_before() -> None:
    red, bold = Look("", "31", "40"), Look("1", "31", "40")
    assert change(red, Look("", "32", "40")) == "\x1b[32m"
    assert change(red, red) == ""
    assert change(red, Look("", None, "40")) == ""
    assert change(bold, red) == "\x1b[0;31;40m"
    assert change(red, Look()) == "\x1b[0m"


def test_links_are_told_and_ended() -> None:
    cells = Cells()
    out = cells.painted([(0, 0, [Segment("go", Style(link="https://example.org")), Segment("on")])], CONSOLE)
    assert "\x1b]8;id=" in out
    assert out.endswith("\x1b]8;;\x1b\\on")


def test_colours_are_those_of_the_terminal() -> None:
    assert look_of(Style(color="#ff0000", bold=True), ColorSystem.STANDARD) == Look("1", "31", "", "")


def test_a_mark_on_a_wide_glyph_is_no_cell_of_its_own() -> None:
    cells = Cells()
    cells.painted([(0, 0, [Segment("世\u0301b")])], CONSOLE)
    assert cells.painted([(0, 0, [Segment("世\u0302b")])], CONSOLE) == "\x1b[1;1H世\u0302"


def test_nothing_is_written_beyond_a_span() -> None:
    cells = Cells()
    list(cells.painted([(0, 0, [Segment("abcd")])], CONSOLE))
    ground: Any = {0: Strip([Segment("xy")]), 2: Strip([Segment("  ")])}  # what lies under another widget
    assert _Update(cells, ChopsUpdate([ground], [(0, 0, 2)], [[2, 4]])).render_segments(CONSOLE) == "\x1b[1;1Hxy"
    part: Any = {0: Strip([Segment("zyzz")])}
    assert _Update(cells, ChopsUpdate([part], [(0, 0, 2)], [[4]])).render_segments(CONSOLE) == "\x1b[1;1Hz"


def test_styles_that_look_alike_are_not_kept_for_ever() -> None:
    cells = Cells()
    for i in range(2 * MANY):
        cells.painted([(0, 0, [Segment("a", Style(meta={"offset": (0, i)}))])], CONSOLE)
    assert len(cells._of_style) <= MANY + 1


def test_of_a_whole_screen_everything_is_sent() -> None:
    cells = Cells()
    whole = LayoutUpdate([[Strip([Segment("abc")])]], Region(0, 0, 3, 1))
    first = _Update(cells, whole).render_segments(CONSOLE)
    assert _Update(cells, whole).render_segments(CONSOLE) == first != ""
    some = ChopsUpdate([{0: Strip([Segment("abc")])}], [(0, 0, 3)], [[3]])
    assert _Update(cells, some).render_segments(CONSOLE) == ""
    cells.forget()
    assert _Update(cells, some).render_segments(CONSOLE) == first


def test_a_redraw_sends_everything_although_nothing_has_changed(terminal: Callable[..., OnTerminal]) -> None:
    on = terminal("tiny")
    on.until(on.stands)
    on.output = ""
    on.type("\x0c")
    on.until(lambda: "Sampling" in on.read() and "Prompt" in on.read())


def test_another_size_or_a_return_from_an_editor_makes_what_is_shown_unknown() -> None:
    class Base:
        def __init__(self) -> None:
            self.size, self._cells = Size(3, 1), Cells()

        def _display(self, screen: object, renderable: Any) -> None:
            written.append(renderable.render_segments(CONSOLE))

    Some: Any = type("Some", (Sparing, Base), {})
    written: list[str] = []
    app, some = Some(), ChopsUpdate([{0: Strip([Segment("abc")])}], [(0, 0, 3)], [[3]])
    for _ in range(2):
        app._display(None, some)
    app.size = Size(4, 1)
    app._display(None, some)
    app.forget_shown()
    app._display(None, some)
    assert written == [written[0], "", written[0], written[0]]
    assert written[0]
