from __future__ import annotations

import gzip
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from grnn_tui.data.corpus import open_corpus
from grnn_tui.data.vocabulary import Vocabulary
from grnn_tui.data.words import LONGEST, UNKNOWN, Census, Splitter, split

PIECES = [
    "the",
    " the",
    "don't",
    "'",
    "’",
    " ",
    "\n",
    "\r\n",
    "é",
    "e\u0301",
    "\u0301",
    "中",
    "<unk>",
    " <unk>",
    "<",
    "7",
    "x" * 70,
]
PIECES += ["\u200d", "\u202e", "\x1b[2J", "\ud800", "ไทย", "हिन्दी", "❤\ufe0f", "_", "\u2028", "\x00", "-"]
texts = st.one_of(st.text(st.characters()), st.lists(st.sampled_from(PIECES)).map("".join))


@given(texts)
def test_the_tokens_joined_are_the_text(text: str) -> None:
    tokens = split(text)
    assert "".join(tokens) == text
    assert all(1 <= len(token) <= LONGEST + 1 for token in tokens)
    assert all("\n" not in token and "\t" not in token for token in tokens if len(token) > 1)


@example("don't you " * 9, 1)
@given(texts, st.integers(1, 50))
def test_a_text_in_pieces_is_split_like_the_whole(text: str, size: int) -> None:
    splitter, tokens = Splitter(), []
    for start in range(0, len(text), size):
        tokens += splitter.feed(text[start : start + size])
    assert tokens + splitter.feed("", last=True) == split(text)


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("To be, or not", ["To", " be", ",", " or", " not"]),
        ("don't 'tis o’er", ["don't", " '", "tis", " o’er"]),
        ("  in 1984:\n\n", [" ", " in", " 1", "9", "8", "4", ":", "\n", "\n"]),
        ("a_b-c\r\n", ["a", "_", "b", "-", "c", "\r", "\n"]),
        ("naïve e\u0301te\u0301 हिन्दी", ["naïve", " e\u0301te\u0301", " हिन्दी"]),
        ("中文 ไทย", ["中", "文", " ไ", "ท", "ย"]),
        ("<unk> <unk>s", ["<unk>", " <unk>", "s"]),
        ("x" * (LONGEST + 1), ["x" * LONGEST, "x"]),
    ],
)
def test_what_a_token_is(text: str, tokens: list[str]) -> None:
    assert split(text) == tokens


@given(texts, st.integers(3, 12))
def test_the_most_frequent_words_seen_twice_have_symbols_and_ties_go_by_text(text: str, limit: int) -> None:
    census = Census()
    census.add(split(text))
    symbols = census.symbols(limit)
    counts = Counter(split(text))
    assert symbols[:2] == UNKNOWN
    assert len(symbols) <= limit
    ranked = sorted((-n, token) for token, n in counts.items() if n > 1 and token not in UNKNOWN)
    assert list(symbols[2:]) == [token for _, token in ranked[: limit - 2]]


def test_counting_keeps_the_frequent_of_more_words_than_it_can_hold() -> None:
    census = Census(most=100)
    for i in range(500):
        census.add(["often", " too", f"once{i}"])
    assert len(census._counts) <= 100
    assert census.symbols(4)[2:] == (" too", "often")


@given(texts)
def test_decoding_what_was_encoded_gives_the_text_where_all_is_known(text: str) -> None:
    vocabulary = Vocabulary(unit="word", symbols=(*UNKNOWN, *sorted(set(split(text)) - set(UNKNOWN))))
    encoded = vocabulary.encode(text)
    assert vocabulary.decode(encoded.symbols) == text
    assert encoded.positions.tolist() == list(range(len(split(text))))
    assert not encoded.unseen


def test_what_is_unknown_is_a_symbol_that_keeps_its_space() -> None:
    vocabulary = Vocabulary(unit="word", symbols=(*UNKNOWN, " the", "\n"))
    encoded = vocabulary.encode("Beware the Jabberwock\n")
    assert encoded.symbols.tolist() == [0, 2, 1, 3]
    assert vocabulary.decode(encoded.symbols) == "<unk> the <unk>\n"
    assert vocabulary.encode("<unk> the <unk>\n").symbols.tolist() == [0, 2, 1, 3]
    assert vocabulary.unknown == {0, 1}
    assert vocabulary.newline == 3
    assert Vocabulary(unit="word", symbols=("a",)).encode("a b").unseen == (1,)
    assert not Vocabulary(unit="character", symbols=("a",)).unknown


def written(folder: Path, text: str, name: str = "text.txt") -> str:
    path = folder / name
    path.write_bytes(text.encode())
    return str(path)


@given(st.lists(st.sampled_from([p for p in PIECES if p != "\ud800"]), min_size=1).map("".join))
def test_a_corpus_of_words_gives_the_text_back(text: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        text = f"{text}.\n" * 2
        corpus = open_corpus(written(Path(folder), text), unit="word", cache=Path(folder))
        assert corpus.vocabulary.decode(corpus.symbols) == text or corpus.unknown
        assert corpus.symbols.tolist() == corpus.vocabulary.encode(text).symbols.tolist()
        assert corpus.characters == len(text)
        assert (corpus.faults, corpus.unseen, corpus.floor) == (0, 0, None)


def test_words_straddle_chunks_and_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = "naïve words, don't you know — 中文 and so on.\n" * 3
    whole = open_corpus(written(tmp_path, text), unit="word", cache=tmp_path / "one")
    monkeypatch.setattr("grnn_tui.data.sources.CHUNK", 3)
    cut = [written(tmp_path, text[:52], "a.txt"), written(tmp_path, text[52:], "b.txt")]
    parts = open_corpus(cut, unit="word", cache=tmp_path / "two")
    assert np.array_equal(parts.symbols, whole.symbols)
    assert parts.vocabulary == whole.vocabulary
    assert parts.fingerprint == whole.fingerprint
    assert parts.vocabulary.decode(parts.symbols) == text


def test_what_is_rare_is_unknown_and_told(tmp_path: Path) -> None:
    path = written(tmp_path, "the cat the dog the cat\n\n")
    for _ in range(2):
        corpus = open_corpus(path, unit="word", vocabulary_limit=4)
        assert corpus.vocabulary.symbols == (*UNKNOWN, "\n", " cat")
        assert corpus.vocabulary.decode(corpus.symbols) == "<unk> cat <unk> <unk> <unk> cat\n\n"
        assert corpus.notes == ("4 of 8 words (50.00%) are unknown; <unk> stands for them",)
        assert corpus.unknown == 4
    assert " the" in open_corpus(path, unit="word").vocabulary.symbols
    assert open_corpus(path).vocabulary.unit == "character"


def test_a_given_vocabulary_of_words_is_used(tmp_path: Path) -> None:
    vocabulary = Vocabulary(unit="word", symbols=(*UNKNOWN, " b", "a"))
    corpus = open_corpus(written(tmp_path, "a b c a"), vocabulary=vocabulary)
    assert corpus.symbols.tolist() == [3, 2, 1, 1]
    assert corpus.vocabulary == vocabulary
    assert (corpus.unknown, corpus.unseen, corpus.characters) == (2, 0, 7)


def test_the_vocabulary_is_the_same_in_every_process(tmp_path: Path) -> None:
    path = tmp_path / "text.gz"
    path.write_bytes(gzip.compress(("one two three four five six seven. " * 2).encode()))
    opening = f"open_corpus({str(path)!r}, unit='word')"
    program = f"from grnn_tui.data.corpus import open_corpus; print({opening}.vocabulary.symbols)"
    said = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(sys.path), "GRNN_TUI_CACHE": str(tmp_path / seed)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(said) == 1
