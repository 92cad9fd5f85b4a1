from __future__ import annotations

import os
import random
import signal
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from grnn_tui.errors import RunError
from grnn_tui.runs import checkpoint
from grnn_tui.runs.checkpoint import best_step, list_steps, newest_step, prune, read_step, step_path, write_step

MUTATING = ("open", "write", "fsync", "rename", "mkdir", "unlink", "rmdir", "chmod", "fchmod")


class Killed(BaseException):
    """Stands for SIGKILL: no handler runs to tidy up."""


@contextmanager
def broken_at(call: int, fault: Callable[[], BaseException]) -> Iterator[list[str]]:
    """Within, the `call`-th call that can change the disk raises instead (0: none does); yields the calls made."""
    calls: list[str] = []
    real = {name: getattr(os, name) for name in MUTATING}

    def breaking(name: str) -> Callable[..., Any]:
        def stand_in(*arguments: Any, **options: Any) -> Any:
            calls.append(name)
            if len(calls) == call:
                raise fault()
            return real[name](*arguments, **options)

        return stand_in

    for name in MUTATING:
        setattr(os, name, breaking(name))
    try:
        yield calls
    finally:
        for name, function in real.items():
            setattr(os, name, function)


def files(step: int) -> dict[str, bytes]:
    return {"model.json": b"{}" * step, "model.safetensors": bytes([step % 256]) * 3000, "trainer.json": b"[]"}


def assert_all_whole(run: Path, at_least: int) -> None:
    """Every step that is visible verifies and is of one piece; none older than the newest good one is lost."""
    for number in list_steps(run):
        step = read_step(run, number)
        assert {name: step.read(name) for name in step.manifest.files} == files(number)
    newest = newest_step(run)
    assert newest is not None
    assert newest.number >= at_least


def count_calls(folder: Path) -> int:
    run = folder / "counted"
    run.mkdir()
    write_step(run, 1, files(1))
    with broken_at(0, Killed) as calls:
        write_step(run, 2, files(2))
    return len(calls)


def test_a_kill_at_any_point_leaves_whole_steps_only_and_the_next_save_works(tmp_path: Path) -> None:
    total = count_calls(tmp_path)
    assert total > 15
    for call in range(1, total + 1):
        run = tmp_path / f"run{call}"
        run.mkdir()
        write_step(run, 1, files(1))
        with pytest.raises(Killed), broken_at(call, Killed):
            write_step(run, 2, files(2))
        assert_all_whole(run, at_least=1)
        assert write_step(run, 2, files(2))
        assert_all_whole(run, at_least=2)
        assert write_step(run, 3, files(3))
        assert not [p for p in (run / "steps").iterdir() if p.name.endswith(".tmp")]


def test_a_full_disk_at_any_point_loses_nothing_and_the_next_save_works(tmp_path: Path) -> None:
    for call in range(1, count_calls(tmp_path) + 1):
        run = tmp_path / f"run{call}"
        run.mkdir()
        write_step(run, 1, files(1))
        full = OSError(28, "No space left on device")
        with broken_at(call, lambda fault=full: fault), suppress(OSError):  # type: ignore[misc]
            write_step(run, 2, files(2))
        assert_all_whole(run, at_least=1)
        assert write_step(run, 2, files(2))
        assert_all_whole(run, at_least=2)


def test_a_kill_while_pruning_leaves_whole_steps_only(tmp_path: Path) -> None:
    for call in range(1, 12):
        run = tmp_path / f"run{call}"
        run.mkdir()
        for step in range(1, 6):
            write_step(run, step, files(step))
        with broken_at(call, Killed), suppress(Killed):
            prune(run, keep=2)
        assert_all_whole(run, at_least=5)


def test_a_writer_killed_for_good_leaves_whole_steps_only(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from tests.runs.test_checkpoint import files\n"
        "from grnn_tui.runs.checkpoint import write_step\n"
        "run = Path(sys.argv[1])\n"
        "for step in range(int(sys.argv[2]), 10**6):\n"
        "    write_step(run, step, files(step)); print(step, flush=True)\n"
    )
    done = 1
    for _ in range(4):
        writer = subprocess.Popen(
            [sys.executable, "-c", code, str(tmp_path), str(done)], stdout=subprocess.PIPE, text=True
        )
        assert writer.stdout is not None
        for _ in range(random.randint(2, 12)):
            done = int(writer.stdout.readline())
        writer.send_signal(signal.SIGKILL)
        writer.wait()
        writer.stdout.close()
        assert_all_whole(tmp_path, at_least=done)


@pytest.mark.promise(3)
def test_every_flipped_bit_and_every_cut_is_found_and_the_older_step_taken(tmp_path: Path) -> None:
    write_step(tmp_path, 1, files(1))
    write_step(tmp_path, 2, files(2))
    luck = random.Random(0)
    for _ in range(200):
        name = luck.choice([*files(2), checkpoint.MANIFEST])
        path = step_path(tmp_path, 2) / name
        good = path.read_bytes()
        if luck.random() < 0.7:
            bad = bytearray(good)
            bad[luck.randrange(len(bad))] ^= 1 << luck.randrange(8)
        else:
            bad = bytearray(good[: luck.randrange(len(good))])
        path.write_bytes(bad)
        newest = newest_step(tmp_path)
        assert newest is not None
        if newest.number == 2:  # a flip in the manifest that changes neither names, sizes nor sums
            assert name == checkpoint.MANIFEST
            assert_all_whole(tmp_path, at_least=2)
        path.write_bytes(good)
    assert_all_whole(tmp_path, at_least=2)


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    write_step(tmp_path, 7, files(7))
    path = step_path(tmp_path, 7) / "model.safetensors"
    path.write_bytes(b"\0" * path.stat().st_size)
    with pytest.raises(RunError, match=r"000000007/model\.safetensors is damaged: its SHA-256"):
        read_step(tmp_path, 7)


def test_a_damaged_step_is_moved_aside_when_it_is_saved_again(tmp_path: Path) -> None:
    write_step(tmp_path, 1, files(1))
    (step_path(tmp_path, 1) / "trainer.json").write_bytes(b"{}")
    write_step(tmp_path, 1, files(1))
    assert_all_whole(tmp_path, at_least=1)
    assert (tmp_path / "steps" / "000000001.damaged").is_dir()


def test_the_newest_and_the_best_are_kept(tmp_path: Path) -> None:
    losses = [3.0, 2.0, 1.0, 1.5, 1.2, 1.1]
    for step, loss in enumerate(losses, start=1):
        write_step(tmp_path, step, files(step), validation=loss)
        prune(tmp_path, keep=2)
    assert list_steps(tmp_path) == [3, 5, 6]
    best = best_step(tmp_path)
    assert best is not None
    assert best.number == 3


def test_nothing_is_pruned_while_the_newest_is_damaged(tmp_path: Path) -> None:
    for step in range(1, 6):
        write_step(tmp_path, step, files(step))
    (step_path(tmp_path, 5) / "model.json").unlink()
    assert prune(tmp_path, keep=2) == []
    assert list_steps(tmp_path) == [1, 2, 3, 4, 5]


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
def test_only_the_owner_reads_checkpoints_whatever_the_umask(tmp_path: Path, umask: int) -> None:
    before = os.umask(umask)
    try:
        write_step(tmp_path, 1, files(1))
    finally:
        os.umask(before)
    folder = step_path(tmp_path, 1)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}


def test_a_manifest_cannot_name_files_outside(tmp_path: Path) -> None:
    write_step(tmp_path, 1, files(1))
    path = step_path(tmp_path, 1) / checkpoint.MANIFEST
    path.write_bytes(path.read_bytes().replace(b"trainer.json", b"../../x.json"))
    with pytest.raises(RunError, match="outside"):
        read_step(tmp_path, 1)
