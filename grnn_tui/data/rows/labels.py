"""A file of labels for rows that lie in another one."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from grnn_tui.data.rows.arrays import load_npy
from grnn_tui.data.rows.content import Labels, classify
from grnn_tui.data.rows.idx import read_idx_array
from grnn_tui.data.sources import FilePart
from grnn_tui.errors import DataError


def read_labels(path: Path) -> Labels:
    """The labels of a file: a `.npy` or idx array [n], or a text with one label a line.

    Raises:
        DataError: damaged, empty, or no labels.
    """
    name = path.name.lower().removesuffix(".gz")
    if name.endswith(".npy"):
        return classify(load_npy(path))
    if name.endswith(".idx") or re.search(r"ubyte$", name):
        return classify(read_idx_array(path))
    data = b"".join(chunk for chunk, _ in FilePart(path, gzipped=path.suffix == ".gz").chunks())
    lines = [line.strip().strip('"') for line in data.decode("utf-8", "replace").splitlines() if line.strip()]
    if not lines:
        raise DataError(f"{path} is empty: give one label a line")
    places: dict[str, int] = {}
    return classify(np.array([places.setdefault(line, len(places)) for line in lines]), tuple(places))
