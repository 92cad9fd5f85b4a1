"""The screen: keys to paint, text that streams, a trainer that is watched, redraws of long runs.

make bench-screen
"""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks import chart, hour, keys, streaming, watching
from benchmarks.report import Table


def tables() -> Iterator[Table]:
    """Idle keys, streaming, watching, an hour of text, then the chart."""
    for part in (keys, streaming, watching, hour, chart):
        yield from part.tables()
