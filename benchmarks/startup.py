"""First paint and first bars, against a bare Textual application started in turn with ours.

The engine starts beside the screen: where other load leaves it no processor of its own, the paint waits longer than a
bare application does. The ratio of processor times, of the screen's process alone, tells the two apart.

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


def bare(home: Path) -> tuple[float, float]:
    """Seconds to the first paint of one Static, and those of a processor."""
    terminal = Terminal(BARE, 120, 40, environment(home))
    try:
        return terminal.wait_for("READY") - terminal.started, terminal.ran()
    finally:
        terminal.close()


def ours(home: Path) -> tuple[float, float, float]:
    """Seconds to the first paint of the playground, those of its processor, and seconds to the default model's bars."""
    terminal = Terminal(OURS, 120, 40, environment(home))
    try:
        paint, used = terminal.wait_for("Prompt") - terminal.started, terminal.ran()
        bars = terminal.wait(lambda rows: any("█" in row for row in rows)) - terminal.started
        return paint, used, bars
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
        pairs = [(bare(home), ours(home)) for _ in range(ROUNDS)]
    yield Table(
        "Start-up",
        [
            line("bare Textual app, first paint", [wall for (wall, _), _ in pairs], "s"),
            line("grnn-tui, first paint", [paint for _, (paint, _, _) in pairs], "s"),
            line("first paint, ratio", [paint / wall for (wall, _), (paint, _, _) in pairs], "x", 1.4),
            line("its processor time, ratio", [used / bare for (_, bare), (_, used, _) in pairs], "x", 1.4),
            line("bars after first paint", [bars - paint for _, (paint, _, bars) in pairs], "s", 0.3),
            line("grnn-tui --help", [help_seconds() for _ in range(ROUNDS)], "s", 0.2),
        ],
    )
