"""Settings of drawing as a value, the steps that keys take through it, and the rows that show it."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from typing import Literal

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from grnn_tui.playing.settings import Sampling
from grnn_tui.safetext import cell_width, clip, sanitise
from grnn_tui.ui.markers import UNICODE, Glyphs
from grnn_tui.ui.told import Told
from grnn_tui.ui.widgets.lines import Cell, Row, fitted

Name = Literal[
    "temperature",
    "top_k",
    "top_p",
    "min_p",
    "penalty",
    "length",
    "samples",
    "particles",
    "label",
    "feature",
    "value",
    "speed",
    "seed",
]

SEEDS = 1_000_000
SPEEDS = (2, 5, 10, 20, 40, 80, 160, 320, 640, 0)
"""Symbols a second; 0 is as fast as it goes."""
LENGTHS = (1, 10, 50, 100, 200, 400, 800, 1600, 3200, 10_000, 50_000, 100_000, 1_000_000)
SAMPLES = (1, 2, 3, 4, 6, 8, 9, 10, 12, 16, 20, 24, 32, 48, 64)
PARTICLES = (2, 4, 8, 16, 32, 64, 128, 256, 512, 1024)
TOP_KS = (1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 20, 30, 40, 60, 80, 120, 200, 0)


class Controls(Struct, frozen=True):
    """How to draw, how much, how fast, and with which luck."""

    sampling: Sampling = Sampling()
    seed: int = 1
    random_seed: bool = False
    """Whether each writing takes a seed of its own."""
    length: int = 400
    per_second: int = 80
    kind: Literal["text", "binary", "levels", "real"] = "text"
    """What is being written; some settings are about rows only, and some mean nothing to a density."""
    samples: int = 8
    """Of a sheet of rows."""
    particles: int = 32
    """Of each row that has to be completed by importance sampling."""
    row_speed: int = 0
    """Values of each sample a second."""
    told: Told = Told()

    @property
    def speed(self) -> int:
        """Symbols a second; 0 is as fast as it goes."""
        return self.per_second if self.kind == "text" else self.row_speed


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
"""Of a text."""
_ROW_SETTINGS: tuple[Setting, ...] = (
    Setting("samples", "samples", "samp", ""),
    Setting("particles", "particles", "part", ""),
    Setting("speed", "speed", "speed", "/s"),
    Setting("seed", "seed", "seed", ""),
)
_LABEL = Setting("label", "label", "label", "")
_FEATURES = (Setting("feature", "feature", "feat", ""), Setting("value", "its value", "value", ""))


def settings_of(controls: Controls) -> tuple[Setting, ...]:
    """The rows of the pane: truncation means nothing to a density, and rows know no repetition penalty."""
    if controls.kind == "text":
        return (SETTINGS[0], _LABEL, *SETTINGS[1:]) if controls.told.classes else SETTINGS
    shaping = SETTINGS[:1] if controls.kind == "real" else SETTINGS[:4]
    told = (_LABEL,) if controls.told.classes else _FEATURES if controls.told.features else ()
    return (shaping[0], *told, *shaping[1:], *_ROW_SETTINGS)


def natural_speed(length: int) -> int:
    """The speed at which a row of so many values takes about three seconds."""
    return next((speed for speed in SPEEDS[:-1] if speed * 3 >= length), 0)


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
        "speed": "full" if controls.speed == 0 else str(controls.speed),
        "seed": str(controls.seed),
        "samples": str(controls.samples),
        "particles": str(controls.particles),
    }
    if name in texts:
        return texts[name]
    told = controls.told
    return told.label_text if name == "label" else told.feature_text if name == "feature" else told.value_text


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
        return SPEEDS.index(controls.speed) / (len(SPEEDS) - 1) if controls.speed in SPEEDS else 0.5
    if name == "samples":
        return min(1.0, bisect_left(SAMPLES, controls.samples) / (len(SAMPLES) - 1))
    if name == "particles":
        return min(1.0, bisect_left(PARTICLES, controls.particles) / (len(PARTICLES) - 1))
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
        return _paced(controls, _along(SPEEDS[:-1], controls.speed, by, beyond=0))
    if name == "samples":
        return replace(controls, samples=_along(SAMPLES, controls.samples, by))
    if name == "particles":
        return replace(controls, particles=_along(PARTICLES, controls.particles, by))
    if name == "label":
        return replace(controls, told=controls.told.stepped_label(by))
    if name == "feature":
        return replace(controls, told=controls.told.stepped_feature(by))
    if name == "value":
        return replace(controls, told=controls.told.stepped_value(by))
    return replace(controls, seed=max(0, controls.seed + by))


def cleared(controls: Controls, name: Name) -> Controls:
    """The setting at its default."""
    fresh = Controls()
    if name == "length":
        return replace(controls, length=fresh.length)
    if name == "speed":
        return _paced(controls, fresh.per_second)
    if name in ("samples", "particles"):
        return replace(controls, **{name: getattr(fresh, name)})
    if name in ("label", "feature", "value"):
        return replace(controls, told=replace(controls.told, label=0, standard=None))
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
    count = len(settings_of(controls))
    if _paired(width, height, count):
        half, left = -(-count // 2), width // 2
        pairs = []
        for index in range(half):
            row = _short(controls, index, selected, left, focused, glyphs)
            if index + half < count:
                row += _short(controls, index + half, selected, width - left, focused, glyphs)
            pairs.append(tuple(row))
        return tuple(pairs)
    return tuple(fitted(_long(controls, index, selected, width, focused, glyphs), width) for index in range(count))


def setting_at(x: int, y: int, width: int, height: int, count: int = len(SETTINGS)) -> tuple[int, int]:
    """Which setting the mouse is on, and whether it turns it down (-1), up (1) or neither (0)."""
    if _paired(width, height, count):
        half, left = -(-count // 2), width // 2
        index, column, room = (y, x, left) if x < left else (y + half, x - left, width - left)
        arrows = (room - 8, room - 2)
    else:
        index, column, arrows = y, x, (14, 23)
    turn = -1 if abs(column - arrows[0]) <= 1 else 1 if abs(column - arrows[1]) <= 1 else 0
    return index, turn


def _paired(width: int, height: int, count: int) -> bool:
    """Whether two settings share a row: there are too few rows, and a half has room for four letters and a value."""
    return height < count and width // 2 >= 13


def _value(controls: Controls, name: Name, cells: int, glyphs: Glyphs) -> str:
    """A setting in so many cells, at their right end; names of classes and features may be anybody's."""
    text = clip(sanitise(value_text(controls, name), ascii_only=glyphs.ascii_only), cells, glyphs.ellipsis)
    return " " * (cells - cell_width(text)) + text


def _long(controls: Controls, index: int, selected: int, width: int, focused: bool, glyphs: Glyphs) -> Row:
    setting = settings_of(controls)[index]
    here = focused and index == selected
    text = _value(controls, setting.name, 7, glyphs)
    role = "selected" if here else "text"
    arrow = "accent" if here else "faint"
    cells = [
        Cell(glyphs.arrow if here else " ", "accent"),
        Cell(f"{setting.label:<13}", "strong" if here else "dim"),
        Cell(glyphs.less, arrow),
        Cell(f"{text} ", role),
        Cell(glyphs.more, arrow),
    ]
    room = width - 14 - 10 - 3
    knob = place(controls, setting.name)
    if setting.name == "seed":
        cells.append(Cell("  new each time" if controls.random_seed else "  fixed", "dim"))
    elif knob is not None and room >= 6:
        cells += _slider(knob, min(room, 24), default=text.strip() in ("all", "off"), here=here, glyphs=glyphs)
    return tuple(cells)


def _slider(knob: float, cells: int, *, default: bool, here: bool, glyphs: Glyphs) -> list[Cell]:
    at = round(knob * (cells - 1))
    return [
        Cell("  " + glyphs.rail * at, "raw" if default else "used"),
        Cell(glyphs.knob, "accent" if here else "dim" if default else "used"),
        Cell(glyphs.rail * (cells - 1 - at), "removed"),
    ]


def _short(controls: Controls, index: int, selected: int, width: int, focused: bool, glyphs: Glyphs) -> list[Cell]:
    setting = settings_of(controls)[index]
    here = focused and index == selected
    text = _value(controls, setting.name, 6, glyphs)
    if setting.name == "seed" and controls.random_seed:
        text = "   new"
    label = f"{setting.short:<{max(4, width - 9)}}"[: max(4, width - 9)]
    arrow = "accent" if here else "faint"
    return [
        Cell(f"{label}", "strong" if here else "dim"),
        Cell(glyphs.less, arrow),
        Cell(text, "selected" if here else "text"),
        Cell(glyphs.more, arrow),
        Cell(" "),
    ]


def _paced(controls: Controls, speed: int) -> Controls:
    return replace(controls, per_second=speed) if controls.kind == "text" else replace(controls, row_speed=speed)


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
