"""Words from the text to the score, by commands alone."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.command import Command

TEXT = "The cat sat on the mat, and the dog - \u201cRex\u201d - saw 10 cats.\n" * 60 + "Only once: zyzzyva.\n"
SMALL = ("--hidden", "8", "--embedding", "4", "--batch", "2", "--length", "16", "--steps", "4", "--threads", "1")


@pytest.fixture
def text(tmp_path: Path) -> Path:
    path = tmp_path / "text.txt"
    path.write_text(TEXT, encoding="utf-8")
    return path


@pytest.mark.parametrize("backend", [("gru", *SMALL), ("ngram", "--order", "2")], ids=["gru", "ngram"])
def test_a_model_of_words_is_trained_and_played(run: Command, text: Path, backend: tuple[str, ...]) -> None:
    trained = run("train", text, "--unit", "word", "--name", "words", "--backend", *backend)
    assert trained.status == 0, trained.err
    assert "words to train on" in trained.out
    assert "<unk> stands for them" in trained.out
    assert "bits/word" in trained.out
    written = run("generate", "words", "--prompt", "The zebra", "-n", 12, "--seed", 1)
    assert written.out.startswith("The zebra")
    assert "unknown to the model: 1 word of the prompt, shown to it as <unk>: 'zebra'" in written.err
    assert "12 words" in written.err
    again = run("generate", "words", "--prompt", "The zebra", "-n", 12, "--seed", 1, "--json").json
    assert again["prompt"] + again["texts"][0]["text"] == written.out.rstrip("\n") or written.out.endswith("\n\n")
    expected = run("next", "words", "--prompt", "The cat", "--json").json
    symbols = {each["symbol"] for each in expected["symbols"]}
    assert {" sat", "\n", "<unk>", " <unk>", " \u201c", "Rex"} <= symbols
    assert sum(each["p"] for each in expected["symbols"]) == pytest.approx(1, abs=1e-4)
    assert "\u2423sat" in run("next", "words", "--prompt", "The cat").out
    scored = run("score", "words", text, "--json").json
    assert scored["characters"] == len(TEXT)
    assert scored["unknown"] == 4
    assert scored["bits_per_character"] == pytest.approx(
        scored["bits_per_symbol"] * scored["symbols"] / scored["characters"]
    )
    assert "bits per character" in run("score", "words", text).out


def test_the_limit_is_kept_and_belongs_to_words(run: Command, text: Path, tmp_path: Path) -> None:
    refused = run("train", text, "--vocabulary-limit", "9")
    assert (refused.status, refused.out) == (2, "")
    assert "give --unit word too" in refused.err
    limited = ("--unit", "word", "--vocabulary-limit", "9", "--run", tmp_path / "run", "--backend", "gru")
    assert run("train", text, *limited, *SMALL).status == 0
    asked = json.loads((tmp_path / "run" / "run.json").read_text())
    assert asked["data"]["vocabulary_limit"] == 9
    assert len(run("next", tmp_path / "run", "--json").json["symbols"]) == 9
    resumed = run("train", "--resume", tmp_path / "run", "--steps", "6")
    assert resumed.status == 0, resumed.err
    followed = run("units", tmp_path / "run", text, "--follow", "the", "--json").json
    assert followed["follow"] == "the"
