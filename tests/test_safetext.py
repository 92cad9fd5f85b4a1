from __future__ import annotations

import copy
import io
import subprocess
import sys
import time
import unicodedata

import pyte
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from wcwidth import wcswidth

from grnn_tui import _widths
from grnn_tui.safetext import (
    MARKS_PER_CELL,
    REPLACEMENT,
    SafeText,
    cell_width,
    clip,
    clip_start,
    for_terminal,
    glyph_of,
    name_of,
    sanitise,
    sanitise_bytes,
)
from tests import regenerate_widths
from tests.support.hostile import NON_CHARACTERS, UNSAFE, hostile

HOSTILE = hostile()

interesting = st.sampled_from(
    [chr(c) for c in [*range(0x20), 0x7F, 0x9B, 0x202E, 0x200D, 0xFE0F, 0x301, 0x489, 0x5B57, 0x1F600]]
)
marks = st.characters(categories=["Mn", "Me", "Mc"])
anything = st.text(st.one_of(st.characters(exclude_categories=[]), interesting, marks), max_size=40) | st.sampled_from(
    HOSTILE
)


def assert_harmless(text: str, allowed: str = "") -> None:
    for character in set(text) - set(allowed):
        assert unicodedata.category(character) not in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}, ascii(character)
        assert character not in UNSAFE
    run = 0
    for before, character in zip("\n" + text, text, strict=False):
        if wcswidth(character) == 0:
            run += 1
            assert before != "\n"
            assert run <= MARKS_PER_CELL
        else:
            run = 0


@given(anything)
def test_nothing_unsafe_survives_and_every_position_stays(text: str) -> None:
    shown = sanitise(text)
    assert_harmless(shown)
    assert len(shown) == len(text)
    assert sanitise(shown) == shown
    assert all(b in (a, REPLACEMENT) or 0x2400 <= ord(b) <= 0x2421 for a, b in zip(text, shown, strict=True))


@given(anything, st.booleans(), st.none() | st.integers(1, 9), st.booleans())
def test_every_option_is_harmless_and_settles_at_once(
    text: str, newlines: bool, tab: int | None, ascii_only: bool
) -> None:
    shown = sanitise(text, keep_newlines=newlines, tab_width=tab, ascii_only=ascii_only)
    assert_harmless(shown, "\n" if newlines else "")
    assert sanitise(shown, keep_newlines=newlines, tab_width=tab, ascii_only=ascii_only) == shown
    assert shown.count("\n") == (text.count("\n") if newlines else 0)
    assert not ascii_only or shown.isascii()
    if tab is None:
        assert len(shown) == len(text)


@given(anything, st.booleans())
def test_width_is_what_rich_and_wcwidth_both_say(text: str, newlines: bool) -> None:
    shown = sanitise(text, keep_newlines=newlines)
    assert cell_width(shown) == cell_len(shown)
    assert cell_width(shown) == sum(wcswidth(line) for line in shown.split("\n"))


def test_every_code_point_takes_the_cells_that_the_screen_library_counts() -> None:
    shown = (sanitise(chr(code)) for code in [*range(0x32000), *range(0xE0000, 0xE0200)])
    assert not [ascii(glyph) for glyph in shown if cell_width(glyph) != cell_len(glyph)]


@given(anything)
def test_a_border_around_it_stays_straight_on_a_terminal(text: str) -> None:
    inside = clip(sanitise(text), 20)
    # pyte stops drawing at a mark of combining class 0, whereas terminals put it on the letter before.
    inside_for_pyte = "".join(c for c in inside if wcswidth(c) or unicodedata.combining(c))
    screen = pyte.Screen(22, 3)
    pyte.Stream(screen).feed(f"┌{'─' * 20}┐│{inside_for_pyte}{' ' * (20 - cell_width(inside))}│└{'─' * 20}┘")
    assert [(line[0], line[-1]) for line in screen.display] == [("┌", "┐"), ("│", "│"), ("└", "┘")]


def test_each_hostile_string_is_harmless_whole_and_cut_anywhere() -> None:
    assert len(set(HOSTILE)) >= 300
    for text in HOSTILE:
        for end in range(1, min(len(text), 24) + 1):
            assert_harmless(sanitise(text[:end]))
        assert_harmless(sanitise(text, keep_newlines=True), "\n")
        assert_harmless(sanitise_bytes(text.encode("utf-8", "surrogatepass")))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31mred", "␛[31mred"),
        ("a\tb\nc\x7f", "a␉b␊c␡"),
        ("\x9b2J\x85", "�2J�"),
        ("admin\u202etxt.exe", "admin�txt.exe"),
        ("a\u200bb\ufeff", "a�b�"),
        ("[bold]naïve[/] 日本 é", "[bold]naïve[/] 日本 é"),
        ("e" + "\u0301" * 6, "e" + "\u0301" * 4 + "�\u0301"),
        ("\u0301x", "�x"),
        ("\udcff", "�"),
    ],
)
def test_what_is_shown(text: str, shown: str) -> None:
    assert sanitise(text) == shown


def test_plain_prose_in_many_scripts_shows_as_itself() -> None:
    for text in [
        "Größe, naïve, cœur",
        "Съешь же ещё",
        "Ξεσκεπάζω",
        "いろは日本語",
        "한국어",
        "עברית",
        "العربية",
        "ภาษาไทย",
        "e\u0301",
        "─│▁█⣿😀",
    ]:
        assert sanitise(text) == text


def test_newlines_and_tabs_on_request() -> None:
    assert sanitise("a\r\n\u0301b", keep_newlines=True) == "a␍\n�b"
    assert sanitise("a\tbc\t|\n\t|", keep_newlines=True, tab_width=4) == "a   bc  |\n    |"
    assert sanitise("字\té\t|", tab_width=4) == "字  é   |"
    with pytest.raises(ValueError, match="at least 1"):
        sanitise("\t", tab_width=0)


def test_ascii_only_keeps_one_character_per_character() -> None:
    assert sanitise("naïve\x1b日\u200b\n", ascii_only=True) == "na?ve????"
    assert sanitise("é\n", ascii_only=True, keep_newlines=True) == "?\n"


def test_bytes_that_do_not_decode_are_shown() -> None:
    assert sanitise_bytes(b"ok\xff\x1b") == "ok�␛"
    assert sanitise_bytes(b"\x9b1m", "latin-1") == "�1m"
    with pytest.raises(LookupError):
        sanitise_bytes(b"x", "no-such-encoding")


def test_safetext_comes_from_sanitise_alone_and_survives_copies() -> None:
    with pytest.raises(TypeError, match="sanitise"):
        SafeText("raw")
    text = sanitise("a\nb", keep_newlines=True)
    assert copy.deepcopy([text])[0] is text
    assert copy.copy(text) is text
    for made in (text, sanitise("a"), sanitise_bytes(b"a"), glyph_of("\n"), name_of("\n"), clip(text, 1)):
        assert type(made) is SafeText


@given(st.characters(exclude_categories=[]))
def test_a_glyph_is_one_or_two_cells_and_a_name_fits(symbol: str) -> None:
    assert_harmless(glyph_of(symbol))
    assert cell_width(glyph_of(symbol)) in (1, 2)
    assert 1 <= cell_width(name_of(symbol)) <= 12
    assert name_of(symbol).strip()
    assert_harmless(name_of(symbol))
    assert name_of(symbol, ascii_only=True).isascii()
    assert (name_of(symbol) == symbol) == (glyph_of(symbol) == symbol and not symbol.isspace() and symbol != "\u2800")


def test_names_of_symbols() -> None:
    symbols = [
        "a",
        "é",
        " ",
        "\n",
        "\t",
        "\x1b",
        "\u200b",
        "\u00a0",
        "\udc80",
        "\u0301",
        "",
        "the",
        "extraordinarily",
        "日本語日本語日本語",
    ]
    names = [
        "a",
        "é",
        "space",
        "⏎",
        "⇥",
        "U+001B",
        "U+200B",
        "U+00A0",
        "0x80",
        "◌\u0301",
        "empty",
        "the",
        "extraordina…",
        "日本語日本…",
    ]
    assert [name_of(symbol) for symbol in symbols] == names
    ascii_names = [
        "a",
        "U+00E9",
        "space",
        "newline",
        "tab",
        "U+001B",
        "U+200B",
        "U+00A0",
        "0x80",
        "U+0301",
        "empty",
        "the",
        "extraordina~",
        "?????????",
    ]
    assert [name_of(symbol, ascii_only=True) for symbol in symbols] == ascii_names


def test_a_mark_is_drawn_on_a_dotted_circle() -> None:
    assert glyph_of("\u0301") == "◌\u0301"
    assert glyph_of("\u0301", ascii_only=True) == "?"
    assert glyph_of("\n") == "␊"
    assert glyph_of("") == ""


@given(anything, st.integers(-1, 20))
def test_clip_never_exceeds_its_cells(text: str, cells: int) -> None:
    clipped = clip(sanitise(text), cells)
    assert cell_width(clipped) <= max(cells, 0)
    assert_harmless(clipped)
    ending = clip_start(sanitise(text), cells)
    assert cell_width(ending) <= max(cells, 0)
    assert_harmless(ending)


def test_clip_start_keeps_the_end() -> None:
    assert clip_start(sanitise("/a/b/book.txt"), 9) == "…book.txt"
    assert clip_start(sanitise("book.txt"), 8) == "book.txt"
    assert clip_start(sanitise("漢字"), 3) == "…字"


class Terminal(io.TextIOWrapper):
    def isatty(self) -> bool:
        return True


def test_a_terminal_gets_safe_text_and_a_pipe_gets_it_raw() -> None:
    text = "\x1b]52;c;aGk=\x07\né\t|"
    assert for_terminal(text, io.StringIO()) == text
    assert for_terminal(text, Terminal(io.BytesIO(), encoding="utf-8")) == "␛]52;c;aGk=␇\né       |"
    assert for_terminal(text, Terminal(io.BytesIO(), encoding="latin-1")) == "?]52;c;aGk=?\n?       |"


def test_the_table_hides_all_that_its_script_finds_unsafe_here() -> None:
    empty_planes = range(0x32000, sys.maxunicode + 1, 251)
    codes = [*range(0x32000), *range(0xE0000, 0xE0200), *empty_planes, *map(ord, NON_CHARACTERS)]
    unsafe = "".join(chr(code) for code in codes if regenerate_widths.width_of(code) is None)
    assert set(sanitise(unsafe)) == {REPLACEMENT, *map(chr, range(0x2400, 0x2420)), "\u2421"}


def test_the_table_is_what_its_script_writes_from_the_same_databases() -> None:
    written = regenerate_widths.TARGET.read_text(encoding="utf-8")
    if regenerate_widths.provenance() == _widths.PROVENANCE:
        assert regenerate_widths.module() == written, "run python -m tests.regenerate_widths"


def test_a_megabyte_of_prose_is_sanitised_within_a_frame_or_three() -> None:
    """Whoever else uses the processor: within a few times what it takes to look at every character once."""
    text = ("The quick brøwn fox jumps over the lazy dog.\n" * 25_000)[:1_000_000]
    took = []
    for _ in range(5):
        start = time.process_time()
        assert len(set(text)) > 20
        looked = time.process_time()
        assert len(sanitise(text)) == len(text)
        took.append((time.process_time() - looked) / (looked - start))
    assert min(took) < 4


def test_importing_it_loads_no_screen_library() -> None:
    code = "import sys, grnn_tui.safetext; print(*{'rich', 'textual', 'wcwidth', 'numpy', 'torch'} & set(sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == ""
