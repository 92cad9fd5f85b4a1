"""Colouring by one hidden unit: keys, lines around the text, and a scale that every eye and terminal can read."""

from __future__ import annotations

import itertools
from array import array
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.style import Style
from textual.color import Color
from textual.theme import BUILTIN_THEMES, Theme

from grnn_tui.engine import protocol as p
from grnn_tui.ui.markers import ASCII
from grnn_tui.ui.panes.output.legend import order_text, unit_line
from grnn_tui.ui.panes.output.view import TextView, look_of
from grnn_tui.ui.settings import load_last, load_preferences
from grnn_tui.ui.theme import OFFERED, THEMES, contrast, unit_styles
from grnn_tui.ui.track import STEPS, Track, scale_for, told
from grnn_tui.ui.transcript import plain
from tests.ui.support.fake_engine import FakeEngine
from tests.ui.support.host import until
from tests.ui.support.stage import LARGE, SMALL, Stage, stage
from tests.ui.support.text_snapshot import screen_text

COLOURED = [theme for theme in (*THEMES, *BUILTIN_THEMES.values()) if theme.name in OFFERED and not theme.ansi]
VISIONS = {
    "protan": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    "deutan": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881)),
    "tritan": ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602), (0.004733, 0.691367, 0.303900)),
}
"""Machado, Oliveira and Fernandes 2009, severity 1: linear light to linear light."""
FLOATS = st.lists(st.floats(-50, 50, width=32), max_size=20)


def shown(unit: int | None, start: int, *values: float, first: int = 0) -> p.UnitShown:
    low, high = min(values, default=0.0), max(values, default=0.0)
    return p.UnitShown(unit, "", [2, 0, 1], 0.5, low, high, first, start, array("f", values).tobytes())


def levels(track: Track | None, length: int) -> list[int | None]:
    assert track is not None
    return [track.level(position) for position in range(length)]


def test_what_is_told_piece_by_piece_is_put_together() -> None:
    track = told(None, shown(2, 0, -1.0, 0.1))
    track = told(track, shown(2, 2, 1.0))
    assert levels(track, 4) == [-3, 0, 3, None]
    track = told(track, shown(2, 1, 0.6, 1.0))
    assert levels(track, 4) == [-3, 2, 3, None]
    track = told(track, shown(2, 2, -1.0, first=1))
    assert levels(track, 4) == [None, 2, -3, None]


def test_a_piece_that_continues_something_else_is_left_out() -> None:
    track = told(None, shown(2, 0, -1.0, 0.1))
    assert told(None, shown(2, 2, 1.0)) is None
    assert told(track, shown(1, 2, 1.0)) == track
    assert told(track, shown(2, 5, 1.0)) == track


@given(FLOATS, FLOATS)
def test_the_first_change_of_colour_is_found(before: list[float], after: list[float]) -> None:
    old, new = told(None, shown(0, 0, *before)), told(None, shown(0, 0, *after))
    assert old is not None
    assert new is not None
    changed = new.changed_from(old)
    assert levels(new, changed) == levels(old, changed)


def test_the_scale_is_round_and_holds_everything() -> None:
    assert [scale_for(size) for size in (0.97, 1.0, 1.01, 5.4, 0.03)] == pytest.approx([1, 1, 2, 10, 0.05])
    assert scale_for(0.0) == scale_for(float("nan")) == scale_for(float("inf")) == 1.0


@given(st.lists(st.floats(width=32), min_size=1, max_size=9))
def test_any_activation_has_a_level_or_none(values: list[float]) -> None:
    assert all(level in (None, *range(-STEPS, STEPS + 1)) for level in levels(told(None, shown(0, 0, *values)), 9))


def test_the_unit_chooses_the_colour_only_where_it_is_asked_to() -> None:
    text, track = plain("ab", [9.0, 9.0]), told(None, shown(2, 0, -1.0, 1.0))
    assert [look_of(TextView(text, 2, 0, "unit", False, track), i).level for i in (0, 1)] == [-3, 3]
    assert look_of(TextView(text, 2, 0, "unit", False, None), 0).level is None
    assert look_of(TextView(text, 2, 0, "plain", False, track), 0).level is None


@given(st.integers(0, 90), st.sampled_from([0.0, 0.97, 123.4]), st.integers(0, 5000))
def test_the_line_below_fits_and_names_the_unit(width: int, size: float, unit: int) -> None:
    line = "".join(piece.text for piece in unit_line(Track(unit, "", tuple(range(5001)), 0.5, -size, size), width))
    assert len(line) <= width
    assert width < 12 or line.startswith(f"unit {unit}")


def test_the_lines_say_unit_place_range_and_what_it_follows() -> None:
    track = Track(17, '"', (3, 17), 0.93, -0.98, 0.5)
    assert order_text(track) == " · inside '\"' r +0.93"
    assert order_text(Track(17, "\n", (3, 17), -0.2)) == " · at ⏎ r −0.20"
    assert order_text(Track(17, "", (3, 17), 0.2)) == " · by variance"
    line = "".join(piece.text for piece in unit_line(track, 80))
    assert line == "unit 17, 2 of 2 · −0.98 to +0.50 · −1 aaaaaaa +1"
    assert "".join(piece.text for piece in unit_line(track, 80, ASCII)).isascii()


def seen(style: Style, vision: str) -> tuple[float, ...]:
    """The ground of a style as linear light, as a kind of colour vision has it."""
    assert style.bgcolor is not None
    rgb = [(c / 255) ** 2.2 for c in style.bgcolor.get_truecolor()]
    if vision == "normal":
        return tuple(rgb)
    return tuple(max(0.0, sum(m * c for m, c in zip(row, rgb, strict=True))) for row in VISIONS[vision])


def lab(light: tuple[float, ...]) -> tuple[float, float, float]:
    """CIE L*a*b* of linear light."""
    r, g, b = light
    x = (0.4124 * r + 0.3576 * g + 0.1805 * b) / 0.9505
    y = 0.2126 * r + 0.7152 * g + 0.0722 * b
    z = (0.0193 * r + 0.1192 * g + 0.9505 * b) / 1.089
    fx, fy, fz = (t ** (1 / 3) if t > 0.008856 else 7.787 * t + 16 / 116 for t in (x, y, z))
    return 116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)


@pytest.mark.parametrize("theme", COLOURED, ids=lambda theme: theme.name)
def test_letters_can_be_read_on_every_step_of_the_scale(theme: Theme) -> None:
    styles = unit_styles(theme, Color.parse(theme.background or "#121212"), no_color=False)
    assert len(styles) == 2 * STEPS + 1
    for style in styles:
        if style.bgcolor is not None and style.color is not None:
            letter, back = (Color(*colour.get_truecolor()) for colour in (style.color, style.bgcolor))
            assert contrast(letter, back) >= 4.5


@pytest.mark.parametrize("vision", ["normal", *VISIONS])
@pytest.mark.parametrize("theme", COLOURED, ids=lambda theme: theme.name)
def test_every_kind_of_colour_vision_tells_the_steps_apart(theme: Theme, vision: str) -> None:
    ground = Color.parse(theme.background or "#121212")
    styles = list(unit_styles(theme, ground, no_color=False))
    styles[STEPS] = Style(bgcolor=ground.rich_color)
    points = [lab(seen(style, vision)) for style in styles]
    for one, other in itertools.combinations(points, 2):
        assert sum((a - b) ** 2 for a, b in zip(one, other, strict=True)) ** 0.5 > 6


def test_without_hues_weight_alone_tells_the_steps_apart() -> None:
    ground = Color.parse("#000000")
    plain_styles = unit_styles(THEMES[0], ground, no_color=True)
    assert all(style.color is None and style.bgcolor is None for style in plain_styles)
    terminal = unit_styles(next(theme for theme in THEMES if theme.ansi), ground, no_color=False)
    for styles in (plain_styles, terminal):
        weights = [(style.bold, style.dim, style.reverse, style.underline) for style in styles]
        assert len(set(weights)) == len(styles) == 2 * STEPS + 1


async def quoted(here: Stage) -> None:
    here.screen.prompt.set_prompt("the 'cat' said 'no'")
    await here.settle()
    await here.press("tab")


def units_asked(here: Stage) -> list[Any]:
    return here.engine.of_kind(p.ShowUnit)


async def test_c_goes_from_surprisal_to_a_unit_to_plain() -> None:
    async with stage() as here:
        await quoted(here)
        assert units_asked(here) == []
        assert "next unit" not in screen_text(here.app)
        await here.press("c")
        assert units_asked(here) == [p.ShowUnit()]
        assert here.screen.colouring == "unit"
        assert "unit 0, 1 of 6" in screen_text(here.app)
        assert "by variance" in screen_text(here.app)
        assert "next unit" in screen_text(here.app)
        await here.press("c")
        assert here.screen.colouring == "plain"
        assert here.engine.of_kind(p.HideUnit) == [p.HideUnit()]
        assert "unit 0" not in screen_text(here.app)
        await here.press("c")
        assert here.screen.colouring == "surprisal"


async def test_units_are_stepped_through_in_their_order_however_slow_the_engine() -> None:
    async with stage() as here:
        await quoted(here)
        await here.press("k")
        assert here.screen.colouring == "unit"
        here.engine.held = True
        await here.pilot.press("k", "k", "K", "k")
        here.engine.held = False
        here.engine.send(p.FrameShown())
        await here.settle()
        assert [request.unit for request in units_asked(here)] == [None, 4, 1, 4, 1]
        assert "unit 1, 3 of 6" in screen_text(here.app)
        await here.press("K", "K", "K")
        assert "unit 5, 6 of 6" in screen_text(here.app)


async def test_on_a_quotation_mark_h_finds_the_unit_that_detects_quotations() -> None:
    async with stage() as here:
        await quoted(here)
        await here.press(*["left"] * 15, "h")
        assert units_asked(here)[-1] == p.ShowUnit(None, "'")
        assert "unit 4, 1 of 6" in screen_text(here.app)
        assert "inside ''' r +0.97" in screen_text(here.app)
        view = here.screen.output.view
        inside = [look_of(view, position).level for position in range(view.transcript.length)]
        assert inside == [-3] * 4 + [3] * 4 + [-3] * 7 + [3] * 3 + [-3]
        await here.press("h")
        assert units_asked(here)[-1] == p.ShowUnit(None, "")
        await here.press("end", "h")
        assert units_asked(here)[-1] == p.ShowUnit(None, '"')


async def test_the_unit_follows_text_that_streams_and_paints_new_rows_only() -> None:
    async with stage() as here:
        await here.type("once")
        await here.press("tab", "c", "enter")
        await here.write(300)
        regions: list[Any] = []
        refresh = here.screen.output.refresh

        def spy(*some: Any, **options: Any) -> Any:
            regions.extend(some or [None])
            return refresh(*some, **options)

        here.screen.output.refresh = spy
        await here.write(20)
        assert regions
        assert None not in regions
        track = here.state.track
        assert track.stop == here.state.length == 324
        expected = [round(STEPS * here.engine._activation(0, i) / track.scale) for i in range(324)]
        assert levels(track, 324) == expected


async def test_a_model_without_units_says_so_in_one_line() -> None:
    engine = FakeEngine()
    engine.units = 0
    async with stage(engine=engine) as here:
        await quoted(here)
        await here.press("c")
        assert "tales-lstm has no hidden units" in screen_text(here.app)
        await here.press("k")
        assert "no hidden units" in screen_text(here.app)
        assert here.screen.output.view.track.unit is None


async def test_the_unit_is_kept_and_asked_for_again() -> None:
    async with stage() as here:
        await quoted(here)
        await here.press("c", "k", "k")
        here.app.keep()
        here.engine.kill()
        await until(here.pilot, lambda: here.engine.starts == 2)
        await here.settle()
        assert units_asked(here)[-1] == p.ShowUnit(1, "")
        here.app.controller.open("names-gru")
        await here.settle()
        assert units_asked(here)[-1] == p.ShowUnit(None, "")
    preferences, last = load_preferences()[0], load_last()[0]
    assert (preferences.colouring, last.unit, last.mark) == ("unit", 1, "")
    async with stage(preferences=preferences, last=last) as again:
        assert "unit 1, 3 of 6" in screen_text(again.app)


@pytest.mark.parametrize("size", [SMALL, LARGE])
async def test_unit_and_legend_have_room(size: tuple[int, int]) -> None:
    async with stage(size) as here:
        await quoted(here)
        await here.press("c")
        assert "−1 aaaaaaa +1" in screen_text(here.app)
        assert "unit 0" in screen_text(here.app)


def grounds(here: Stage, count: int) -> list[Any]:
    """What is behind the first letters of the text, as painted."""
    region = here.screen.output.content_region
    strip = here.app.screen._compositor.render_strips()[region.y]
    row = [segment.style for segment in strip for _ in segment.text]
    return [style.bgcolor if style is not None else None for style in row[region.x : region.x + count]]


async def test_another_unit_repaints_text_that_stays() -> None:
    async with stage() as here:
        await quoted(here)
        ground = Color.parse(here.app.current_theme.background or "")
        styles = unit_styles(here.app.current_theme, ground, no_color=False)
        await here.press("c", "k")
        track = here.state.track
        assert track.unit == 4
        assert grounds(here, 18) == [styles[track.level(i) + STEPS].bgcolor for i in range(18)]


async def test_the_scale_below_the_text_follows_the_theme() -> None:
    async with stage() as here:
        await here.type("once")
        await here.press("tab", "c")
        await until(here.pilot, lambda: "unit" in str(here.screen.output.border_subtitle))
        before = here.screen.output.border_subtitle
        here.app.theme = next(theme.name for theme in COLOURED if theme.name != here.app.theme and not theme.dark)
        await here.settle()
        after = here.screen.output.border_subtitle
        assert after != before
        here.screen.output.notify_style_update()
        assert here.screen.output.border_subtitle == after
