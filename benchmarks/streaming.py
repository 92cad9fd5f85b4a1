"""Keys while text streams: how long until a key shows, what the terminal is sent, what the screen's process uses.

    make bench-screen

The real program on a pseudo-terminal of 120 x 40, the text pane in focus, the default model writing; keys turn the
temperature, which the next symbol is drawn with. Beside it a real trainer of an LSTM of 256 units runs flat out in a
process of its own and is followed in the pane and in the top line. Output is kept with its time and looked at after
the last key, so that no terminal emulator competes with what is measured. Other load on the machine makes keys wait:
beside the whole time stands that without the waits of the screen's main thread for a processor, as the kernel counts
them.
"""

from __future__ import annotations

import math
import random
import re
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from benchmarks.background import cpu_seconds, trainer
from benchmarks.home import left_with
from benchmarks.keys import p95
from benchmarks.report import Table, line
from benchmarks.terminal import Terminal
from grnn_tui.runs.directory import Run

ROUNDS = 2
KEYS = 40
"""In a round: up from 1.00 by steps of 0.05, and back."""
LINK = 100_000.0
"""Bytes a second."""
_TEMPERATURE = re.compile(r"temperature\s+\S\s+(\d\.\d\d)")
_WRITTEN = re.compile(r"Text . (\d+) of")


@dataclass(frozen=True)
class Streamed:
    """What one round has shown."""

    keys: list[float]
    """Milliseconds from each key to its figure."""
    own: list[float]
    """Of those, without the time in which the screen waited for a processor."""
    kilobytes: float
    """A second."""
    core: float
    """Of a processor, used by the screen's process."""
    frames: float
    """A second."""
    symbols: float
    """A second."""


@dataclass(frozen=True)
class Pressed:
    """A key that turned the temperature up or down to a value."""

    moment: float
    waited: float
    value: float
    up: bool

    def shows(self, terminal: Terminal, moment: float) -> bool:
        """Whether it does by now; of keys that are painted together the last figure counts for all."""
        shown = shown_temperature(terminal)
        return moment >= self.moment and (shown >= self.value if self.up else shown <= self.value)


def shown_temperature(terminal: Terminal) -> float:
    """As it stands in the controls."""
    found = _TEMPERATURE.search(terminal.row(2))
    if found is None:
        raise AssertionError("no temperature is shown:\n" + "\n".join(terminal.screen.display))
    return float(found[1])


def shown_length(terminal: Terminal) -> int:
    """Symbols written, as the title of the text says."""
    found = _WRITTEN.search(terminal.row(6))
    return int(found[1]) if found else 0


def streamed(home: Path, per_second: int, run: Run | None, bytes_per_second: float = math.inf) -> Streamed:
    """Let it write at `per_second` (0: as fast as it goes) and press keys."""
    left = left_with(home, run=None if run is None else run.path, per_second=per_second, length=1_000_000)
    terminal = Terminal([sys.executable, "-m", "grnn_tui"], 120, 40, left, bytes_per_second=bytes_per_second)
    try:
        terminal.wait(lambda rows: any("█" in row for row in rows))
        if run is not None:
            terminal.wait_for("train ")
        terminal.send("\r")
        terminal.wait(lambda rows: any(_WRITTEN.search(row) for row in rows))
        terminal.send("\t")
        terminal.read_for(1.0)
        return _measured(terminal)
    finally:
        terminal.close()


def _measured(terminal: Terminal) -> Streamed:
    value = shown_temperature(terminal)
    pauses, pressed = random.Random(1), list[Pressed]()
    length, used, taken = shown_length(terminal), cpu_seconds(terminal.pid), terminal.bytes_read
    terminal.keep = True
    for count in range(KEYS):
        up = count < KEYS // 2
        value = round(value + (0.05 if up else -0.05), 2)
        waited = terminal.waited()
        pressed.append(Pressed(terminal.send("=" if up else "-"), waited, value, up))
        terminal.read_for(pauses.uniform(0.1, 0.3))
    terminal.keep = False
    used, taken = cpu_seconds(terminal.pid) - used, terminal.bytes_read - taken
    painted: list[tuple[float, float]] = []
    lengths = [length]
    moment = began = pressed[0].moment
    for moment, waited in terminal.replay():
        while len(painted) < KEYS and pressed[len(painted)].shows(terminal, moment):
            key = pressed[len(painted)]
            painted.append((1000 * (moment - key.moment), 1000 * (moment - key.moment - (waited - key.waited))))
        lengths.append(shown_length(terminal))
    if len(painted) < KEYS:
        raise AssertionError(f"{KEYS - len(painted)} keys never showed")
    seconds = moment - began
    return Streamed(
        keys=[whole for whole, _ in painted],
        own=[own for _, own in painted],
        kilobytes=taken / seconds / 1000,
        core=used / seconds,
        frames=sum(a != b for a, b in pairwise(lengths)) / seconds,
        symbols=(lengths[-1] - lengths[0]) / seconds,
    )


def tables() -> Iterator[Table]:
    """With and without a trainer, local and over a slow link, in turn."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        local: list[Streamed] = []
        slow: list[Streamed] = []
        alone = [streamed(home, 0, None) for _ in range(ROUNDS)]
        with trainer(home) as run:
            for _ in range(ROUNDS):
                local.append(streamed(home, 0, run))
                slow.append(streamed(home, 320, run, LINK))
    yield Table(
        "Keys while text streams at full speed, an LSTM 256 being trained beside it and followed",
        [
            line("key to paint, median", [key for r in local for key in r.keys], "ms"),
            line("key to paint, p95", [p95(r.keys) for r in local], "ms", 50),
            line("the same, but for waiting for a processor", [p95(r.own) for r in local], "ms", 50),
            line("processor of the screen's process", [r.core for r in local], "core", 0.3),
            line("frames", [r.frames for r in local], "/s"),
            line("processor, were it 30 frames/s", [30 * r.core / r.frames for r in local], "core", 0.3),
            line("symbols written", [r.symbols for r in local], "/s"),
            line("output", [r.kilobytes for r in local], "KB/s"),
            line("no trainer: key to paint, p95", [p95(r.keys) for r in alone], "ms"),
            line("no trainer: processor of the screen's process", [r.core for r in alone], "core"),
        ],
    )
    yield Table(
        "Keys over a link of 100 KB/s while text streams at 300 symbols/s, the same trainer beside it",
        [
            line("key to paint, median", [key for r in slow for key in r.keys], "ms"),
            line("key to paint, p95", [p95(r.keys) for r in slow], "ms", 60),
            line("the same, but for waiting for a processor", [p95(r.own) for r in slow], "ms", 60),
            line("output", [r.kilobytes for r in slow], "KB/s", 25),
            line("frames", [r.frames for r in slow], "/s"),
            line("symbols written", [r.symbols for r in slow], "/s", 290, at_most=False),
        ],
    )
