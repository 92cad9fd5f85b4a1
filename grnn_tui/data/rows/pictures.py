"""Pictures in files: a folder of them, a folder per class, or the files of a pattern."""

from __future__ import annotations

import os
import re
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from grnn_tui.data.row_domain import Axes
from grnn_tui.data.rows.content import Content, Labels, classify, require_memory
from grnn_tui.data.rows.names import is_picture
from grnn_tui.errors import DataError
from grnn_tui.foreign import open_file

if TYPE_CHECKING:
    from PIL.Image import Image

_GREY = frozenset({"1", "L", "LA", "I", "I;16", "F"})
MOST_PIXELS = 1 << 25
"""Of a picture to be made smaller; a small file may hold a huge one, which takes up to 16 bytes a pixel."""
_LARGEST_SIDE = 1024
_FORMATS = ("PNG", "JPEG", "GIF", "BMP", "WEBP", "TIFF", "PPM")


def pictures_below(folder: Path) -> list[Path]:
    """The pictures in `folder` and below it, sorted; hidden ones are left out.

    Raises:
        DataError: there are none.
    """
    found: list[Path] = []
    for directory, below, names in os.walk(folder):
        below[:] = [name for name in below if not name.startswith(".")]
        found += [Path(directory, name) for name in names if is_picture(name)]
    if not found:
        raise DataError(f"{folder} holds no pictures: name a folder with .png or .jpg files in it")
    return sorted(found)


def read_pictures(paths: Sequence[Path], name: str, folder: Path | None, shape: Axes | None) -> Content:
    """Bytes [n, H, W], or [n, H, W, 3] if any picture is in colour; all of one size, or brought to that of `shape`.

    The class of a picture is the folder in `folder` that it lies in, else what its name begins with before a number,
    where there are several such and more pictures than classes. A still picture has no motion: the first is taken.

    Raises:
        DataError: Pillow is not installed, or pictures that are damaged, too large, or of several sizes.
    """
    if shape is not None and (len(shape) < 2 or (len(shape) == 3 and shape[2] != 3)):
        raise DataError("the shape of pictures is HxW for grey ones and HxWx3 for colour, such as 28x28")
    headers = [_header(path) for path in paths]
    side, colour = headers[0][0], any(mode not in _GREY for _, mode in headers)
    notes: list[str] = []
    if shape is not None:
        if len(shape) == 3 or not colour:
            colour = len(shape) == 3
        else:
            colour = False
            notes.append("colour was made grey")
        if (shape[1], shape[0]) != side or len({size for size, _ in headers}) > 1:
            notes.append(f"pictures were brought to {shape[0]}x{shape[1]}")
        side = (shape[1], shape[0])
    else:
        for path, (size, _) in zip(paths, headers, strict=True):
            if size != side:
                raise DataError(
                    f"{paths[0]} is {side[1]}x{side[0]} and {path} is {size[1]}x{size[0]}: "
                    f"bring all to one size with --shape, such as --shape {side[1]}x{side[0]}"
                )
    if max(side) > _LARGEST_SIDE:
        raise DataError(f"pictures of {side[1]}x{side[0]} are too large to model: make them small with --shape 32x32")
    axes = (side[1], side[0], 3) if colour else (side[1], side[0])
    require_memory(len(paths) * int(np.prod(axes)), name)
    values = np.empty((len(paths), *axes), dtype=np.uint8)
    for i, path in enumerate(paths):
        values[i] = _pixels(path, side, colour)
    labels = _labels(paths, folder)
    if labels is not None:
        named = "folders" if _in_folders(paths, folder) else "files"
        notes.append(f"{len(labels.classes)} classes from the names of {named}")
    return Content(name=name, values=values, labels=labels, full=255, notes=tuple(notes))


def _header(path: Path) -> tuple[tuple[int, int], str]:
    """Width and height, and the mode of its pixels, without decoding them."""
    with _opened(path) as image:
        mode = image.mode
        if mode in ("P", "PA"):
            palette = image.getpalette() or []
            grey = palette[::3] == palette[1::3] == palette[2::3]
            mode = "L" if grey else "RGB"
        return image.size, mode


def _pixels(path: Path, side: tuple[int, int], colour: bool) -> NDArray[np.uint8]:
    """Bytes of one picture; what is transparent lies on black, and 16 bits are brought to 8."""
    with _opened(path) as opened:
        from PIL import Image as Images

        image: Image = opened
        if image.mode.startswith("I"):
            image = Images.fromarray(np.clip(np.asarray(image) / 257 + 0.5, 0, 255).astype(np.uint8))
        elif "A" in image.getbands() or "transparency" in image.info:
            image = image.convert("RGBA")
            image = Images.alpha_composite(Images.new("RGBA", image.size, (0, 0, 0, 255)), image)
        image = image.convert("RGB" if colour else "L")
        if image.size != side:
            image = image.resize(side, Images.Resampling.BOX)
        return np.asarray(image, dtype=np.uint8)


@contextmanager
def _opened(path: Path) -> Iterator[Image]:
    """A picture, with all that a damaged or hostile one raises turned into one line."""
    try:
        from PIL import Image as Images
        from PIL import UnidentifiedImageError
    except ImportError:
        raise DataError("pictures are read with Pillow, which is not installed: pip install pillow") from None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Images.DecompressionBombWarning)
            with open_file(path) as file, Images.open(file, formats=_FORMATS) as image:
                if image.width * image.height > MOST_PIXELS:
                    raise Images.DecompressionBombError
                yield image
    except DataError:
        raise
    except (Images.DecompressionBombWarning, Images.DecompressionBombError):
        raise DataError(f"{path} has too many pixels: make it smaller first") from None
    except UnidentifiedImageError:
        raise DataError(f"{path} is no picture of a kind that is read here: take it out of the folder") from None
    except Exception as error:  # decoders of damaged files raise anything
        reason = getattr(error, "strerror", None) or error
        raise DataError(f"{path} is not a whole picture ({reason}): take it out of the folder") from None


def _in_folders(paths: Sequence[Path], folder: Path | None) -> bool:
    return folder is not None and all(len(path.relative_to(folder).parts) > 1 for path in paths)


def _labels(paths: Sequence[Path], folder: Path | None) -> Labels | None:
    if folder is not None and _in_folders(paths, folder):
        names = [path.relative_to(folder).parts[0] for path in paths]
    else:
        names = [re.sub(r"[\W_]*\d+$", "", path.stem) for path in paths]
    different = len(set(names))
    if not 1 < different < len(names) or not all(names):
        return None
    return classify(np.array(names))
