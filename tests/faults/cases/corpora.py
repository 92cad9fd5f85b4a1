"""Texts as somebody might hand them out: packed ones that grow, names that are no files, files that never end."""

from __future__ import annotations

import gzip
import os
import socket
from collections.abc import Callable
from pathlib import Path

from tests.faults.cases.models import ESCAPE

MEGABYTE = 1 << 20


def _folder_of(*names: str, make: Callable[[Path], object]) -> Callable[[Path], None]:
    def put(path: Path) -> None:
        path.mkdir()
        for name in names:
            make(path / name)

    return put


def _link(target: str) -> Callable[[Path], None]:
    return lambda path: path.symlink_to(target)


def _socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind(str(path))


def _content(make: Callable[[], bytes]) -> Callable[[Path], None]:
    def put(path: Path) -> None:
        path.write_bytes(make())

    return put


def _names_of_escapes(path: Path) -> None:
    path.mkdir()
    (path / ESCAPE.replace("/", "")).write_bytes(b"some text")


CORPORA: dict[str, Callable[[Path], None]] = {
    "empty": _content(bytes),
    "one byte": _content(lambda: b"a"),
    "one symbol": _content(lambda: b"a" * 5000),
    "binary": _content(lambda: bytes(range(256)) * 40),
    "bad UTF-8": _content(lambda: b"caf\xe9 \xff\xfe\xc3( \xed\xa0\x80 \xf4\x90\x80\x80" * 100),
    "no newline": _content(lambda: b"word " * 2000),
    "escapes": _content(lambda: ESCAPE.encode() * 100),
    "a pipe": os.mkfifo,
    "a socket": _socket,
    "zeros without end": _link("/dev/zero"),
    "chance without end": _link("/dev/random"),
    "a full device": _link("/dev/full"),
    "nothing": _link("/dev/null"),
    "a terminal": _link("/dev/tty"),
    "a file of the system": _link("/proc/self/status"),
    "a file of the system without end": _link("/proc/self/pagemap"),
    "memory": _link("/proc/self/mem"),
    "a link to itself": _link("a link to itself"),
    "a link to nothing": _link("nowhere"),
    "a folder in itself": _folder_of("again", make=lambda path: path.symlink_to(path.parent)),
    "a folder of pipes": _folder_of("a", "b.txt", "c.gz", make=os.mkfifo),
    "a folder of devices": _folder_of("a", "b.txt", make=_link("/dev/zero")),
    "a folder of links to nothing": _folder_of("a", make=_link("nowhere")),
    "a folder of names of escapes": _names_of_escapes,
    "zeros of a bomb.gz": _content(lambda: gzip.compress(bytes(24 * MEGABYTE))),
    "a bomb in a bomb.gz": _content(lambda: gzip.compress(gzip.compress(bytes(64 * MEGABYTE)))),
    "cut.gz": _content(lambda: gzip.compress(b"some text " * 1000)[:-9]),
    "no gz.gz": _content(lambda: b"\x1f\x8b\x08" + bytes(100)),
    "many files in one.gz": _content(lambda: gzip.compress(b"") * 2_000),
    "one long word": _content(lambda: b"a" * (MEGABYTE // 2)),
    "marks upon marks": _content(lambda: ("e" + "\u0301" * (MEGABYTE // 4)).encode()),
    "spaces": _content(lambda: b" " * (MEGABYTE // 2)),
    "all of Unicode": _content(lambda: "".join(map(chr, [*range(0xD800), *range(0xE000, 0x110000)])).encode()),
}  # fmt: skip


HEAVY = frozenset({"all of Unicode", "zeros of a bomb.gz", "a bomb in a bomb.gz", "a file of the system without end"})
"""Those that take a second or more to read."""


def make_all(folder: Path, *, heavy: bool) -> dict[str, Path]:
    """Every one of them, or those that take no time."""
    folder.mkdir()
    made = {name: folder / name for name in CORPORA if heavy or name not in HEAVY}
    for name, path in made.items():
        CORPORA[name](path)
    return made
