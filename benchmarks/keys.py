"""Key to paint: a typed character on the screen, in a bare Textual application and in the prompt of the playground.

make bench-screen
"""

from __future__ import annotations

import statistics
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.home import environment
from benchmarks.report import Table, line
from benchmarks.terminal import Terminal

KEYS = 40


def letters() -> Iterator[str]:
    """Characters no screen of ours shows by itself."""
    while True:
        yield from "QZXJ"


def typed(terminal: Terminal) -> list[float]:
    """Milliseconds from each key to its appearance on the screen."""
    taken = []
    for letter, _ in zip(letters(), range(KEYS), strict=False):
        before = sum(row.count(letter) for row in terminal.screen.display)
        sent = terminal.send(letter)
        painted = terminal.wait(lambda rows, a=letter, n=before: sum(row.count(a) for row in rows) > n)  # type: ignore[misc]
        taken.append(1000 * (painted - sent))
        terminal.settle(0.05)
    return taken


def measure(argv: list[str], ready: str, home: Path) -> list[float]:
    """Start a program, wait until it stands, type."""
    terminal = Terminal(argv, 120, 40, environment(home))
    try:
        terminal.wait_for(ready)
        terminal.settle()
        return typed(terminal)
    finally:
        terminal.close()


def p95(values: list[float]) -> float:
    """The 95th percentile."""
    return statistics.quantiles(values, n=20)[-1]


def tables() -> Iterator[Table]:
    """Both programs in turn, two rounds."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        bare: list[list[float]] = []
        ours: list[list[float]] = []
        for _ in range(2):
            bare.append(measure([sys.executable, "-m", "benchmarks.bare_app", "--input"], "READY", home))
            ours.append(measure([sys.executable, "-m", "grnn_tui"], "Prompt", home))
    ratios = [statistics.median(a) / statistics.median(b) for a, b in zip(ours, bare, strict=True)]
    yield Table(
        "Keys to paint, idle",
        [
            line("bare Textual input, median", [statistics.median(values) for values in bare], "ms"),
            line("grnn-tui prompt, median", [statistics.median(values) for values in ours], "ms"),
            line("median, ratio", ratios, "x"),
            line("grnn-tui prompt, p95", [p95(values) for values in ours], "ms", 50),
        ],
    )
