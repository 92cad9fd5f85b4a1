"""Sampling settings as values, checked without touching an array: a screen can hold them and never import numpy."""

from __future__ import annotations

import math
from typing import Annotated, get_args

import msgspec
from msgspec import Meta

from grnn_tui.errors import UsageError


class Sampling(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the next symbol is drawn; applied in the order of the fields. The defaults leave p(x) as it is."""

    repetition_penalty: Annotated[
        float,
        Meta(gt=0, le=100, description="divide the logits of recent symbols that are above 0, multiply those below"),
    ] = 1.0
    repetition_window: Annotated[int, Meta(ge=0, le=4096, description="how many recent symbols the penalty sees")] = 64
    temperature: Annotated[float, Meta(ge=0, le=1e6, description="divides the logits; 0 is greedy")] = 1.0
    top_k: Annotated[int, Meta(ge=0, le=10**9, description="keep the k most probable symbols; 0 keeps all")] = 0
    top_p: Annotated[
        float, Meta(gt=0, le=1, description="keep the fewest symbols whose probability reaches p; 1 keeps all")
    ] = 1.0
    min_p: Annotated[
        float, Meta(ge=0, le=1, description="drop symbols less probable than p times the most probable; 0 keeps all")
    ] = 0.0


AS_IT_IS = Sampling()
"""Settings that leave the model's own distribution."""


def checked(sampling: Sampling) -> Sampling:
    """`sampling` itself, if every setting is within its bounds.

    Raises:
        UsageError: one is not: negative, not a number, infinite, too large; the line names it.
    """
    for field in msgspec.structs.fields(Sampling):
        value = getattr(sampling, field.name)
        kind, meta = get_args(field.type)
        whole = kind is int
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise UsageError(f"{_option(field.encode_name)} must be {_bounds(meta, whole)}, not {value!r}")
        try:
            msgspec.convert(value, field.type)
        except msgspec.ValidationError:
            raise UsageError(f"{_option(field.encode_name)} must be {_bounds(meta, whole)}, not {value!r}") from None
    return sampling


def _option(name: str) -> str:
    return name.replace("_", "-")


def _bounds(meta: Meta, whole: bool) -> str:
    """`a number above 0 and at most 1`."""
    ends = [
        f"{word} {end:g}"
        for word, end in (("above", meta.gt), ("at least", meta.ge), ("at most", meta.le))
        if end is not None
    ]
    return f"a {'whole number' if whole else 'finite number'}, {' and '.join(ends)}"
