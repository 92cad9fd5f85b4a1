"""What took long to read, kept in the cache: found again while the files keep their size, times and inodes.

    <cache>/tables/<key>.npz    the numbers and labels of one reading, and as JSON all names and notes

Anything here can be deleted at any time. The folder is held under `LIMIT` bytes by removing those unused for longest.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

import numpy as np

from grnn_tui.data.cache import cache_directory, writing
from grnn_tui.data.rows.content import Content, Labels
from grnn_tui.data.sources import FilePart
from grnn_tui.errors import DataError
from grnn_tui.private import private_file

FORMAT = 2
LIMIT = 2 << 30
SMALL = 4 << 20
"""Files of fewer bytes are read again each time."""


def kept(paths: Sequence[Path], how: object, read: Callable[[], Content], cache: Path | None = None) -> Content:
    """What `read()` returns for these files; `how` is all else that it depends on.

    Raises:
        DataError: what `read` raises.
    """
    parts = [FilePart(path) for path in paths]
    if sum(part.size for part in parts) < SMALL:
        return read()
    started = time.time_ns()
    signature = tuple(part.signature() for part in parts)
    folder = cache_directory(cache) / "tables"
    path = folder / f"{hashlib.sha256(repr((FORMAT, how, signature)).encode()).hexdigest()}.npz"
    found = _load(path)
    if found is not None:
        return found
    content = read()
    settled = all(started - part.changed() > 2_000_000_000 for part in parts)
    if settled and signature == tuple(part.signature() for part in parts):
        with suppress(DataError):  # a full disk is no reason not to go on
            _save(content, path)
    return content


def _save(content: Content, path: Path) -> None:
    labels = content.labels
    told = {
        "name": content.name,
        "columns": content.columns,
        "texts": {str(column): words for column, words in content.texts.items()},
        "classes": None if labels is None else labels.classes,
        "full": content.full,
        "shape": content.shape,
        "notes": content.notes,
    }
    arrays = {"values": content.values, "told": np.frombuffer(json.dumps(told).encode(), np.uint8)}
    if labels is not None:
        arrays["codes"] = labels.codes
    if content.values.nbytes > LIMIT // 2:
        return
    with writing(path.parent):
        with private_file(path) as file:
            np.savez(file, allow_pickle=False, **arrays)
        _prune(path)


def _load(path: Path) -> Content | None:
    """What was kept; None where nothing was, or it is damaged."""
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
            told = json.loads(archive["told"].tobytes())
            content = Content(
                name=told["name"],
                values=archive["values"],
                columns=tuple(told["columns"]),
                texts={int(column): tuple(words) for column, words in told["texts"].items()},
                labels=None if told["classes"] is None else Labels(archive["codes"], tuple(told["classes"])),
                full=told["full"],
                shape=None if told["shape"] is None else tuple(told["shape"]),
                notes=tuple(told["notes"]),
            )
    except Exception:  # numpy and zipfile raise anything over a damaged file
        return None
    with suppress(OSError):
        os.utime(path)
    return content


def _prune(keep: Path) -> None:
    """Remove the files unused for longest beyond the limit."""
    room = LIMIT - keep.stat().st_size
    others = [(path.stat().st_mtime, path.stat().st_size, path) for path in keep.parent.glob("*.npz") if path != keep]
    for _, size, path in sorted(others, reverse=True):
        room -= size
        if room < 0:
            path.unlink(missing_ok=True)
