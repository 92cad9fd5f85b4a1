"""What a file is by its name: a picture, a file of rows, or something else. Imports no arrays."""

from __future__ import annotations

import re
from itertools import islice
from os import walk
from pathlib import Path

PICTURES = frozenset({".png", ".jpg", ".jpeg", ".gif", ".bmp", ".webp", ".tif", ".tiff", ".pgm", ".ppm", ".pbm"})
_ROWS = re.compile(r"\.(npy|npz(:\w+)?|csv(\.gz)?|amat(\.gz)?|idx(\.gz)?)$|[-.](idx\d-)?ubyte(\.gz)?$", re.IGNORECASE)
_LOOKED_AT = 2_000


def is_picture(name: str) -> bool:
    """Whether a file of this name is a picture."""
    return not name.startswith(".") and Path(name).suffix.lower() in PICTURES


def names_rows(path: Path) -> bool:
    """Whether the name of a file or pattern is that of rows; of a folder only its own name is looked at."""
    return bool(_ROWS.search(path.name)) or is_picture(path.name)


def holds_pictures(path: Path) -> bool:
    """Whether this is a folder whose files are mostly pictures; looks at the names of no more than some thousands."""
    try:
        if not path.is_dir():
            return False
        names = [name for _, _, files in islice(walk(path), _LOOKED_AT) for name in files[:_LOOKED_AT]]
    except (OSError, ValueError):
        return False
    seen = [is_picture(name) for name in names if not name.startswith(".")]
    return 2 * sum(seen) > len(seen)
