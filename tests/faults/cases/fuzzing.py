"""A process that damages sound files at random and opens them, watched; the same seed does the same damage.

`fuzz` runs it and returns what was tried and every file that broke a promise (kept, for whoever looks into it).
"""

from __future__ import annotations

import gzip
import io
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import msgspec
import numpy as np

from tests.faults.cases import opening, rows
from tests.faults.cases.opening import ROOT, Kind, Thing, faults, homes, warm, watched

_NUMBERS = (
    0,
    1,
    127,
    128,
    255,
    1 << 15,
    1 << 16,
    (1 << 31) - 1,
    1 << 31,
    (1 << 32) - 1,
    1 << 62,
    (1 << 63) - 1,
    1 << 63,
)
_WORDS = (
    b"null", b"-1", b"1e999", b"9" * 40, b"[" * 3000, b'{"a":' * 3000, b'""', b"\0", b"\xff", b"\x1b]52;c;aGk=\x07",
    b"\xed\xa0\x80", b"../", b"\\ud800", b"1.5", b"-0", b"[]", b"{}", b"\n", b",", b":", b"NaN", b"true",
    b"18446744073709551616",
)  # fmt: skip


class Fuzzed(msgspec.Struct):
    """What came of it."""

    tried: int = 0
    read: int = 0
    grown: int = 0
    """Bytes of memory at the worst moment."""
    broken: list[str] = []


def fuzz(folder: Path, sound: Path, *, seed: int, count: int, seconds: float, most: int = 1 << 33) -> Fuzzed:
    """Damage and open `count` things made of those in `sound`, or as many as there is time for.

    The child may map no more than `most` bytes.
    """
    folder.mkdir()
    command = [sys.executable, "-m", __name__, *map(str, (folder, sound, seed, count, seconds, most))]
    ran = subprocess.run(command, capture_output=True, cwd=ROOT, env=homes(folder / "home"), check=False)
    assert ran.returncode == 0, ran.stderr.decode()[-3000:]
    return msgspec.json.decode(ran.stdout, type=Fuzzed)


def make_files(folder: Path) -> None:
    """Sound files of rows and texts, each small."""
    folder.mkdir(parents=True, exist_ok=True)
    numbers = np.arange(60, dtype=np.float32).reshape(12, 5)
    pictures = (np.arange(12 * 16) % 251).astype(np.uint8).reshape(12, 4, 4)
    np.save(folder / "numbers.npy", numbers)
    np.save(folder / "pictures.npy", pictures)
    np.savez(folder / "stored.npz", x=pictures, y=np.arange(12) % 3)
    np.savez_compressed(folder / "packed.npz", x=pictures, y=np.arange(12) % 3)
    idx = bytes([0, 0, 8, 3]) + b"".join(n.to_bytes(4, "big") for n in (12, 4, 4)) + pictures.tobytes()
    (folder / "pictures.idx").write_bytes(idx)
    (folder / "packed.idx").write_bytes(gzip.compress(idx))
    table = b"a,b,c\n" + b"".join(b"%d,%d.5,w%d\n" % (i, i, i % 3) for i in range(30))
    (folder / "table.csv").write_bytes(table)
    (folder / "packed.csv.gz").write_bytes(gzip.compress(table))
    (folder / "digits.amat").write_bytes(b"0 1 1 0 1\n" * 20)
    (folder / "text.txt").write_bytes("Es war einmal – ein Läufer.\n".encode() * 20)
    (folder / "packed.gz").write_bytes(gzip.compress(b"some words of a text\n" * 50))
    (folder / "grey.png").write_bytes(rows.png(7, 5))
    (folder / "colour.png").write_bytes(rows.png(7, 5, depth=8, colour=6))
    for name, kind in (("a.gif", "GIF"), ("a.bmp", "BMP"), ("a.jpg", "JPEG"), ("a.tif", "TIFF"), ("a.webp", "WEBP")):
        try:
            from PIL import Image
        except ImportError:
            return
        buffer = io.BytesIO()
        Image.fromarray(pictures[0]).convert("RGB").save(buffer, kind)
        (folder / name).write_bytes(buffer.getvalue())


def damaged(content: bytes, luck: random.Random) -> bytes:
    """The same with a few changes, each of a kind that finds faults in readers."""
    data = bytearray(content)
    for _ in range(luck.choice((1, 1, 1, 2, 4, 16))):
        place = luck.randrange(len(data) + 1)
        if luck.random() < 0.5:
            place = min(place, luck.randrange(200))  # headers are where it hurts
        change = luck.randrange(8)
        if change == 0 and place < len(data):
            data[place] ^= 1 << luck.randrange(8)
        elif change == 1 and place < len(data):
            data[place] = luck.randrange(256)
        elif change == 2:
            del data[place:]
        elif change == 3:
            del data[place : place + luck.randrange(1, 64)]
        elif change == 4:
            data[place:place] = data[place : place + luck.randrange(1, 256)]
        elif change == 5:
            size = luck.choice((2, 4, 8))
            number = luck.choice(_NUMBERS) & ((1 << 8 * size) - 1)
            data[place : place + size] = number.to_bytes(size, luck.choice(("little", "big")))
        elif change == 6:
            data[place : place + luck.choice((0, 1, 4))] = luck.choice(_WORDS)
        else:
            _change_number(data, luck)
    return bytes(data)


def _change_number(data: bytearray, luck: random.Random) -> None:
    """Write another number in place of one that is written out."""
    digits = [i for i, byte in enumerate(data[:5000]) if 48 <= byte <= 57]
    if digits:
        begin = end = luck.choice(digits)
        while end < len(data) and 48 <= data[end] <= 57:
            end += 1
        data[begin:end] = str(luck.choice(_NUMBERS)).encode()


# --- in the child -----------------------------------------------------------------------------------------------------


def _kind(path: Path) -> Kind:
    if path.is_dir():
        return "run" if (path / "run.json").exists() else "model"
    return "rows" if path.suffix not in (".txt", ".gz") or path.name == "packed.csv.gz" else "text"


def _damage(source: Path, target: Path, luck: random.Random) -> None:
    if source.is_file():
        target.write_bytes(damaged(source.read_bytes(), luck))
        return
    shutil.copytree(source, target)
    files = sorted(path for path in target.rglob("*") if path.is_file() and path.name != "README.md")
    for chosen in luck.sample(files, min(len(files), luck.choice((1, 1, 2)))):
        chosen.write_bytes(damaged(chosen.read_bytes(), luck))


def _remove(path: Path) -> None:
    shutil.rmtree(path) if path.is_dir() else path.unlink()


def main(folder: Path, sound: Path, seed: int, count: int, seconds: float) -> Fuzzed:
    watch = opening._Watch()
    warm(watch)
    luck, found, sources = random.Random(seed), Fuzzed(), sorted(sound.iterdir())
    deadline = time.monotonic() + seconds
    remove: Callable[[Path], None] = _remove
    while found.tried < count and time.monotonic() < deadline:
        source = sources[found.tried % len(sources)]
        target = folder / f"{found.tried}-{source.name}"
        _damage(source, target, luck)
        opened = watched(Thing(_kind(source), str(target)), watch)
        found.tried += 1
        found.read += opened.outcome == "read"
        found.grown = max(found.grown, opened.grown)
        if wrong := faults(opened):
            found.broken.append(f"{target}: {wrong}")
        else:
            remove(target)
    return found


if __name__ == "__main__":
    import resource

    signal.signal(signal.SIGALRM, opening._hang)
    most = int(sys.argv[6])
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
    told = main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]), float(sys.argv[5]))
    sys.stdout.buffer.write(msgspec.json.encode(told))
