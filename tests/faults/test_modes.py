"""What is written is for its owner alone, whatever the umask; others are refused; a shared run is read, not steered."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from grnn_tui.private import write_private
from tests.cli.conftest import lstm as lstm
from tests.cli.conftest import run as run
from tests.support.command import Command
from tests.support.promises import Reached

NOBODY = 65534
SMALL = ("--backend", "gru", "--hidden", "4", "--steps", "2", "--checkpoint-steps", "1")
UMASKS = (0o000, 0o002, 0o022, 0o077)
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root becomes another user")


@pytest.fixture
def umask() -> Iterator[None]:
    before = os.umask(0o022)
    yield
    os.umask(before)


def modes(folder: Path) -> dict[str, int]:
    """The mode of everything below `folder`, and of itself."""
    paths = [path for path in (folder, *folder.rglob("*")) if not path.is_symlink()]
    return {f"{path}{'/' if path.is_dir() else ''}": stat.S_IMODE(path.stat().st_mode) for path in paths}


@pytest.mark.promise(21)
@pytest.mark.parametrize("mask", UMASKS, ids=oct)
def test_all_that_is_written_is_for_its_owner(
    mask: int, umask: None, run: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, reached: Reached
) -> None:
    text = tmp_path / "text"
    text.write_text("some text to learn from, a few words long\n" * 40)
    for name in ("cache", "runs", "state", "config"):
        monkeypatch.setenv(f"GRNN_TUI_{name.upper()}", str(tmp_path / "home" / "deep" / name))
    os.umask(mask)
    assert run("train", text, *SMALL, "--name", "mine").status == 0
    assert run("train", "-", *SMALL, stdin=b"piped text " * 60).status == 0
    assert run("train", text, *SMALL, "--run", tmp_path / "own" / "run").status == 0
    assert run("runs").status == 0
    write_private(tmp_path / "home" / "deep" / "config" / "settings.json", b"{}")
    found = modes(tmp_path / "home") | modes(tmp_path / "own")
    assert {"run.json", "metrics.jsonl", "manifest.json", "lock", "owner-1", "symbols.bin"} <= {
        Path(p).name for p in found
    }
    wrong = {path: oct(mode) for path, mode in found.items() if mode != (0o700 if path.endswith("/") else 0o600)}
    assert not wrong
    assert run("export", "mine", tmp_path / "out").status == 0
    exported = modes(tmp_path / "out")
    assert all(mode == (0o755 if path.endswith("/") else 0o644) & ~mask for path, mode in exported.items())
    reached(files_and_folders=len(found), open_to_others=len(wrong), umasks=1)


@pytest.mark.promise(21)
def test_a_shared_run_stays_readable_for_the_group_and_for_nobody_else(
    umask: None, run: Command, tmp_path: Path
) -> None:
    text = tmp_path / "text"
    text.write_text("some text to learn from, a few words long\n" * 40)
    os.umask(0o077)
    (tmp_path / "own").mkdir(0o700)
    kept = run("train", text, *SMALL, "--share-group", "--no-start", "--run", tmp_path / "own" / "run")
    assert f"the group cannot reach the run: {tmp_path / 'own'} is for you alone" in kept.err
    shared = tmp_path / "deep" / "shared"
    assert run("train", text, *SMALL, "--share-group", "--run", shared).status == 0
    assert run("train", "--resume", shared, "--steps", "4").status == 0
    found = modes(shared.parent)
    found.pop(str(shared / "lock"))
    assert all(mode == (0o750 if path.endswith("/") else 0o640) for path, mode in found.items()), found
    refused = run("train", "--resume", shared, "--share-group")
    assert (refused.status, "leave out --share-group" in refused.err) == (2, True)


@pytest.mark.promise(21)
@needs_root
def test_another_user_neither_reads_nor_steers(run: Command, reached: Reached) -> None:
    with tempfile.TemporaryDirectory() as made:  # below /tmp, where others may look
        folder = Path(made)
        folder.chmod(0o755)
        assert run("train", "reber", "--data-size", "2000", *SMALL, "--run", folder / "run").status == 0
        asked = [str(path) for path in ((folder / "run"), *(folder / "run").rglob("*"))]
        command = [sys.executable, "-I", "-S", "-c", STRANGER, str(NOBODY), *asked]
        ran = subprocess.run(command, cwd="/", capture_output=True, text=True, check=True)
        assert ran.stdout.split() == ["0", str(len(asked))]
        reached(files_tried_by_another_user=len(asked), opened=0)


STRANGER = """
import os, sys
os.setgroups([])
os.setgid(int(sys.argv[1]))
os.setuid(int(sys.argv[1]))
done = 0
for path in sys.argv[2:]:
    for flags in (os.O_RDONLY, os.O_WRONLY | os.O_APPEND, os.O_WRONLY | os.O_CREAT):
        try:
            os.open(path, flags)
            done += 1
        except OSError:
            pass
    try:
        os.rename(path, path + "x")
        done += 1
    except OSError:
        pass
print(done, len(sys.argv) - 2)
"""


@pytest.mark.promise(21)
def test_an_export_is_not_written_through_a_link(run: Command, lstm: Path, tmp_path: Path) -> None:
    assert run("export", lstm, tmp_path / "out").status == 0
    precious = tmp_path / "precious"
    precious.write_text("mine")
    for name in ("model.json", "model.safetensors", "README.md"):
        (tmp_path / "out" / f".{name}.tmp").symlink_to(precious)
    assert run("export", lstm, tmp_path / "out", "--force").status == 0
    assert precious.read_text() == "mine"
