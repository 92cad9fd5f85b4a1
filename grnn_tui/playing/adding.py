"""Whether a model of the corpus `sums` can add: greedy answers to sums that its training text never showed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from grnn_tui.backends.contract import Player
from grnn_tui.data.builtin.sums import line
from grnn_tui.data.vocabulary import Vocabulary

_LONGEST = 8
"""Symbols after which an answer that does not end counts as wrong."""


def answer(player: Player[Any], vocabulary: Vocabulary, question: str) -> str:
    """What the model writes after `question`, always its most probable symbol, up to the end of the line."""
    state = player.start()
    for symbol in vocabulary.encode(question).symbols.tolist():
        state = player.advance(state, symbol)
    written: list[str] = []
    for _ in range(_LONGEST):
        symbol = int(player.predict(state).logits.argmax())
        label = vocabulary.labels[symbol]
        if label == "\n":
            break
        written.append(label)
        state = player.advance(state, symbol)
    return "".join(written)


def share_right(player: Player[Any], vocabulary: Vocabulary, pairs: Iterable[tuple[int, int]]) -> float:
    """The share of `pairs` whose sum the model gets right to the last digit."""
    right = total = 0
    for a, b in pairs:
        question, _, result = line(a, b).rstrip("\n").partition("=")
        right += answer(player, vocabulary, question + "=") == result
        total += 1
    return right / max(total, 1)
