"""From what a person names (a corpus, files, a directory, a glob, stdin) to bytes in chunks."""

from __future__ import annotations

import glob
import gzip
import hashlib
import os
import stat
import sys
import tempfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import BinaryIO, Protocol, cast

import grnn_tui.data.builtin
from grnn_tui.data.binary import PEEK, looks_binary
from grnn_tui.data.builtin import BUILT_INS, BuiltIn
from grnn_tui.data.builtin.rows import ROW_BUILT_INS
from grnn_tui.data.cache import writing
from grnn_tui.data.fetch import CLASSICS, fetched_path
from grnn_tui.errors import DataError
from grnn_tui.foreign import kind_of, open_file
from grnn_tui.places import expanded
from grnn_tui.private import PART, make_private

CHUNK = 1 << 20
_UNTOLD = 8 << 20
"""Bytes that are taken of a file of the system, which claims to have none."""
_SETTLED_NANOSECONDS = 2_000_000_000


class Part(Protocol):
    """One stretch of bytes of a corpus: a file, or what a built-in corpus makes."""

    @property
    def size(self) -> int:
        """Bytes to be consumed (of a `.gz`, its compressed bytes)."""

    def signature(self) -> tuple[object, ...]:
        """Changes whenever the bytes do; cheap to ask for."""

    def changed(self) -> int:
        """When the bytes last changed, in nanoseconds of the system's clock."""

    def chunks(self) -> Iterator[tuple[bytes, int]]:
        """The bytes, with how much of `size` is consumed after each chunk."""


@dataclass(frozen=True)
class Source:
    """What a reference means: its parts in order, joined with nothing between them."""

    name: str
    parts: tuple[Part, ...]
    notes: tuple[str, ...] = ()

    @property
    def size(self) -> int:
        """Bytes to be consumed, all parts together."""
        return sum(part.size for part in self.parts)

    @property
    def built_in(self) -> BuiltIn | None:
        """The built-in corpus this is, if it is just that."""
        if len(self.parts) == 1 and isinstance(self.parts[0], GeneratedPart):
            return self.parts[0].corpus
        return None

    def signature(self) -> tuple[object, ...]:
        """Changes whenever the bytes do."""
        return tuple(part.signature() for part in self.parts)

    def settled(self, now: int) -> bool:
        """Whether a change after `now` would surely show in the signature, however coarse the clock of the disk."""
        return all(now - part.changed() > _SETTLED_NANOSECONDS for part in self.parts)


@dataclass(frozen=True)
class GeneratedPart:
    """The text of a built-in corpus for one seed and size."""

    corpus: BuiltIn
    seed: int
    length: int

    @cached_property
    def _data(self) -> bytes:
        return self.corpus.make(self.seed, self.length).encode()

    @property
    def size(self) -> int:
        """Bytes of UTF-8, about."""
        return self.length

    def signature(self) -> tuple[object, ...]:
        """Name, seed and size, and the state of the program that makes the text."""
        folder = Path(grnn_tui.data.builtin.__file__).parent
        program = tuple(_file_signature(path) for path in sorted(folder.glob("*.py")))
        return ("built-in", self.corpus.name, self.seed, self.length, sys.version, program)

    def changed(self) -> int:
        """Never: programs do not change while they run."""
        return 0

    def chunks(self) -> Iterator[tuple[bytes, int]]:
        """The text in UTF-8."""
        for start in range(0, len(self._data), CHUNK):
            piece = self._data[start : start + CHUNK]
            yield piece, start + len(piece)


@dataclass(frozen=True)
class FilePart:
    """A regular file, read as it is or through gzip."""

    path: Path
    gzipped: bool = False

    @property
    def size(self) -> int:
        """Bytes on disk."""
        with _reading(self.path):
            return self.path.stat().st_size

    def signature(self) -> tuple[object, ...]:
        """Path, size, times and inode."""
        with _reading(self.path):
            return ("gzip" if self.gzipped else "file", *_file_signature(self.path))

    def changed(self) -> int:
        """The later of the times of its content and of its inode; the second cannot be set by anybody."""
        with _reading(self.path):
            status = self.path.stat()
        return max(status.st_mtime_ns, status.st_ctime_ns)

    def chunks(self) -> Iterator[tuple[bytes, int]]:
        """The bytes, unpacked where gzipped."""
        with _reading(self.path), open_file(self.path, buffering=CHUNK) as raw:
            stream = cast("BinaryIO", gzip.GzipFile(fileobj=raw)) if self.gzipped else raw
            size = os.fstat(raw.fileno()).st_size
            while data := stream.read(CHUNK):
                # A log that grows as fast as it is read would never end, nor do some files of the system.
                if (size or _UNTOLD) < raw.tell():
                    raise DataError(f"{self.path} changed while it was being read: try again when it is at rest")
                yield data, raw.tell()


def resolve(
    reference: str | Sequence[str], *, seed: int = 0, size: int | None = None, cache: Path, any_bytes: bool = False
) -> Source:
    """What `reference` means: a corpus by name, a file, a directory, a glob, `-` for stdin, or several of these.

    A known name is that corpus, even where a file of the same name exists (`./name` is the file). A directory
    stands for its text files, hidden ones left out, in sorted order; `any_bytes` takes its binary files too.
    What comes through stdin is kept in the cache.

    Raises:
        DataError: nothing of that name, nothing in it, or something that cannot be read.
    """
    references = (reference,) if isinstance(reference, str) else tuple(reference)
    if not references:
        raise DataError("no text given: name a file, a directory, or a corpus of `grnn-tui corpora`")
    sources = [_resolve_one(r, seed, size, cache, any_bytes) for r in references]
    if len(sources) == 1:
        return sources[0]
    return Source(
        name=f"{sources[0].name} and {len(sources) - 1} more",
        parts=tuple(part for source in sources for part in source.parts),
        notes=tuple(note for source in sources for note in source.notes),
    )


def pin(reference: str | Sequence[str], *, cache: Path) -> tuple[str, ...]:
    """The same reference for a process in another directory: names stay, paths become absolute, stdin a kept copy."""
    references = (reference,) if isinstance(reference, str) else tuple(reference)
    pinned: list[str] = []
    for item in references:
        if item in BUILT_INS or item in CLASSICS or item in ROW_BUILT_INS:
            pinned.append(item)
        elif item == "-":
            pinned.append(str(_keep_stdin(cache).absolute()))
        else:
            path = expanded(item)
            here = Path.cwd() if path.exists() else Path(glob.escape(str(Path.cwd())))
            pinned.append(str(here / path))
    return tuple(pinned)


def _resolve_one(reference: str, seed: int, size: int | None, cache: Path, any_bytes: bool) -> Source:
    if reference == "-":
        return Source("stdin", (_kept_part(_keep_stdin(cache)),))
    if reference in BUILT_INS or reference in CLASSICS:
        return _named(reference, seed, size, cache)
    if not reference:
        raise DataError("the name of the text is empty: name a file, a directory, or a corpus of `grnn-tui corpora`")
    path = expanded(reference)
    try:
        with _reading(path):
            status = path.stat()
    except DataError:
        if not path.is_symlink() and glob.has_magic(reference):
            return _globbed(reference)
        raise
    if stat.S_ISDIR(status.st_mode):
        return _directory(path, any_bytes)
    if kind := kind_of(status.st_mode):
        raise DataError(f"{path} is {kind}, not a file: copy it to a file first, or pipe it in and name it -")
    return Source(path.name, (_file_part(path, cache),))


def _named(name: str, seed: int, size: int | None, cache: Path) -> Source:
    """A built-in corpus or a classic."""
    notes = (f"{name} is the corpus of that name; write ./{name} for the file",) if Path(name).exists() else ()
    if name in BUILT_INS:
        corpus = BUILT_INS[name]
        if size is not None and size < 1:
            raise DataError(f"a corpus of {size} characters is empty: give a size of 1 or more")
        return Source(name, (GeneratedPart(corpus, seed, size or corpus.default_size),), notes)
    path = fetched_path(name, cache=cache)
    if path is None:
        file = f", or write ./{name} for the file here" if notes else ""
        raise DataError(f"{name} is not on this machine yet: run `grnn-tui fetch {name}` first{file}")
    return Source(name, (FilePart(path),), notes)


def _file_part(path: Path, cache: Path) -> FilePart:
    kept = path.parent == cache / "stdin"
    return _kept_part(path) if kept else FilePart(path, gzipped=path.suffix == ".gz")


def _kept_part(path: Path) -> FilePart:
    """A copy of stdin: it has no suffix, so its first bytes tell whether it is gzipped."""
    with _reading(path), open_file(path) as file:
        return FilePart(path, gzipped=file.read(3) == b"\x1f\x8b\x08")


def _globbed(pattern: str) -> Source:
    """The regular files a pattern matches, sorted."""
    matches = sorted(glob.iglob(str(expanded(pattern)), recursive=True))  # noqa: PTH207  (absolute patterns)
    files = [path for path in map(Path, matches) if path.is_file()]
    if not files:
        raise DataError(f"no file matches {pattern}")
    return Source(pattern, tuple(FilePart(path, gzipped=path.suffix == ".gz") for path in files))


def _directory(folder: Path, any_bytes: bool) -> Source:
    """The text files below a directory, sorted by path; hidden, special and binary ones are left out."""
    parts: list[FilePart] = []
    binary = 0
    for path in _walk(folder):
        part = FilePart(path, gzipped=path.suffix == ".gz")
        if any_bytes or not _is_binary(part):
            parts.append(part)
        else:
            binary += 1
    if not parts:
        found = f"{binary} binary files and no text" if binary else "no files"
        raise DataError(f"{folder} holds {found}: name a directory with text files in it")
    notes = (f"{len(parts)} files of {folder}; {binary} binary ones left out",) if binary else ()
    return Source(folder.resolve().name or str(folder), tuple(parts), notes)


def _walk(folder: Path) -> list[Path]:
    def fail(error: OSError) -> None:
        raise DataError(f"cannot read {error.filename}: {error.strerror}")

    found: list[Path] = []
    for directory, subdirectories, names in os.walk(folder, onerror=fail):
        subdirectories[:] = [name for name in subdirectories if not name.startswith(".")]
        paths = [Path(directory, name) for name in names if not name.startswith(".")]
        found += [path for path in paths if path.is_file()]
    return sorted(found)


def _is_binary(part: FilePart) -> bool:
    """Whether it is no text by its first bytes."""
    with _reading(part.path), open_file(part.path) as raw:
        stream = cast("BinaryIO", gzip.GzipFile(fileobj=raw)) if part.gzipped else raw
        return looks_binary(stream.read(PEEK))


def _keep_stdin(cache: Path) -> Path:
    """Copy stdin into the cache, under the hash of its content."""
    stream = getattr(sys.stdin, "buffer", None)
    if stream is None:
        raise DataError("there is nothing on stdin: pipe a text into it, or name a file")
    folder = cache / "stdin"
    with writing(cache):
        make_private(folder)
        descriptor, temporary = tempfile.mkstemp(prefix=PART, dir=folder)
    digest = hashlib.sha256()
    try:
        with os.fdopen(descriptor, "wb") as file:
            while data := stream.read(CHUNK):
                digest.update(data)
                with writing(cache):
                    file.write(data)
        if not Path(temporary).stat().st_size:
            raise DataError("stdin is empty: pipe a text into it, or name a file")
        final = folder / digest.hexdigest()
        Path(temporary).replace(final)
    finally:
        Path(temporary).unlink(missing_ok=True)
    return final


def _file_signature(path: Path) -> tuple[object, ...]:
    status = path.stat()
    return (str(path.absolute()), status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino, status.st_dev)


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    """Turn a failure to read `path` into one line."""
    try:
        yield
    except FileNotFoundError:
        raise DataError(f"{path} does not exist: name a file, a directory, or a corpus of `grnn-tui corpora`") from None
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise DataError(f"{path} is not a whole gzip file: {error}") from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise DataError(f"cannot read {path}: {reason or error}") from None
