"""What panes show is a pure function of what they are given."""

from __future__ import annotations

import itertools
import math
from array import array

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from grnn_tui.engine.protocol import Bar, BranchInfo, BranchRead, Particle, Prediction, Totals
from grnn_tui.safetext import cell_width, sanitise
from grnn_tui.ui.figures import count, percent, perplexity, plural, shown_name
from grnn_tui.ui.layout import layout_classes
from grnn_tui.ui.markers import ASCII, UNICODE, choose_markers, glyphs_for
from grnn_tui.ui.panes.branches.view import branch_rows
from grnn_tui.ui.panes.controls.view import (
    SETTINGS,
    Controls,
    cleared,
    control_rows,
    place,
    setting_at,
    stepped,
    value_text,
)
from grnn_tui.ui.panes.next_symbol.view import BarsView, bar_cells, bar_rows, fraction
from grnn_tui.ui.panes.next_symbol.view import title_text as bars_title
from grnn_tui.ui.panes.output.view import TextView, look_of, title_text, totals_text
from grnn_tui.ui.panes.prompt.view import History, clean
from grnn_tui.ui.screens.compare import compare_rows
from grnn_tui.ui.theme import BOUNDS, LEVELS, OFFERED, THEMES, first_theme, level_of, surprisal_styles
from grnn_tui.ui.transcript import plain
from grnn_tui.ui.widgets.lines import Row, width_of, wrapped

TEXTS = st.text(st.sampled_from("ab \n中"), max_size=80)
LABELS = ["a", " ", "\n", "\x1b", "é", "中", "[b]"]


def prediction(raw: list[float], used: list[float] | None = None, chosen: int | None = None) -> Prediction:
    used = raw if used is None else used
    bars = [Bar(i, i, p, q) for i, (p, q) in enumerate(zip(raw, used, strict=True))]
    removed = [p for p, q in zip(raw, used, strict=True) if q == 0]
    return Prediction(
        bars, len(raw), 2.5, 1.5, len(removed), sum(removed), chosen, 3.25 if chosen is not None else None
    )


def texts(rows: tuple[Row, ...]) -> list[str]:
    return ["".join(cell.text for cell in row) for row in rows]


@given(st.integers(0, 60), st.integers(0, 20), st.booleans(), st.booleans())
def test_bars_fit_any_size(width: int, height: int, log: bool, focused: bool) -> None:
    shown = prediction([0.5, 0.2, 0.1, 0.1, 0.05, 0.05, 0.0], [0.7, 0.3, 0, 0, 0, 0, 0], chosen=1)
    rows = bar_rows(BarsView(shown, LABELS, log=log, focused=focused, selected=6), width, height)
    assert len(rows) <= max(height, 0)
    assert all(width_of(row) <= width for row in rows)


def test_bars_tell_raw_used_and_what_was_removed() -> None:
    shown = prediction([0.6, 0.3, 0.1], [0.667, 0.333, 0.0])
    lines = texts(bar_rows(BarsView(shown, LABELS), 40, 8))
    assert "60.0" in lines[1]
    assert "66.7" in lines[1]
    assert "'a'" in lines[1]
    assert "space" in lines[2]
    assert UNICODE.dash in lines[3]
    assert "cut 1 (10.0%)" in lines[-1]


def mixture() -> Prediction:
    """Two particles that disagree; the second explains the text better."""
    parts = [Particle([0.9, 0.1, 0.0], 0.47, 0.2), Particle([0.1, 0.5, 0.4], 1.36, 0.8)]
    return msgspec.structs.replace(prediction([0.5, 0.3, 0.2], [0.6, 0.4, 0.0]), particles=parts, effective=1.47)


@pytest.mark.parametrize("particle", [0, 1, 2, 7])
def test_a_particle_has_its_own_bars_beside_the_mixture(particle: int) -> None:
    lines = texts(bar_rows(BarsView(mixture(), LABELS, particle=particle), 40, 8))
    own = {1: ["90.0", "10.0", "0.0"], 2: ["10.0", "50.0", "40.0"]}.get(particle, ["60.0", "40.0", UNICODE.dash])
    assert ("own%" in lines[0]) == ("mix" in lines[0]) == (particle in (1, 2))
    assert ("cut" in lines[-1]) == (particle not in (1, 2))
    for line, mixed, share in zip(lines[1:4], ["50.0", "30.0", "20.0"], own, strict=True):
        assert line.split()[-2:] in ([mixed, share], [mixed, UNICODE.dash])
    assert [line.split()[0] for line in lines[1:4]] == ["'a'", "space", "⏎"]


def test_the_title_says_which_particle_its_responsibility_and_the_effective_number() -> None:
    assert bars_title(mixture(), "character", 60) == "Mixture of 2 · eff 1.5 · H 2.50 → 1.50"
    assert bars_title(mixture(), "character", 60, particle=2) == "Particle 2/2 · r 80.0% · eff 1.5 · H 1.36"
    assert bars_title(mixture(), "character", 33, particle=2) == "Particle 2/2 · r 80.0% · eff 1.5"
    assert bars_title(mixture(), "character", 20, particle=1) == "Particle 1/2"
    assert bars_title(prediction([0.6, 0.4]), "character", 60, particle=1).startswith("Next character")


def test_the_symbol_that_stands_there_has_rank_and_surprisal() -> None:
    lines = texts(bar_rows(BarsView(prediction([0.6, 0.4], chosen=1), LABELS), 50, 8))
    assert "stands here space rank 2, 3.25 bit" in lines[0]


def test_unprintables_are_shown_by_name() -> None:
    lines = texts(bar_rows(BarsView(prediction([0.3, 0.3, 0.2, 0.2]), LABELS), 40, 8))
    assert "⏎" in lines[3]
    assert "U+001B" in lines[4]


@given(st.floats(0, 1), st.floats(0, 1), st.integers(1, 40), st.booleans())
def test_a_bar_takes_exactly_its_width(raw: float, used: float, width: int, log: bool) -> None:
    cells = bar_cells(Bar(0, 0, raw, used), max(raw, used, 1e-9), width, log=log)
    assert width_of(cells) == width


def test_a_logarithmic_bar_grows_with_probability() -> None:
    shares = [fraction(p, 1.0, log=True) for p in (1e-6, 1e-3, 1e-1, 1.0)]
    assert shares == sorted(shares)
    assert shares[0] == 0.0
    assert shares[-1] == 1.0


@given(st.floats(0, 1))
def test_a_percentage_takes_five_cells(share: float) -> None:
    assert len(percent(share)) == 5


def test_figures_have_units() -> None:
    assert count(93_412) == "93 k"
    assert count(1_250_000) == "1.2 M"
    assert plural(1, "byte") == "1 byte"
    assert plural(12_345, "byte") == "12 345 bytes"
    assert perplexity(3.0) == "8.00"
    assert perplexity(math.inf) == "nan"
    assert shown_name("a") == "'a'"
    assert shown_name("\n") == "⏎"


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: setting.name)
def test_settings_stop_at_their_ends_and_come_back(setting: object) -> None:
    name = setting.name  # type: ignore[attr-defined]
    low = high = Controls()
    for _ in range(400):
        low, high = stepped(low, name, -1), stepped(high, name, 1)
    assert stepped(low, name, -1) == low
    assert name == "seed" or stepped(high, name, 1) == high
    assert cleared(low, name) == Controls()
    for controls in (low, high):
        knob = place(controls, name)
        assert knob is None or 0 <= knob <= 1
        assert value_text(controls, name)


def test_a_step_up_and_down_again_changes_nothing() -> None:
    for setting in SETTINGS:
        there = stepped(Controls(), setting.name, 1)
        back = stepped(there, setting.name, -1)
        assert back == Controls() or there == Controls(), setting


def test_controls_fit_any_size() -> None:
    for width, height, selected in itertools.product(range(71), range(13), range(8)):
        rows = control_rows(Controls(), selected, width, height, focused=True)
        assert all(width_of(row) <= width for row in rows), (width, height, selected)


def test_the_mouse_finds_arrows_where_they_are_drawn() -> None:
    for width, height in ((40, 8), (30, 4), (28, 4)):
        lines = texts(control_rows(Controls(), 0, width, height, focused=False))
        for y, line in enumerate(lines):
            for x, glyph in enumerate(line):
                if glyph == UNICODE.less:
                    assert setting_at(x, y, width, height)[1] == -1, (width, y, x)
                if glyph == UNICODE.more and "fixed" not in line[x:]:
                    assert setting_at(x, y, width, height)[1] == 1, (width, y, x)


def test_totals_are_of_what_was_written_else_of_the_prompt() -> None:
    both = totals_text(Totals(12, 20.0, 2, 10.0), "character", 90)
    assert both == "written 10 characters · 10.00 bit · 1.00 bit/character · perplexity 2.00"
    assert totals_text(Totals(2, 4.0, 2, 4.0), "byte", 90).startswith("prompt 2 bytes")
    assert len(totals_text(Totals(12, 20.0, 2, 10.0), "character", 30)) <= 30
    assert totals_text(Totals(0, 0.0, 0, 0.0), "byte", 90) == ""


def test_a_title_says_how_far_the_writing_is() -> None:
    view = TextView(plain("abcdef"), cursor=6, prompt=2, generating=True)
    assert title_text(view, 402, 80.4) == " · 4 of 400 · 80/s"
    assert title_text(TextView(plain("abcdef"), cursor=3, prompt=2), None, 0) == " · at 3 of 6"
    assert title_text(TextView(plain("abcdef"), cursor=6, prompt=2), 402, 0) == " · paused · 4 of 400"


def test_surprisal_chooses_the_colour_unless_it_is_switched_off() -> None:
    text = plain("ab", [0.0, 9.5])
    text.symbols[:] = array("i", [0, 1])
    assert look_of(TextView(text, cursor=2), 1).level == LEVELS - 1
    assert look_of(TextView(text, cursor=2, colouring="plain"), 1).level is None


def test_levels_rise_with_surprisal() -> None:
    levels = [level_of(bits) for bits in (0, *BOUNDS, 99)]
    assert levels == sorted(levels)
    assert level_of(math.nan) == LEVELS - 1


@pytest.mark.parametrize("theme", THEMES, ids=lambda theme: theme.name)
def test_every_theme_has_a_ramp_with_and_without_colour(theme: object) -> None:
    assert len(surprisal_styles(theme, no_color=False)) == LEVELS  # type: ignore[arg-type]
    plain_styles = surprisal_styles(theme, no_color=True)  # type: ignore[arg-type]
    assert all(style.color is None for style in plain_styles)
    assert len(set(plain_styles)) >= 4


def test_few_colours_take_the_theme_of_the_terminal() -> None:
    from rich.color import ColorSystem

    assert first_theme("paper", ColorSystem.TRUECOLOR, no_color=False) == "paper"
    assert first_theme("paper", ColorSystem.STANDARD, no_color=False) == "terminal"
    assert first_theme("paper", ColorSystem.TRUECOLOR, no_color=True) == "terminal"
    assert first_theme("no such", ColorSystem.EIGHT_BIT, no_color=False) in OFFERED


def test_glyphs_follow_the_locale() -> None:
    assert choose_markers("", {"LANG": "C.UTF-8"}, "utf-8") == "braille"
    assert choose_markers("", {"LANG": "C"}, "utf-8") == "ascii"
    assert choose_markers("", {"LANG": "en_GB.ISO-8859-1"}, "iso-8859-1") == "ascii"
    assert choose_markers("", {"TERM": "linux", "LANG": "C.UTF-8"}, "utf-8") == "blocks"
    assert choose_markers("", {"GRNN_TUI_MARKERS": "blocks"}, "utf-8") == "blocks"
    assert choose_markers("ascii", {"GRNN_TUI_MARKERS": "blocks"}, "utf-8") == "ascii"


def test_ascii_is_ascii() -> None:
    glyphs = glyphs_for("ascii")
    assert glyphs is ASCII
    shown = prediction([0.6, 0.3, 0.1, 0.0, 0.0, 0.0, 0.0], [0.7, 0.3, 0, 0, 0, 0, 0], chosen=0)
    rows = bar_rows(BarsView(shown, LABELS, glyphs=glyphs, focused=True), 40, 12)
    rows += control_rows(Controls(), 0, 40, 8, focused=True, glyphs=glyphs)
    assert all(line.isascii() for line in texts(rows)), texts(rows)


def test_sizes_choose_layouts() -> None:
    assert layout_classes(39, 40) == {"small"}
    assert layout_classes(1, 1) == {"small"}
    assert "compact" in layout_classes(80, 24)
    assert "compact" in layout_classes(120, 29)
    assert layout_classes(120, 40) == frozenset()
    assert "large" in layout_classes(200, 60)


@given(st.text(max_size=40))
def test_a_prompt_holds_nothing_unsafe_and_keeps_its_length(text: str) -> None:
    cleaned = clean(text)
    assert clean(cleaned) == cleaned
    assert "\x1b" not in cleaned
    assert "\r" not in cleaned
    if "\r" not in text:
        assert len(cleaned) == len(text)


def test_history_goes_back_and_returns_to_the_draft() -> None:
    past = History().remembered("one").remembered("two").remembered("one")
    assert past.prompts == ("two", "one")
    past, text = past.older("draft")
    assert text == "one"
    past, text = past.older("one")
    assert text == "two"
    assert past.older("two")[1] is None
    past, text = past.newer()
    assert text == "one"
    assert past.newer()[1] == "draft"


@given(st.integers(0, 60), st.integers(0, 12), st.integers(0, 30))
def test_branches_fit_any_size(width: int, height: int, selected: int) -> None:
    infos = [BranchInfo(i, None, i, i + 5, 1, 7.5, "\x1b[31m[b]中" * 4) for i in range(30)]
    rows = branch_rows(infos, 3, selected, width, height, focused=True)
    assert len(rows) <= max(3, height)
    assert all(width_of(row) <= width for row in rows)


@given(TEXTS, TEXTS, st.integers(0, 90), st.integers(0, 30))
def test_comparing_fits_any_size(left: str, right: str, width: int, height: int) -> None:
    reads = [
        BranchRead(BranchInfo(i, None, 0, len(text), 1, 1.0, ""), list(text), [1.0] * len(text))
        for i, text in enumerate((left, right))
    ]
    rows, _ = compare_rows(reads[0], reads[1], None, "character", width, height)
    assert len(rows) <= max(height, 0)
    assert all(width_of(row) <= width for row in rows)


@pytest.mark.parametrize(
    ("width", "foot"),
    [(80, "2 characters · 1.00 bit/character"), (60, "2 · 1.00 bit/character"), (120, "perplexity 2.00")],
)
def test_the_totals_of_a_branch_say_what_they_count_as_far_as_there_is_room(width: int, foot: str) -> None:
    reads = [
        BranchRead(BranchInfo(i, None, 0, 4, 1, 1.0, ""), list(text), [1.0] * 4)
        for i, text in enumerate(("abcd", "abxy"))
    ]
    rows, _ = compare_rows(reads[0], reads[1], None, "character", width, 10)
    assert foot in "".join(cell.text for cell in rows[-1])


@given(
    st.lists(st.sampled_from(["a", "b", ",", " ", "中", "文", "e\u0301"]), max_size=80).map("".join),
    st.integers(2, 20),
    st.integers(1, 40),
)
def test_rows_of_words_fit_and_lose_nothing_while_there_is_room(text: str, cells: int, rows: int) -> None:
    safe = sanitise(text)
    lines = wrapped(safe, cells, rows, "…")
    assert len(lines) <= rows
    assert all(cell_width(line) <= cells for line in lines)
    if not lines or not lines[-1].endswith("…"):
        assert "".join(lines).replace(" ", "") == safe.replace(" ", "")
    else:
        assert len(lines) == rows


def test_a_long_notice_keeps_its_wide_words() -> None:
    words = sanitise("the file 中文字符名字 is not there, so nothing was read")
    assert wrapped(words, 20, 4, "…") == ["the file", "中文字符名字 is not", "there, so nothing", "was read"]
    assert wrapped(words, 20, 2, "…") == ["the file", "中文字符名字 is …"]
