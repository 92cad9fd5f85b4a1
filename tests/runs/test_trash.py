"""Deleting: undone to the last byte, and nothing outside is ever touched."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from grnn_tui.errors import RunError
from grnn_tui.runs import checkpoint, trash
from grnn_tui.runs.directory import Run
from grnn_tui.runs.lock import RunLock
from grnn_tui.runs.store import find_run, list_runs
from grnn_tui.runs.trash import KEPT, TRASH, delete, deleted_runs, identity, restore, sweep
from tests.runs.conftest import MakeRun
from tests.support.promises import Harm, Reached
from tests.support.small_disk import fill
from tests.support.small_disk import small_disk as small_disk

pytestmark = pytest.mark.promise(32)


def content(folder: Path) -> dict[str, bytes]:
    """Every file of a run but those of its lock."""
    files = (file for file in folder.rglob("*") if file.is_file() and not file.name.startswith(("lock", "owner")))
    return {str(file.relative_to(folder)): file.read_bytes() for file in files}


def filled(make_run: MakeRun, name: str) -> Run:
    run = make_run(name)
    for step in (5, 10):
        checkpoint.write_step(run.path, step, {"model.json": name.encode(), "model.safetensors": bytes(1000)})
    return run


def aged(home: Path, seconds: float) -> None:
    """Let everything in the trash have been deleted so long ago."""
    for entry in (home / TRASH).iterdir():
        at, _, luck = entry.name.partition("-")
        entry.rename(entry.with_name(f"{int(at) - int(seconds):011d}-{luck}"))


@pytest.fixture
def precious(tmp_path: Path) -> Iterator[Path]:
    """A folder outside the store that is the same after the test."""
    folder = tmp_path / "precious"
    (folder / "chapters").mkdir(parents=True)
    (folder / "thesis.tex").write_text("x")
    (folder / "chapters" / "one.tex").write_text("y")
    before = content(folder)
    yield folder
    assert content(folder) == before


@pytest.mark.promise(21)
def test_what_is_deleted_comes_back_to_the_last_byte(root: Path, make_run: MakeRun, reached: Reached) -> None:
    run = filled(make_run, "mine")
    before = content(run.path)
    delete(run)
    assert list_runs() == []
    with pytest.raises(RunError):
        find_run("mine")
    (there,) = deleted_runs(root)
    assert stat.S_IMODE((root / TRASH).stat().st_mode) == 0o700
    assert stat.S_IMODE(there.path.parent.stat().st_mode) == 0o700
    back = restore(there)
    assert back.path == run.path
    assert content(run.path) == before
    assert back.status().state == "new"
    assert not (root / TRASH).exists()
    with RunLock(run.path):
        pass
    reached(undone=1)


def test_a_name_that_is_taken_meanwhile_is_left_to_its_run(root: Path, make_run: MakeRun) -> None:
    for name in (b"first", b"second"):
        run = make_run("mine")
        checkpoint.write_step(run.path, 1, {"model.json": name})
        delete(run)
    taken = make_run("mine")
    newest, older = deleted_runs(root)
    if newest.at == older.at:  # within a second it is luck which of them is first
        newest, older = sorted((newest, older), key=lambda each: (each.path / "steps").stat().st_ctime_ns, reverse=True)
    backs = [restore(newest), restore(older)]
    assert [back.name for back in backs] == ["mine-2", "mine-3"]
    assert [(back.path / "steps/000000001/model.json").read_bytes() for back in backs] == [b"second", b"first"]
    assert taken.steps() == []


def test_links_are_removed_and_what_they_point_to_stays(root: Path, make_run: MakeRun, precious: Path) -> None:
    run = make_run("mine")
    (run.path / "link").symlink_to(precious)
    (run.path / "steps").symlink_to(precious)
    (run.path / "model.json").symlink_to(precious / "thesis.tex")
    (run.path / "nowhere").symlink_to("/nowhere")
    os.link(precious / "thesis.tex", run.path / "hard.tex")
    deep = run.path / "deep"
    deep.mkdir()
    (deep / "link").symlink_to(precious / "chapters")
    os.mkfifo(deep / "pipe")
    delete(run)
    aged(root, KEPT + 60)
    assert sweep(root) == 1
    assert not (root / TRASH).exists()


def test_no_depth_is_too_deep(root: Path, make_run: MakeRun, harm: Harm) -> None:
    run = make_run("mine")
    folder = os.open(run.path, os.O_RDONLY)
    for _ in range(harm(200, 1100)):
        os.mkdir("d", dir_fd=folder)
        inner = os.open("d", os.O_RDONLY, dir_fd=folder)
        os.close(folder)
        folder = inner
    os.close(folder)
    delete(run, forever=True)
    assert list(root.iterdir()) == []


def test_a_run_that_is_alive_or_a_link_stays(root: Path, make_run: MakeRun, precious: Path) -> None:
    run = make_run("mine")
    with RunLock(run.path), pytest.raises(RunError, match="being trained"):
        delete(run)
    link = run.path.with_name("link")
    link.symlink_to(run.path)
    with pytest.raises(RunError, match="is a link"):
        delete(find_run("link"))
    (precious / "run.json").symlink_to(run.path / "run.json")
    (root / "outside").symlink_to(precious)
    with pytest.raises(RunError, match="is a link"):
        delete(Run(root / "outside"))
    (precious / "run.json").unlink()
    (run.path / "lock").unlink()
    (run.path / "lock").symlink_to(precious / "made.by.following")
    with pytest.raises(RunError, match="cannot write into the run"):
        delete(run)
    assert run.path.exists()


def test_a_trash_that_is_a_link_is_refused(root: Path, make_run: MakeRun, precious: Path) -> None:
    run = make_run("mine")
    (root / TRASH).symlink_to(precious)
    old = precious / "00000000001-00000000"
    (old / "gone").mkdir(parents=True)
    (old / "gone" / "run.json").write_text("{}")
    for forever in (False, True):
        with pytest.raises(RunError, match="is a link"):
            delete(run, forever=forever)
    assert run.path.exists()
    assert deleted_runs(root) == []
    assert sweep(root) == 0
    assert (old / "gone" / "run.json").exists()
    (root / TRASH).unlink()
    (root / TRASH).mkdir()
    (root / TRASH / old.name).symlink_to(old)
    assert sweep(root) == 0
    assert (old / "gone" / "run.json").exists()
    (old / "gone" / "run.json").unlink()
    (old / "gone").rmdir()
    old.rmdir()


def test_runs_of_a_store_that_is_itself_a_link_can_be_deleted(
    root: Path, make_run: MakeRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_run("mine")
    (tmp_path / "elsewhere").symlink_to(root)
    monkeypatch.setenv("GRNN_TUI_RUNS", str(tmp_path / "elsewhere"))
    delete(find_run("mine"))
    assert restore(deleted_runs(tmp_path / "elsewhere")[0]).name == "mine"


def test_only_what_is_old_and_in_nobodys_use_is_swept(root: Path, make_run: MakeRun) -> None:
    for name in ("young", "old", "held"):
        delete(make_run(name))
        if name != "young":
            with contextlib.suppress(IndexError):
                entry = next(each for each in deleted_runs(root) if each.name == name).path.parent
                entry.rename(entry.with_name(f"{1:011d}-{entry.name[-8:]}"))
    held = next(each for each in deleted_runs(root) if each.name == "held")
    with RunLock(held.path):
        assert sweep(root) == 1
        with pytest.raises(RunError, match="being trained"):
            trash.remove(held)
    assert {each.name for each in deleted_runs(root)} == {"young", "held"}
    assert sweep(root) == 1
    assert {each.name for each in deleted_runs(root)} == {"young"}


def test_a_sweep_looks_at_so_much_and_no_more(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for count in range(50):
        (root / TRASH / f"{count:011d}-{count:08x}" / "run").mkdir(parents=True)
        (root / TRASH / f"{count:011d}-{count:08x}" / "run" / "run.json").write_text("{}")
    monkeypatch.setattr(trash, "LOOKED_AT", 20)
    assert len(deleted_runs(root)) == 20
    assert sweep(root) == 20
    assert sweep(root, seconds=-1.0) == 0
    assert sweep(root) + sweep(root) == 30
    assert not (root / TRASH).exists()


def test_a_run_that_took_the_name_between_question_and_answer_stays(root: Path, make_run: MakeRun) -> None:
    asked = identity(make_run("mine"))
    delete(Run(root / "mine"), forever=True)
    other = make_run("mine")
    with pytest.raises(RunError, match="no longer the one"):
        delete(other, asked=asked)
    assert other.path.exists()


@pytest.mark.parametrize("link", [False, True])
def test_what_takes_the_name_at_the_last_moment_is_put_back(
    root: Path, make_run: MakeRun, precious: Path, monkeypatch: pytest.MonkeyPatch, link: bool
) -> None:
    run, rename = make_run("mine"), os.rename

    def replaced_first(*paths: str, **folders: Any) -> None:
        monkeypatch.setattr(os, "rename", rename)
        run.path.rename(root / "was")
        if link:
            run.path.symlink_to(precious)
        else:
            make_run("mine")
        rename(*paths, **folders)

    monkeypatch.setattr(os, "rename", replaced_first)
    with pytest.raises(RunError, match="no longer the one"):
        delete(run)
    assert run.path.is_symlink() == link
    assert (root / "was" / "run.json").exists()
    assert deleted_runs(root) == []


def test_without_room_to_move_it_aside_a_run_can_still_be_removed(
    root: Path, make_run: MakeRun, precious: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, mkdir = filled(make_run, "mine"), os.mkdir
    (run.path / "link").symlink_to(precious)

    def full(path: object, *rest: object, **named: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "mkdir", full)
    with pytest.raises(RunError, match=r"No space left.*--forever"):
        delete(run)
    assert run.steps() == [5, 10]
    delete(run, forever=True)
    assert not run.path.exists()
    monkeypatch.setattr(os, "mkdir", mkdir)


def test_on_a_disk_that_is_really_full_deleting_gives_room(
    small_disk: Path, monkeypatch: pytest.MonkeyPatch, root: Path, make_run: MakeRun
) -> None:
    monkeypatch.setenv("GRNN_TUI_RUNS", str(small_disk))
    for name in ("one", "two"):
        checkpoint.write_step(make_run(name).path, 1, {"weights": bytes(100_000)})
    fill(small_disk)
    delete(find_run("one"))
    assert restore(deleted_runs(small_disk)[0]).steps() == [1]
    delete(find_run("one"))
    before = os.statvfs(small_disk).f_bavail
    delete(find_run("two"), forever=True)
    assert os.statvfs(small_disk).f_bavail > before
    assert [each.name for each in deleted_runs(small_disk)] == ["one"]


def test_a_file_system_mounted_in_a_run_is_left_alone(root: Path, make_run: MakeRun, small_disk: Path) -> None:
    run = make_run("mine")
    (small_disk / "thesis.tex").write_text("x")
    (run.path / "inner" / "mounted").mkdir(parents=True)
    subprocess.run(["mount", "--bind", str(small_disk), str(run.path / "inner" / "mounted")], check=True)
    try:
        with contextlib.suppress(RunError):
            delete(run)
        if (root / TRASH).exists():
            aged(root, KEPT + 60)
            sweep(root)
        assert (small_disk / "thesis.tex").read_text() == "x"
    finally:
        lines = Path("/proc/self/mounts").read_text().splitlines()
        for mounted in (line.split()[1] for line in lines if line.split()[1].startswith(str(root))):
            subprocess.run(["umount", "--lazy", mounted], check=True)
