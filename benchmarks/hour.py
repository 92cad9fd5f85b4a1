"""An hour of text in the screen's process, faster than it would take: what a frame costs, and what memory holds.

    make bench-screen

1,080,000 symbols are an hour at 300 a second. They come in frames of 1200 to the real app, 120 x 40, which runs without
a terminal but lays out and renders each of its frames; the engine is a process of its own and has no part in this. The
text is one passage over and over, so that late frames hold what early ones do.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

from benchmarks.background import resident_bytes
from benchmarks.home import environment
from benchmarks.report import Table, line

SYMBOLS = 300 * 3600
AT_ONCE = 1200
PASSAGE = "One winter in Kettleby lived a wrinkled fisher.\nShe smelled rain, and painted a small orchard blue. "
MARKS = (0.1, 0.5, 1.0)
"""Shares of the hour at which memory is looked at."""
SAMPLED = 50
"""Frames at each end whose cost is compared."""


class SilentEngine:
    """Says nothing by itself."""

    running = True

    async def start(self) -> None:
        """It has been."""

    def send(self, request: object) -> None:
        """Nothing comes of it."""

    async def events(self) -> AsyncIterator[Any]:
        """None, for ever."""
        await asyncio.Event().wait()
        yield

    async def restart(self) -> None:
        """It never dies."""

    async def close(self) -> None:
        """Nothing to end."""

    def kill(self) -> None:
        """Nothing to end."""


async def played() -> dict[str, list[float]]:
    """Milliseconds of a processor for each of the first and the last frames, and megabytes at each mark."""
    from grnn_tui.engine.protocol import Frame, ModelOpened, Splice, Totals
    from grnn_tui.ui.app import GrnnApp

    labels = list(PASSAGE * AT_ONCE)[:AT_ONCE]
    symbols, bits = [ord(label) for label in labels], [(at * 7 % 50) / 8 for at in range(AT_ONCE)]
    app, frames, held = GrnnApp(SilentEngine()), [], []
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.pause(0.5)
        app.link._inbox.append(ModelOpened("m", "m", "lstm", "", None, False, "character", list(map(chr, range(128)))))
        total = SYMBOLS // AT_ONCE
        for count in range(total):
            length = (count + 1) * AT_ONCE
            splices, totals = [Splice(length - AT_ONCE, labels, symbols, bits)], Totals(length, 2.0 * length, 0, 0.0)
            app.link._inbox.append(Frame(splices, 0, length, length, 0, "", None, totals, True, 300.0))
            before = time.thread_time()
            app.take_events()
            await pilot.pause()
            frames.append(1000 * (time.thread_time() - before))
            if count + 1 in [round(share * total) for share in MARKS]:
                held.append(resident_bytes(os.getpid()) / 1e6)
        if app.controller.state.transcript.length != SYMBOLS:
            raise AssertionError("the screen has not taken the whole hour in")
    return {"first": frames[2 * SAMPLED : 3 * SAMPLED], "last": frames[-SAMPLED:], "held": held}


def tables() -> Iterator[Table]:
    """One hour."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "benchmarks.hour"]
        done = subprocess.run(command, env=environment(Path(folder)), stdout=subprocess.PIPE, check=True)
    told = json.loads(done.stdout)
    first, last, held = sorted(told["first"]), sorted(told["last"]), told["held"]
    yield Table(
        f"An hour of text at 300 symbols/s, in frames of {AT_ONCE}",
        [
            line("a frame after about 150,000 symbols", first, "ms"),
            line("a frame at the end, of 1,080,000 symbols", last, "ms"),
            line(
                "the same, to the early ones",
                [b / a for a, b in zip(first, last, strict=True)],
                "x",
                1.2,
            ),
            line("memory of the screen's process after 10 % of the hour", held[:1], "MB"),
            line("after 50 %", held[1:2], "MB"),
            line("after all of it", held[2:], "MB"),
            line("growth from 10 % to the end", [held[2] - held[0]], "MB", 50),
        ],
    )


if __name__ == "__main__":
    json.dump(asyncio.run(played()), sys.stdout)
