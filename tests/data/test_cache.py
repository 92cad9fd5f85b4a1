from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import platformdirs
import pytest

from grnn_tui.data.cache import CorpusCache, Symbols, cache_directory
from grnn_tui.data.corpus import open_corpus
from grnn_tui.data.sources import FilePart, GeneratedPart
from grnn_tui.data.vocabulary import Vocabulary
from grnn_tui.errors import DataError

OLD_FILE = os.__file__
"""A text that nobody has changed for a while."""

BYTES = Vocabulary(unit="byte")


def entry_of(cache: Path) -> Path:
    (entry,) = (cache / "corpora").iterdir()
    return entry


def fill(store: CorpusCache, key: str, size: int = 1000) -> None:
    blocks = [np.zeros(size, np.uint8)]
    store.write(key, blocks, vocabulary=BYTES, dtype="uint8", fingerprint=key, length=size)


def keys(store: CorpusCache) -> set[str]:
    return {path.name for path in (store.root / "corpora").iterdir()}


@pytest.mark.parametrize("reference", [OLD_FILE, "reber"])
def test_what_was_read_once_is_not_read_again(reference: str, monkeypatch: pytest.MonkeyPatch) -> None:
    first = open_corpus(reference, size=1000)

    def refuse(part: object) -> Iterator[tuple[bytes, int]]:
        raise AssertionError("read again")

    monkeypatch.setattr(FilePart, "chunks", refuse)
    monkeypatch.setattr(GeneratedPart, "chunks", refuse)
    again = open_corpus(reference, size=1000)
    assert np.array_equal(again.symbols, first.symbols)
    assert (again.fingerprint, again.vocabulary, again.floor) == (first.fingerprint, first.vocabulary, first.floor)
    with pytest.raises(AssertionError, match="read again"):
        open_corpus(reference, size=1000, unit="byte")


def test_the_same_text_is_kept_once_wherever_it_lies(tmp_path: Path, cache: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).write_bytes(b"the same text")
        open_corpus(str(tmp_path / name))
    assert entry_of(cache).is_dir()


def test_a_change_that_hides_its_time_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("grnn_tui.data.sources._SETTLED_NANOSECONDS", -(10**18))
    path = tmp_path / "text"
    path.write_bytes(b"one text")
    before = path.stat()
    open_corpus(str(path))
    deadline = time.monotonic() + 10
    while path.stat().st_ctime_ns == before.st_ctime_ns and time.monotonic() < deadline:
        path.write_bytes(b"two text")
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    corpus = open_corpus(str(path))
    assert corpus.vocabulary.decode(corpus.symbols) == "two text"


def test_a_file_just_written_is_read_again_since_its_time_may_not_move(tmp_path: Path, cache: Path) -> None:
    (tmp_path / "text").write_bytes(b"text")
    open_corpus(str(tmp_path / "text"))
    assert not list((cache / "index").iterdir())


def truncate(entry: Path) -> None:
    os.truncate(entry / "symbols.bin", 100)


def lengthen(entry: Path) -> None:
    with (entry / "symbols.bin").open("ab") as file:
        file.write(b"\0")


def zero_a_page(entry: Path) -> None:
    with (entry / "symbols.bin").open("r+b") as file:
        file.seek(8192)
        file.write(bytes(4096))


def scribble(entry: Path) -> None:
    (entry / "entry.json").write_bytes(b'{"format": 1, "vocabulary"')


def age(entry: Path) -> None:
    data = (entry / "entry.json").read_bytes()
    (entry / "entry.json").write_bytes(data.replace(b'"format":1', b'"format":0'))


def retype(entry: Path) -> None:
    data = (entry / "entry.json").read_bytes()
    (entry / "entry.json").write_bytes(data.replace(b'"dtype":"uint8"', b'"dtype":"V1"'))


def lose_the_symbols(entry: Path) -> None:
    (entry / "symbols.bin").unlink()


def lose_the_entry(entry: Path) -> None:
    shutil.rmtree(entry)


def leave_a_file_in_its_place(entry: Path) -> None:
    shutil.rmtree(entry)
    entry.write_bytes(b"")


@pytest.mark.parametrize(
    "damage",
    [
        truncate,
        lengthen,
        zero_a_page,
        scribble,
        age,
        retype,
        lose_the_symbols,
        lose_the_entry,
        leave_a_file_in_its_place,
    ],
)
def test_a_damaged_entry_is_made_again(damage: Callable[[Path], None], cache: Path) -> None:
    text = Path(OLD_FILE).read_text("utf-8")
    open_corpus(OLD_FILE)
    damage(entry_of(cache))
    corpus = open_corpus(OLD_FILE)
    assert corpus.vocabulary.decode(corpus.symbols) == text
    assert isinstance(corpus.symbols, np.memmap)


def test_a_damaged_index_is_passed_over(cache: Path) -> None:
    open_corpus(OLD_FILE)
    (remembered,) = (cache / "index").iterdir()
    remembered.write_bytes(b"\0")
    assert len(open_corpus(OLD_FILE)) > 0


def test_a_writer_that_fails_leaves_nothing(tmp_path: Path) -> None:
    store = CorpusCache(tmp_path)

    def blocks() -> Iterator[Symbols]:
        yield np.zeros(9, np.uint8)
        raise DataError("the disk is gone")

    with pytest.raises(DataError, match="the disk is gone"):
        store.write("key", blocks(), vocabulary=BYTES, dtype="uint8", fingerprint="", length=99)
    assert keys(store) == set()


def test_many_writers_of_one_text_all_succeed(tmp_path: Path, cache: Path) -> None:
    (tmp_path / "text").write_bytes(b"the same text" * 1000)
    with ThreadPoolExecutor(8) as pool:
        opened = list(pool.map(lambda _: open_corpus(str(tmp_path / "text")), range(16)))
    assert len({corpus.fingerprint for corpus in opened}) == 1
    assert all(len(corpus) == 13_000 for corpus in opened)
    assert entry_of(cache).is_dir()


def test_nobody_else_can_look_into_the_cache(cache: Path) -> None:
    open_corpus(OLD_FILE)
    for path in [cache, *cache.rglob("*")]:
        assert path.stat().st_mode & 0o077 == 0, path


def test_the_least_recently_used_go_when_the_cache_is_full(tmp_path: Path) -> None:
    store = CorpusCache(tmp_path, limit=3500)
    for order, key in enumerate(("a", "b", "c")):
        fill(store, key)
        os.utime(tmp_path / "corpora" / key, (order, order))
    assert store.find("a") is not None
    fill(store, "d")
    assert keys(store) == {"a", "c", "d"}


def test_a_text_larger_than_the_limit_is_kept_while_it_is_the_newest(tmp_path: Path) -> None:
    store = CorpusCache(tmp_path, limit=100)
    fill(store, "a")
    fill(store, "b")
    assert keys(store) == {"b"}


def test_what_a_killed_writer_left_is_cleared_after_a_day(tmp_path: Path) -> None:
    store = CorpusCache(tmp_path)
    for name, hours in (("old", 48), ("new", 1)):
        (tmp_path / "corpora" / f".part-{name}").mkdir()
        moment = time.time() - hours * 3600
        os.utime(tmp_path / "corpora" / f".part-{name}", (moment, moment))
    fill(store, "a")
    assert keys(store) == {"a", ".part-new"}


def test_a_full_disk_is_one_line_before_anything_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=1000))
    with pytest.raises(DataError, match=r"0\.0 GB are free: set GRNN_TUI_CACHE to another disk"):
        open_corpus(OLD_FILE)


def test_a_cache_that_cannot_be_made_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(DataError, match=r"cannot write the cache .* set GRNN_TUI_CACHE to another directory"):
        open_corpus(OLD_FILE, cache=tmp_path / "file" / "cache")


def test_a_home_that_cannot_be_written_falls_back_to_a_private_temporary_cache(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_bytes(b"")
    monkeypatch.delenv("GRNN_TUI_CACHE")
    monkeypatch.setattr(platformdirs, "user_cache_path", lambda name, **_: tmp_path / "file" / name)
    monkeypatch.setattr("tempfile.gettempdir", lambda: str(tmp_path))
    directory = cache_directory()
    assert directory.parent == tmp_path
    assert directory.stat().st_mode & 0o777 == 0o700
    directory.chmod(0o777)
    with pytest.raises(DataError, match="belongs to somebody else"):
        cache_directory()


def test_the_environment_names_the_cache_and_an_argument_overrules_it(tmp_path: Path, cache: Path) -> None:
    assert cache_directory() == cache
    assert cache_directory(tmp_path / "other") == tmp_path / "other"
