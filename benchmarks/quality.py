"""Nats per character of held-out text after so many seconds of training, against a stock loop and the n-grams.

    make bench-quality

`grnn-tui train TEXT --seconds N` with nothing else chosen but a thread for each core (two at most), and after it the
loop of `benchmarks/stock_loop.py` with as many. Validating and saving are within our seconds; measuring the held-out
end at last is within neither's. GRNN_TUI_BENCH_FULL=1 adds ten minutes of each. The text is tinyshakespeare, in the
folder that `GRNN_TUI_DATA` names or where `grnn-tui fetch` put it; without it, the built-in tales, of which there are
no goals.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.home import environment
from benchmarks.report import Line, Table, line
from grnn_tui.data.builtin.tales import make_tales
from grnn_tui.data.cache import cache_directory

GOALS = {60: 1.56, 180: 1.4697, 600: 1.43}
LONGEST = 600 if os.environ.get("GRNN_TUI_BENCH_FULL") else 180
THREADS = str(min(2, os.cpu_count() or 1))
HELD_OUT = "0.1"
ORDER = "4"
"""Of the n-grams: symbols before the one that is predicted; the best of 1 to 8 on tinyshakespeare."""


def text_file(folder: Path) -> tuple[Path, bool]:
    """The text to train on, and whether it is the one that the goals are of."""
    given = Path(os.environ.get("GRNN_TUI_DATA", "data")) / "tinyshakespeare" / "input.txt"
    for path in (given, cache_directory() / "classics" / "tinyshakespeare"):
        if path.is_file():
            return path, True
    path = folder / "tales.txt"
    path.write_text(make_tales(0, 1_000_000), "utf-8")
    return path, False


def trained(text: Path, home: Path, *options: str) -> subprocess.Popen[str]:
    """A run of ours, begun."""
    words = ["train", str(text), "--val", HELD_OUT, "--threads", THREADS, *options, "--json"]
    return begun(["-m", "grnn_tui", *words], home)


def begun(words: list[str], home: Path) -> subprocess.Popen[str]:
    """A program of Python."""
    env = environment(home) | {"OMP_NUM_THREADS": THREADS}
    return subprocess.Popen(
        [sys.executable, *words], env=env, text=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )


def nats(process: subprocess.Popen[str]) -> float:
    """What it says at its end."""
    printed, _ = process.communicate()
    if process.returncode:
        raise RuntimeError(f"{process.args!r} ended with status {process.returncode}")
    said = json.loads(printed.splitlines()[-1])
    return float(said if isinstance(said, float) else said["validation_nats"])


def after(seconds: int, text: Path, home: Path, goal: float | None) -> list[Line]:
    """Ours and the stock loop after so many seconds."""
    mine = nats(trained(text, home, "--seconds", str(seconds)))
    theirs = nats(begun(["-m", "benchmarks.stock_loop", str(text), HELD_OUT, str(seconds), THREADS], home))
    return [
        line(f"grnn-tui train, after {seconds} s", [mine], "nats", goal),
        line(f"stock GRU loop, after {seconds} s", [theirs], "nats"),
        line(f"ours less the stock loop, after {seconds} s", [mine - theirs], "nats", 0.0),
    ]


def tables() -> Iterator[Table]:
    """The n-grams, then each length of training."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        text, known = text_file(home)
        title = f"Held-out nats per character of {'tinyshakespeare' if known else 'tales'}"
        counted = nats(trained(text, home, "--backend", "ngram", "--order", ORDER))
        yield Table(title, [line(f"{int(ORDER) + 1}-grams, counted", [counted], "nats")])
        for seconds, goal in GOALS.items():
            if seconds > LONGEST:
                break
            yield Table(
                f"{title}, {seconds} seconds of {THREADS} threads", after(seconds, text, home, goal if known else None)
            )
