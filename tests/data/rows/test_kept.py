from __future__ import annotations

import os
import stat
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import grnn_tui.data.rows.kept as module
from grnn_tui.data.rows.content import Content, classify
from grnn_tui.data.rows.kept import kept

CONTENT = Content(
    name="t.csv",
    values=np.array([[1.5, 0.0], [2.5, np.nan]]),
    columns=("größe", "word"),
    texts={1: ("good",)},
    labels=classify(np.array(["b", "a"])),
    full=255,
    shape=(1, 2),
    notes=("a note",),
)


class Reader:
    def __init__(self) -> None:
        self.times = 0

    def __call__(self) -> Content:
        self.times += 1
        return CONTENT


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(module, "SMALL", 1)
    monkeypatch.setattr(time, "time_ns", lambda: 1 << 62)  # long after anything was written
    path = tmp_path / "t.csv"
    path.write_text("1.5,good\n2.5,\n")
    return path


def same(one: Content, two: Content) -> bool:
    assert one.labels is not None
    assert two.labels is not None
    np.testing.assert_array_equal(one.values, two.values)
    np.testing.assert_array_equal(one.labels.codes, two.labels.codes)
    bare = {"values": CONTENT.values, "labels": None}
    return one.labels.classes == two.labels.classes and replace(one, **bare) == replace(two, **bare)  # type: ignore[arg-type]


def test_what_was_read_is_found_again(path: Path, cache: Path) -> None:
    read = Reader()
    assert same(kept([path], "so", read), CONTENT)
    assert same(kept([path], "so", read), CONTENT)
    assert read.times == 1
    (file,) = (cache / "tables").iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    kept([path], "otherwise", read)
    assert read.times == 2


def test_one_long_word_takes_no_more_than_itself(path: Path, cache: Path) -> None:
    words = ("w" * 1_000_000, *map(str, range(9_999)))
    content = replace(CONTENT, texts={1: words}, columns=("é\udce9", ""))
    assert same(kept([path], "so", lambda: content), content)
    (file,) = (cache / "tables").iterdir()
    assert file.stat().st_size < 2_000_000
    assert same(kept([path], "so", Reader()), content)


def test_a_changed_file_is_read_again(path: Path) -> None:
    read = Reader()
    kept([path], "so", read)
    path.write_text("1.5,good\n2.5,\n3,\n")
    kept([path], "so", read)
    assert read.times == 2


def test_damage_is_read_over(path: Path, cache: Path) -> None:
    read = Reader()
    kept([path], "so", read)
    (file,) = (cache / "tables").iterdir()
    whole = file.read_bytes()
    for damaged in (b"", whole[:100], whole[:200] + b"\xff" + whole[201:], b"PK\x03\x04"):
        file.write_bytes(damaged)
        assert same(kept([path], "so", read), CONTENT)
    assert read.times >= 4


def test_small_and_fresh_files_are_not_kept(
    path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    read = Reader()
    monkeypatch.setattr(module, "SMALL", 1000)
    kept([path], "so", read)
    monkeypatch.setattr(module, "SMALL", 1)
    monkeypatch.setattr(time, "time_ns", lambda: path.stat().st_mtime_ns)
    kept([path], "so", read)
    assert read.times == 2
    assert not (cache / "tables").exists()


def test_those_unused_for_longest_go_first(path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read = Reader()
    for how in range(3):
        kept([path], how, read)
    files = sorted((cache / "tables").iterdir())
    for age, file in enumerate(files):
        os.utime(file, (age, age))
    monkeypatch.setattr(module, "LIMIT", 3 * files[0].stat().st_size)
    kept([path], 3, read)
    left = set((cache / "tables").iterdir())
    assert len(left) == 3
    assert files[0] not in left
