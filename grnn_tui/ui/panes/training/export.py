"""The curves of a run as a CSV and a JSON file."""

from __future__ import annotations

import csv
import io
import math
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from grnn_tui.errors import UsageError
from grnn_tui.runs.series import Series
from grnn_tui.runs.view import RunView

COLUMNS = ("step", "seconds", "train_nats", "validation_nats", "learning_rate", "gradient_norm", "symbols_per_second")
_PLACES = {"train_nats": 2, "validation_nats": 3}


def table_of(view: RunView) -> list[tuple[float | None, ...]]:
    """One row per step that told anything, in the order of `COLUMNS`, losses as told; None where it told nothing."""
    rows: dict[float, list[float | None]] = {}
    sources = (view.seconds, view.loss, view.validation, view.rate, view.norm, view.speed)
    for place, series in enumerate(sources, start=1):
        factor = view.scale.factor if place in _PLACES.values() else 1
        for x, y in _points(series):
            rows.setdefault(x, [x, *[None] * len(sources)])[place] = None if y is None else y * factor
    return [tuple(rows[x]) for x in sorted(rows)]


def as_csv(view: RunView) -> str:
    """With a head that says what losses are per; what is not known is left empty."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(f"{name}_per_{view.scale.per}" if name in _PLACES else name for name in COLUMNS)
    for row in table_of(view):
        writer.writerow(["" if value is None else f"{value:.10g}" for value in row])
    return out.getvalue()


def as_json(view: RunView, name: str) -> bytes:
    """One object: what the run is measured against, and a list per column."""
    table = table_of(view)
    started, best, scale = view.started, view.best, view.scale
    known = started.references if started is not None else {}
    document: dict[str, Any] = {
        "run": name,
        "unit": scale.nats_unit,
        "symbol": scale.unit,
        "symbols_per_row": scale.row or None,
        "bound": scale.bound,
        "floor": None if started is None or started.floor is None else scale.nats(started.floor),
        "references": {label: scale.nats(nats) for label, nats in known.items()},
        "best": {
            "step": best.step,
            "validation_nats": None if best.loss is None else scale.nats(best.loss),
        }
        if best is not None
        else None,
        "curves": {column: [row[i] for row in table] for i, column in enumerate(COLUMNS)},
    }
    return msgspec.json.encode(document) + b"\n"


def export(view: RunView, name: str, folder: Path) -> tuple[Path, Path]:
    """Write both into `folder` under names that are free.

    Raises:
        UsageError: they cannot be written there.
    """
    stem = "".join(c if c.isascii() and (c.isalnum() or c in "._-") else "_" for c in name).lstrip(".-") or "run"
    try:
        for count in range(1, 1000):
            base = f"{stem}-curves" if count == 1 else f"{stem}-curves-{count}"
            table, document = folder / f"{base}.csv", folder / f"{base}.json"
            if table.exists() or document.exists():
                continue
            with table.open("x", encoding="utf-8") as file:
                file.write(as_csv(view))
            with document.open("xb") as binary:
                binary.write(as_json(view, name))
            return table, document
    except OSError as error:
        raise UsageError(f"cannot write into {folder}: {error.strerror or error}; start in another folder") from None
    raise UsageError(f"too many exports of {stem} in {folder}; remove some")


def _points(series: Series) -> list[tuple[float, float | None]]:
    digits = series.y.astype(str).astype(np.float64)  # the shortest that name the 32 bits kept
    pairs = zip(series.x.tolist(), digits.tolist(), strict=True)
    return [(x, y if math.isfinite(y) else None) for x, y in pairs]
