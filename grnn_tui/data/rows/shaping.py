"""From numbers as they were read to rows of a domain: what a value is, how many levels, which shape, pooled or not."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from grnn_tui.data.row_domain import MOST_VALUES, RowDomain, RowKind
from grnn_tui.data.row_form import RowForm
from grnn_tui.data.rows.content import Content
from grnn_tui.errors import DataError

MOST_VECTOR_LEVELS = 256
"""Whole numbers of vectors below this are levels."""


@dataclass(frozen=True)
class Shaped:
    """Rows [n, D] of a domain, and lines to tell a person."""

    rows: NDArray[Any]
    domain: RowDomain
    notes: tuple[str, ...] = ()


def kind_of(content: Content, form: RowForm, like: RowDomain | None = None) -> RowKind:
    """What a value of `content` is: as in `like`, or what `form` says, or the format, or what the values look like.

    Only 0 and 1 (or nothing and full light) are binary; whole numbers from 0 on are levels, those of vectors below
    256; everything else is real.

    Raises:
        DataError: `form` contradicts itself or `like`.
    """
    if like is not None:
        asked = "binary" if form.threshold is not None else form.kind or ("levels" if form.levels else None)
        if asked not in (None, like.kind) or form.levels not in (None, like.levels):
            kind = f"{like.levels} levels" if like.kind == "levels" else f"{like.kind} values"
            raise DataError(f"the model takes {kind}: leave out what asks for others (--kind, --levels, --threshold)")
        return like.kind
    if form.threshold is not None:
        if form.kind not in (None, "binary"):
            raise DataError(
                f"a threshold makes values binary, not {form.kind}: leave out one of --threshold and --kind"
            )
        return "binary"
    if form.kind is not None:
        return form.kind
    if form.levels is not None:
        return "levels"
    if content.kind is not None:
        return content.kind
    values = content.values
    low, high = values.min(), values.max()
    if not low >= 0 or not _whole(values):
        return "real"
    if high <= 1 or (content.full is not None and _only(values, content.full)):
        return "binary"
    picture = values.ndim > 2 or form.shape is not None
    return "levels" if high < (65536 if picture else MOST_VECTOR_LEVELS) else "real"


def shape_rows(content: Content, kind: RowKind, form: RowForm, like: RowDomain | None) -> Shaped:
    """Rows of `kind`, of the shape, levels and pooling that `form` asks for; exactly of the domain `like` if given.

    A threshold makes a value 1 above it. `form.levels` rounds to the nearest of so many between nothing and full
    light, which is that of `like`, or 255 in a picture of bytes, or else the largest value there is. Pooling makes
    k x k pixels one: 1 if more than half of them are (binary), else their mean, rounded for levels.

    Raises:
        DataError: values, levels or a shape that do not fit.
    """
    values = _to_axes(content, form, like)
    full: float | None = None
    if kind == "binary":
        values, note = _binary(values, content, form, like)
        levels = 2
    elif kind == "levels":
        full = _full_light(values, content, form, like)
        values, levels, note = _levels(values, content, form, like, full)
    else:
        values, levels, note = _real(values, content), 2, ""
    values = _pool(values, kind, form.pool)
    shape = tuple(values.shape[1:])
    if like is not None:
        if math.prod(shape) != like.length or (len(shape) > 1 and shape != like.shape):
            is_shape, was = "x".join(map(str, shape)), "x".join(map(str, like.shape))
            raise DataError(f"{content.name} has rows of {is_shape} and the model takes {was}: read both the same way")
        shape, full = like.shape, like.full
    elif content.levels is not None:
        full = None  # what is always the same need not be remembered
    domain = RowDomain(kind=kind, shape=shape, levels=levels, full=full)
    rows = np.ascontiguousarray(values.reshape(len(values), -1))
    return Shaped(rows, domain, (note,) if note else ())


def _to_axes(content: Content, form: RowForm, like: RowDomain | None) -> NDArray[Any]:
    """The values as vectors [n, D] or pictures [n, H, W] or [n, H, W, 3]."""
    values = content.values
    D = math.prod(values.shape[1:])
    if D > MOST_VALUES:
        raise DataError(f"{content.name} has {D:,} values a row: give rows of at most {MOST_VALUES:,}")
    if form.shape is not None:
        if math.prod(form.shape) != D:
            shape = "x".join(map(str, form.shape))
            raise DataError(f"{content.name} has {D} values a row, not the {math.prod(form.shape)} of {shape}")
        values = values.reshape(len(values), *form.shape)
    elif content.shape is not None and values.ndim == 2 and math.prod(content.shape) == D:
        values = values.reshape(len(values), *content.shape)
    elif like is not None and values.ndim == 2 and form.pool == 1 and like.length == D:
        values = values.reshape(len(values), *like.shape)
    if values.ndim == 4 and values.shape[3] != 3:
        raise DataError(f"the third axis of a picture is its colours, 3 of them, not {values.shape[3]}")
    return values


def _binary(
    values: NDArray[Any], content: Content, form: RowForm, like: RowDomain | None
) -> tuple[NDArray[np.uint8], str]:
    if form.threshold is not None:
        return (values > form.threshold).astype(np.uint8), f"values above {form.threshold:g} are 1, others 0"
    if values.max() <= 1 and _whole(values) and values.min() >= 0:
        return values.astype(np.uint8), ""
    full = content.full or (content.levels and content.levels - 1)
    if full and _only(values, full):
        return (values == full).astype(np.uint8), ""
    if full and like is None:
        return (values > full / 2).astype(np.uint8), f"values above {full / 2:g} are 1, others 0"
    raise DataError(f"{content.name} holds values from {_span(values)}, not 0 and 1: say what is 1 with --threshold")


def _full_light(values: NDArray[Any], content: Content, form: RowForm, like: RowDomain | None) -> float | None:
    """The value that becomes the last of `form.levels`; None: values are levels as they are."""
    if form.levels is None:
        return None
    if like is not None and like.full is not None:
        return like.full
    full = float(content.full or (content.levels and content.levels - 1) or values.max())
    return form.levels - 1.0 if full < form.levels and _whole(values) else full


def _levels(
    values: NDArray[Any], content: Content, form: RowForm, like: RowDomain | None, full: float | None
) -> tuple[NDArray[Any], int, str]:
    if values.min() < 0 or not np.isfinite(values.max()):
        raise DataError(
            f"{content.name} holds values from {_span(values)}: levels start at 0; read it with --kind real"
        )
    if form.levels is None or full is None:
        if not _whole(values) or values.max() > 65535:
            raise DataError(
                f"{content.name} holds values from {_span(values)}: say how many levels to round to, --levels 16"
            )
        levels, note = _found_levels(values, content, like)
        return _as_levels(values, levels), levels, note
    high = form.levels - 1
    brightest = float(values.max())
    if full == high and brightest <= high and _whole(values):
        return _as_levels(values, form.levels), form.levels, ""
    out = np.empty(values.shape, dtype=np.uint8 if form.levels <= 256 else np.uint16)
    for i in range(0, len(values), 4096):
        out[i : i + 4096] = np.minimum(np.floor(values[i : i + 4096] * (high / full) + 0.5), high)
    beyond = "; what is brighter is at the last of them" if brightest > full else ""
    return out, form.levels, f"0 to {full:g} rounded to {form.levels} levels{beyond}"


def _found_levels(values: NDArray[Any], content: Content, like: RowDomain | None) -> tuple[int, str]:
    high = int(values.max())
    if like is not None:
        if high >= like.levels:
            raise DataError(
                f"{content.name} holds levels up to {high} and the model takes {like.levels}: --levels {like.levels}"
            )
        return like.levels, ""
    if content.levels is not None and high < content.levels:
        return content.levels, ""
    if content.full is not None and high <= content.full:
        return content.full + 1, ""
    if values.ndim > 2 and 128 <= high <= 255:
        return 256, ""
    levels = max(2, high + 1)
    return (
        levels,
        "" if values.ndim > 2 else f"whole numbers 0 to {high} are {levels} levels; --kind real takes them as real",
    )


def _as_levels(values: NDArray[Any], levels: int) -> NDArray[Any]:
    return values.astype(np.uint8 if levels <= 256 else np.uint16, copy=False)


def _real(values: NDArray[Any], content: Content) -> NDArray[np.float64]:
    real = values.astype(np.float64, copy=False)
    if not np.isfinite(real).all():
        row = int(np.argmin(np.isfinite(real.reshape(len(real), -1)).all(axis=1)))
        raise DataError(f"row {row} of {content.name} is not finite: correct it or leave it out")
    return real


def _pool(values: NDArray[Any], kind: RowKind, k: int) -> NDArray[Any]:
    """k x k pixels made one; what is left over at the right and bottom is an error."""
    if k == 1:
        return values
    if values.ndim < 3:
        raise DataError("only pictures can be pooled: say their shape, such as --shape 28x28")
    n, H, W, *C = values.shape
    if H % k or W % k:
        raise DataError(f"pictures of {H}x{W} cannot be pooled by {k}: take a side that divides both")
    out = np.empty((n, H // k, W // k, *C), dtype=values.dtype)
    for i in range(0, n, 4096):
        squares = values[i : i + 4096].reshape(-1, H // k, k, W // k, k, *C)
        if kind == "real":
            out[i : i + 4096] = squares.mean(axis=(2, 4))
            continue
        total = squares.sum(axis=(2, 4), dtype=np.int64)
        out[i : i + 4096] = total * 2 > k * k if kind == "binary" else (2 * total + k * k) // (2 * k * k)
    return out


def _whole(values: NDArray[Any]) -> bool:
    """Whether all are whole numbers."""
    if values.dtype.kind in "biu":
        return True
    return all(np.array_equal(np.rint(values[i : i + 4096]), values[i : i + 4096]) for i in range(0, len(values), 4096))


def _only(values: NDArray[Any], full: int) -> bool:
    """Whether there is nothing but 0 and `full`."""
    return bool(((values == 0) | (values == full)).all())


def _span(values: NDArray[Any]) -> str:
    return f"{values.min():g} to {values.max():g}"
