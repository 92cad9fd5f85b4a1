"""First paint and first bars, against a bare Textual application started in turn with ours.

make bench-startup
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.home import environment
from benchmarks.report import Table, line
from benchmarks.terminal import Terminal

ROUNDS = 9
BARE = [sys.executable, "-m", "benchmarks.bare_app"]
OURS = [sys.executable, "-m", "grnn_tui"]


def bare(home: Path) -> float:
    """Seconds to the first paint of one Static."""
    terminal = Terminal(BARE, 120, 40, environment(home))
    try:
        return terminal.wait_for("READY") - terminal.started
    finally:
        terminal.close()


def ours(home: Path) -> tuple[float, float]:
    """Seconds to the first paint of the playground, and to the first bars of the default model."""
    terminal = Terminal(OURS, 120, 40, environment(home))
    try:
        paint = terminal.wait_for("Prompt") - terminal.started
        bars = terminal.wait(lambda rows: any("█" in row for row in rows)) - terminal.started
        return paint, bars
    finally:
        terminal.close()


def help_seconds() -> float:
    """Seconds of `grnn-tui --help`."""
    start = time.perf_counter()
    subprocess.run([*OURS, "--help"], check=True, capture_output=True)
    return time.perf_counter() - start


def tables() -> Iterator[Table]:
    """The two in turn, and ratios of neighbours."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        bare(home), ours(home)
        bares, paints, bars = [], [], []
        for _ in range(ROUNDS):
            bares.append(bare(home))
            paint, bar = ours(home)
            paints.append(paint)
            bars.append(bar)
    yield Table(
        "Start-up",
        [
            line("bare Textual app, first paint", bares, "s"),
            line("grnn-tui, first paint", paints, "s"),
            line("first paint, ratio", [a / b for a, b in zip(paints, bares, strict=True)], "x", 1.4),
            line("bars after first paint", [b - p for b, p in zip(bars, paints, strict=True)], "s", 0.3),
            line("grnn-tui --help", [help_seconds() for _ in range(ROUNDS)], "s", 0.2),
        ],
    )
