"""What ships is what its card says: small, playable at once, and as good on text it was never trained on."""

from __future__ import annotations

import re
from collections.abc import Callable
from math import log
from pathlib import Path

import numpy as np
import pytest

from grnn_tui.backends.modeldir import CARD, read_header, read_model
from grnn_tui.cli.pictures import as_text
from grnn_tui.data.builtin import BUILT_INS, names, tales
from grnn_tui.data.builtin.reber import REBER, START, is_grammatical
from grnn_tui.data.builtin.sums import held_out
from grnn_tui.data.row_domain import RowDomain
from grnn_tui.data.tables import open_table
from grnn_tui.playing.adding import share_right
from grnn_tui.playing.generation import generate
from grnn_tui.playing.known import planned
from grnn_tui.playing.row_path import RowPath
from grnn_tui.playing.row_scoring import classify_rows, score_rows
from grnn_tui.playing.scoring import score
from grnn_tui.playing.settings import Sampling

MODELS = Path(__file__).parent.parent / "models"
SHIPPED = sorted(path.parent.name for path in MODELS.glob("*/model.json"))
FRESH_SEED = 20_001
"""Of generated text that no shipped model was trained on."""
ROWS = [name for name in SHIPPED if isinstance(read_header(MODELS / name).domain, RowDomain)]
LARGEST_EXCESS = {"tales-lstm": 0.02, "tales-gru": 0.02, "reber-lstm": 0.01, "names-particles": 0.03}
"""How far above the exact entropy a model may be on fresh text, sampling error aside."""
EXACT: dict[str, Callable[[str], float]] = {
    "tales": tales.log_prob,
    "names": names.log_prob,
    "reber": lambda line: -log(2) * forks_of(line),
}
"""The exact log-likelihood of one record with its separator, in nats."""


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_model_is_small_has_a_card_and_writes(name: str) -> None:
    directory = MODELS / name
    assert sum(file.stat().st_size for file in directory.iterdir()) <= 1_500_000
    card = (directory / CARD).read_text()
    assert f"# {name}" in card
    assert "`grnn-tui train " in card
    model = read_model(directory)
    if isinstance(model.header.domain, RowDomain):
        drawn = model.header.domain.row_name in card and "nats per" in card
        assert drawn
        return
    text = "".join(generate(model.open_player(), model.header.vocabulary, "", 200, Sampling(), seed=1))
    assert text[:100] in card


@pytest.mark.parametrize("name", ROWS)
def test_a_shipped_model_of_rows_draws_what_its_card_shows_and_scores_as_it_says(name: str) -> None:
    model = read_model(MODELS / name)
    domain, told = model.header.domain, model.header.domain.condition
    assert isinstance(domain, RowDomain)
    first = None if told is None else np.eye(told.size, dtype=np.float32)[0]
    path = RowPath(planned(model.open_player(), domain), 1, first)
    while not path.done:
        path.write(Sampling())
    drawn = as_text(path.row()[None], domain).splitlines()
    card = (MODELS / name / CARD).read_text()
    shown = card[card.index("```text") + 8 :].splitlines()
    assert drawn[0].rstrip() == shown[0][: len(drawn[0])].rstrip()
    assert all(line.rstrip() == card_line[: len(line)].rstrip() for line, card_line in zip(drawn, shown, strict=False))
    fresh = open_table(model.header.trained.data, seed=FRESH_SEED, size=200)
    scores = score_rows(model, fresh)
    assert model.header.trained.validation_nats is not None
    expected = model.header.trained.validation_nats * domain.length
    assert abs(scores.mean - expected) < 4 * scores.error + 0.01 * abs(expected)


def test_the_shipped_model_that_is_told_a_label_tells_labels() -> None:
    table = open_table("strokes", seed=FRESH_SEED, size=40)
    found = classify_rows(read_model(MODELS / "strokes-conditional"), table)
    assert (found.labels == table.labels).mean() >= 0.9


def test_the_shipped_numbers_are_as_near_to_their_exact_density_as_two_percent() -> None:
    table = open_table("ar1-gaussian", seed=FRESH_SEED, size=4_000)
    scores = score_rows(read_model(MODELS / "ar1-rnade"), table)
    assert table.floor is not None
    noise = 4 * scores.error
    assert table.floor - noise < scores.mean < 1.02 * table.floor + noise


@pytest.mark.parametrize("name", sorted(set(LARGEST_EXCESS) & set(SHIPPED)))
def test_a_shipped_model_is_as_near_to_the_exact_entropy_on_fresh_text_as_its_card_says(name: str) -> None:
    model = read_model(MODELS / name)
    source = BUILT_INS[model.header.trained.data]
    text = source.make(FRESH_SEED, 20_000 if name == "names-particles" else 100_000)
    nats = score(model.open_player(), model.header.vocabulary.encode(text).symbols)
    ends = [match.end() for match in re.finditer("\n\n" if "\n\n" in text else "\n", text)]
    starts = [0, *ends[:-1]]
    exact = EXACT[model.header.trained.data]
    # Record by record against its exact likelihood: the chance of which records came up cancels.
    excess = np.array([nats[i:j].sum() + exact(text[i:j]) for i, j in zip(starts, ends, strict=True)])
    assert source.record_entropy is not None
    mean, noise = excess.mean(), 4 * excess.std() / len(excess) ** 0.5
    assert -noise < mean < LARGEST_EXCESS[name] * source.record_entropy + noise
    assert noise < 0.005 * source.record_entropy


def forks_of(line: str) -> int:
    """How many times one letter of two was chosen on the way through the Reber graph."""
    state, forks = START, 0
    for letter in line.strip():
        forks += len(REBER[state]) > 1
        state = dict(REBER[state])[letter]
    return forks


def test_the_shipped_adder_adds_what_it_was_never_shown() -> None:
    model = read_model(MODELS / "sums-lstm")
    assert share_right(model.open_player(), model.header.vocabulary, held_out()) >= 0.95


def test_the_shipped_reber_model_writes_grammatical_strings() -> None:
    model = read_model(MODELS / "reber-lstm")
    text = "".join(generate(model.open_player(), model.header.vocabulary, "", 3_000, Sampling(), seed=2))
    strings = text.split("\n")[:-1]
    assert sum(is_grammatical(string) for string in strings) >= 0.97 * len(strings)
