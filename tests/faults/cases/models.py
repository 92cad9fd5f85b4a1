"""Model directories as somebody might hand them out who wants code to run, memory to fill, or a terminal to obey."""

from __future__ import annotations

import io
import os
import pickle
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from grnn_tui.backends.modeldir import CARD, HEADER, WEIGHTS

ESCAPE = "\x1b]52;c;aGk=\x07\x1b[2J\x1b]0;owned\x07\x9b31m[@click=app.quit]x[/]\u202e"
TOUCHED = "touched"


class Payload:
    """Makes a file where it is unpickled."""

    def __reduce__(self) -> tuple[Any, tuple[str]]:
        return os.system, (f"touch {TOUCHED}",)


def pickled() -> bytes:
    return pickle.dumps({"b": Payload()})


def torch_file() -> bytes:
    """As `torch.save` packs a pickle."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("archive/data.pkl", pickled())
        archive.writestr("archive/version", "3")
    return buffer.getvalue()


def _archive_of_objects() -> bytes:
    buffer = io.BytesIO()
    np.savez(buffer, b=np.array([Payload()], dtype=object))
    return buffer.getvalue()


def _header(change: dict[str, Any]) -> Callable[[Path], None]:
    def make(model: Path) -> None:
        known = msgspec.json.decode((model / HEADER).read_bytes())
        (model / HEADER).write_bytes(msgspec.json.encode(known | change))

    return make


def _instead(name: str, content: bytes) -> Callable[[Path], None]:
    def make(model: Path) -> None:
        (model / name).write_bytes(content)

    return make


def _in_place(name: str, make: Callable[[Path], object]) -> Callable[[Path], None]:
    def put(model: Path) -> None:
        (model / name).unlink()
        make(model / name)

    return put


def _weights(header: object, data: bytes = b"", *, length: int | None = None) -> Callable[[Path], None]:
    told = header if isinstance(header, bytes) else msgspec.json.encode(header)
    size = len(told) if length is None else length

    def make(model: Path) -> None:
        _header({"arrays": {}})(model)  # whatever the size of the weights is: they get past the first look
        (model / WEIGHTS).write_bytes(size.to_bytes(8, "little") + told + data)

    return make


def _sparse(name: str, size: int) -> Callable[[Path], None]:
    def make(model: Path) -> None:
        with (model / name).open("r+b") as file:
            file.truncate(size)

    return make


def _text(symbols: object, unit: str = "character") -> dict[str, Any]:
    return {"vocabulary": {"domain": "text", "unit": unit, "symbols": symbols}}


def _huge(model: Path) -> None:
    """An array of terabytes, all of it there: a hole in the file."""
    shape = [1 << 20, 1 << 20]
    _header({"arrays": {"b": ["float32", shape]}})(model)
    told = msgspec.json.encode({"b": {"dtype": "F32", "shape": shape, "data_offsets": [0, 4 << 40]}})
    _instead(WEIGHTS, len(told).to_bytes(8, "little") + told)(model)
    with (model / WEIGHTS).open("r+b") as file:
        file.truncate(8 + len(told) + (4 << 40))


_F32 = {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}

EVIL: dict[str, Callable[[Path], None]] = {
    "a pickle as weights": _weights(pickled()),
    "nothing but a pickle as weights": _instead(WEIGHTS, pickled()),
    "a pickle as header": _instead(HEADER, pickled()),
    "what torch.save makes as weights": _instead(WEIGHTS, torch_file()),
    "a numpy archive of objects as weights": _weights(_archive_of_objects()),
    "a header of 2^63 bytes": _weights({}, length=1 << 63),
    "a header longer than the file": _weights({}, length=1 << 20),
    "a header of nothing": _weights(b"", length=0),
    "a header nested deeply": _weights(b"[" * 100_000),
    "arrays that overlap": _weights({"a": _F32, "b": _F32}, bytes(8)),
    "arrays beyond the file": _weights({"b": _F32 | {"data_offsets": [1 << 40, 1 << 41]}}, bytes(8)),
    "offsets that go down": _weights({"b": _F32 | {"data_offsets": [8, 0]}}, bytes(8)),
    "a shape that overflows": _weights({"b": _F32 | {"shape": [1 << 62, 1 << 62]}}, bytes(8)),
    "terabytes of weights": _huge,
    "model.json nested deeply": _instead(HEADER, b'{"backend":"gru","settings":{"a":' + b"[" * 1_000_000),
    "model.json nested deeply where nobody looks": _instead(HEADER, b'{"backend":"gru","else":' + b"[" * 1_000_000),
    "model.json of a terabyte": _sparse(HEADER, 1 << 40),
    "model.json of millions of symbols": _instead(
        HEADER,
        b'{"backend":"gru","vocabulary":{"domain":"text","unit":"word","symbols":["a"' + b',"a"' * (3 << 20) + b"]}}",
    ),
    "model.json of millions of settings": _instead(
        HEADER, b'{"backend":"gru","settings":{"a":[0' + b",0" * (7 << 20) + b"]}}"
    ),
    "a pipe as header": _in_place(HEADER, os.mkfifo),
    "a pipe as weights": _in_place(WEIGHTS, os.mkfifo),
    "zeros without end as header": _in_place(HEADER, lambda p: p.symlink_to("/dev/zero")),
    "zeros without end as weights": _in_place(WEIGHTS, lambda p: p.symlink_to("/dev/zero")),
    "a link out of the directory as header": _in_place(HEADER, lambda p: p.symlink_to("/etc/passwd")),
    "a link out of the directory as weights": _in_place(WEIGHTS, lambda p: p.symlink_to("/etc/passwd")),
    "a link to itself as header": _in_place(HEADER, lambda p: p.symlink_to(p.name)),
    "a link to itself as weights": _in_place(WEIGHTS, lambda p: p.symlink_to(p.name)),
    "a directory as weights": _in_place(WEIGHTS, Path.mkdir),
    "a card of escapes": _instead(CARD, ESCAPE.encode()),
    "a backend that is a module": _header({"backend": "os:system"}),
    "a backend of escapes": _header({"backend": ESCAPE}),
    "a backend that is a path": _header({"backend": "../../../tmp/evil"}),
    "a setting of escapes": _header({"settings": {ESCAPE: ESCAPE}}),
    "settings without end": _header({"settings": {"hidden": 1 << 62, "layers": 1 << 62}}),
    "many layers": _header({"settings": {"hidden": 12, "embedding": 5, "layers": 1 << 30}}),
    "symbols that are words": _header(_text(["ab", "cd"])),
    "symbols that are nothing": _header(_text([""] * 12)),
    "symbols of escapes": _header(_text([*ESCAPE[:12]])),
    "symbols that are all the same": _header(_text(["a"] * 12)),
    "words of nothing": _header(_text([], "word")),
    "weights cut to nothing": _instead(WEIGHTS, b""),
    "a header of nothing at all": _instead(HEADER, b""),
    "rows of 2^60 values": _header({"vocabulary": {"domain": "rows", "kind": "real", "shape": [1 << 30, 1 << 30]}}),
    "rows for a model of text": _header({"vocabulary": {"domain": "rows", "kind": "binary", "shape": [1 << 24]}}),
}


def make_all(sound: Path, folder: Path) -> dict[str, Path]:
    """Every evil model, each made of a sound one."""
    made: dict[str, Path] = {}
    for number, (name, make) in enumerate(EVIL.items()):
        made[name] = Path(shutil.copytree(sound, folder / f"{number:02d}"))
        make(made[name])
    return made
