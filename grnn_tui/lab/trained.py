"""Models of an experiment's own, trained in this process by the loop of every run, in a folder that goes again."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import numpy as np

from grnn_tui.backends.modeldir import ModelDirectory, read_model
from grnn_tui.data.divided import divide
from grnn_tui.data.row_form import RowForm
from grnn_tui.data.table import Table
from grnn_tui.runs.checkpoint import step_path
from grnn_tui.runs.directory import Run
from grnn_tui.runs.request import DataRequest, RunRequest, TrainingOptions
from grnn_tui.runs.rows import AnyRow, Trained
from grnn_tui.runs.store import new_run, reserve
from grnn_tui.training.session import train

QUIET = TrainingOptions(device="cpu", threads=1, validate_every=1e6, checkpoint_every=1e6)
"""Counted in steps, on one thread: the same on every machine, however busy it is."""
Tell = Callable[[float], None]
"""Called now and then with the fraction of a training that is done."""


@dataclass(frozen=True)
class Plan:
    """A model to be trained: which, on what, how long."""

    backend: str
    settings: Mapping[str, object]
    data: DataRequest
    options: TrainingOptions = QUIET


def begin(plan: Plan, folder: Path) -> Run:
    """A run directory in the new folder `folder`."""
    request = RunRequest(
        name="",
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        backend=plan.backend,
        settings=dict(plan.settings),
        data=plan.data,
        training=plan.options,
    )
    return new_run(request, reserve(path=folder))


def go_on(run: Run, tell: Tell = lambda _share: None, until: int | None = None) -> ModelDirectory:
    """Train `run` up to the step `until`, or to its end, and read what has been learned.

    Raises:
        KeyboardInterrupt: training was interrupted.
    """

    def report(row: AnyRow) -> None:
        if isinstance(row, Trained):
            tell(row.progress)

    outcome = train(run, report=report, until=until)
    if outcome.state == "stopped" and (until is None or outcome.step < until):
        raise KeyboardInterrupt
    return read_model(step_path(run.path, run.steps()[-1]))


def trained(plan: Plan, tell: Tell = lambda _share: None) -> ModelDirectory:
    """The model of `plan`, trained to its end; its folder is gone, its weights are in memory.

    Raises:
        KeyboardInterrupt: training was interrupted.
    """
    with tempfile.TemporaryDirectory() as folder:
        return go_on(begin(plan, Path(folder) / "run"), tell)


def rows_of(name: str, seed: int, size: int, held: float = 0.1) -> DataRequest:
    """`size` rows of a built-in set, a share of them held out."""
    return DataRequest(sources=(name,), rows=RowForm(), seed=seed, size=size, validation=held)


def parts_of(data: DataRequest) -> tuple[Table, Table]:
    """The rows that a model is trained on, and those held out from it: the same that training takes."""
    assert data.rows is not None
    divided = divide(data.sources, form=data.rows, share=data.validation, seed=data.seed, size=data.size)
    return divided.training, divided.held


def weights(model: ModelDirectory) -> int:
    """How many numbers were learned by gradient."""
    return sum(int(array.size) for array in model.arrays.values() if array.dtype.kind == "f")


def nats_per_row(model: ModelDirectory) -> float:
    """Loss on the held-out rows, in nats a row."""
    nats, length = model.header.trained.validation_nats, model.header.domain.length
    assert nats is not None
    assert length is not None
    return nats * length


def options(*, steps: int, seed: int, batch: int = 100, lr: float = 4e-3, length: int = 64) -> TrainingOptions:
    """`QUIET` with these."""
    return msgspec.structs.replace(QUIET, steps=steps, seed=seed, batch=batch, lr=lr, length=length)


def write_rows(table: Table, path: Path) -> str:
    """Rows, with their labels if they have some, as a file `path` (.npz) that a training can be given."""
    rows = table.rows.reshape(len(table), *table.domain.shape)
    if table.labels is None:
        np.savez(path, images=rows)
    else:
        np.savez(path, images=rows, labels=np.array(table.classes)[table.labels])
    return str(path)
