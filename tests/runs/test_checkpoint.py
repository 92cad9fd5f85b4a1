from __future__ import annotations

import os
import random
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from grnn_tui.errors import RunError
from grnn_tui.runs import checkpoint
from grnn_tui.runs.checkpoint import best_step, list_steps, newest_step, prune, read_step, step_path, write_step
from tests.support.sitting import files


def assert_all_whole(run: Path, at_least: int) -> None:
    """Every step that is visible verifies and is of one piece; none older than the newest good one is lost."""
    for number in list_steps(run):
        step = read_step(run, number)
        assert {name: step.read(name) for name in step.manifest.files} == files(number)
    newest = newest_step(run)
    assert newest is not None
    assert newest.number >= at_least


@pytest.mark.promise(1)
def test_a_writer_killed_for_good_leaves_whole_steps_only(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from tests.support.sitting import files\n"
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
