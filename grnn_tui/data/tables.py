"""From what a person names (a file of rows, a folder of pictures, a built-in set) to a table."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path

import msgspec
import numpy as np

from grnn_tui.data.builtin.rows import ROW_BUILT_INS
from grnn_tui.data.row_domain import RowDomain
from grnn_tui.data.row_form import RowForm
from grnn_tui.data.rows.arrays import read_npy, read_npz
from grnn_tui.data.rows.columns import part, vary
from grnn_tui.data.rows.content import Content, Labels, join
from grnn_tui.data.rows.idx import labels_beside, read_idx
from grnn_tui.data.rows.labels import read_labels
from grnn_tui.data.rows.separated import read_separated
from grnn_tui.data.rows.shaping import kind_of, shape_rows
from grnn_tui.data.table import Table
from grnn_tui.errors import DataError

PICTURES = frozenset({".png", ".jpg", ".jpeg", ".gif", ".bmp", ".webp", ".tif", ".tiff", ".pgm", ".ppm", ".pbm"})
_ROWS = re.compile(r"\.(npy|npz(:\w+)?|csv(\.gz)?|amat(\.gz)?|idx(\.gz)?)$|[-.](idx\d-)?ubyte(\.gz)?$", re.IGNORECASE)
_NAMES_LOOKED_AT = 2_000


def is_table(reference: str | Sequence[str]) -> bool:
    """Whether `reference` names rows, by its names alone: a built-in set of rows, a file or folder of them.

    A csv is a table. A folder is one if most of its files are pictures.
    """
    references = (reference,) if isinstance(reference, str) else tuple(reference)
    return any(_is_table(item) for item in references)


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
    partners = {labels_beside(Path(item)) for item in references}
    contents = [_read(item, form, seed, size, cache) for item in references if Path(item) not in partners]
    content = join(contents)
    if form.labels == "none":
        content = replace(content, labels=None)
    table = _table(content, form, like)
    built_in = ROW_BUILT_INS.get(references[0]) if len(references) == 1 else None
    if built_in is not None and table.domain == built_in.domain:
        table = replace(table, floor=built_in.floor)
    return table


def _table(content: Content, form: RowForm, like: RowDomain | None) -> Table:
    """What was read, taken apart and shaped."""
    told = like.condition.features if like is not None and like.condition is not None else ()
    parted = part(content, form, wanted=like.columns if like is not None else (), features=told)
    kind = kind_of(parted.content, form)
    if like is not None:
        if form.kind is not None and form.kind != like.kind:
            raise DataError(f"the model takes {like.kind} values, not {form.kind}: leave --kind out")
        kind = like.kind
    if form.uncorrelated is not None and (kind != "real" or parted.content.values.ndim > 2):
        raise DataError("only columns of real values are dropped for being correlated: leave --uncorrelated out")
    if kind == "real" and like is None and parted.content.values.ndim == 2 and form.shape is None:
        parted = vary(parted, form.uncorrelated)
    shaped = shape_rows(parted.content, kind, form, like)
    domain = shaped.domain
    if not domain.image and len(parted.columns) == domain.length:
        domain = msgspec.structs.replace(domain, columns=parted.columns)
    labels = parted.content.labels
    table = Table(
        name=content.name,
        domain=domain,
        rows=shaped.rows,
        fingerprint="",
        labels=None if labels is None else labels.codes,
        classes=() if labels is None else labels.classes,
        features=parted.features,
        feature_names=parted.feature_names,
        notes=(*parted.content.notes, *shaped.notes),
    )
    return replace(table, fingerprint=fingerprint(table))


def fingerprint(table: Table) -> str:
    """SHA-256 over kind, levels and shape, rows, labels with their classes, and features."""
    domain = table.domain
    digest = hashlib.sha256(f"{domain.kind} {domain.levels} {domain.shape} {table.classes}\0".encode())
    digest.update(np.ascontiguousarray(table.rows).data)
    for extra in (table.labels, table.features):
        if extra is not None:
            digest.update(np.ascontiguousarray(extra).data)
    return digest.hexdigest()


def _read(reference: str, form: RowForm, seed: int, size: int | None, cache: Path | None) -> Content:
    if reference in ROW_BUILT_INS:
        return _generated(reference, seed, size)
    path = Path(reference).expanduser()
    name, array = path.name, None
    if not path.exists() and (found := re.search(r"(?i)(\.npz):(\w+)$", name)):
        array = found[2]
        path = path.with_name(name[: found.end(1)])
    _require_there(path)
    content = _read_path(path, array, form)
    if content.labels is None and (file := _label_file(form, content)) is not None:
        content = replace(content, labels=_labels_of(file, len(content.values)))
    return content


def _read_path(path: Path, array: str | None, form: RowForm) -> Content:
    suffix = Path(path.name.lower().removesuffix(".gz")).suffix
    if suffix == ".npy":
        return read_npy(path)
    if suffix == ".npz":
        return read_npz(path, array, form.labels)
    if suffix in (".csv", ".amat"):
        return read_separated(path)
    if suffix == ".idx" or re.search(r"ubyte(\.gz)?$", path.name):
        return read_idx(path, labels=form.labels is None)
    raise DataError(f"{path} is no file of rows: give .npy, .npz, .csv, .amat, idx, or a folder of pictures")


def _generated(name: str, seed: int, size: int | None) -> Content:
    built_in = ROW_BUILT_INS[name]
    if size is not None and size < 1:
        raise DataError(f"a set of {size} rows is empty: give a size of 1 or more")
    made = built_in.make(seed, size or built_in.default_size)
    labels = None if made.labels is None else Labels(made.labels, built_in.classes)
    there = Path(name).exists()
    return Content(
        name=name,
        values=made.rows.reshape(-1, *built_in.domain.shape),
        labels=labels,
        kind=built_in.domain.kind,
        levels=built_in.domain.levels,
        notes=(f"{name} is the set of that name; write ./{name} for the file",) if there else (),
    )


def _label_file(form: RowForm, content: Content) -> Path | None:
    """The file that `form.labels` names, unless it names something in the rows' own file."""
    if form.labels is None or form.labels in ("none", "last", "first", *content.columns):
        return None
    path = Path(form.labels).expanduser()
    if path.is_file():
        return path
    if content.values.ndim == 2 and form.labels.isdecimal():
        return None
    if content.values.ndim == 2 and content.columns:
        return None
    raise DataError(
        f"{content.name} has nothing called {form.labels!r} that could hold labels, and no such file exists"
    )


def _labels_of(path: Path, count: int) -> Labels:
    labels = read_labels(path)
    if len(labels.codes) != count:
        raise DataError(f"{path} has {len(labels.codes):,} labels for {count:,} rows: give one for each")
    return labels


def _require_there(path: Path) -> None:
    try:
        path.stat()
    except FileNotFoundError:
        raise DataError(
            f"{path} does not exist: name a file, a folder of pictures, or a set of `grnn-tui corpora`"
        ) from None
    except (OSError, ValueError) as error:
        raise DataError(f"cannot read {path}: {getattr(error, 'strerror', None) or error}") from None


def _is_table(reference: str) -> bool:
    if reference in ROW_BUILT_INS:
        return True
    path = Path(reference).expanduser()
    if _ROWS.search(path.name) or path.suffix.lower() in PICTURES:
        return True
    try:
        if not path.is_dir():
            return False
        names = [name for _, _, files in islice(os.walk(path), _NAMES_LOOKED_AT) for name in files[:_NAMES_LOOKED_AT]]
    except (OSError, ValueError):
        return False
    seen = [Path(name).suffix.lower() in PICTURES for name in names if not name.startswith(".")]
    return 2 * sum(seen) > len(seen)
