from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from grnn_tui.backends.modeldir import ModelDirectory
from grnn_tui.playing import scoring
from grnn_tui.playing.scoring import score, score_model, summarise
from grnn_tui.playing.session import Session
from grnn_tui.playing.stretches import score_in_stretches
from tests.support.models import BYTES, LETTERS, make_model, random_text


@pytest.fixture(scope="module", params=["lstm", "gru", "rnn", "mingru", "minlstm", "nade", "ngram"])
def model(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> ModelDirectory:
    return make_model(tmp_path_factory.mktemp("model") / request.param, request.param, LETTERS)


def test_a_long_text_scores_the_same_in_stretches(model: ModelDirectory) -> None:
    symbols = random_text(np.random.default_rng(1), LETTERS, 5003)
    exact = score(model.open_player(), symbols)
    side_by_side = score_in_stretches(model, symbols, stretches=8)
    assert side_by_side.shape == exact.shape
    assert side_by_side.mean() == pytest.approx(exact.mean(), abs=1e-4)
    np.testing.assert_allclose(side_by_side[:600], exact[:600], atol=1e-4)


def test_the_score_is_what_a_session_says_of_the_same_text(model: ModelDirectory) -> None:
    symbols = random_text(np.random.default_rng(2), LETTERS, 300)
    session = Session(model.open_player(), LETTERS)
    session.set_prompt(LETTERS.decode(symbols))
    session.read()
    summary = summarise(LETTERS, symbols, score(model.open_player(), symbols))
    assert summary.nats == pytest.approx(session.current.sums(300)[1] * math.log(2))


@pytest.mark.parametrize("length", [1, 7, 65])
def test_a_text_shorter_than_the_stretches_is_still_scored(tmp_path: Path, length: int) -> None:
    model = make_model(tmp_path / "m", "gru", LETTERS)
    symbols = random_text(np.random.default_rng(3), LETTERS, length)
    exact = score(model.open_player(), symbols)
    assert score_in_stretches(model, symbols).shape == exact.shape
    assert score_in_stretches(model, symbols)[0] == pytest.approx(exact[0], abs=1e-5)


def test_long_texts_take_the_training_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = make_model(tmp_path / "m", "gru", LETTERS)
    symbols = random_text(np.random.default_rng(3), LETTERS, 3000)
    short = score_model(model, symbols)
    monkeypatch.setattr(scoring, "LONG", 1000)
    long = score_model(model, symbols)
    assert long.tolist() != short.tolist()
    assert long.mean() == pytest.approx(short.mean(), abs=1e-3)


def test_the_most_surprising_places_are_named_with_line_and_context() -> None:
    text = "abc\nabd\nabc"
    symbols = LETTERS.encode(text).symbols
    nats = np.ones(symbols.size)
    nats[6] = 9.0
    nats[2] = 5.0
    first, second = summarise(LETTERS, symbols, nats, unseen=3, places=2).surprising
    assert (first.symbol, first.line, first.position, first.before, first.after) == ("d", 2, 6, "abc\nab", "\nabc")
    assert first.bits == pytest.approx(9 / math.log(2))
    assert (second.symbol, second.line) == ("c", 1)


def test_the_figures_of_a_uniform_model_are_those_of_the_book() -> None:
    symbols = np.zeros(1000, np.int32)
    summary = summarise(BYTES, symbols, np.full(1000, math.log(256)))
    assert summary.bits_per_symbol == pytest.approx(8)
    assert summary.perplexity == pytest.approx(256)
    assert summary.nats == pytest.approx(1000 * math.log(256))


def test_an_empty_text_has_no_mean_and_no_places() -> None:
    summary = summarise(LETTERS, np.zeros(0, np.int32), np.zeros(0))
    assert math.isnan(summary.perplexity)
    assert summary.surprising == ()
