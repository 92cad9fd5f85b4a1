"""Run directories as a trainer would leave them, without a trainer."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from pathlib import Path

import msgspec

from grnn_tui.runs.directory import Run
from grnn_tui.runs.lock import this_process
from grnn_tui.runs.request import DataRequest, RunRequest, TrainingOptions
from grnn_tui.runs.rows import AnyRow, Saved, Started, Trained, Validated

EPOCH_SECONDS = 1_800_000_000.0
"""When every fixture was written."""
REFERENCES = {"uniform": 4.174, "unigram": 3.312, "bigram": 2.451, "5-gram": 1.669}


def started(**changes: object) -> Started:
    row = Started(
        at=EPOCH_SECONDS,
        device="cpu",
        threads=2,
        parameters=224_512,
        train_symbols=1_000_000,
        validation_symbols=110_000,
        total_steps=10_000,
        batch=32,
        length=64,
        floor=1.102,
        references=REFERENCES,
    )
    return msgspec.structs.replace(row, **changes)


def story(steps: int, every: int = 10, seed: int = 3, total: int = 10_000) -> Iterator[AnyRow]:
    """What a trainer tells over so many steps: a falling loss, validations, checkpoints."""
    luck = random.Random(seed)
    yield started()
    best = math.inf
    for step in range(every, steps + 1, every):
        base = 1.18 + 2.4 * math.exp(-step / 400) + 0.55 * math.exp(-step / 3000)
        common = {"step": step, "at": EPOCH_SECONDS + step * 0.05, "seconds": step * 0.05}
        yield Trained(
            **common,  # type: ignore[arg-type]
            loss=base + luck.gauss(0, 0.05),
            tokens=step * 2048,
            tokens_per_second=40_960 + luck.gauss(0, 900),
            lr=4e-3 * 0.5 * (1 + math.cos(math.pi * step / total)),
            norm=0.6 + abs(luck.gauss(0, 0.2)),
            epoch=step * 2048 / 1_000_000,
            memory=412 << 20,
            progress=step / total,
            eta=(total - step) * 0.05,
        )
        if step % 500 == 0:
            loss = base + 0.07 + luck.gauss(0, 0.01)
            yield Validated(**common, loss=loss, best=loss < best)  # type: ignore[arg-type]
            best = min(best, loss)
            yield Saved(**common, validation=loss)  # type: ignore[arg-type]


def row_story(steps: int, every: int = 10, seed: int = 3) -> Iterator[AnyRow]:
    """The same of a model of images of 16 x 16: losses around 39 nats an image."""
    pixel = 1 / 7.5
    yield started(
        train_symbols=18_000 * 256,
        validation_symbols=2_000 * 256,
        unit="pixel",
        row=256,
        row_name="image",
        floor=None,
        references={"uniform": math.log(2), "independent": 0.4061, "Chow-Liu tree": 0.2514},
    )
    for row in list(story(steps, every, seed))[1:]:
        loss = getattr(row, "loss", None)
        yield row if loss is None else msgspec.structs.replace(row, loss=loss * pixel)


def make_run(
    root: Path,
    name: str = "1120-tales-lstm",
    rows: list[AnyRow] | None = None,
    *,
    alive: bool = False,
    backend: str = "lstm",
    data: str = "tales",
    created: str = "2026-11-20T18:00:00Z",
) -> Run:
    """A run directory holding `rows`; with `alive`, this very process is its trainer."""
    path = root / name
    path.mkdir(parents=True)
    request = RunRequest(
        name=name.encode("utf-8", "replace").decode(),  # a name on disk need not be text, one in JSON is
        created=created,
        backend=backend,
        settings={"hidden": 256},
        data=DataRequest(sources=(data,)),
        training=TrainingOptions(steps=10_000, epochs=None),
    )
    (path / "run.json").write_bytes(msgspec.json.encode(request))
    append_rows(path, rows or [])
    owner = msgspec.structs.replace(this_process(), released=not alive)
    if rows:
        (path / "owner-1").write_bytes(msgspec.json.encode(owner))
    return Run(path)


def append_rows(path: Path, rows: list[AnyRow]) -> None:
    with (path / "metrics.jsonl").open("ab") as file:
        for row in rows:
            file.write(msgspec.json.encode(row) + b"\n")


def die(run: Run) -> None:
    """The trainer is gone without a word."""
    dead = msgspec.structs.replace(this_process(), pid=2**22 - 7, started="1")
    (run.path / "owner-1").write_bytes(msgspec.json.encode(dead))
