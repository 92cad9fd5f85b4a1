"""How surprised a model is by a text: nats per symbol, in one pass, and what to say of them."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from grnn_tui.backends.contract import Player
from grnn_tui.backends.modeldir import ModelDirectory
from grnn_tui.data.vocabulary import Vocabulary
from grnn_tui.playing.outlook import BITS
from grnn_tui.playing.told import told

LONG = 200_000
"""Symbols beyond which the training path takes over, many stretches of the text at once."""
CONTEXT = 24
Nats = NDArray[np.float64]
Symbols = NDArray[np.integer]
Progress = Callable[[int], None]
"""Called now and then with how many symbols have been read."""


@dataclass(frozen=True)
class Place:
    """One symbol that the model did not expect."""

    position: int
    """Symbols before it."""
    line: int
    """Counted from 1."""
    symbol: str
    bits: float
    before: str
    """A few characters of context."""
    after: str


@dataclass(frozen=True)
class Score:
    """A whole text under a model."""

    symbols: int
    unseen: int
    """Characters the model does not know; they are left out."""
    nats: float
    """Of all symbols together."""
    surprising: tuple[Place, ...]
    unknown: int = 0
    """Words the model does not know; each is scored as `<unk>`, its spelling is not."""
    characters: int | None = None
    """Of a text of words: its characters."""

    @property
    def nats_per_symbol(self) -> float:
        """Mean; not a number for an empty text."""
        return self.nats / self.symbols if self.symbols else math.nan

    @property
    def bits_per_symbol(self) -> float:
        """Mean, in bits."""
        return self.nats_per_symbol * BITS

    @property
    def bits_per_character(self) -> float | None:
        """Of words, so that vocabularies can be compared: what is unknown costs what `<unk>` costs."""
        return self.nats * BITS / self.characters if self.characters else None

    @property
    def perplexity(self) -> float:
        """As many equally likely symbols would be as hard to guess."""
        return float(np.exp(min(self.nats_per_symbol, 700.0))) if self.symbols else math.nan


def score(player: Player[Any], symbols: Symbols, progress: Progress | None = None) -> Nats:
    """-log p of each symbol given all before it [n], by the playing path from the start state."""
    nats = np.empty(symbols.size)
    state = player.start()
    for i, symbol in enumerate(symbols.tolist()):
        nats[i] = -player.predict(state).log_prob(symbol)
        state = player.advance(state, symbol)
        if progress is not None and i % 4096 == 0:
            progress(i)
    return nats


def score_model(
    model: ModelDirectory, symbols: Symbols, progress: Progress | None = None, label: str | None = None
) -> Nats:
    """The same, told `label` where one is given; long texts go through the quicker training path, if torch is there.

    There the text is cut into stretches that run side by side, each warmed up on what stands before it; the mean
    agrees with the single pass to about 1e-4.
    """
    domain = model.header.domain
    if symbols.size > LONG and domain.condition is None:
        try:
            from grnn_tui.playing.stretches import score_in_stretches
        except ImportError:
            pass
        else:
            return score_in_stretches(model, symbols, progress)
    return score(told(model.open_player(), domain, label), symbols, progress)


def summarise(
    vocabulary: Vocabulary,
    symbols: Symbols,
    nats: Nats,
    unseen: int = 0,
    places: int = 10,
    characters: int | None = None,
) -> Score:
    """Totals, and the `places` symbols that surprised the model most, the worst first.

    `unseen` were left out of `symbols`; `characters` are those of a text of words.
    """
    count = min(places, nats.size)
    worst = np.argpartition(nats, nats.size - count)[nats.size - count :] if count else np.zeros(0, np.int64)
    worst = worst[np.lexsort((worst, -nats[worst]))]
    newline = vocabulary.newline
    found = []
    for position in worst.tolist():
        line = 1 + int((symbols[:position] == newline).sum()) if newline is not None else 1
        found.append(
            Place(
                position=position,
                line=line,
                symbol=vocabulary.labels[int(symbols[position])],
                bits=float(nats[position] * BITS),
                before=vocabulary.decode(symbols[max(0, position - CONTEXT) : position])[-CONTEXT:],
                after=vocabulary.decode(symbols[position + 1 : position + 1 + CONTEXT // 2])[: CONTEXT // 2],
            )
        )
    unknown = int(np.isin(symbols, list(vocabulary.unknown)).sum()) if vocabulary.unknown else 0
    return Score(int(symbols.size), unseen, float(nats.sum()), tuple(found), unknown, characters)
