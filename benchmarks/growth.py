"""How costs grow: with units, layers, vocabulary, length of windows, corpus, number of runs, rows of metrics.

    make bench-growth

About three minutes. GRNN_TUI_BENCH_FULL=1 adds a corpus of 1 GB and metrics of 10 million rows.
"""

from __future__ import annotations

import os

os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", MKL_NUM_THREADS="1")

import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch

from benchmarks import training
from benchmarks.home import environment
from benchmarks.many_runs import make_runs
from benchmarks.playing import opened, rate, writer
from benchmarks.report import Line, Table, line
from benchmarks.terminal import Terminal

BATCH, LENGTH = 32, 64
FULL = bool(os.environ.get("GRNN_TUI_BENCH_FULL"))
MEGABYTE = 1_000_000
TRAINED = re.compile(rb'"type":"train"')


def step_seconds(symbols: int, hidden: int, layers: int, length: int = LENGTH, rounds: int = 3) -> list[float]:
    """Of a training step of `BATCH` streams, by the trainer itself, after one to warm up."""
    ours = training.Ours("gru", hidden, layers, 64, symbols, BATCH, length)
    first = ours.seconds(2)
    return [ours.seconds(max(2, int(0.2 / first))) for _ in range(rounds)]


def played_and_trained(name: str, symbols: int, hidden: int, layers: int) -> list[Line]:
    """Microseconds a symbol, milliseconds a step."""
    vocabulary, _ = training.text_of(symbols)
    write = writer(opened("gru", vocabulary, hidden=hidden, layers=layers), vocabulary)
    return [
        line(f"{name}, playing a symbol", [1e6 / rate(write, first=20) for _ in range(3)], "us"),
        line(f"{name}, training step", [1e3 * each for each in step_seconds(symbols, hidden, layers)], "ms"),
    ]


def sizes() -> Iterator[Table]:
    """Units, layers, vocabulary, length."""
    units = [entry for n in (64, 128, 256, 512, 1024) for entry in played_and_trained(f"{n} units", 65, n, 1)]
    yield Table("Hidden size (gru, 1 layer, 65 symbols, 32 streams of 64)", units)
    layers = [entry for n in (1, 2, 3, 4) for entry in played_and_trained(f"{n} layers", 65, 128, n)]
    yield Table("Layers (gru 128, 65 symbols, 32 streams of 64)", layers)
    many = [entry for n in (65, 1000, 10_000, 50_000) for entry in played_and_trained(f"{n:,} symbols", n, 128, 1)]
    medians = {entry.name: entry.median for entry in many}
    most, fewer = (medians[f"{n} symbols, training step"] for n in ("50,000", "10,000"))
    many.append(line("training step, 50,000 to 10,000 symbols", [most / fewer], "x", 3.0))
    yield Table("Vocabulary (gru 128, top-k 40 and top-p 0.95, 32 streams of 64)", many)
    lengths = [
        line(f"windows of {n}", [1e6 * each / n / BATCH for each in step_seconds(65, 128, 1, n)], "us")
        for n in (16, 64, 256, 1024)
    ]
    yield Table("Length of a window, training per symbol (gru 128, 65 symbols, 32 streams)", lengths)


def corpora(folder: Path) -> Iterator[Line]:
    """From `grnn-tui train FILE` to its first step, and the memory that takes; not read before, then again."""
    block = np.random.default_rng(0).choice(np.frombuffer(b"etaoin shrdlu\n", np.uint8), MEGABYTE).tobytes()
    for megabytes in (1, 30, 300, *((1000,) if FULL else ())):
        file = folder / f"{megabytes}.txt"
        with file.open("wb") as opened_file:
            for _ in range(megabytes):
                opened_file.write(block)
        for again in ("first", "again"):
            seconds, peak = first_step(folder, file, f"r{megabytes}-{again}")
            yield line(f"{megabytes} MB, {again} time, to the first step", [seconds], "s")
            yield line(f"{megabytes} MB, {again} time, peak memory", [peak / MEGABYTE], "MB")
        file.unlink()


def first_step(home: Path, file: Path, name: str) -> tuple[float, int]:
    """Seconds until a run has told of its first step, and the most memory it had by then, in bytes."""
    options = ["--backend", "gru", "--hidden", "16", "--steps", "1", "--device", "cpu", "--name", name]
    command = [sys.executable, "-m", "grnn_tui", "train", str(file), *options]
    metrics = home / "runs" / name / "metrics.jsonl"
    start = time.perf_counter()
    child = subprocess.Popen(command, env=environment(home), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    peak = 0
    try:
        while not (metrics.exists() and TRAINED.search(metrics.read_bytes())):
            if child.poll() is not None:
                raise RuntimeError(f"`{' '.join(command)}` ended without a step")
            peak = max(peak, peak_memory(child.pid))
            time.sleep(0.01)
        return time.perf_counter() - start, peak
    finally:
        child.terminate()
        child.wait()


def peak_memory(pid: int) -> int:
    """The most resident bytes a process has had; 0 where that is not told."""
    try:
        found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    except OSError:
        return 0
    return 1024 * int(found[1]) if found else 0


def runs(home: Path) -> Iterator[Line]:
    """Listing runs, on the command line and on the screen."""
    for count in (1, 30, 1000):
        folder = home / f"home-{count}"
        make_runs(folder / "runs", count)
        listed = []
        for _ in range(3):
            start = time.perf_counter()
            subprocess.run(
                [sys.executable, "-m", "grnn_tui", "runs"], env=environment(folder), check=True, capture_output=True
            )
            listed.append(time.perf_counter() - start)
        yield line(f"{count:,} runs, `grnn-tui runs`", listed, "s")
        shown, whole = opened_list(folder, count)
        yield line(f"{count:,} runs, key to the list on the screen", shown, "s", 0.3)
        yield line(f"{count:,} runs, key to all of them counted", whole, "s")


def opened_list(home: Path, count: int) -> tuple[list[float], list[float]]:
    """Seconds from the key until the first runs stand there, and until the title counts them all."""
    terminal = Terminal([sys.executable, "-m", "grnn_tui"], 120, 40, environment(home))
    shown, whole = [], []
    try:
        terminal.wait_for("Prompt")
        terminal.settle(1.0)
        terminal.send("\t")
        terminal.settle()
        for _ in range(3):
            sent = terminal.send("u")
            shown.append(terminal.wait_for("run-0") - sent)
            whole.append(terminal.wait_for(f"Runs · {count}") - sent)
            terminal.settle()
            terminal.send("\x1b")
            terminal.wait(lambda rows: not any("run-0" in row for row in rows))
            terminal.settle()
    finally:
        terminal.close()
    return shown, whole


ATTACH = """
import sys, time
from pathlib import Path
from grnn_tui.runs.directory import Run
from grnn_tui.ui.panes.training.followed import FollowedRun
def resident():
    return 4096 * int(Path("/proc/self/statm").read_text().split()[1])
before = resident()
start = time.perf_counter()
followed = FollowedRun(Run(Path(sys.argv[1])))
followed.poll(time.time())
while len(followed.view.loss) < int(sys.argv[2]) or followed.loading:
    followed.poll(time.time())
print(time.perf_counter() - start, resident() - before)
"""


def metrics(home: Path) -> Iterator[Line]:
    """Reading the rows of a long run, in a process of its own."""
    make_runs(home / "long", 1)
    run = home / "long" / "run-0000"
    began = (run / "metrics.jsonl").read_bytes().partition(b"\n")[0] + b"\n"
    row = '{"type":"train","step":%d,"at":1.8e9,"seconds":%.2f,"loss":%.4f,"tokens":2048,"tokens_per_second":40960.0}\n'
    for rows in (10_000, 100_000, 1_000_000, *((10_000_000,) if FULL else ())):
        with (run / "metrics.jsonl").open("w") as file:
            file.write(began.decode())
            file.writelines(row % (step, step / 20, 1 + 3 / step) for step in range(1, rows + 1))
        shown = subprocess.run(
            [sys.executable, "-c", ATTACH, str(run), str(rows)], check=True, capture_output=True, text=True
        )
        seconds, held = shown.stdout.split()
        yield line(f"{rows:,} rows, until all are there", [float(seconds)], "s")
        yield line(f"{rows:,} rows, memory for them", [int(held) / MEGABYTE], "MB")


def tables() -> Iterator[Table]:
    """Every way to grow."""
    torch.set_num_threads(1)
    yield from sizes()
    with tempfile.TemporaryDirectory(prefix="grnn-tui-bench-") as folder:
        home = Path(folder)
        yield Table("Corpus: from the command to the first step (gru 16)", list(corpora(home)))
        yield Table("Runs listed (200 rows and 3 checkpoints each)", list(runs(home)))
        yield Table("Rows of metrics: attaching to a run", list(metrics(home)))
