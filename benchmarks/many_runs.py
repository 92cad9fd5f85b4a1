"""A folder of finished runs as the trainer leaves them, for measuring what lists them."""

from __future__ import annotations

import shutil
from pathlib import Path

import msgspec

from grnn_tui.runs.checkpoint import write_step
from grnn_tui.runs.directory import REQUEST
from grnn_tui.runs.lock import RunLock
from grnn_tui.runs.metrics import NAME, MetricsWriter
from grnn_tui.runs.request import DataRequest, RunRequest, TrainingOptions
from grnn_tui.runs.rows import Noted, Started, Trained, Validated


def make_runs(root: Path, count: int) -> None:
    """`count` runs under `root`: 200 rows of metrics, three checkpoints and the marker of an owner that is gone."""
    pattern = root / "run-0000"
    pattern.mkdir(parents=True)
    data, options = DataRequest(sources=("tales",)), TrainingOptions(steps=2000)
    request = RunRequest(name=pattern.name, created="2026-01-01T00:00:00Z", backend="gru", data=data, training=options)
    (pattern / REQUEST).write_bytes(msgspec.json.format(msgspec.json.encode(request), indent=1))
    with RunLock(pattern):
        rows = MetricsWriter(pattern / NAME)
        rows.append(Started(references={"uniform": 4.17, "unigram": 3.31, "bigram": 2.45}, floor=1.1))
        for i in range(1, 201):
            at = {"step": 10 * i, "at": 1.8e9 + i, "seconds": float(i)}
            rows.append(Trained(loss=4 / i + 1.2, tokens=2048 * i, tokens_per_second=4e4, progress=i / 200, **at))  # type: ignore[arg-type]
        for step in (1000, 1500, 2000):
            write_step(pattern, step, {"model.json": b"{}", "model.safetensors": bytes(1000)}, validation=1.3)
        rows.append(Validated(loss=1.3, step=2000))
        rows.append(Noted(event="finished", step=2000))
    for k in range(1, count):
        shutil.copytree(pattern, root / f"run-{k:04d}")
