"""What ships is what its card says: small, playable at once, and as good on text it was never trained on."""

from __future__ import annotations

import re
from collections.abc import Callable
from math import log
from pathlib import Path

import numpy as np
import pytest

from grnn_tui.backends.modeldir import CARD, read_model
from grnn_tui.data.builtin import BUILT_INS, tales
from grnn_tui.data.builtin.reber import REBER, START, is_grammatical
from grnn_tui.data.builtin.sums import held_out
from grnn_tui.playing.adding import share_right
from grnn_tui.playing.generation import generate
from grnn_tui.playing.scoring import score
from grnn_tui.playing.settings import Sampling

MODELS = Path(__file__).parent.parent / "models"
SHIPPED = sorted(path.parent.name for path in MODELS.glob("*/model.json"))
FRESH_SEED = 20_001
"""Of generated text that no shipped model was trained on."""
LARGEST_EXCESS = {"tales-lstm": 0.02, "tales-gru": 0.02, "reber-lstm": 0.01}
"""How far above the exact entropy a model may be on fresh text, sampling error aside."""
EXACT: dict[str, Callable[[str], float]] = {
    "tales": tales.log_prob,
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
    text = "".join(generate(model.open_player(), model.header.vocabulary, "", 200, Sampling(), seed=1))
    assert text[:100] in card


@pytest.mark.parametrize("name", sorted(set(LARGEST_EXCESS) & set(SHIPPED)))
def test_a_shipped_model_is_as_near_to_the_exact_entropy_on_fresh_text_as_its_card_says(name: str) -> None:
    model = read_model(MODELS / name)
    source = BUILT_INS[model.header.trained.data]
    text = source.make(FRESH_SEED, 100_000)
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
