from __future__ import annotations

import gzip
import io
import os
from pathlib import Path

import pytest

from grnn_tui.data.corpus import Corpus, open_corpus
from grnn_tui.data.sources import pin
from grnn_tui.errors import DataError


def text_of(corpus: Corpus) -> str:
    return corpus.vocabulary.decode(corpus.symbols)


def feed_stdin(monkeypatch: pytest.MonkeyPatch, content: bytes) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(content)))


@pytest.fixture
def library(tmp_path: Path) -> Path:
    """A directory of texts, with what a directory also has in it."""
    folder = tmp_path / "library"
    (folder / "b").mkdir(parents=True)
    (folder / "b" / "2.txt").write_bytes(b"two ")
    (folder / "b" / "3.txt.gz").write_bytes(gzip.compress(b"three "))
    (folder / "a.txt").write_bytes(b"one ")
    (folder / ".hidden").write_bytes(b"hidden")
    (folder / ".git").mkdir()
    (folder / ".git" / "HEAD").write_bytes(b"hidden")
    (folder / "picture").write_bytes(b"\x89PNG\0\0\0")
    os.mkfifo(folder / "pipe")
    return folder


def test_a_directory_is_its_text_files_in_sorted_order(library: Path) -> None:
    corpus = open_corpus(str(library))
    assert text_of(corpus) == "one two three "
    assert corpus.name == "library"
    assert corpus.notes == (f"3 files of {library}; 1 binary ones left out",)


def test_a_directory_of_bytes_is_all_its_files(library: Path) -> None:
    assert bytes(open_corpus(str(library), unit="byte").symbols) == b"one two three \x89PNG\0\0\0"


def test_a_directory_of_utf_16_is_text(tmp_path: Path) -> None:
    (tmp_path / "texts").mkdir()
    for name in ("1", "2"):
        (tmp_path / "texts" / name).write_bytes("née ".encode("utf-16"))
    assert text_of(open_corpus(str(tmp_path / "texts"), encoding="utf-16")) == "née née "


def test_several_files_are_joined_in_the_order_given(library: Path) -> None:
    corpus = open_corpus([str(library / "b" / "2.txt"), str(library / "a.txt"), "reber"], size=10)
    assert text_of(corpus).startswith("two one B")
    assert corpus.name == "2.txt and 2 more"
    assert corpus.floor is None


def test_a_fault_at_the_end_of_one_file_stays_in_it(tmp_path: Path) -> None:
    (tmp_path / "1").write_bytes(b"a\xe4\xb8")
    (tmp_path / "2").write_bytes(b"\xadb")
    corpus = open_corpus([str(tmp_path / "1"), str(tmp_path / "2")])
    assert text_of(corpus) == "a\ufffd\ufffdb"
    assert corpus.faults == 3


def test_a_glob_is_its_files_in_sorted_order(library: Path) -> None:
    assert text_of(open_corpus(str(library / "**" / "*.txt*"))) == "one two three "
    assert text_of(open_corpus(str(library / "b" / "[3]*"))) == "three "


def test_a_glob_that_matches_nothing_is_one_line(library: Path) -> None:
    with pytest.raises(DataError, match=r"no file matches .*\*\.pdf"):
        open_corpus(str(library / "*.pdf"))


def test_a_file_whose_name_looks_like_a_glob_is_the_file(tmp_path: Path) -> None:
    (tmp_path / "[a].txt").write_bytes(b"brackets")
    (tmp_path / "a.txt").write_bytes(b"plain")
    assert text_of(open_corpus(str(tmp_path / "[a].txt"))) == "brackets"


@pytest.mark.parametrize("damage", [slice(0, -6), slice(0, 10)])
def test_a_damaged_gzip_file_is_one_line(damage: slice, tmp_path: Path) -> None:
    path = tmp_path / "text.gz"
    path.write_bytes(gzip.compress(b"some text that is packed" * 100)[damage])
    with pytest.raises(DataError, match=r"text\.gz is not a whole gzip file"):
        open_corpus(str(path))


def test_a_file_that_only_claims_to_be_gzip_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "text.gz").write_bytes(b"plain text")
    with pytest.raises(DataError, match=r"text\.gz is not a whole gzip file"):
        open_corpus(str(tmp_path / "text.gz"))


@pytest.mark.parametrize("content", [b"from a pipe", gzip.compress(b"from a pipe")], ids=["plain", "gzip"])
def test_stdin_is_a_corpus(content: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    feed_stdin(monkeypatch, content)
    corpus = open_corpus("-")
    assert text_of(corpus) == "from a pipe"
    assert corpus.name == "stdin"


def test_an_empty_stdin_is_one_line(monkeypatch: pytest.MonkeyPatch, cache: Path) -> None:
    feed_stdin(monkeypatch, b"")
    with pytest.raises(DataError, match="stdin is empty"):
        open_corpus("-")
    assert not list((cache / "stdin").iterdir())


@pytest.mark.parametrize("content", [b"from a pipe", gzip.compress(b"from a pipe")], ids=["plain", "gzip"])
def test_a_pinned_stdin_can_be_opened_again_elsewhere(
    content: bytes, monkeypatch: pytest.MonkeyPatch, cache: Path
) -> None:
    feed_stdin(monkeypatch, content)
    cache.mkdir()
    (kept,) = pin("-", cache=cache)
    monkeypatch.chdir("/")
    for _ in range(2):
        assert text_of(open_corpus(kept)) == "from a pipe"


def test_pinned_references_mean_the_same_in_another_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cache: Path
) -> None:
    odd = tmp_path / "odd [dir]"
    odd.mkdir()
    (odd / "a.txt").write_bytes(b"a")
    (odd / "b.txt").write_bytes(b"b")
    monkeypatch.chdir(odd)
    references = ["a.txt", "*.txt", "reber"]
    here = open_corpus(references, size=10)
    pinned = pin(references, cache=cache)
    monkeypatch.chdir("/")
    assert open_corpus(pinned, size=10).fingerprint == here.fingerprint
    assert pinned[2] == "reber"


def test_a_known_name_is_the_corpus_and_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "reber").write_bytes(b"a file")
    monkeypatch.chdir(tmp_path)
    assert open_corpus("reber", size=10).notes == ("reber is the corpus of that name; write ./reber for the file",)
    assert text_of(open_corpus("./reber")) == "a file"


def test_a_classic_not_fetched_says_how_to_fetch_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DataError, match=r"run `grnn-tui fetch names\.txt` first$"):
        open_corpus("names.txt")
    (tmp_path / "names.txt").write_bytes(b"emma\nolivia\n")
    with pytest.raises(DataError, match=r"or write \./names\.txt for the file here"):
        open_corpus("names.txt")
    assert text_of(open_corpus("./names.txt")) == "emma\nolivia\n"


@pytest.mark.parametrize("reference", ["nowhere.txt", "", "a\0b", "no/such/directory"])
def test_a_missing_file_is_one_line(reference: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "cache").mkdir()
    with pytest.raises(DataError) as caught:
        open_corpus(reference, cache=tmp_path / "cache")
    assert "\n" not in str(caught.value)


def test_no_reference_at_all_is_one_line() -> None:
    with pytest.raises(DataError, match="no text given"):
        open_corpus([])


def test_a_directory_without_text_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match="holds no files"):
        open_corpus(str(tmp_path / "empty"))
    (tmp_path / "empty" / "picture").write_bytes(b"\0\0")
    with pytest.raises(DataError, match="holds 1 binary files and no text"):
        open_corpus(str(tmp_path / "empty"))


def test_a_link_to_nothing_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "gone")
    with pytest.raises(DataError, match="link does not exist"):
        open_corpus(str(tmp_path / "link"))


def test_an_empty_name_is_not_the_folder_one_stands_in(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="the name of the text is empty"):
        open_corpus("", cache=tmp_path)
