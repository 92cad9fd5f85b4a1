"""Files of rows as somebody might hand them out: archives and pictures that grow, headers that lie, pickles."""

from __future__ import annotations

import gzip
import io
import os
import struct
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np

from tests.faults.cases.models import ESCAPE, Payload

MEGABYTE = 1 << 20


def npy(header: str, data: bytes = b"", version: bytes = b"\x01\x00") -> bytes:
    told = header.encode("latin-1")
    length = struct.pack("<H" if version[0] == 1 else "<I", len(told))
    return b"\x93NUMPY" + version + length + told + data


def _npy_of_objects() -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, np.array([[Payload()]], dtype=object), allow_pickle=True)
    return buffer.getvalue()


def _zipped(**members: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(f"{name}.npy", content)
    return buffer.getvalue()


def _shape(*axes: int, descr: str = "<f8") -> str:
    return f"{{'descr': '{descr}', 'fortran_order': False, 'shape': {axes!r}}}"


def _zeros(size: int) -> bytes:
    return npy(_shape(size // 784, 784, descr="|u1"), bytes(size // 784 * 784))


def _larger_than_told(content: bytes, told: int) -> bytes:
    """A zip whose list claims that its first member has `told` bytes."""
    place = content.rindex(b"PK\x01\x02")
    return content[: place + 24] + struct.pack("<I", told) + content[place + 28 :]


def _idx(*axes: int, kind: int = 8, data: bytes = b"") -> bytes:
    return bytes([0, 0, kind, len(axes)]) + struct.pack(f">{len(axes)}I", *axes) + data


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width: int, height: int, *, depth: int = 1, colour: int = 0, more: bytes = b"") -> bytes:
    """A picture of nothing but black, of however many pixels."""
    head = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    bits = {0: 1, 2: 3, 6: 4}[colour] * depth * width
    packer, data = zlib.compressobj(9), b""
    for _ in range(height):
        data += packer.compress(bytes(1 + (bits + 7) // 8))
    data += packer.flush()
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", head) + more + _chunk(b"IDAT", data) + _chunk(b"IEND", b"")


Maker = Callable[[], bytes]
FILES: dict[str, Maker] = {
    "objects.npy": _npy_of_objects,
    "objects.npz": lambda: _zipped(x=_npy_of_objects()),
    "a pickle.npy": lambda: __import__("pickle").dumps(Payload()),
    "a pickle.npz": lambda: __import__("pickle").dumps(Payload()),
    "code in the header.npy": lambda: npy("{'descr': '<f8', 'shape': __import__('os').system('touch touched')}"),
    "a header of parentheses.npy": lambda: npy("(" * 9000),
    "a header of 4 GB.npy": lambda: b"\x93NUMPY\x02\x00\xff\xff\xff\xff" + b" " * 100,
    "a header of minus signs.npy": lambda: npy("-" * 9000 + "1"),
    "a shape of 2^60.npy": lambda: npy(_shape(1 << 30, 1 << 30), bytes(64)),
    "a shape below 0.npy": lambda: npy(_shape(-4, 4), bytes(64)),
    "no rows of much.npy": lambda: npy(_shape(0, 1 << 60)),
    "a type of fields.npy": lambda: npy("{'descr': [('a', '<f8', (1000000,))], 'fortran_order': False, 'shape': (1,)}"),
    "a long word.npy": lambda: npy(_shape(1, 1, descr="<U2000000000")),
    "many axes.npy": lambda: npy(_shape(*[1] * 200), bytes(8)),
    "version 3.npy": lambda: npy(_shape(1, 1), bytes(8), b"\x03\x00"),
    "a bomb.npz": lambda: _zipped(x=_zeros(64 * MEGABYTE)),
    "a bomb that claims more.npz": lambda: _larger_than_told(
        _zipped(x=npy(_shape(1 << 16, 1 << 12), bytes(999))), 1 << 31
    ),
    "a bomb that claims less.npz": lambda: _larger_than_told(_zipped(x=_zeros(64 * MEGABYTE)), 100),
    "many members.npz": lambda: _zipped(**{f"x{i}": b"" for i in range(500)}),
    "names of escapes.npz": lambda: _zipped(**{ESCAPE: npy(_shape(1, 1), bytes(8)), ESCAPE + "2": b""}),
    "a path outside.npz": lambda: _zipped(**{"../../../tmp/evil": npy(_shape(2, 2), bytes(32))}),
    "no end.npz": lambda: _zipped(x=_zeros(MEGABYTE))[:-30],
    "huge.idx": lambda: _idx(0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF, data=bytes(64)),
    "huge in a bomb.idx": lambda: gzip.compress(_idx(0xFFFFFFFF, 28, 28) + bytes(MEGABYTE)),
    "a bomb.idx": lambda: gzip.compress(_idx(64 * MEGABYTE // 784, 28, 28, data=bytes(64 * MEGABYTE))),
    "no axes.idx": lambda: _idx(),
    "of nothing.idx": lambda: _idx(0, 0, 0),
    "one line of a bomb.csv.gz": lambda: gzip.compress(b"1," * (40 * MEGABYTE)),
    "blanks of a bomb.csv.gz": lambda: gzip.compress(b"\n" * MEGABYTE),
    "remarks of a bomb.csv.gz": lambda: gzip.compress(b"#\n" * MEGABYTE),
    "blanks after a row.csv.gz": lambda: gzip.compress(b"1,2\n" + b"\n" * (2 * MEGABYTE)),
    "zeros of a bomb.csv.gz": lambda: gzip.compress(bytes(80 * MEGABYTE)),
    "rows of a bomb.csv.gz": lambda: gzip.compress(b"1,2,3,4,5,6,7,8\n" * (2 * MEGABYTE)),
    "quotes.csv": lambda: b'"' * MEGABYTE,
    "many columns.csv": lambda: b"1," * (MEGABYTE // 4) + b"1\n",
    "many words.csv": lambda: b"".join(b"w%d,1\n" % i for i in range(120_000)),
    "escapes.csv": lambda: (ESCAPE + ",b\n1,2\n").encode(),
    "numbers without end.csv": lambda: b"1,1e999\n-inf,nan\n1_000,0x10\n" + b"9" * 5000 + b",1\n",
    "a run of spaces.csv": lambda: b"1,2\n?," + b" " * MEGABYTE + b"x\n",
    "a run of spaces and nothing.csv": lambda: b"1,2\n?," + b" " * MEGABYTE + b"\n",
    "a run of tabs.csv": lambda: b"1,2\n?,3\n" + b"\t" * MEGABYTE + b"x\n",
    "a run of spaces.amat": lambda: b"1 2\n? " + b" " * MEGABYTE + b"x\n",
    "a run of n.csv": lambda: b"1,2\n?," + b"na" * MEGABYTE + b"\n",
    "a long number.csv": lambda: b"1,2\n1," + b"9" * MEGABYTE + b"\n",
    "names given twice.amat": lambda: b"0 1 1 a 1\n0 1 1 0 1.5\n0 1 1 0 1\n9223372036854775808 1 1 0 1\n",
    "one name for all.csv": lambda: b"a," * 50_000 + b"a\n" + b"1," * 50_000 + b"1.5\n",
    "cut.csv.gz": lambda: gzip.compress(b"1,2\n" * 1000)[:-20],
    "a bomb.amat": lambda: b"0 " * 784 + b"\n" + b"1" * (2 * MEGABYTE),
    "a bomb.png": lambda: png(30_000, 30_000),
    "just not a bomb.png": lambda: png(5_790, 5_790),
    "colour that is just not a bomb.png": lambda: png(5_790, 5_790, depth=8, colour=6),
    "half a bomb in colour.png": lambda: png(9_400, 9_400, depth=8, colour=6),
    "a wide one.png": lambda: png(1 << 20, 1),
    "a bomb of words.png": lambda: png(4, 4, more=_chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(80 * MEGABYTE)))),
    "a bomb of colours.png": lambda: png(4, 4, more=_chunk(b"iCCP", b"a\0\0" + zlib.compress(bytes(80 * MEGABYTE)))),
    "cut.png": lambda: png(64, 64)[:60],
    "a program.png": lambda: b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n(touch touched) (w) file\n%%EOF\n",
    "huge.ppm": lambda: b"P6 99999999 99999999 255\n" + bytes(64),
    "huge.gif": lambda: b"GIF89a\xff\xff\xff\xff\xf7\x00\x00" + bytes(64),
    "huge.bmp": lambda: b"BM" + bytes(8) + struct.pack("<IIiiHHI", 54, 40, 1 << 30, 1 << 30, 1, 24, 0) + bytes(64),
}
"""What a file of this name holds."""
UNPACKED = {
    "a bomb.npz": 64, "a bomb that claims less.npz": 64, "a bomb.idx": 64, "rows of a bomb.csv.gz": 32,
}  # fmt: skip
"""Megabytes of rows that some hold when they are unpacked: memory is judged by those, not by the packed file."""
HEAVY = frozenset(
    {"a bomb.png", "just not a bomb.png", "colour that is just not a bomb.png", "rows of a bomb.csv.gz", "a bomb.npz"}
    | {"one line of a bomb.csv.gz", "zeros of a bomb.csv.gz", "a bomb that claims less.npz", "a bomb.idx"}
    | {"half a bomb in colour.png", "a bomb of words.png", "a bomb of colours.png"}
)
"""Those that take seconds to make or to open."""


def make_all(folder: Path, *, heavy: bool) -> dict[str, Path]:
    """Every evil file of rows, each in a folder of its own; and names that are no files."""
    made: dict[str, Path] = {}

    def place(name: str) -> Path:
        within = folder / f"{len(made):02d}"
        within.mkdir(parents=True)
        made[name] = within / name
        return made[name]

    for name, make in FILES.items():
        if heavy or name not in HEAVY:
            place(name).write_bytes(make())
    for suffix in (".npy", ".npz", ".idx", ".csv", ".png"):
        os.mkfifo(place(f"a pipe{suffix}"))
        place(f"zeros without end{suffix}").symlink_to("/dev/zero")
        (path := place(f"a link to itself{suffix}")).symlink_to(path.name)
    _special_folders(place)
    return made


def _special_folders(place: Callable[[str], Path]) -> None:
    folder = place("pictures that are pipes")
    folder.mkdir()
    os.mkfifo(folder / "a.png")
    (folder / "b.png").symlink_to("/dev/zero")
    folder = place("a folder within itself")
    folder.mkdir()
    (folder / "again").symlink_to(folder)
    (folder / "a.png").write_bytes(png(4, 4))
