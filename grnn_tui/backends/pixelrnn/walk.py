"""How an LSTM walks over an image: row by row, or along diagonals from either side.

A step updates cells that do not depend on one another, at places lo to hi of a line of `span` places. The cell at
place p reads h at places p + tap of the step before, and continues c at place p of the step before:

    rows        step t: row t              place: column   taps: the row above, around the column
    diagonals   step t: row + column = t   place: row      taps: 0, the cell to the left; -1, the cell above

It also reads the map, at its own place and, walking by rows, at `beside` places before it in the same step.

From the right, columns count from the right. Skewing the map (each row shifted by one) is walking along diagonals.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Step:
    """Cells updated together: `first + n * stride`, counted in raster order, at places `lo` to `hi`."""

    lo: int
    hi: int
    first: int
    stride: int


@dataclass(frozen=True)
class Walk:
    """The steps over an image of `cells` cells, on a line of `span` places."""

    steps: tuple[Step, ...]
    taps: tuple[int, ...]
    span: int
    cells: int
    beside: tuple[int, ...] = (0,)

    @property
    def regular(self) -> bool:
        """Whether every step updates the whole line, cells one after the other."""
        return all(step == Step(0, self.span, t * self.span, 1) for t, step in enumerate(self.steps))

    @property
    def pad(self) -> int:
        """Places beyond either end of the line that taps reach."""
        return max(abs(tap) for tap in self.taps)


def rows(height: int, width: int, kernel: int) -> Walk:
    """From the top, a row at a time; each cell reads `kernel` (odd) cells above, and half of them to the left."""
    steps = tuple(Step(0, width, i * width, 1) for i in range(height))
    reach = kernel // 2
    return Walk(steps, tuple(range(-reach, reach + 1)), width, height * width, tuple(range(min(reach + 1, width))))


def diagonals(height: int, width: int, leftward: bool = False) -> Walk:
    """From the top left corner (or right, walking `leftward`), a diagonal at a time."""
    steps = []
    for t in range(height + width - 1):
        lo, hi = max(0, t - width + 1), min(height, t + 1)
        column = t - lo
        first = lo * width + (width - 1 - column if leftward else column)
        steps.append(Step(lo, hi, first, width + 1 if leftward else width - 1))
    return Walk(tuple(steps), (-1, 0), height, height * width)
