"""The screen: keys to paint, redraws of long runs.

make bench-screen
"""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks import chart, keys
from benchmarks.report import Table


def tables() -> Iterator[Table]:
    """Keys, then the chart."""
    yield from keys.tables()
    yield from chart.tables()
