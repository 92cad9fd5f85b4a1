"""Writing without a screen: the tight loop of the command line."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import Any

from grnn_tui.backends.contract import Player
from grnn_tui.data.vocabulary import Vocabulary
from grnn_tui.playing.luck import Luck
from grnn_tui.playing.sampling import Sampling, checked, draw_next


def generate_symbols(
    player: Player[Any], vocabulary: Vocabulary, prompt: str, length: int, sampling: Sampling, seed: int
) -> Iterator[tuple[int, float]]:
    """`length` symbols after `prompt`, each as soon as it is drawn, with its surprisal under the model in bits.

    A session with the same prompt, settings and seed draws the same.

    Characters of the prompt that the model does not know are skipped.

    Raises:
        UsageError: a setting out of its bounds.
    """
    checked(sampling)
    luck = Luck(seed)
    state = player.start()
    seen = vocabulary.encode(prompt).symbols.tolist()
    for symbol in seen:
        state = player.advance(state, symbol)
    window = sampling.repetition_window if sampling.repetition_penalty != 1.0 else 0
    recent: deque[int] = deque(seen, maxlen=window)
    for i in range(length):
        symbol, bits = draw_next(player.predict(state), sampling, recent, luck[i])
        yield symbol, bits
        if window:
            recent.append(symbol)
        state = player.advance(state, symbol)


def generate(
    player: Player[Any], vocabulary: Vocabulary, prompt: str, length: int, sampling: Sampling, seed: int
) -> Iterator[str]:
    """The same, as text: one label per symbol (a lone surrogate for a byte beyond ASCII)."""
    labels = vocabulary.labels
    for symbol, _ in generate_symbols(player, vocabulary, prompt, length, sampling, seed):
        yield labels[symbol]
