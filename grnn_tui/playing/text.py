"""Text as the positions of a session: a label and a symbol each."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import numpy as np

from grnn_tui.data.vocabulary import Vocabulary

_STRAY_SURROGATE = re.compile("[\ud800-\udc7f\udd00-\udfff]")


def mendable(text: str) -> str:
    """`text` without surrogates that stand for no byte (PEP 383), which no encoding could carry."""
    return _STRAY_SURROGATE.sub("\ufffd", text)


def cells_of(vocabulary: Vocabulary, text: str) -> tuple[list[str], list[int]]:
    """Label and symbol of each position of `text`: its characters, or its bytes; -1 for what has no symbol."""
    encoded = vocabulary.encode(text)
    if vocabulary.unit == "byte":
        symbols = encoded.symbols.tolist()
        return [vocabulary.labels[s] for s in symbols], symbols
    found = np.full(len(text), -1, dtype=np.int64)
    found[encoded.positions] = encoded.symbols
    return list(text), found.tolist()


def text_of(vocabulary: Vocabulary, labels: Iterable[str]) -> str:
    """The text that labels spell; for bytes, what of it is UTF-8 is decoded."""
    text = "".join(labels)
    if vocabulary.unit == "byte":
        return text.encode("utf-8", "surrogateescape").decode("utf-8", "surrogateescape")
    return text


def units_of(vocabulary: Vocabulary, text: str) -> Sequence[object]:
    """`text` as something with one item per position."""
    return text.encode("utf-8", "surrogateescape") if vocabulary.unit == "byte" else text


def common_prefix(a: Sequence[object], b: Sequence[object]) -> int:
    """How many items two strings (or two byte strings) begin with in common; compares whole slices, not items."""
    low, high = 0, min(len(a), len(b))
    if a[:high] == b[:high]:
        return high
    while high - low > 1:
        middle = (low + high) // 2
        if a[low:middle] == b[low:middle]:
            low = middle
        else:
            high = middle
    return low
