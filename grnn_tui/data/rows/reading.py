"""From what a person names to the numbers in it: files, folders and patterns of pictures, built-in sets."""

from __future__ import annotations

import glob
import re
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from grnn_tui.data.builtin.rows import ROW_BUILT_INS
from grnn_tui.data.row_form import RowForm
from grnn_tui.data.rows.arrays import read_npy, read_npz
from grnn_tui.data.rows.content import Content, Labels, join
from grnn_tui.data.rows.idx import labels_beside, read_idx
from grnn_tui.data.rows.kept import kept
from grnn_tui.data.rows.labels import read_labels
from grnn_tui.data.rows.names import holds_pictures, is_picture, names_rows
from grnn_tui.data.rows.pictures import pictures_below, read_pictures
from grnn_tui.data.rows.separated import read_separated
from grnn_tui.errors import DataError
from grnn_tui.places import expanded

_KNOWN = "give .npy, .npz, .csv, .amat, idx, or a folder of pictures"


def looks_like_rows(reference: str) -> bool:
    """Whether the name is that of a built-in set, a file of rows, or a folder whose files are mostly pictures."""
    path = expanded(reference)
    return reference in ROW_BUILT_INS or names_rows(path) or holds_pictures(path)


def read_references(
    references: Sequence[str], form: RowForm, seed: int, size: int | None, cache: Path | None
) -> Content:
    """The rows of all references, joined; pictures named one by one are read together.

    Raises:
        DataError: nothing there, damaged, or not belonging together.
    """
    contents: list[Content] = []
    files: list[Path] = []
    partners = {labels_beside(match) for match in _all_named(references)}
    for reference in references:
        if reference in ROW_BUILT_INS:
            contents.append(_generated(reference, seed, size))
            continue
        path, array = _named(reference)
        matches = _matches(path)
        if array is not None:
            contents.append(read_npz(path, array, form.labels))
        elif matches and all(is_picture(match.name) for match in matches):
            files += matches
        elif len(matches) == 1 and matches[0].is_dir():
            contents.append(_read_pictures(pictures_below(path), path.resolve().name or str(path), path, form, cache))
        else:
            contents += [_read_file(match, form, cache) for match in matches if match not in partners]
    if files:
        name = files[0].name if len(files) == 1 else references[0] if len(references) == 1 else files[0].parent.name
        contents.append(_read_pictures(files, name or "pictures", None, form, cache))
    content = join(contents)
    if form.labels == "none":
        return replace(content, labels=None)
    if content.labels is None and (file := _label_file(form, content)) is not None:
        return replace(content, labels=_labels_of(file, len(content.values)))
    return content


def _named(reference: str) -> tuple[Path, str | None]:
    """The path, and of `file.npz:NAME` the name."""
    if not reference:
        raise DataError(f"the name of the rows is empty: {_KNOWN}")
    path = expanded(reference)
    if (found := re.search(r"(?i)(\.npz):(\w+)$", path.name)) and not _exists(path):
        path = path.with_name(path.name[: found.end(1)])
        _matches(path)
        return path, found[2]
    return path, None


def _all_named(references: Sequence[str]) -> list[Path]:
    return [match for item in references if item not in ROW_BUILT_INS for match in _matches(_named(item)[0])]


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):
        return False


def _matches(path: Path) -> list[Path]:
    """The path itself, or the files that a pattern matches, sorted.

    Raises:
        DataError: there is none.
    """
    if not _exists(path) and glob.has_magic(str(path)):
        found = sorted(Path(match) for match in glob.iglob(str(path), recursive=True))  # noqa: PTH207  (absolute patterns)
        found = [match for match in found if match.is_file()]
        if not found:
            raise DataError(f"no file matches {path}")
        return found
    try:
        path.stat()
    except FileNotFoundError:
        raise DataError(f"{path} does not exist: {_KNOWN}, or a set of `grnn-tui corpora`") from None
    except (OSError, ValueError) as error:
        raise DataError(f"cannot read {path}: {getattr(error, 'strerror', None) or error}") from None
    if not path.is_file() and not path.is_dir():
        raise DataError(f"{path} is no file: {_KNOWN}")
    return [path]


def _read_file(path: Path, form: RowForm, cache: Path | None) -> Content:
    suffix = Path(path.name.lower().removesuffix(".gz")).suffix
    if suffix == ".npy":
        return read_npy(path)
    if suffix == ".npz":
        return read_npz(path, None, form.labels)
    if suffix in (".csv", ".amat"):
        return kept([path], "separated", partial(read_separated, path), cache)
    if suffix == ".idx" or re.search(r"ubyte(\.gz)?$", path.name):
        return read_idx(path, labels=form.labels is None)
    raise DataError(f"{path} is no file of rows: {_KNOWN}")


def _read_pictures(paths: list[Path], name: str, folder: Path | None, form: RowForm, cache: Path | None) -> Content:
    how = ("pictures", str(folder), form.shape)
    return kept(paths, how, partial(read_pictures, paths, name, folder, form.shape), cache)


def _generated(name: str, seed: int, size: int | None) -> Content:
    built_in = ROW_BUILT_INS[name]
    if size is not None and size < 1:
        raise DataError(f"a set of {size} rows is empty: give a size of 1 or more")
    made = built_in.make(seed, size or built_in.default_size)
    there = Path(name).exists()
    return Content(
        name=name,
        values=made.rows.reshape(-1, *built_in.domain.shape),
        labels=None if made.labels is None else Labels(made.labels, built_in.classes),
        kind=built_in.domain.kind,
        levels=built_in.domain.levels,
        notes=(f"{name} is the set of that name; write ./{name} for the file",) if there else (),
    )


def _label_file(form: RowForm, content: Content) -> Path | None:
    """The file that `form.labels` names, unless it names a column or there is nothing to look for."""
    where = form.labels
    vectors = content.values.ndim == 2
    if where is None or (vectors and where in ("last", "first", *content.columns)):
        return None
    path = expanded(where)
    if _exists(path) and path.is_file():
        return path
    if vectors and where.isdecimal():
        return None
    raise DataError(f"{content.name} has no labels called {where!r}, and there is no such file")


def _labels_of(path: Path, count: int) -> Labels:
    labels = read_labels(path)
    if len(labels.codes) != count:
        raise DataError(f"{path} has {len(labels.codes):,} labels for {count:,} rows: give one for each")
    return labels
