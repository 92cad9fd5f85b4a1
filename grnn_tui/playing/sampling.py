"""Sampling settings, and the distribution they make of a model's own: penalty, temperature, top-k, top-p, min-p."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta


class Sampling(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the next symbol is drawn; applied in the order of the fields. The defaults leave p(x) as it is."""

    repetition_penalty: Annotated[
        float,
        Meta(gt=0, le=100, description="divide the logits of recent symbols that are above 0, multiply those below"),
    ] = 1.0
    repetition_window: Annotated[int, Meta(ge=0, le=4096, description="how many recent symbols the penalty sees")] = 64
    temperature: Annotated[float, Meta(ge=0, le=1e6, description="divides the logits; 0 is greedy")] = 1.0
    top_k: Annotated[int, Meta(ge=0, description="keep the k most probable symbols; 0 keeps all")] = 0
    top_p: Annotated[
        float, Meta(gt=0, le=1, description="keep the fewest symbols whose probability reaches p; 1 keeps all")
    ] = 1.0
    min_p: Annotated[
        float, Meta(ge=0, le=1, description="drop symbols less probable than p times the most probable; 0 keeps all")
    ] = 0.0
