"""What ships is what its card says: small, playable at once, and as good on text it was never trained on."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from grnn_tui.backends.modeldir import CARD, read_model
from grnn_tui.data.builtin import BUILT_INS
from grnn_tui.data.builtin.reber import is_grammatical
from grnn_tui.data.builtin.sums import held_out
from grnn_tui.playing.adding import share_right
from grnn_tui.playing.generation import generate
from grnn_tui.playing.scoring import score
from grnn_tui.playing.settings import Sampling

MODELS = Path(__file__).parent.parent / "models"
SHIPPED = sorted(path.parent.name for path in MODELS.glob("*/model.json"))
FRESH_SEED = 20_001
"""Of generated text that no shipped model was trained on."""
LARGEST_EXCESS = {"tales-lstm": 0.06, "tales-gru": 0.06, "reber-lstm": 0.01}
"""How far above the exact entropy a model may be on fresh text, sampling error aside."""


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
    separator = "\n\n" if "\n\n" in text else "\n"
    ends = [match.end() for match in re.finditer(separator, text)]
    records = np.diff(np.concatenate(([0.0], nats.cumsum()[np.array(ends) - 1])))
    assert source.record_entropy is not None
    excess = records.mean() / source.record_entropy - 1
    noise = 4 * records.std() / len(records) ** 0.5 / source.record_entropy
    assert -noise < excess < LARGEST_EXCESS[name] + noise


def test_the_shipped_adder_adds_what_it_was_never_shown() -> None:
    model = read_model(MODELS / "sums-lstm")
    assert share_right(model.open_player(), model.header.vocabulary, held_out()) >= 0.95


def test_the_shipped_reber_model_writes_grammatical_strings() -> None:
    model = read_model(MODELS / "reber-lstm")
    text = "".join(generate(model.open_player(), model.header.vocabulary, "", 3_000, Sampling(), seed=2))
    strings = text.split("\n")[:-1]
    assert sum(is_grammatical(string) for string in strings) >= 0.97 * len(strings)
