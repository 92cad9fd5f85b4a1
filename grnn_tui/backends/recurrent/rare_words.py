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
    """One tail's output weights: D [width, hidden], U [words, width], u [words] (or [words, 1] for columns)."""

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
        D=floats(arrays, f"tails.{i}.down", tail.width, hidden),
        U=floats(arrays, f"tails.{i}.up", words, tail.width),
        u=floats(arrays, f"tails.{i}.bias", words),
    )


def with_tails(head: Array, h: Array, tails: Sequence[RareWords]) -> Array:
    """Logits of all symbols from those of the head, whose last entries stand for the tails.

    Of each word of a tail, relative to the tail's own logit, log softmax(U D h + u); `h` [hidden] or [hidden, n].
    """
    first = len(head) - len(tails)
    parts = [head[:first]]
    for i, tail in enumerate(tails):
        part: Array = tail.U @ (tail.D @ h)
        part += tail.u
        part -= part.max(axis=0)
        part += head[first + i] - np.log(np.exp(part).sum(axis=0))
        parts.append(part)
    return np.concatenate(parts)
