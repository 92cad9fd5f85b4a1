from __future__ import annotations

import math
import os
from itertools import islice
from threading import Thread, current_thread
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from grnn_tui.backends.contract import Player
from grnn_tui.backends.distribution import Categorical
from grnn_tui.backends.registry import backend_named
from grnn_tui.data.vocabulary import Vocabulary
from grnn_tui.errors import ModelError
from grnn_tui.playing import many
from grnn_tui.playing.drawing import draw_each
from grnn_tui.playing.generation import generate_symbols, generate_texts
from grnn_tui.playing.luck import BLOCK
from grnn_tui.playing.sampling import Sampling, draw_next
from tests.playing.test_sampling import samplings
from tests.support.models import LETTERS, chosen, make_network
from tests.support.players import HistoryPlayer

WIDE = Vocabulary(unit="character", symbols=tuple(chr(0x4E00 + i) for i in range(1500)))


def opened(backend: str, vocabulary: Vocabulary = LETTERS, **settings: Any) -> Player[Any]:
    arrays = make_network(backend, vocabulary, **settings).arrays()
    if backend != "ngram":  # drawn weights make chaos, where a rounding grows
        arrays = {name: np.multiply(array, 0.4, dtype=np.float32) for name, array in arrays.items()}
    return backend_named(backend).open_player(chosen(backend, settings), vocabulary, arrays)


@given(
    st.lists(st.lists(st.floats(-30, 30, width=32), min_size=6, max_size=6), min_size=1, max_size=5),
    samplings,
    st.lists(st.integers(0, 5), max_size=4),
    st.lists(st.floats(0, 1, exclude_max=True), min_size=5, max_size=5),
)
def test_each_row_draws_what_it_would_alone(
    rows: list[list[float]], sampling: Sampling, recent: list[int], uniforms: list[float]
) -> None:
    logits = np.array(rows, np.float32)
    seen = np.tile(np.array(recent, np.int64), (len(rows), 1))
    symbols, bits = draw_each(logits, sampling, seen, np.array(uniforms[: len(rows)]))
    alone = [draw_next(Categorical(row), sampling, recent, u) for row, u in zip(logits, uniforms, strict=False)]
    assert symbols.tolist() == [symbol for symbol, _ in alone]
    np.testing.assert_allclose(bits, [b for _, b in alone], atol=1e-9)


@pytest.mark.parametrize("odd", [math.nan, math.inf])
def test_a_row_that_is_no_number_is_said_not_drawn(odd: float) -> None:
    with pytest.raises(ModelError):
        draw_each(np.array([[0.0, 1.0], [odd, 0.0]]), Sampling(), np.zeros((2, 0), np.int64), np.zeros(2))


CASES: list[tuple[str, dict[str, Any]]] = [
    ("rnn", {}),
    ("lstm", {"layers": 2}),
    ("gru", {}),
    ("gru", {"embedding": 0, "layers": 3}),
    ("mingru", {"layers": 3}),
    ("minlstm", {"layers": 2}),
    ("lstm", {"particles": 2}),
    ("ngram", {}),
]


@pytest.mark.parametrize(("backend", "settings"), CASES)
@pytest.mark.parametrize(
    "sampling", [Sampling(), Sampling(temperature=0.8, top_k=9, top_p=0.9, repetition_penalty=1.3, repetition_window=5)]
)
def test_each_of_many_texts_is_what_its_seed_gives_alone(
    backend: str, settings: dict[str, Any], sampling: Sampling, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(many, "SHARE", 5)
    monkeypatch.setattr(many, "TEXTS", 5)
    player, seeds = opened(backend, **settings), range(3, 17)
    texts = [list(text) for text in generate_texts(player, LETTERS, "ab c", 60, sampling, seeds)]
    assert len(texts) == len(seeds)
    for text, seed in zip(texts, seeds, strict=True):
        alone = list(generate_symbols(player, LETTERS, "ab c", 60, sampling, seed))
        assert [symbol for symbol, _ in text] == [symbol for symbol, _ in alone]
        np.testing.assert_allclose([b for _, b in text], [b for _, b in alone], atol=1e-4)


def test_long_texts_side_by_side_go_on_with_their_own_luck() -> None:
    player = opened("gru", hidden=2)
    length = BLOCK + 40
    texts = [list(text) for text in generate_texts(player, LETTERS, "", length, Sampling(), range(4))]
    alone = list(generate_symbols(player, LETTERS, "", length, Sampling(), 3))
    assert [symbol for symbol, _ in texts[3]] == [symbol for symbol, _ in alone]


@pytest.mark.parametrize("count", [4, 40])
def test_the_first_text_is_handed_out_while_it_is_drawn(count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(many, "TEXTS", 4)

    class Counted(HistoryPlayer):
        def many(self, state: int, count: int) -> Any:
            return Marching(count, self.size)

    class Marching:
        def __init__(self, count: int, size: int) -> None:
            self.shape = count, size

        def logits(self) -> Any:
            taken.append(current_thread())
            return np.zeros(self.shape)

        def advance(self, symbols: Any) -> None:
            pass

    taken: list[Thread] = []
    texts = generate_texts(Counted(LETTERS.size), LETTERS, "", 10, Sampling(), range(count))
    first = next(texts)
    assert len(list(islice(first, 3))) == 3
    assert taken.count(current_thread()) == 3


def test_blocks_hold_a_bounded_number_of_probabilities_and_symbols() -> None:
    for count, size, length in [(10**6, 65, 200), (256, 50_000, 10), (10**6, 2, 1 << 31), (8, 10**7, 5), (5, 65, 0)]:
        texts = many.texts_of_a_block(count, size, length)
        assert texts * size <= many.PROBABILITIES
        assert texts * length <= many.POSITIONS
        assert texts <= min(count, many.TEXTS)


def test_a_core_that_may_not_be_used_gets_no_block(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0}, raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: 64)
    assert many.texts_of_a_block(64, 65, 100) == many.TEXTS


def test_of_endless_texts_only_a_few_blocks_are_drawn_ahead() -> None:
    opened_blocks: list[int] = []
    player = opened("gru", hidden=2)

    def open_many(count: int) -> Any:
        opened_blocks.append(count)
        return player.many(player.start(), count)

    texts = many.write_many(open_many, 4, [], 5, Sampling(), range(10**6))
    assert len(list(next(texts))) == 5
    texts.close()  # type: ignore[attr-defined]
    assert len(opened_blocks) <= (os.cpu_count() or 1) + 2


def test_large_vocabularies_are_truncated_alike() -> None:
    rng = np.random.default_rng(0)
    for scale in (0.1, 3.0):
        logits = rng.normal(0, scale, (6, WIDE.size)).astype(np.float32)
        for sampling in (Sampling(top_p=0.9), Sampling(top_k=1200, top_p=0.99), Sampling(min_p=0.9), Sampling(top_k=5)):
            symbols, _ = draw_each(logits, sampling, np.zeros((6, 0), np.int64), np.full(6, 0.999))
            alone = [draw_next(Categorical(row), sampling, [], 0.999)[0] for row in logits]
            assert symbols.tolist() == alone
