"""Settings of drawing as a value, the steps that keys take through it, and the rows that show it."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from typing import Literal

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from grnn_tui.playing.settings import Sampling
from grnn_tui.ui.markers import UNICODE, Glyphs
from grnn_tui.ui.widgets.lines import Cell, Row, fitted

Name = Literal["temperature", "top_k", "top_p", "min_p", "penalty", "length", "speed", "seed"]

SEEDS = 1_000_000
SPEEDS = (2, 5, 10, 20, 40, 80, 160, 320, 640, 0)
"""Symbols a second; 0 is as fast as it goes."""
LENGTHS = (1, 10, 50, 100, 200, 400, 800, 1600, 3200, 10_000, 50_000, 100_000, 1_000_000)
TOP_KS = (1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 20, 30, 40, 60, 80, 120, 200, 0)


class Controls(Struct, frozen=True):
    """How to draw, how much, how fast, and with which luck."""

    sampling: Sampling = Sampling()
    seed: int = 1
    random_seed: bool = False
    """Whether each writing takes a seed of its own."""
    length: int = 400
    per_second: int = 80


class Setting(Struct, frozen=True):
    """One row of the pane."""

    name: Name
    label: str
    short: str
    unit: str
    """What the value means at its end of the scale."""


SETTINGS: tuple[Setting, ...] = (
    Setting("temperature", "temperature", "temp", ""),
    Setting("top_k", "top-k", "top-k", ""),
    Setting("top_p", "top-p", "top-p", ""),
    Setting("min_p", "min-p", "min-p", ""),
    Setting("penalty", "repetition", "rep", ""),
    Setting("length", "length", "len", ""),
    Setting("speed", "speed", "speed", "/s"),
    Setting("seed", "seed", "seed", ""),
)


def value_text(controls: Controls, name: Name) -> str:
    """A setting as it is written."""
    sampling = controls.sampling
    texts: dict[Name, str] = {
        "temperature": "greedy" if sampling.temperature == 0 else f"{sampling.temperature:.2f}",
        "top_k": "all" if sampling.top_k == 0 else str(sampling.top_k),
        "top_p": "all" if sampling.top_p >= 1 else f"{sampling.top_p:.2f}",
        "min_p": "off" if sampling.min_p == 0 else f"{sampling.min_p:.2f}",
        "penalty": "off" if sampling.repetition_penalty == 1 else f"{sampling.repetition_penalty:.2f}",
        "length": str(controls.length),
        "speed": "full" if controls.per_second == 0 else str(controls.per_second),
        "seed": str(controls.seed),
    }
    return texts[name]


def place(controls: Controls, name: Name) -> float | None:
    """Where the knob of a slider stands, 0 to 1; None: no slider."""
    sampling = controls.sampling
    if name == "temperature":
        return min(1.0, sampling.temperature / 2)
    if name == "top_k":
        return 1.0 if sampling.top_k == 0 else min(1.0, bisect_left(TOP_KS[:-1], sampling.top_k) / (len(TOP_KS) - 1))
    if name == "top_p":
        return sampling.top_p
    if name == "min_p":
        return min(1.0, sampling.min_p / 0.5)
    if name == "penalty":
        return min(1.0, max(0.0, (sampling.repetition_penalty - 0.5) / 1.5))
    if name == "length":
        return min(1.0, bisect_left(LENGTHS, controls.length) / (len(LENGTHS) - 1))
    if name == "speed":
        return SPEEDS.index(controls.per_second) / (len(SPEEDS) - 1) if controls.per_second in SPEEDS else 0.5
    return None


def stepped(controls: Controls, name: Name, by: int) -> Controls:
    """The setting one step (or several) up or down its scale; stops at the ends."""
    sampling = controls.sampling
    if name == "temperature":
        return _sampled(controls, temperature=_moved(sampling.temperature, 0.05, by, 0.0, 5.0))
    if name == "top_k":
        return _sampled(controls, top_k=_along(TOP_KS[:-1], sampling.top_k, by, beyond=0))
    if name == "top_p":
        return _sampled(controls, top_p=_moved(sampling.top_p, 0.05, by, 0.05, 1.0))
    if name == "min_p":
        return _sampled(controls, min_p=_moved(sampling.min_p, 0.01, by, 0.0, 0.5))
    if name == "penalty":
        return _sampled(controls, repetition_penalty=_moved(sampling.repetition_penalty, 0.05, by, 0.5, 2.0))
    if name == "length":
        return replace(controls, length=_along(LENGTHS, controls.length, by))
    if name == "speed":
        return replace(controls, per_second=_along(SPEEDS[:-1], controls.per_second, by, beyond=0))
    return replace(controls, seed=max(0, controls.seed + by))


def cleared(controls: Controls, name: Name) -> Controls:
    """The setting at its default."""
    fresh = Controls()
    if name == "length":
        return replace(controls, length=fresh.length)
    if name == "speed":
        return replace(controls, per_second=fresh.per_second)
    if name == "seed":
        return replace(controls, seed=fresh.seed, random_seed=False)
    field_name = "repetition_penalty" if name == "penalty" else name
    return _sampled(controls, **{field_name: getattr(fresh.sampling, field_name)})


def control_rows(
    controls: Controls, selected: int, width: int, height: int, *, focused: bool, glyphs: Glyphs = UNICODE
) -> tuple[Row, ...]:
    """One setting a row with a slider, or two a row where there is little height."""
    if width < 12 or height < 1:
        return ()
    if _paired(width, height):
        half, left = -(-len(SETTINGS) // 2), width // 2
        return tuple(
            (
                *_short(controls, index, selected, left, focused, glyphs),
                *_short(controls, index + half, selected, width - left, focused, glyphs),
            )
            for index in range(half)
        )
    return tuple(
        fitted(_long(controls, index, selected, width, focused, glyphs), width) for index in range(len(SETTINGS))
    )


def setting_at(x: int, y: int, width: int, height: int) -> tuple[int, int]:
    """Which setting the mouse is on, and whether it turns it down (-1), up (1) or neither (0)."""
    if _paired(width, height):
        half, left = -(-len(SETTINGS) // 2), width // 2
        index, column, room = (y, x, left) if x < left else (y + half, x - left, width - left)
        arrows = (room - 8, room - 2)
    else:
        index, column, arrows = y, x, (14, 23)
    turn = -1 if abs(column - arrows[0]) <= 1 else 1 if abs(column - arrows[1]) <= 1 else 0
    return index, turn


def _paired(width: int, height: int) -> bool:
    """Whether two settings share a row: there are too few rows, and a half has room for four letters and a value."""
    return height < len(SETTINGS) and width // 2 >= 13


def _long(controls: Controls, index: int, selected: int, width: int, focused: bool, glyphs: Glyphs) -> Row:
    setting = SETTINGS[index]
    here = focused and index == selected
    text = value_text(controls, setting.name)
    role = "selected" if here else "text"
    arrow = "accent" if here else "faint"
    cells = [
        Cell(glyphs.arrow if here else " ", "accent"),
        Cell(f"{setting.label:<13}", "strong" if here else "dim"),
        Cell(glyphs.less, arrow),
        Cell(f"{text:>7} ", role),
        Cell(glyphs.more, arrow),
    ]
    room = width - 14 - 10 - 3
    knob = place(controls, setting.name)
    if setting.name == "seed":
        cells.append(Cell("  new each time" if controls.random_seed else "  fixed", "dim"))
    elif knob is not None and room >= 6:
        cells += _slider(knob, min(room, 24), default=text in ("all", "off"), here=here, glyphs=glyphs)
    return tuple(cells)


def _slider(knob: float, cells: int, *, default: bool, here: bool, glyphs: Glyphs) -> list[Cell]:
    at = round(knob * (cells - 1))
    return [
        Cell("  " + glyphs.rail * at, "raw" if default else "used"),
        Cell(glyphs.knob, "accent" if here else "dim" if default else "used"),
        Cell(glyphs.rail * (cells - 1 - at), "removed"),
    ]


def _short(controls: Controls, index: int, selected: int, width: int, focused: bool, glyphs: Glyphs) -> list[Cell]:
    setting = SETTINGS[index]
    here = focused and index == selected
    text = value_text(controls, setting.name)
    if setting.name == "seed" and controls.random_seed:
        text = "new"
    label = f"{setting.short:<{max(4, width - 9)}}"[: max(4, width - 9)]
    arrow = "accent" if here else "faint"
    return [
        Cell(f"{label}", "strong" if here else "dim"),
        Cell(glyphs.less, arrow),
        Cell(f"{text[:6]:>6}", "selected" if here else "text"),
        Cell(glyphs.more, arrow),
        Cell(" "),
    ]


def _sampled(controls: Controls, **changes: float) -> Controls:
    return replace(controls, sampling=msgspec.structs.replace(controls.sampling, **changes))


def _moved(value: float, step: float, by: int, low: float, high: float) -> float:
    return round(min(high, max(low, round(value / step) * step + by * step)), 4)


def _along(scale: tuple[int, ...], value: int, by: int, beyond: int | None = None) -> int:
    """`by` steps along ascending `scale`; `beyond` is what follows its last value."""
    if beyond is not None and value == beyond:
        at = len(scale)
    else:
        at = bisect_left(scale, value) if by >= 0 or value in scale else bisect_right(scale, value)
        if value not in scale and by > 0:
            at -= 1
    at = max(0, at + by)
    if at >= len(scale):
        return scale[-1] if beyond is None else beyond
    return scale[at]
