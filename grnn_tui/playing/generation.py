"""Writing without a screen: the tight loop of the command line."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, cast

from grnn_tui.backends.contract import Many, Player
from grnn_tui.data.vocabulary import Vocabulary
from grnn_tui.playing.luck import Luck
from grnn_tui.playing.many import FEWEST, texts_of_a_block, write_many
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
    seen = vocabulary.encode(prompt).symbols.tolist()
    return _one(player, _read(player, seen), seen, length, sampling, Luck(seed))


def generate_texts(
    player: Player[Any], vocabulary: Vocabulary, prompt: str, length: int, sampling: Sampling, seeds: Sequence[int]
) -> Iterator[Iterator[tuple[int, float]]]:
    """What `generate_symbols` yields, for each of `seeds` in turn; many are written side by side where that is faster.

    Side by side, products are rounded otherwise than alone, so that a text can turn elsewhere where two symbols are
    equally likely to within a rounding. A text has to be taken whole before the next.

    Raises:
        UsageError: a setting out of its bounds.
    """
    checked(sampling)
    seen = vocabulary.encode(prompt).symbols.tolist()
    state = _read(player, seen)
    texts = texts_of_a_block(len(seeds), vocabulary.size, length)
    if texts >= FEWEST and player.many(state, 0) is not None:
        open_many = cast("Callable[[int], Many]", partial(player.many, state))
        return write_many(open_many, texts, seen, length, sampling, seeds)
    return (_one(player, state, seen, length, sampling, Luck(seed)) for seed in seeds)


def _read(player: Player[Any], symbols: Sequence[int]) -> Any:
    """The state after `symbols`."""
    state = player.start()
    for symbol in symbols:
        state = player.advance(state, symbol)
    return state


def _one(
    player: Player[Any], state: Any, seen: Sequence[int], length: int, sampling: Sampling, luck: Luck
) -> Iterator[tuple[int, float]]:
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
