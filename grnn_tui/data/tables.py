"""Tables by what a person names: a file of rows, a folder of pictures, a built-in set."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import msgspec
import numpy as np

from grnn_tui.data.builtin.rows import ROW_BUILT_INS
from grnn_tui.data.row_domain import RowDomain
from grnn_tui.data.row_form import RowForm
from grnn_tui.data.rows.columns import part, vary
from grnn_tui.data.rows.content import Content
from grnn_tui.data.rows.reading import looks_like_rows, read_references
from grnn_tui.data.rows.shaping import kind_of, shape_rows
from grnn_tui.data.table import Table
from grnn_tui.errors import DataError

_CLASSES_TOLD = 30


def is_table(reference: str | Sequence[str]) -> bool:
    """Whether `reference` names rows, by its names alone: a built-in set of rows, a file or folder of them.

    A csv is a table. A folder is one if most of its files are pictures.
    """
    return any(looks_like_rows(item) for item in ((reference,) if isinstance(reference, str) else reference))


def open_table(
    reference: str | Sequence[str],
    *,
    form: RowForm | None = None,
    seed: int = 0,
    size: int | None = None,
    like: RowDomain | None = None,
    cache: Path | None = None,
) -> Table:
    """The rows that `reference` names, read as `form` says.

    A built-in set makes `size` rows of `seed`. Files are `.npy`, `.npz` (`file.npz:NAME` is one of its arrays), idx,
    csv and amat (these three gzipped too), a folder of pictures or a pattern of them; several are joined. Images are
    taken by their axes: [n, H, W] and [n, H, W, 3]; of vectors nothing is guessed but that 784 values of an amat file
    are 28x28, say `form.shape` for others. `like` is the domain of a trained model or of training data: rows come out
    in exactly that domain, with its columns.

    Raises:
        DataError: missing, damaged, empty, or not to be read that way.
    """
    form = form or RowForm()
    references = (reference,) if isinstance(reference, str) else tuple(reference)
    if not references:
        raise DataError("no rows given: name a file, a folder of pictures, or a set of `grnn-tui corpora`")
    content = read_references(references, form, seed, size, cache)
    table = _table(content, form, like)
    built_in = ROW_BUILT_INS.get(references[0]) if len(references) == 1 else None
    if built_in is not None and table.domain == built_in.domain:
        table = replace(table, floor=built_in.floor)
    return table


def _table(content: Content, form: RowForm, like: RowDomain | None) -> Table:
    """What was read, taken apart and shaped."""
    told = like.condition.features if like is not None and like.condition is not None else ()
    parted = part(content, form, wanted=like.columns if like is not None else (), features=told)
    kind = kind_of(parted.content, form, like)
    if form.uncorrelated is not None and (kind != "real" or parted.content.values.ndim > 2):
        raise DataError("only columns of real values are dropped for being correlated: leave --uncorrelated out")
    if kind == "real" and like is None and parted.content.values.ndim == 2 and form.shape is None:
        parted = vary(parted, content, form)
    shaped = shape_rows(parted.content, kind, form, like)
    domain = shaped.domain
    if not domain.image and len(parted.columns) == domain.length:
        domain = msgspec.structs.replace(domain, columns=parted.columns)
    labels = parted.content.labels
    pieces = parted.content.pieces if (form.sequence if like is None else like.sequence) else None
    if like is not None and like.sequence and pieces is None:
        pieces = np.array([len(shaped.rows)])  # a file that says nothing of pieces is one
    if domain.sequence != (pieces is not None):
        domain = msgspec.structs.replace(domain, sequence=pieces is not None)
    table = Table(
        name=content.name,
        domain=domain,
        rows=shaped.rows,
        fingerprint="",
        labels=None if labels is None else labels.codes,
        classes=() if labels is None else labels.classes,
        features=parted.features,
        feature_names=parted.feature_names,
        pieces=pieces,
        notes=(*parted.content.notes, *shaped.notes),
    )
    return replace(table, fingerprint=fingerprint(table))


def fingerprint(table: Table) -> str:
    """SHA-256 over kind, levels and shape, rows, labels with their classes, and features."""
    domain = table.domain
    digest = hashlib.sha256(f"{domain.kind} {domain.levels} {domain.shape} {table.classes}\0".encode())
    digest.update(np.ascontiguousarray(table.rows).data)
    for extra in (table.labels, table.features, table.pieces):
        if extra is not None:
            digest.update(np.ascontiguousarray(extra).data)
    return digest.hexdigest()


def describe(table: Table) -> list[str]:
    """Lines for a person: rows, shape and kind, classes and their counts, features, the exact entropy, the notes."""
    domain = table.domain
    shape = "x".join(map(str, domain.shape))
    what = {"binary": "binary", "levels": f"{domain.levels} levels", "real": "real numbers"}[domain.kind]
    kind = f"images of {shape}" if domain.image else f"rows of {shape} values"
    lines = [f"{len(table):,} {kind}, {what}"]
    if table.pieces is not None:
        lines.append(f"in {table.items:,} pieces of {table.pieces.min():,} to {table.pieces.max():,}")
    if domain.columns:
        lines.append(f"columns: {', '.join(domain.columns)}")
    if table.labels is not None:
        counts = np.bincount(table.labels, minlength=len(table.classes))
        told = [f"{name} {count:,}" for name, count in zip(table.classes, counts, strict=True)]
        more = f" and {len(told) - _CLASSES_TOLD} more" if len(told) > _CLASSES_TOLD else ""
        lines.append(f"{len(told)} classes: {', '.join(told[:_CLASSES_TOLD])}{more}")
    if table.feature_names:
        lines.append(f"features: {', '.join(table.feature_names)}")
    if table.floor is not None:
        lines.append(f"exact entropy: {table.floor:.4f} nats per {domain.row_name}")
    return [*lines, *table.notes]
