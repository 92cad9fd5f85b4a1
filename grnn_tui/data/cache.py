"""Encoded corpora on disk: written once, mapped into memory ever after, rebuilt when damaged.

    <cache>/corpora/<key>/symbols.bin, entry.json    the symbols of a text; the key is a hash of what they stand for
    <cache>/index/<signature>.json                   which text some files held when last read (by size, times, inode)
    <cache>/stdin/<sha256>                           what came through a pipe
    <cache>/classics/<name>                          what was fetched

Directories are 0700 and files 0600. Everything here can be deleted at any time. The encoded corpora are held under
`LIMIT` bytes by removing those unused for longest.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from grnn_tui.data.vocabulary import Vocabulary
from grnn_tui.errors import DataError
from grnn_tui.foreign import from_json, read_file
from grnn_tui.places import own_place
from grnn_tui.private import PART, make_private, write_private

FORMAT = 1
LIMIT = 8 << 30
MAX_ENTRY_BYTES = 256 << 20
_VARIABLE = "GRNN_TUI_CACHE"
_STALE_SECONDS = 24 * 3600
_SPOT = 4096
_SPOTS = 256

Symbols = NDArray[Any]
SymbolType = Literal["uint8", "uint16", "int32"]


class Entry(msgspec.Struct, frozen=True):
    """`entry.json`: what `symbols.bin` is."""

    format: int
    vocabulary: Vocabulary
    dtype: SymbolType
    count: int
    fingerprint: str
    unseen: int
    spots: str
    """Hash of blocks spread over the file: finds truncated, zeroed and overwritten stretches without reading it all."""
    unknown: int = 0
    """Words that became `<unk>`."""
    characters: int | None = None
    """Of a text of words: its characters."""


class Remembered(msgspec.Struct, frozen=True):
    """What reading some files found, valid as long as they keep size, times and inode."""

    key: str
    faults: int
    notes: tuple[str, ...]


def cache_directory(override: Path | None = None) -> Path:
    """The cache: `override`, else `$GRNN_TUI_CACHE`, else the user's cache, else a private temporary directory.

    Raises:
        DataError: no directory can be made there.
    """
    chosen = override or (Path(os.environ[_VARIABLE]) if os.environ.get(_VARIABLE) else None)
    if chosen is not None:
        with writing(chosen):
            make_private(chosen)
        return chosen
    usual = own_place("cache")
    try:
        make_private(usual)
        if os.access(usual, os.W_OK | os.X_OK):
            return usual
    except OSError:
        pass
    return _temporary_cache()


def _temporary_cache() -> Path:
    """A cache for those whose home cannot be written: in the temporary directory, and ours alone."""
    path = Path(tempfile.gettempdir()) / f"grnn-tui-{os.getuid()}"
    with writing(path):
        make_private(path)
        status = path.lstat()
    if status.st_uid != os.getuid() or path.is_symlink() or status.st_mode & 0o077:
        raise DataError(f"{path} belongs to somebody else: set {_VARIABLE} to a directory of your own")
    return path


@contextmanager
def writing(place: Path) -> Iterator[None]:
    """Turn a failure to write under `place` into one line."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        raise DataError(f"cannot write the cache {place} ({reason}): set {_VARIABLE} to another directory") from None


class CorpusCache:
    """Encoded texts under one cache directory."""

    def __init__(self, root: Path, *, limit: int = LIMIT) -> None:
        self.root = root
        self.limit = limit
        self._corpora = root / "corpora"
        self._index = root / "index"
        with writing(root):
            make_private(self._corpora)
            make_private(self._index)

    def find(self, key: str) -> tuple[Entry, Symbols] | None:
        """The entry of `key` and its symbols, mapped read-only; None where there is none or it is damaged."""
        directory = self._corpora / key
        try:
            entry = from_json(read_file(directory / "entry.json", MAX_ENTRY_BYTES), Entry)
            path = directory / "symbols.bin"
            size = entry.count * np.dtype(entry.dtype).itemsize
            if entry.format != FORMAT or not entry.count or path.stat().st_size != size:
                return None
            if _spots(path) != entry.spots:
                return None
            symbols = np.memmap(path, dtype=np.dtype(entry.dtype), mode="r", shape=(entry.count,))
        except (OSError, msgspec.MsgspecError, ValueError, TypeError):
            return None
        with suppress(OSError):
            os.utime(directory)
        return entry, symbols

    def write(
        self,
        key: str,
        blocks: Iterable[Symbols],
        *,
        vocabulary: Vocabulary,
        dtype: SymbolType,
        fingerprint: str,
        length: int,
        characters: int | None = None,
    ) -> None:
        """Write the symbols in `blocks` of a text of `length` characters, and make them visible by one rename.

        Of words `length` counts the words, and `characters` the characters in them.

        What `blocks` lacks of `length` the vocabulary does not know. Nothing is left behind when `blocks` raises.
        """
        self._require_space(length * np.dtype(dtype).itemsize)
        with writing(self.root):
            temporary = Path(tempfile.mkdtemp(prefix=PART, dir=self._corpora))
        try:
            count = unknown = 0
            strange = list(vocabulary.unknown)
            path = temporary / "symbols.bin"
            with writing(self.root):
                file = os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")
            with file:
                for block in blocks:
                    count += block.size
                    unknown += int(np.isin(block, strange).sum()) if strange else 0
                    with writing(self.root):
                        file.write(block.astype(dtype, copy=False).data)
                with writing(self.root):
                    file.flush()
                    os.fsync(file.fileno())
            entry = Entry(
                format=FORMAT,
                vocabulary=vocabulary,
                dtype=dtype,
                count=count,
                fingerprint=fingerprint,
                unseen=length - count,
                spots=_spots(path),
                unknown=unknown,
                characters=characters,
            )
            with writing(self.root):
                write_private(temporary / "entry.json", msgspec.json.encode(entry))
                self._publish(temporary, key)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)
        self._prune(keep=key)

    def _publish(self, temporary: Path, key: str) -> None:
        """Rename into place, over a damaged entry if there is one; an entry made meanwhile by another process stays."""
        final = self._corpora / key
        for _ in range(3):
            try:
                temporary.rename(final)
                return
            except OSError:
                if self.find(key) is not None:
                    return
                if final.is_dir():
                    shutil.rmtree(final, ignore_errors=True)
                else:
                    final.unlink(missing_ok=True)
        temporary.rename(final)

    def recall(self, signature: str) -> Remembered | None:
        """What was found when files of this signature were last read."""
        try:
            return from_json(read_file(self._index / f"{signature}.json"), Remembered)
        except (OSError, msgspec.MsgspecError):
            return None

    def remember(self, signature: str, found: Remembered) -> None:
        """Keep what reading the files of this signature found."""
        with writing(self.root):
            write_private(self._index / f"{signature}.json", msgspec.json.encode(found))

    def _require_space(self, size: int) -> None:
        free = shutil.disk_usage(self.root).free
        if free < size + (16 << 20):
            raise DataError(
                f"the encoded text needs {size / 1e9:.1f} GB in {self.root}, {free / 1e9:.1f} GB are free: "
                f"set {_VARIABLE} to another disk"
            )

    def _prune(self, *, keep: str) -> None:
        """Remove what crashed writers left, the corpora unused for longest beyond the limit, and their index."""
        entries: list[tuple[float, int, Path]] = []
        for path in self._corpora.iterdir():
            try:
                age = path.stat().st_mtime
                if path.name.startswith(PART):
                    if time.time() - age > _STALE_SECONDS:
                        shutil.rmtree(path, ignore_errors=True)
                elif path.name != keep:
                    entries.append((age, (path / "symbols.bin").stat().st_size, path))
            except OSError:
                continue
        room = self.limit - (self._corpora / keep / "symbols.bin").stat().st_size
        for _, size, path in sorted(entries, reverse=True):
            room -= size
            if room < 0:
                shutil.rmtree(path, ignore_errors=True)
        for path in self._index.glob("*.json"):
            found = self.recall(path.stem)
            if found is None or not (self._corpora / found.key).exists():
                path.unlink(missing_ok=True)


def _spots(path: Path) -> str:
    """Hash of at most 256 blocks of 4 KiB: the first, the last, and others evenly between them."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        blocks = max(1, -(-size // _SPOT))
        for block in np.unique(np.linspace(0, blocks - 1, _SPOTS).astype(np.int64)):
            file.seek(int(block) * _SPOT)
            digest.update(file.read(_SPOT))
    return digest.hexdigest()
