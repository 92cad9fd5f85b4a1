from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Callable
from pathlib import Path
from random import Random

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from grnn_tui.runs.files import LineAppender
from grnn_tui.runs.metrics import MetricsReader, MetricsWriter, last_facts, last_rows, read_rows
from grnn_tui.runs.rows import AnyRow, Noted, Started, Trained, Validated


def rows_up_to(count: int) -> list[AnyRow]:
    return [Trained(step=step, loss=2.0 / step) for step in range(1, count + 1)]


def write(path: Path, rows: list[AnyRow]) -> None:
    writer = MetricsWriter(path)
    for row in rows:
        writer.append(row)


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    rows = [Started(step=0, references={"uniform": 4.0}), *rows_up_to(3), Noted(step=3, event="paused", text="é\x1b")]
    write(path, rows)
    assert read_rows(path).rows == rows
    assert last_rows(path) == rows


def test_not_a_number_is_written_as_nothing(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    write(path, [Trained(step=1, loss=float("nan"))])
    (row,) = read_rows(path).rows
    assert isinstance(row, Trained)
    assert row.loss is None


def test_a_last_line_cut_at_any_byte_costs_one_row_and_glues_nothing(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    write(path, rows_up_to(3))
    whole = path.read_bytes()
    last = whole.rindex(b"\n", 0, -1) + 1
    for cut in range(last, len(whole) + 1):
        path.write_bytes(whole[:cut])
        write(path, [Trained(step=4)])
        found = read_rows(path)
        kept = [row.step for row in found.rows]
        complete = cut >= len(whole) - 1
        assert kept == ([1, 2, 3, 4] if complete else [1, 2, 4])
        assert found.bad == (0 if complete or cut == last else 1)


def test_reading_goes_on_where_it_ended_and_waits_for_half_a_line(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    reader = MetricsReader(path)
    assert reader.read_new() == []
    line = msgspec.json.encode(Trained(step=1))
    path.write_bytes(line[:10])
    assert reader.read_new() == []
    path.write_bytes(line + b"\n" + line[:5])
    assert [row.step for row in reader.read_new()] == [1]
    assert reader.read_new() == []
    assert reader.bad == 0


def test_rows_beyond_the_step_a_sitting_went_on_from_do_not_count(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    write(path, [Started(step=0), *rows_up_to(9), Started(step=5), Trained(step=6)])
    assert [row.step for row in read_rows(path).rows] == [0, 1, 2, 3, 4, 5, 5, 6]


@given(junk=st.lists(st.binary(max_size=40), max_size=5))
def test_junk_lines_are_counted_and_skipped(tmp_path_factory: pytest.TempPathFactory, junk: list[bytes]) -> None:
    path = tmp_path_factory.mktemp("junk") / "metrics.jsonl"
    lines = [line.replace(b"\n", b"") for line in junk]
    path.write_bytes(b"".join(line + b"\n" for line in lines))
    write(path, [Trained(step=1)])
    found = read_rows(path)
    assert [row.step for row in found.rows] == [1]
    assert found.bad == sum(1 for line in lines if line)


@pytest.mark.parametrize("umask", [0o000, 0o002, 0o022, 0o077])
def test_only_the_owner_reads_metrics_whatever_the_umask(tmp_path: Path, umask: int) -> None:
    path = tmp_path / "metrics.jsonl"
    before = os.umask(umask)
    try:
        write(path, [Trained(step=1)])
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_rows_wait_while_the_disk_is_full_and_are_all_written_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "metrics.jsonl"
    writer = MetricsWriter(path)
    writer.append(Trained(step=1))
    real = os.write

    def full(descriptor: int, content: bytes) -> int:
        return real(descriptor, content[:7])  # a short write, as a file system with seven bytes left gives

    monkeypatch.setattr(os, "write", full)
    writer.append(Trained(step=2))
    assert writer.waiting == 1
    monkeypatch.setattr(os, "write", real)
    writer.append(Trained(step=3))
    assert writer.waiting == 0
    found = read_rows(path)
    assert [row.step for row in found.rows] == [1, 2, 3]
    assert found.bad == 1


def test_a_link_in_place_of_the_file_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").write_bytes(b"")
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OSError, match="symbolic"):
        LineAppender(tmp_path / "link").append(b"x")


@given(st.lists(st.sampled_from(["train", "validation", "event", "started"]), max_size=12), st.randoms())
def test_the_last_facts_are_the_last_rows_but_for_older_rows_of_training(kinds: list[str], random: Random) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "metrics.jsonl"
        made: dict[str, Callable[[int], AnyRow]] = {
            "train": lambda step: Trained(step=step, loss=1.0),
            "validation": lambda step: Validated(step=step, loss=2.0),
            "event": lambda step: Noted(step=step, event="paused", text='{"type":"train"'),
            "started": lambda step: Started(step=step),
        }
        write(path, [made[kind](random.randrange(5)) for kind in kinds])
        rows, facts = last_rows(path), last_facts(path)
    trained = [row for row in rows if isinstance(row, Trained)]
    assert [row for row in facts if isinstance(row, Trained)][-1:] == trained[-1:]
    assert [row for row in facts if not isinstance(row, Trained)] == [r for r in rows if not isinstance(r, Trained)]
