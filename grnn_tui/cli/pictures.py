"""Rows on stdout or in a file: images as pictures, vectors as lines of numbers."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from grnn_tui.errors import UsageError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from grnn_tui.data.row_domain import RowDomain

GAP = 2
"""Columns between two pictures."""
ZOOM = 8
"""Pixels of a .png file for each pixel of an image."""


def show_rows(rows: NDArray[np.floating], domain: RowDomain, stream: TextIO | None = None) -> None:
    """Print `rows` [n, D]: images side by side as far as the terminal reaches, in colour where it has any."""
    stream = stream or sys.stdout
    if not domain.image:
        for row in rows:
            stream.write(numbers(row, domain) + "\n")
        return
    width = domain.shape[1]
    across = max(1, (shutil.get_terminal_size((80, 24)).columns + GAP) // (width + GAP))
    for first in range(0, len(rows), across):
        for line in _picture_lines(rows[first : first + across], domain, stream):
            stream.write(line + "\n")
        if first + across < len(rows):
            stream.write("\n")
    stream.flush()


def show_roll(roll: NDArray[np.floating], stream: TextIO | None = None) -> None:
    """Print moments [T, notes] as a piano roll: time from left to right, high notes on top, as wide as the terminal."""
    import numpy as np

    from grnn_tui.ui.rows.raster import shaded

    stream = stream or sys.stdout
    sounding = np.flatnonzero(roll.any(0))
    if not sounding.size:
        stream.write("(silence)\n")
        return
    notes = roll[:, sounding[0] : sounding[-1] + 1].T[::-1]
    unicode = "utf" in (stream.encoding or "").lower()
    width = shutil.get_terminal_size((80, 24)).columns
    for first in range(0, notes.shape[1], width):
        part = notes[:, first : first + width].astype(float)
        for line in shaded(part, np.ones(part.shape, bool), None, ascii_only=not unicode, dot=" "):
            stream.write("".join(cell.text for cell in line).rstrip() + "\n")
        if first + width < notes.shape[1]:
            stream.write("\n")
    stream.flush()


def numbers(row: NDArray[np.floating], domain: RowDomain) -> str:
    """The values of a row with commas between them."""
    if domain.kind == "real":
        return ",".join(f"{value:.6g}" for value in row.tolist())
    return ",".join(str(int(value)) for value in row.tolist())


def light(rows: NDArray[np.floating], domain: RowDomain) -> NDArray[np.float64]:
    """Images [n, H, W, 3] of `rows` [n, D], from 0 (black) to 1."""
    import numpy as np

    images = np.asarray(rows, np.float64).reshape(len(rows), *domain.shape)
    if domain.kind == "real":
        low, high = images.min(), images.max()
        images = (images - low) / max(high - low, 1e-12)
    else:
        images = images / (domain.size - 1)
    return images if domain.channels == 3 else np.repeat(images[..., None], 3, axis=-1)


def as_text(rows: NDArray[np.floating], domain: RowDomain) -> str:
    """`rows` [n, D] for a page: images side by side in half blocks and shades, vectors as lines of numbers."""
    if not domain.image:
        return "\n".join(numbers(row, domain) for row in rows)
    return "\n".join(_shades(_sheet(rows, domain), unicode=True))


def _picture_lines(rows: NDArray[np.floating], domain: RowDomain, stream: TextIO) -> list[str]:
    import os

    sheet = _sheet(rows, domain)
    unicode = "utf" in (stream.encoding or "").lower()
    if unicode and stream.isatty() and not os.environ.get("NO_COLOR") and domain.size != 2:
        return _coloured(sheet)
    return _shades(sheet, unicode=unicode)


def _sheet(rows: NDArray[np.floating], domain: RowDomain) -> NDArray[np.float64]:
    """Images beside one another [H, all of W, 3]."""
    import numpy as np

    images = light(rows, domain)
    gap = np.zeros((images.shape[1], GAP, 3))
    return np.concatenate([part for image in images for part in (image, gap)][:-1], axis=1)


def _shades(sheet: NDArray[np.float64], *, unicode: bool) -> list[str]:
    import numpy as np

    from grnn_tui.ui.rows.raster import ASCII_SHADES, SHADES, shaded

    brightness = np.round(sheet @ np.array([0.299, 0.587, 0.114]), 6)
    everything = np.ones(brightness.shape, bool)
    ladder = SHADES if unicode else ASCII_SHADES
    found = shaded(brightness, everything, None, ascii_only=not unicode, dot=ladder[0])
    return ["".join(cell.text for cell in line).rstrip() for line in found]


def _coloured(sheet: NDArray[np.float64]) -> list[str]:
    """Half blocks in 24-bit colour."""
    import numpy as np

    rgb = (sheet * 255).round().astype(int)
    if len(rgb) % 2:
        rgb = np.concatenate([rgb, np.zeros((1, *rgb.shape[1:]), int)])
    lines = []
    for top, bottom in zip(rgb[::2].tolist(), rgb[1::2].tolist(), strict=True):
        cells = [
            f"\x1b[38;2;{a[0]};{a[1]};{a[2]};48;2;{b[0]};{b[1]};{b[2]}m▀" for a, b in zip(top, bottom, strict=True)
        ]
        lines.append("".join(cells) + "\x1b[0m")
    return lines


def write_rows(path: Path, rows: NDArray[np.floating], domain: RowDomain) -> None:
    """`rows` [n, D] as .npz or .npy (shaped like the data), .csv, or, for images, one .png of them all.

    Raises:
        UsageError: another kind of file, or it cannot be written.
    """
    import numpy as np

    kind = np.float64 if domain.kind == "real" else np.uint8 if domain.size <= 256 else np.uint16
    shaped = rows.reshape(len(rows), *domain.shape).astype(kind)
    try:
        match path.suffix.lower():
            case ".npy":
                np.save(path, shaped)
            case ".npz":
                np.savez_compressed(path, x=shaped)
            case ".csv":
                lines = (",".join(map(repr, row)) for row in shaped.reshape(len(rows), -1).tolist())
                named = [",".join(domain.columns)] if domain.columns else []
                path.write_text("".join(line + "\n" for line in (*named, *lines)))
            case ".png" if domain.image:
                _write_png(path, rows, domain)
            case _:
                kinds = ".npz, .npy, .csv" + (" or .png" if domain.image else "")
                raise UsageError(f"{path}: rows are written to {kinds} files")
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror or error}") from None


def _write_png(path: Path, rows: NDArray[np.floating], domain: RowDomain) -> None:
    import math

    import numpy as np
    from PIL import Image

    images = light(rows, domain)
    n, height, width, _ = images.shape
    across = math.ceil(math.sqrt(n))
    down = math.ceil(n / across)
    sheet = np.full((down * (height + 1) + 1, across * (width + 1) + 1, 3), 0.25)
    for i, image in enumerate(images):
        y, x = divmod(i, across)
        sheet[y * (height + 1) + 1 :, x * (width + 1) + 1 :][:height, :width] = image
    big = (sheet * 255).round().astype(np.uint8).repeat(ZOOM, axis=0).repeat(ZOOM, axis=1)
    Image.fromarray(big).save(path)
