"""Text as the positions of a session: a label and a symbol each."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from grnn_tui.data.vocabulary import Vocabulary

_STRAY_SURROGATE = re.compile("[\ud800-\udc7f\udd00-\udfff]")


def mendable(text: str) -> str:
    """`text` without surrogates that stand for no byte (PEP 383), which no encoding could carry."""
    return _STRAY_SURROGATE.sub("\ufffd", text)


def cells_of(vocabulary: Vocabulary, text: str) -> tuple[list[str], list[int]]:
    """Label and symbol of each position of `text`: its characters, words or bytes; -1 for what has no symbol.

    The label of a word that the vocabulary lacks is the word as it was typed; its symbol is `<unk>`.
    """
    labels = vocabulary.split(text)
    if vocabulary.unit == "byte":
        return labels, vocabulary.encode(text).symbols.tolist()
    return labels, vocabulary.symbols_of(labels).tolist()


def text_of(vocabulary: Vocabulary, labels: Iterable[str]) -> str:
    """The text that labels spell; for bytes, what of it is UTF-8 is decoded."""
    text = "".join(labels)
    if vocabulary.unit == "byte":
        return text.encode("utf-8", "surrogateescape").decode("utf-8", "surrogateescape")
    return text


def common_prefix(a: Sequence[object], b: Sequence[object]) -> int:
    """How many items two sequences of one type begin with in common; compares whole slices, not items."""
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
