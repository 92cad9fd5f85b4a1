"""The training chart: attaching to long runs, redrawing them, and keys while that happens.

    make bench-screen

Everything that a redraw does is timed, from the series of a run to styled cells at 116 x 25, after 100, 10 thousand and
10 million rows in turn, so that each ratio is of redraws within the same second. A run of 100 rows holds fewer points
than a chart has columns of dots, hence the middle size. Keys are sent to the monitor on a pseudo-terminal, and timed
until the picture has changed.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import numpy as np

from benchmarks.home import environment
from benchmarks.keys import p95
from benchmarks.report import Line, Table, line
from benchmarks.terminal import Terminal
from grnn_tui.runs.directory import Run
from grnn_tui.runs.request import DataRequest, RunRequest, TrainingOptions
from grnn_tui.runs.rows import AnyRow, Started, Trained
from grnn_tui.runs.view import RunView
from grnn_tui.ui.app import TICK_SECONDS
from grnn_tui.ui.panes.training.followed import FollowedRun
from grnn_tui.ui.panes.training.options import ChartOptions
from grnn_tui.ui.panes.training.smoothing import Smoothed
from grnn_tui.ui.panes.training.view import plot_of
from grnn_tui.ui.widgets.chart import draw

ROUNDS = 15
LOGGED = 100_000
REFERENCES = {"uniform": 4.174, "unigram": 3.312, "bigram": 2.451, "5-gram": 1.669}
LOOKS = {
    "as it opens": ChartOptions(),
    "log y": ChartOptions(log=True),
    "last 5 %": ChartOptions(span=0.05),
    "over time": ChartOptions(time=True),
    "smoothest": ChartOptions(smoothing=0.995),
}


def losses(rows: int) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """A noisy descent, the same share of it at every length."""
    share = np.arange(rows) / rows
    return 1.18 + 3 * np.exp(-25 * share) + np.random.default_rng(rows).normal(0, 0.05, rows)


def view_of(rows: int) -> RunView:
    """A run of so many rows, as reading them would leave it."""
    view = RunView()
    view.feed([Started(references=REFERENCES, floor=1.102)])
    steps = np.arange(1.0, rows + 1)
    view.loss.extend(steps, losses(rows))
    view.seconds.extend(steps, steps / 20)
    return view


class Shown:
    """One run and its redraw."""

    def __init__(self, rows: int) -> None:
        self.view = view_of(rows)
        self.smoothed = Smoothed(self.view.loss, 0.9)
        self.smoothed.catch_up()

    def redraw(self, options: ChartOptions) -> float:
        """Milliseconds of a processor for one, begun with another smoothing."""
        self.smoothed.smoothing = 0.5
        start = time.thread_time()
        self.smoothed.smoothing = options.smoothing
        draw(plot_of(self.view, self.smoothed, options, 108), 116, 25)
        return 1000 * (time.thread_time() - start)


def redraws() -> list[Line]:
    """Every way of looking, at every length in turn."""
    sizes = [Shown(rows) for rows in (100, 10_000, 10_000_000)]
    lines: list[Line] = []
    for name, options in LOOKS.items():
        for size in sizes:
            size.redraw(options)
        rows = [[size.redraw(options) for size in sizes] for _ in range(ROUNDS)]
        lines += [
            line(f"{name}, 10 M rows", [large for _, _, large in rows], "ms"),
            line(f"{name}, 10 M to 10 k", [large / middle for _, middle, large in rows], "x", 1.25),
            line(f"{name}, 10 M to 100", [large / small for small, _, large in rows], "x"),
        ]
    return lines


def written(root: Path, rows: int) -> Run:
    """A run directory with so many rows in its log."""
    path = root / "long"
    path.mkdir(parents=True)
    data, options = DataRequest(sources=("tales",)), TrainingOptions(steps=rows)
    request = RunRequest(name="long", created="2026-01-01T00:00:00Z", backend="gru", data=data, training=options)
    (path / "run.json").write_bytes(msgspec.json.encode(request))
    rates = {"tokens_per_second": 40_960.0, "lr": 4e-3, "norm": 0.6123, "epoch": 1.25, "progress": 0.5, "eta": 9.75}
    trained = Trained(tokens=2048, memory=412 << 20, **rates)  # type: ignore[arg-type]
    with (path / "metrics.jsonl").open("wb") as file:
        log: list[AnyRow] = [Started(at=1.8e9, references=REFERENCES, floor=1.102)]
        for step, loss in enumerate(losses(rows).tolist(), 1):
            at = {"step": step, "at": 1.8e9 + step / 20, "seconds": step / 20}
            log.append(msgspec.structs.replace(trained, loss=loss, **at))
        file.writelines(msgspec.json.encode(row) + b"\n" for row in log)
    return Run(path)


def attach(run: Run) -> tuple[float, float, float]:
    """Seconds until every row is shown, those of the processor, and the longest poll (milliseconds)."""
    start, used = time.perf_counter(), time.process_time()
    followed, longest = FollowedRun(run), 0.0
    while len(followed.view.loss) < LOGGED or followed.loading:
        begun = time.perf_counter()
        followed.poll(time.time())
        longest = max(longest, time.perf_counter() - begun)
        time.sleep(max(0.0, TICK_SECONDS - (time.perf_counter() - begun)))
    taken, used = time.perf_counter() - start, time.process_time() - used
    with run.metrics.open() as file:
        logged = [row["loss"] for row in map(json.loads, file) if "loss" in row]
    if followed.view.loss.y.tolist() != np.array(logged, followed.view.loss.y.dtype).tolist():
        raise AssertionError("the points shown are not those of the log")
    return taken, used, 1000 * longest


def keys(home: Path) -> list[float]:
    """Milliseconds from a key of the monitor to another picture, with the long run in it."""
    terminal = Terminal([sys.executable, "-m", "grnn_tui"], 120, 40, environment(home))
    taken: list[float] = []
    try:
        terminal.wait_for("Prompt")
        terminal.settle()
        for key, shown in (("\t", ""), ("u", "long"), ("\r", "100k"), ("m", "ema .9")):
            terminal.send(key)
            terminal.wait_for(shown)
            terminal.settle()
        for key in "[]" * 8 + "lavvvv" * 4:
            before = list(terminal.screen.display)
            sent = terminal.send(key)
            changed = terminal.wait(lambda rows, before=before: list(rows) != before)  # type: ignore[misc]
            taken.append(1000 * (changed - sent))
            terminal.settle(0.25)
    finally:
        terminal.close()
    return taken


def tables() -> Iterator[Table]:
    """Attach, redraw, press keys."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        run = written(home / "runs", LOGGED)
        attached = [attach(run) for _ in range(3)]
        pressed = keys(home)
    yield Table(
        "Chart of a training run",
        [
            line(f"attach to {LOGGED:,} rows", [taken for taken, _, _ in attached], "s", 1.0),
            line("of that, processor time", [used for _, used, _ in attached], "s"),
            line("longest poll while attaching", [longest for _, _, longest in attached], "ms", 50),
            line("key of the monitor to paint, median", pressed, "ms"),
            line("key of the monitor to paint, p95", [p95(pressed)], "ms"),
            *redraws(),
        ],
    )
