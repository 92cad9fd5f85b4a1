"""The data of the training form without a screen: what is known of them, and what of the form fits them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from grnn_tui.backends.defaults import default_backend
from grnn_tui.data.binary import PEEK, looks_binary
from grnn_tui.data.looking import Seen
from grnn_tui.data.row_form import RowForm, axes_of, pin_form
from grnn_tui.data.rows.names import names_rows
from grnn_tui.engine.protocol import BackendInfo, CorpusInfo, Field
from grnn_tui.errors import UsageError
from grnn_tui.foreign import open_file
from grnn_tui.ui.screens.field_values import parsed

ROW_KINDS = ("binary", "levels", "real")
NOTHING = "nothing"
AS_FOUND = "as found"
FORM_HELP = {
    "kind": "what a value is; by itself it looks at the values",
    "shape": "of an image, such as 28x28; empty: the file tells",
    "levels": "of grey or colour to round to; empty: as found",
    "threshold": "values above it become 1, others 0; empty: none",
    "pool": "side of the square made one pixel",
    "labels": "none, last, first, a column, an array, or a file",
    "features": "columns told before a row is written, with commas",
}
"""The fields that say how a file of rows is read, and their help."""
_NUMBERS = {
    "levels": Field(name="levels", kind="int", default=2, help="", low=2, high=65536),
    "threshold": Field(name="threshold", kind="float", default=0.5, help=""),
    "pool": Field(name="pool", kind="int", default=1, help="", low=1, high=64),
}


class DataKnown(Struct, frozen=True):
    """What is known of the data that were chosen."""

    kind: str = "text"
    """`text`, `binary`, `levels`, `real`, or `rows`: which of these is not known yet."""
    shape: tuple[int, ...] = ()
    sequence: bool = False
    classes: bool = False
    """Whether rows or lines have labels."""
    columns: bool = False
    """Whether columns can be named as features."""
    file: bool = False
    """Whether they are files, which can be read in several ways."""
    note: str = ""
    fault: str = ""

    @property
    def rows(self) -> bool:
        """Whether they are rows, not a text."""
        return self.kind != "text"

    @property
    def conditions(self) -> tuple[str, ...]:
        """What a model of them can be told."""
        return (NOTHING, *(["label"] if self.classes else []), *(["features"] if self.columns else []))


def known_of(corpus: CorpusInfo) -> DataKnown:
    """What the catalogue tells of a corpus."""
    return DataKnown(kind=corpus.kind, shape=tuple(corpus.shape), classes=bool(corpus.classes))


def known_by_name(data: str, *, pictures: bool) -> DataKnown:
    """What the name of a file tells; `pictures`: it is a folder that holds them."""
    path = Path(data)
    if pictures or names_rows(path):
        columns = bool(re.search(r"\.(csv|amat)(\.gz)?$", path.name, re.IGNORECASE))
        return DataKnown(kind="rows", columns=columns, file=True)
    several = data.endswith("/") or any(sign in data for sign in "*?[") or _is_folder(path)
    return DataKnown(classes=several, file=True)


def _is_folder(path: Path) -> bool:
    try:
        return path.expanduser().is_dir()
    except (OSError, ValueError, RuntimeError):
        return False


def with_seen(known: DataKnown, seen: Seen, *, labels: str = "") -> DataKnown:
    """The same after a look into the file."""
    if not seen.kind and not seen.fault:
        return known
    if seen.fault:
        return msgspec.structs.replace(known, fault=seen.fault)
    return msgspec.structs.replace(
        known,
        kind=seen.kind,
        shape=seen.shape,
        sequence=seen.sequence,
        classes=bool(seen.classes) or labels not in ("", "none"),
        note=", ".join([seen.lines[0], *([f"{seen.classes} classes"] if seen.classes else [])]),
    )


def offered(backends: Iterable[BackendInfo], known: DataKnown) -> list[str]:
    """The backends that can be trained on such data."""

    def fits(b: BackendInfo) -> bool:
        kinds = ROW_KINDS if known.kind == "rows" else (known.kind,)
        flat = bool(known.shape) and len(known.shape) < 2
        return (
            any(kind in b.fits for kind in kinds)
            and not (b.images and flat)
            and not (known.sequence and not b.sequences)
        )

    return [b.name for b in backends if fits(b)]


def default_of(known: DataKnown, names: list[str]) -> str:
    """The backend that the command line would take; of those in `names` the first, where it is not among them."""
    kind = "binary" if known.kind == "rows" else known.kind
    name = default_backend(kind, image=len(known.shape) > 1, sequence=known.sequence)
    return name if name in names else next(iter(names), "")


def form_of(texts: Mapping[str, str]) -> RowForm:
    """The form that a person means by what is entered for the fields in `FORM_HELP`.

    Raises:
        UsageError: the first fault.
    """
    values: dict[str, Any] = {}
    for name in FORM_HELP:
        value = form_value(name, texts.get(name, ""))
        if value not in (None, ()):
            values[name] = value
    return pin_form(RowForm(**values))


def form_value(name: str, text: str) -> Any:
    """What is meant by the text of one field; None: nothing is said.

    Raises:
        UsageError: it means nothing.
    """
    text = text.strip()
    if not text or (name == "kind" and text == AS_FOUND):
        return None
    if name == "shape":
        return axes_of(text)
    if name == "features":
        return tuple(part.strip() for part in text.split(",") if part.strip())
    return parsed(_NUMBERS[name], text) if name in _NUMBERS else text


def words_of(form: RowForm) -> list[str]:
    """The options of the command line that say the same."""
    words: list[str] = []
    plain = RowForm()
    for name in RowForm.__struct_fields__:
        value = getattr(form, name)
        if isinstance(value, bool):
            words += [] if value else [f"--no-{name}"]
        elif value != getattr(plain, name):
            separator = "x" if name == "shape" else ","
            text = separator.join(map(str, value)) if isinstance(value, tuple) else str(value)
            words += [f"--{name}", f"{value:g}" if isinstance(value, float) else text]
    return words


def check_path(data: str, *, text: bool) -> None:
    """Refuse a path that nothing can be read from; of a `text`, one that is none.

    Raises:
        UsageError: no such file, or a file of something else.
    """
    fixed = re.split(r"[*?\[]", data, maxsplit=1)[0]
    globbed = fixed != data
    try:
        path = Path(fixed.rpartition("/")[0] + "/" if globbed and "/" in fixed else "." if globbed else data)
        path = path.expanduser()
        if not path.exists() and not text:
            path = Path(re.sub(r"(?i)(\.npz):\w+$", r"\1", str(path)))
        if not path.exists():
            raise UsageError("there is no such folder" if globbed else "there is no such file")
        if text and path.is_file() and not path.name.endswith(".gz"):
            with open_file(path) as file:
                if looks_binary(file.read(PEEK)):
                    raise UsageError("not a text: it holds bytes that no text has; choose the unit byte to take them")
    except (OSError, ValueError, RuntimeError):
        raise UsageError("not a path that can be read") from None
