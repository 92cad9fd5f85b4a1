"""What simple models reach on the same validation rows: the lines a loss curve is read against.

Counts have one number that says how far they are trusted; like every setting it is chosen on the validation rows.
"""

from __future__ import annotations

import hashlib
import math
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from grnn_tui.backends.markov.counting import count_rows, score_rows
from grnn_tui.backends.ngram.trie import Trie
from grnn_tui.data.row_domain import RowDomain
from grnn_tui.data.table import Rows
from grnn_tui.training.chow_liu import best_tree
from grnn_tui.training.references import remembered

COUNTED = 1 << 26
"""Values of training rows, the last ones, that are counted."""
JUDGED = 1 << 23
"""Values of validation rows, the first ones, that the lines are measured on."""
WIDEST = 4096
"""Values in a row up to which dependences of every two are looked at."""
SMOOTHINGS = (0.0, 0.02, 0.1, 0.5, 1.0, 2.0, 10.0)
"""Weights of the shorter context that are tried (see `MarkovSettings`)."""
FORMAT = 1
_CHUNK = 1 << 20


def remembered_row_lines(train: Rows, validation: Rows, domain: RowDomain) -> dict[str, float]:
    """`row_reference_lines`, from the cache where they were worked out for the same rows before."""
    digest = hashlib.sha256(f"rows {FORMAT} {domain.kind} {domain.size} {train.shape} {validation.shape}\0".encode())
    for part in (train, validation):
        digest.update(np.ascontiguousarray(part).data)
    return remembered(digest.hexdigest(), lambda: row_reference_lines(train, validation, domain))


def row_reference_lines(train: Rows, validation: Rows, domain: RowDomain) -> dict[str, float]:
    """Nats per symbol on the rows `validation` [m, D] of simple models fitted to `train` [n, D].

    Binary values: `uniform`, `independent`, `Chow-Liu tree`. Levels: `uniform`, `independent`, `AR(1)`. Real values, in
    their own units: `independent Gaussians` and `one Gaussian`, without those that rows in a lower-dimensional space
    (or a value that never changes) would give an infinite density. A long table is judged by a part of each.
    """
    D = domain.length
    train, validation = train[-max(1, COUNTED // D) :], validation[: max(1, JUDGED // D)]
    lines: dict[str, float] = {} if domain.kind == "real" else {"uniform": math.log(domain.size)}
    if not len(validation) or not len(train):
        return lines
    if domain.kind == "real":
        return gaussian_lines(np.asarray(train, np.float64), np.asarray(validation, np.float64))
    for name, order in {"independent": 0, "AR(1)": 1}.items():
        if order == 0 or domain.kind == "levels":
            lines[name] = counted_nats(best_counts(train, validation, domain.size, order), validation, order)
    if domain.kind == "binary" and D <= WIDEST:
        lines["Chow-Liu tree"] = -float(best_tree(train, validation).log_prob(validation).mean()) / D
    return lines


def best_counts(train: NDArray[np.integer], validation: NDArray[np.integer], size: int, order: int) -> Trie:
    """The counts of AR(`order`) with the smoothing that suits the first validation rows best."""
    counted, some = count_rows(train, size, order), validation[: max(1, _CHUNK // train.shape[1])]
    tries = [replace(counted, smoothing=s) for s in SMOOTHINGS]
    return min(tries, key=lambda trie: counted_nats(trie, some, order))


def counted_nats(trie: Trie, rows: NDArray[np.integer], order: int) -> float:
    """Nats per symbol of AR(`order`) on `rows` [n, D]."""
    parts = np.array_split(rows, -(-rows.size // _CHUNK))
    return -sum(float(score_rows(trie, part, order).sum()) for part in parts) / rows.size


def gaussian_lines(train: NDArray[np.float64], validation: NDArray[np.float64]) -> dict[str, float]:
    """Nats per dimension of Gaussians fitted by maximum likelihood, without and with covariances.

    The covariance is taken apart as scales and correlations, so that units do not matter to its conditioning.
    """
    n, D = train.shape
    scale = train.std(axis=0)
    if not (scale > 0).all():
        return {}
    z = (validation - train.mean(axis=0)) / scale
    units = float(np.log(scale).mean()) + 0.5 * math.log(2 * math.pi)
    lines = {"independent Gaussians": units + 0.5 * float(np.square(z).mean())}
    standard = (train - train.mean(axis=0)) / scale
    values, vectors = np.linalg.eigh(standard.T @ standard / n)
    if values[0] > 1e-10 * D:
        distances = np.square(z @ vectors) / values
        lines["one Gaussian"] = units + 0.5 * float(np.log(values).mean() + distances.mean())
    return lines
