"""Which glyphs this terminal can draw: braille, half blocks, or ASCII alone."""

from __future__ import annotations

import codecs
import os
import sys
from collections.abc import Mapping

from msgspec import Struct

from grnn_tui.ui.widgets.chart_raster import MARKERS, Markers

VARIABLE = "GRNN_TUI_MARKERS"


class Glyphs(Struct, frozen=True):
    """Signs of the screen, in one of two alphabets of the same widths."""

    eighths: tuple[str, ...]
    """A cell filled from the left by 1/8 ... 8/8."""
    dot: str
    arrow: str
    less: str
    more: str
    knob: str
    rail: str
    fork: str
    ellipsis: str
    separator: str
    dash: str
    enter: str
    minus: str
    live: str

    @property
    def ascii_only(self) -> bool:
        """Whether foreign text must be ASCII too."""
        return self.dot == "*"


UNICODE = Glyphs(
    eighths=("▏", "▎", "▍", "▌", "▋", "▊", "▉", "█"),
    dot="·",
    arrow="▸",
    less="◂",
    more="▸",
    knob="●",
    rail="─",
    fork="┆",
    ellipsis="…",
    separator="│",
    dash="—",
    enter="↵",
    minus="−",
    live="●",
)
ASCII = Glyphs(
    eighths=(" ", " ", " ", "-", "-", "=", "=", "#"),
    dot="*",
    arrow=">",
    less="<",
    more=">",
    knob="o",
    rail="-",
    fork="|",
    ellipsis="~",
    separator="|",
    dash="-",
    enter="enter",
    minus="-",
    live="*",
)


def glyphs_for(markers: Markers) -> Glyphs:
    """The signs that go with a step of the ladder."""
    return ASCII if markers == "ascii" else UNICODE


def choose_markers(wanted: str, environment: Mapping[str, str] = os.environ, encoding: str | None = None) -> Markers:
    """The step of the ladder to stand on: what was asked for, else what the locale can encode.

    `wanted` comes from the command line or the settings; empty or `auto` leaves it to `GRNN_TUI_MARKERS` and then to
    the locale. A terminal that is no UTF-8 one gets ASCII.
    """
    for name in (wanted, environment.get(VARIABLE, "")):
        for step in MARKERS:
            if name == step:
                return step
    named = environment.get("LC_ALL") or environment.get("LC_CTYPE") or environment.get("LANG") or ""
    encoding = encoding or getattr(sys.__stderr__, "encoding", None) or "utf-8"
    try:
        utf8 = codecs.lookup(encoding).name == "utf-8"
    except LookupError:
        utf8 = False
    if named in ("C", "POSIX") or not utf8:
        return "ascii"
    return "blocks" if environment.get("TERM", "") == "linux" else "braille"
