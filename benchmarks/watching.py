"""What watching costs the trainer: its rate with the monitor open on it and with nobody there, in turn.

    make bench-screen

One real run of an LSTM of 256 units on one thread, and a playground on a pseudo-terminal, 120 x 40, with the monitor
open on that run. The playground is stopped and continued with signals, so that both periods are of the same two
processes; each period's tokens come from the run's own log, over the time between its rows, and each ratio is of two
neighbours. Beside the rate over time stands that over the trainer's own processor time, which other load on the
machine hardly moves: it tells what is lost to shared caches and clocks, the first also what is lost by waiting.
"""

from __future__ import annotations

import os
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.background import cpu_seconds, trainer
from benchmarks.home import left_with
from benchmarks.report import Table, line
from benchmarks.terminal import Terminal
from grnn_tui.runs.directory import Run
from grnn_tui.runs.lock import read_owner
from grnn_tui.runs.metrics import last_rows
from grnn_tui.runs.rows import Trained

PAIRS = 8
PERIOD = 2.0
"""Seconds."""


def monitor(home: Path, run: Run) -> Terminal:
    """The playground with the run at full size."""
    terminal = Terminal([sys.executable, "-m", "grnn_tui"], 120, 40, left_with(home, run=run.path))
    terminal.wait_for("train ")
    for key, shown in (("\t", "Training"), ("m", "ema .9")):
        terminal.send(key)
        terminal.wait_for(shown)
    terminal.settle(seconds=2.0)
    return terminal


@dataclass(frozen=True)
class Mark:
    """Where a trainer stood when it wrote a row."""

    tokens: int
    at: float
    used: float
    """Of the processor, seconds."""


def newest(run: Run) -> Trained:
    """The newest row of training."""
    return [row for row in last_rows(run.metrics) if isinstance(row, Trained)][-1]


def next_mark(run: Run, pid: int, wait: Callable[[float], None]) -> Mark:
    """The moment at which the next row comes."""
    before = newest(run)
    while (row := newest(run)).step == before.step:
        wait(0.02)
    assert row.at is not None
    return Mark(row.tokens, row.at, cpu_seconds(pid))


def rates(run: Run, pid: int, terminal: Terminal, watched: bool) -> tuple[float, float]:
    """Thousands of tokens a second, and a second of the trainer's processor, over one period."""
    os.kill(terminal.pid, signal.SIGCONT if watched else signal.SIGSTOP)
    wait = terminal.read_for if watched else time.sleep
    wait(0.3)
    begun = next_mark(run, pid, wait)
    wait(PERIOD)
    ended = next_mark(run, pid, wait)
    thousands = (ended.tokens - begun.tokens) / 1000
    return thousands / (ended.at - begun.at), thousands / (ended.used - begun.used)


def tables() -> Iterator[Table]:
    """Watched and left alone, in turn."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        with trainer(home) as run:
            owner = read_owner(run.path).owner
            assert owner is not None
            terminal = monitor(home, run)
            try:
                pairs = [[rates(run, owner.pid, terminal, watched) for watched in (True, False)] for _ in range(PAIRS)]
            finally:
                os.kill(terminal.pid, signal.SIGCONT)
                terminal.close()
    watched, alone = zip(*pairs, strict=True)
    yield Table(
        "A trainer with the monitor open on it: LSTM 256, one thread",
        [
            line("nobody watches", [rate for rate, _ in alone], "k/s"),
            line("the monitor is open", [rate for rate, _ in watched], "k/s"),
            line("watched, to unwatched", [a / b for (a, _), (b, _) in pairs], "x", 0.97, at_most=False),
            line("the same per second of its processor", [a / b for (_, a), (_, b) in pairs], "x", 0.97, at_most=False),
        ],
    )
