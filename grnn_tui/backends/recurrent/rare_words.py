"""The tails of an adaptive softmax on the playing path; equations: `backends.tails`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from grnn_tui.backends.contract import Arrays
from grnn_tui.backends.tails import Tail
from grnn_tui.backends.weights import floats

Array = NDArray[np.float32]


@dataclass(frozen=True)
class RareWords:
    """One tail's output weights, stored [from, to]: D [hidden, width], U [width, words], u [words]."""

    D: Array
    U: Array
    u: Array


def rare_words(arrays: Arrays, i: int, tail: Tail, hidden: int) -> RareWords:
    """The tail `i` of a model of `hidden` units.

    Raises:
        ModelError: weights are missing, or of other shapes.
    """
    words = tail.last - tail.first
    return RareWords(
        D=np.ascontiguousarray(floats(arrays, f"tails.{i}.down", tail.width, hidden).T),
        U=np.ascontiguousarray(floats(arrays, f"tails.{i}.up", words, tail.width).T),
        u=floats(arrays, f"tails.{i}.bias", words),
    )


def with_tails(head: Array, h: Array, tails: Sequence[RareWords]) -> Array:
    """Logits of all symbols [..., symbols] from those of the head, whose last entries stand for the tails.

    Each word of a tail has log softmax(U D h + u) beside its tail's own logit; `h` [..., hidden].
    """
    first = head.shape[-1] - len(tails)
    parts = [head[..., :first]]
    for i, tail in enumerate(tails):
        part: Array = h.dot(tail.D).dot(tail.U)
        part += tail.u
        part -= part.max(axis=-1, keepdims=True)
        part += head[..., first + i, None] - np.log(np.exp(part).sum(axis=-1, keepdims=True))
        parts.append(part)
    return np.concatenate(parts, axis=-1)
