from __future__ import annotations

import gzip
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from grnn_tui.data.builtin import BUILT_INS
from grnn_tui.data.corpus import Corpus, open_corpus
from grnn_tui.data.sources import FilePart
from grnn_tui.data.unit import Unit
from grnn_tui.data.vocabulary import Vocabulary
from grnn_tui.errors import DataError

TINYSHAKESPEARE = Path(__file__).parents[3] / "shared" / "data" / "tinyshakespeare" / "input.txt"


def text_of(corpus: Corpus) -> str:
    return corpus.vocabulary.decode(corpus.symbols)


def written(folder: Path, content: bytes, name: str = "text.txt") -> str:
    path = folder / name
    path.write_bytes(content)
    return str(path)


texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1)


@given(texts)
def test_decoding_what_was_encoded_gives_the_text(text: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        corpus = open_corpus(written(Path(folder), b"." + text.encode()), cache=Path(folder))
        assert text_of(corpus) == "." + text
        assert corpus.vocabulary.symbols == tuple(sorted(set("." + text)))
        assert corpus.faults == 0


@given(texts, st.sampled_from(["utf-16", "utf-32-be", "utf-7", "gb18030", "utf-8-sig"]))
def test_every_encoding_gives_the_text_back(text: str, encoding: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        content = ("." + text).encode(encoding)
        assert text_of(open_corpus(written(Path(folder), content), encoding=encoding, cache=Path(folder))) == "." + text


@given(st.binary(min_size=1))
def test_bytes_are_taken_as_they_are(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        corpus = open_corpus(written(Path(folder), content), unit="byte", cache=Path(folder))
        assert bytes(corpus.symbols) == content
        assert corpus.vocabulary == Vocabulary(unit="byte")
        assert corpus.faults == 0


@given(st.binary(min_size=1))
def test_bytes_that_are_no_text_become_replacement_characters(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        corpus = open_corpus(written(Path(folder), b"." + content), cache=Path(folder))
        assert text_of(corpus) == (b"." + content).decode("utf-8", "replace")


@pytest.mark.parametrize(
    ("content", "text", "faults"),
    [
        (b"a\xffb", "a\ufffdb", 1),
        (b"\xe4\xb8\xad\xe4\xb8", "\u4e2d\ufffd", 2),
        ("\ufffd".encode(), "\ufffd", 0),
        (b"\x00\xff\x00\xfe", "\0\ufffd\0\ufffd", 2),
    ],
)
def test_undecodable_bytes_are_counted_and_told(content: bytes, text: str, faults: int, tmp_path: Path) -> None:
    for _ in range(2):
        corpus = open_corpus(written(tmp_path, content))
        assert (text_of(corpus), corpus.faults) == (text, faults)
        assert corpus.notes == ((f"{faults} bytes could not be decoded; \ufffd stands for them",) if faults else ())


def test_a_character_cut_by_a_chunk_is_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("grnn_tui.data.sources.CHUNK", 5)
    text = "中文 naïve 🎭 text\r\n" * 7
    assert text_of(open_corpus(written(tmp_path, text.encode()))) == text


def test_a_byte_order_mark_is_dropped_and_told_but_newlines_stay(tmp_path: Path) -> None:
    corpus = open_corpus(written(tmp_path, b"\xef\xbb\xbfone\r\ntwo\rthree\n"))
    assert text_of(corpus) == "one\r\ntwo\rthree\n"
    assert corpus.notes == ("a byte-order mark at the start was left out",)


def test_lone_surrogates_never_enter_a_vocabulary(tmp_path: Path) -> None:
    corpus = open_corpus(written(tmp_path, b"a\\ud800b"), encoding="unicode_escape")
    assert text_of(corpus) == "a\ufffdb"
    assert corpus.faults == 1


@pytest.mark.parametrize("encoding", ["utf-9", "hex", "rot13", "", "a\0b"])
def test_an_unknown_encoding_is_one_line(encoding: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="is not a text encoding"):
        open_corpus(written(tmp_path, b"text"), encoding=encoding)


@pytest.mark.parametrize(
    ("alphabet", "dtype"), [(1, np.uint8), (256, np.uint8), (257, np.uint16), (65536, np.uint16), (65537, np.int32)]
)
def test_symbols_take_the_smallest_type_that_holds_them(alphabet: int, dtype: type, tmp_path: Path) -> None:
    text = "".join(map(chr, [*range(0xD800), *range(0xE000, 0x20000)][:alphabet]))
    corpus = open_corpus(written(tmp_path, text.encode()))
    assert corpus.symbols.dtype == dtype
    assert corpus.symbols.tolist() == list(range(alphabet))


def test_symbols_are_mapped_and_cannot_be_written(tmp_path: Path) -> None:
    symbols = open_corpus(written(tmp_path, b"text")).symbols
    assert isinstance(symbols, np.memmap)
    with pytest.raises(ValueError, match="read-only"):
        symbols[0] = 1


@given(st.integers(1, 5000), st.floats(0, 1, exclude_max=True))
def test_a_split_shares_nothing_and_loses_nothing(length: int, fraction: float) -> None:
    symbols = np.arange(length)
    train, validation = Corpus("x", Vocabulary(unit="byte"), symbols, "").split(fraction)
    assert np.array_equal(np.concatenate([train, validation]), symbols)
    assert train.size >= 1
    assert abs(validation.size - length * fraction) <= 1


def test_the_usual_split_holds_out_the_usual_characters() -> None:
    train, validation = Corpus("x", Vocabulary(unit="byte"), np.zeros(1_115_394, np.uint8), "").split(0.1)
    assert (train.size, validation.size) == (1_003_854, 111_540)


@pytest.mark.parametrize("fraction", [-0.1, 1.0, float("nan"), float("inf")])
def test_a_split_that_means_nothing_is_refused(fraction: float) -> None:
    with pytest.raises(DataError, match="cannot hold out"):
        Corpus("x", Vocabulary(unit="byte"), np.arange(9), "").split(fraction)


def test_a_given_vocabulary_is_used_and_what_it_lacks_is_counted(tmp_path: Path) -> None:
    vocabulary = Vocabulary(unit="character", symbols=("b", "a"))
    corpus = open_corpus(written(tmp_path, b"abcab!"), vocabulary=vocabulary)
    assert corpus.symbols.tolist() == [1, 0, 1, 0]
    assert corpus.vocabulary == vocabulary
    assert corpus.unseen == 2
    assert corpus.notes == ("2 characters that the vocabulary lacks were dropped",)
    assert text_of(open_corpus(written(tmp_path, b"abcab!"))) == "abcab!"


def test_a_vocabulary_of_bytes_decides_the_unit(tmp_path: Path) -> None:
    corpus = open_corpus(written(tmp_path, "é".encode()), vocabulary=Vocabulary(unit="byte"))
    assert corpus.symbols.tolist() == [0xC3, 0xA9]


def test_a_text_foreign_to_the_vocabulary_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"has no character of text\.txt"):
        open_corpus(written(tmp_path, b"xyz"), vocabulary=Vocabulary(unit="character", symbols=("a",)))


def test_the_fingerprint_is_of_text_and_unit(tmp_path: Path) -> None:
    plain = written(tmp_path, "héllo".encode(), "a")
    latin = written(tmp_path, "héllo".encode("latin-1"), "b")
    packed = written(tmp_path, gzip.compress("héllo".encode()), "c.gz")
    fingerprint = open_corpus(plain).fingerprint
    assert open_corpus(latin, encoding="latin-1").fingerprint == fingerprint
    assert open_corpus(packed).fingerprint == fingerprint
    assert open_corpus(plain, unit="byte").fingerprint != fingerprint
    assert open_corpus(written(tmp_path, b"hello", "d")).fingerprint != fingerprint


@pytest.mark.parametrize("name", BUILT_INS)
def test_every_built_in_corpus_opens_with_its_exact_floor(name: str) -> None:
    corpus = open_corpus(name, seed=3, size=2000)
    assert text_of(corpus) == BUILT_INS[name].make(3, 2000)
    assert corpus.name == name
    assert corpus.floor == BUILT_INS[name].entropy
    assert open_corpus(name, seed=4, size=2000).fingerprint != corpus.fingerprint or name == "manual"


def test_the_floor_holds_for_bytes_only_where_a_character_is_a_byte() -> None:
    assert open_corpus("reber", unit="byte", size=500).floor == open_corpus("reber", size=500).floor
    few = Vocabulary(unit="character", symbols=("B", "T"))
    assert open_corpus("reber", vocabulary=few, size=500).floor is None


def test_progress_goes_up_to_its_total(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("grnn_tui.data.sources.CHUNK", 100)
    told: list[tuple[int, int | None]] = []
    open_corpus(written(tmp_path, b"x" * 1000), progress=lambda done, total: told.append((done, total)))
    assert told[-1] == (2000, 2000)
    assert [done for done, _ in told] == sorted(done for done, _ in told)
    assert len(told) >= 20


def unreadable(folder: Path) -> Path:
    """A regular file that the one who runs the tests cannot read; root can read all but its own first page."""
    if os.geteuid() == 0:
        return Path("/proc/self/mem")
    path = Path(written(folder, b"secret", "secret"))
    path.chmod(0)
    return path


@pytest.mark.parametrize("unit", ["character", "byte"])
@pytest.mark.parametrize(
    ("content", "length"),
    [(b"a", 1), ("中".encode(), 1), (bytes(range(256)) * 8, None), (b"ab\xff\xfe", 4), (b"no newline", 10)],
    ids=["one byte", "one character", "binary", "bad UTF-8", "no newline"],
)
def test_any_file_with_something_in_it_is_a_corpus(
    content: bytes, length: int | None, unit: Unit, tmp_path: Path
) -> None:
    corpus = open_corpus(written(tmp_path, content), unit=unit)
    assert len(corpus) == (len(content) if unit == "byte" else length or len(content.decode("utf-8", "replace")))
    assert corpus.symbols.max() < corpus.vocabulary.size


@pytest.mark.parametrize("unit", ["character", "byte"])
def test_an_empty_file_is_one_line(unit: Unit, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"text\.txt is empty"):
        open_corpus(written(tmp_path, b""), unit=unit)


def test_a_pipe_is_one_line_and_waits_for_nobody(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    with pytest.raises(DataError, match="is a pipe, not a file"):
        open_corpus(str(tmp_path / "fifo"))
    with pytest.raises(DataError, match="is a pipe, not a file"):
        list(FilePart(tmp_path / "fifo").chunks())


def test_a_device_is_one_line() -> None:
    with pytest.raises(DataError, match="is a device, not a file"):
        open_corpus("/dev/zero")


@pytest.mark.parametrize("unit", ["character", "byte"])
def test_an_unreadable_file_is_one_line(unit: Unit, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"^cannot read .*: (Permission denied|Input/output error)$"):
        open_corpus(str(unreadable(tmp_path)), unit=unit)


def test_a_file_that_grows_while_it_is_read_is_one_line(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(b"line\n")

    def append(done: int, total: int | None) -> None:
        with path.open("ab") as file:
            file.write(b"line\n")

    with pytest.raises(DataError, match="log changed while it was being read"):
        open_corpus(str(path), progress=append)


def test_a_file_rewritten_between_the_passes_is_one_line_and_leaves_nothing(tmp_path: Path, cache: Path) -> None:
    path = tmp_path / "text"
    path.write_bytes(b"abba" * 10)
    before = path.stat().st_ctime_ns

    def rewrite(done: int, total: int | None) -> None:
        deadline = time.monotonic() + 10
        while path.stat().st_ctime_ns == before and time.monotonic() < deadline:
            path.write_bytes(b"baab" * 10)

    with pytest.raises(DataError, match="text changed while it was being read"):
        open_corpus(str(path), progress=rewrite)
    assert not list((cache / "corpora").iterdir())


if TINYSHAKESPEARE.exists():

    def test_the_real_text_has_its_known_size_and_alphabet() -> None:
        corpus = open_corpus(str(TINYSHAKESPEARE))
        assert (len(corpus), corpus.vocabulary.size, corpus.faults) == (1_115_394, 65, 0)
        assert text_of(corpus) == TINYSHAKESPEARE.read_text("ascii")


def test_no_heavy_module_is_imported_by_opening_a_corpus() -> None:
    code = "import sys, grnn_tui.data.corpus, grnn_tui.data.catalogue; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not {"pooch", "requests", "torch", "textual"} & set(loaded)
