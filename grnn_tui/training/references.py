"""What simple models reach on the same validation text: the lines a loss curve is read against."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable
from contextlib import suppress

import msgspec
import numpy as np
import torch
from numpy.typing import NDArray

from grnn_tui.backends.network import CountedNetwork
from grnn_tui.backends.registry import backends
from grnn_tui.data.cache import cache_directory
from grnn_tui.data.vocabulary import Vocabulary
from grnn_tui.errors import DataError
from grnn_tui.private import write_private
from grnn_tui.training.evaluation import PERIODIC_LIMIT, evaluate

COUNTED = 1 << 21
"""Symbols of training text, the last ones, that the n-grams are counted on."""
LONGEST = 5
"""Symbols of context of the longest n-gram tried."""


FORMAT = 1


def remembered_lines(
    train: NDArray[np.integer], validation: NDArray[np.integer], vocabulary: Vocabulary
) -> dict[str, float]:
    """`reference_lines`, from the cache where they were worked out for the same text before."""
    digest = hashlib.sha256(f"{FORMAT} {vocabulary.size} {train.size} {validation.size}\0".encode())
    for part in (train[-COUNTED:], validation):
        digest.update(np.ascontiguousarray(part).data)
    return remembered(digest.hexdigest(), lambda: reference_lines(train, validation, vocabulary))


def remembered(key: str, work: Callable[[], dict[str, float]]) -> dict[str, float]:
    """What `work` gives, from the cache where that was worked out under `key` before."""
    lines: dict[str, float] | None = None
    with suppress(OSError, DataError, msgspec.DecodeError):
        file = cache_directory() / "references" / f"{key}.json"
        with suppress(FileNotFoundError):
            return msgspec.json.decode(file.read_bytes(), type=dict[str, float])
        lines = work()
        write_private(file, msgspec.json.encode(lines))
    return work() if lines is None else lines


def reference_lines(
    train: NDArray[np.integer], validation: NDArray[np.integer], vocabulary: Vocabulary
) -> dict[str, float]:
    """Nats per symbol on `validation` of: uniform, unigram, bigram, and the best longer n-gram (named `6-gram` ...).

    Contexts grow until they no longer help. Long texts are judged by a part of each.
    """
    lines = {"uniform": math.log(vocabulary.size)}
    backend = backends().get("ngram")
    if backend is None or not validation.size:
        return lines
    best = math.inf
    for order in range(LONGEST + 1):
        network = backend.build_network(backend.parse_settings({"order": order}), vocabulary)
        assert isinstance(network, CountedNetwork)
        network.count(np.asarray(train[-COUNTED:]))
        nats = evaluate(network, validation, 1, torch.device("cpu"), limit=PERIODIC_LIMIT, streams=1).nats
        if order < 2:
            lines["unigram" if order == 0 else "bigram"] = nats
        elif nats < best:
            lines = {name: y for name, y in lines.items() if not name.endswith("-gram")}
            lines[f"{order + 1}-gram"] = nats
        if nats > best:
            break
        best = nats
    return lines
