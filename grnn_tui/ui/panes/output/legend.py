"""The lines around a text that is coloured by a hidden unit: which one, its range, and what the colours mean."""

from __future__ import annotations

import msgspec

from grnn_tui.playing.marks import encloses
from grnn_tui.ui.figures import shown_name
from grnn_tui.ui.markers import UNICODE, Glyphs
from grnn_tui.ui.track import STEPS, Track

SAMPLE = "a"
"""A letter in each colour of the scale: it shows bold, underlined and reversed too."""


class Piece(msgspec.Struct, frozen=True):
    """Some of a line; `level` is of the scale."""

    text: str
    level: int | None = None


def order_text(track: Track | None, glyphs: Glyphs = UNICODE) -> str:
    """What the units are ordered by, and how well this one follows it."""
    if track is None or track.unit is None:
        return ""
    if not track.mark:
        return f" {glyphs.dot} by variance"
    where = "inside" if encloses(track.mark) else "at"
    return f" {glyphs.dot} {where} {shown_name(track.mark, glyphs)} r {_signed(track.score, glyphs)}"


def unit_line(track: Track | None, width: int, glyphs: Glyphs = UNICODE) -> tuple[Piece, ...]:
    """Unit, place in the order, range and legend, as far as there is room."""
    if track is None:
        return (Piece("hidden unit"),)
    if track.unit is None:
        return (Piece("no hidden units"),)
    name, dot = f"unit {track.unit}", f" {glyphs.dot} "
    place = f"{name}, {track.order.index(track.unit) + 1} of {len(track.order)}" if track.unit in track.order else name
    span = f"{_signed(track.low, glyphs)} to {_signed(track.high, glyphs)}"
    levels = tuple(Piece(SAMPLE, level) for level in range(-STEPS, STEPS + 1))
    legend = (Piece(f"{glyphs.minus}{track.scale:g} "), *levels, Piece(f" +{track.scale:g}"))
    candidates: tuple[tuple[Piece, ...], ...] = (
        (Piece(place + dot + span + dot), *legend),
        (Piece(name + dot + span + dot), *legend),
        (Piece(name + dot), *legend),
        (Piece(name),),
    )
    fitting = (pieces for pieces in candidates if sum(len(piece.text) for piece in pieces) <= width)
    return next(fitting, ())


def _signed(value: float, glyphs: Glyphs) -> str:
    return f"{value:+.2f}".replace("-", glyphs.minus)
