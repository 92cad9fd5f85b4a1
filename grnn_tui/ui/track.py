"""What one hidden unit does along the text, as the screen holds it."""

from __future__ import annotations

import math

import msgspec

from grnn_tui.engine.protocol import UnitShown

STEPS = 3
"""Of the scale on either side of nothing."""
_FLOAT = 4


class Track(msgspec.Struct, frozen=True):
    """The activations of `unit` at the positions from `first` on, 32-bit floats."""

    unit: int | None
    """None: the model has no hidden units."""
    mark: str = ""
    order: tuple[int, ...] = ()
    score: float = 0.0
    low: float = 0.0
    high: float = 0.0
    first: int = 0
    values: bytes = b""

    @property
    def stop(self) -> int:
        """The position after the last one that is known."""
        return self.first + len(self.values) // _FLOAT

    @property
    def scale(self) -> float:
        """Where the scale ends: 1, 2 or 5 times a power of ten, so that it seldom moves as the text grows."""
        return scale_for(max(abs(self.low), abs(self.high)))

    def level(self, position: int) -> int | None:
        """-STEPS .. STEPS; None where nothing is known."""
        if not self.first <= position < self.stop:
            return None
        value = memoryview(self.values).cast("f")[position - self.first]
        return None if math.isnan(value) else round(max(-STEPS, min(STEPS, STEPS * value / self.scale)))

    def changed_from(self, older: Track | None) -> int:
        """The first position that may look different from `older`."""
        if older is None or (older.unit, older.first, older.scale) != (self.unit, self.first, self.scale):
            return 0
        if self.values.startswith(older.values) or older.values.startswith(self.values):
            return min(self.stop, older.stop)
        return 0


def told(track: Track | None, shown: UnitShown) -> Track | None:
    """The track with what has been told; as it was, if that continues something else."""
    before = b""
    if shown.start > shown.first:
        if track is None or track.unit != shown.unit or not track.first <= shown.first <= shown.start <= track.stop:
            return track
        before = track.values[_FLOAT * (shown.first - track.first) : _FLOAT * (shown.start - track.first)]
    return Track(
        shown.unit,
        shown.mark,
        tuple(shown.order),
        shown.score,
        shown.low,
        shown.high,
        shown.first,
        before + shown.values,
    )


def scale_for(size: float) -> float:
    """The least of ... 0.1, 0.2, 0.5, 1, 2, 5 ... that is not below `size`; 1 for 0, and for what is no number."""
    if not 0 < size < math.inf:
        return 1.0
    power = 10.0 ** math.floor(math.log10(size))
    return next(digit * power for digit in (1, 2, 5, 10) if digit * power >= size * (1 - 1e-6))
