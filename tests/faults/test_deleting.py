"""Deleting by real processes: killed anywhere, several at once, asked on a terminal."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from grnn_tui.runs.directory import Run
from grnn_tui.runs.lock import RunLock
from grnn_tui.runs.trash import TRASH, delete, deleted_runs, restore, sweep
from tests.runs.conftest import MakeRun
from tests.runs.conftest import make_run as make_run
from tests.runs.conftest import root as root
from tests.runs.test_trash import content, filled
from tests.support.promises import Harm, Reached
from tests.support.waiting import wait_for

pytestmark = pytest.mark.promise(32)

KILLED = """
import os, signal, sys
from pathlib import Path
from grnn_tui.runs.directory import Run
from grnn_tui.runs.trash import delete, deleted_runs, restore, sweep

done, last = 0, int(sys.argv[3])

def killed(event, arguments):
    global done
    if event in ("os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.chmod", "open"):
        done += 1
        if done > last:
            os.kill(os.getpid(), signal.SIGKILL)

run, what = Run(Path(sys.argv[1])), sys.argv[2]
there = deleted_runs(run.path.parent)
sys.addaudithook(killed)
if what == "undelete":
    restore(there[0])
else:
    delete(run, forever=what == "forever")
"""


def killed_at(run: Run, what: str, last: int) -> bool:
    """Whether the process was killed before it had ended, at that opening or change of the disk."""
    arguments = [sys.executable, "-c", KILLED, str(run.path), what, str(last)]
    return subprocess.run(arguments, check=False).returncode == -9


@pytest.mark.parametrize(("what", "places"), [("delete", 10), ("undelete", 5), ("forever", 30)])
def test_killed_anywhere_a_run_is_here_or_there_or_gone_and_never_half(
    root: Path, make_run: MakeRun, tmp_path: Path, what: str, places: int, harm: Harm, reached: Reached
) -> None:
    precious = tmp_path / "precious"
    precious.mkdir()
    (precious / "thesis.tex").write_text("x")
    kills = undone = 0
    stride = harm(3, 1)
    while True:
        run = filled(make_run, f"run-{kills}")
        (run.path / "link").symlink_to(precious)
        for _ in range(6):  # in whatever order files are removed, `run.json` is not always the first
            (run.path / os.urandom(4).hex()).write_bytes(b"x")
        whole = content(run.path)
        if what == "undelete":
            delete(run)
        if not killed_at(run, what, kills * stride):
            break
        kills += 1
        there = deleted_runs(root)
        if what != "forever" or there or run.path.exists():
            assert content(run.path if (run.path / "run.json").exists() else there[0].path) == whole
            back = restore(there[0]) if there else run
            assert content(back.path) == whole
            undone += 1
            delete(back, forever=True)
        sweep(root)
        assert not any(path.is_file() for path in root.rglob("*"))
        assert (precious / "thesis.tex").read_text() == "x"
    assert kills >= places // stride
    reached(kills=kills, undone_after_a_kill=undone, files_lost_outside=0)


def test_of_many_deleting_at_once_one_does_and_it_can_be_undone(
    root: Path, make_run: MakeRun, harm: Harm, reached: Reached
) -> None:
    run = filled(make_run, "mine")
    whole = content(run.path)
    script = (
        "import sys; from pathlib import Path; from grnn_tui.errors import GrnnError; from grnn_tui.runs import trash\n"
        "from grnn_tui.runs.directory import Run\n"
        "print('ready', flush=True); sys.stdin.readline()\n"
        "try: trash.delete(Run(Path(sys.argv[1])))\n"
        "except GrnnError as error: sys.exit(str(error))"
    )
    many = [
        subprocess.Popen(
            [sys.executable, "-c", script, str(run.path)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )
        for _ in range(harm(4, 20))
    ]  # fmt: skip
    try:
        for child in many:
            assert child.stdout is not None
            assert child.stdout.readline() == "ready\n"
        for child in many:
            assert child.stdin is not None
            child.stdin.write("\n")
            child.stdin.flush()
        ends = [(child.communicate(timeout=60)[1], child.returncode) for child in many]
    finally:
        for child in many:
            child.kill()
            child.wait()
    assert sorted(status for _, status in ends) == [0] + [1] * (len(many) - 1)
    assert all("Traceback" not in error and error.count("\n") <= 1 for error, _ in ends)
    (there,) = deleted_runs(root)
    assert content(restore(there).path) == whole
    reached(racing=len(many), undone=1)


def grnn(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "grnn_tui", *arguments]
    return subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False)


def test_the_commands_delete_list_and_bring_back(root: Path, make_run: MakeRun, tmp_path: Path) -> None:
    run = filled(make_run, "mine")
    whole = content(run.path)
    refused = grnn("delete", "mine")
    assert (refused.returncode, refused.stderr.count("\n")) == (2, 1)
    assert "--yes" in refused.stderr
    with RunLock(run.path):
        alive = grnn("delete", "mine", "--yes")
        assert alive.returncode == 2
        assert "grnn-tui stop mine" in alive.stderr
    assert grnn("delete", "mine", "--yes").stderr == (
        "mine is deleted; `grnn-tui undelete mine` brings it back for 7 days\n"
    )
    (told,) = json.loads(grnn("runs", "--deleted", "--json").stdout)["deleted"]
    assert told["name"] == "mine"
    assert told["days_left"] > 6.9
    make_run("mine")
    assert grnn("undelete", told["entry"]).stderr == "mine is back, as mine-2: its name is taken\n"
    assert content(root / "mine-2") == whole
    unknown = grnn("undelete", "mine")
    assert unknown.returncode == 2
    assert "no run 'mine' was deleted" in unknown.stderr

    elsewhere = tmp_path / "elsewhere" / "other"
    elsewhere.parent.mkdir()
    (root / "mine-2").rename(elsewhere)
    assert f"undelete {elsewhere}" in grnn("delete", str(elsewhere), "--yes").stderr
    assert (elsewhere.parent / TRASH).is_dir()
    assert grnn("undelete", str(elsewhere)).returncode == 0
    assert content(elsewhere) == whole

    grnn("delete", "mine", "--yes")
    assert "1 run" in grnn("delete", "--forever", "--yes").stderr
    assert list(root.iterdir()) == []
    assert grnn("runs", "--deleted").stderr == "no run was deleted in the last 7 days\n"


def test_on_a_terminal_deleting_asks(root: Path, make_run: MakeRun) -> None:
    run = make_run("mine")
    for answer, gone in (("\n", False), ("n\n", False), ("y\n", True)):
        master, slave = pty.openpty()
        command = [sys.executable, "-m", "grnn_tui", "delete", "mine"]
        child = subprocess.Popen(command, stdin=slave, stdout=slave, stderr=slave, start_new_session=True)
        os.close(slave)
        said = b""
        try:
            while b"[y/N]" not in said:
                said += os.read(master, 4096)
            os.write(master, answer.encode())
            wait_for(lambda child=child: child.poll() is not None)  # type: ignore[misc]
        finally:
            child.kill()
            child.wait()
            os.close(master)
        assert b"brings it back for 7 days" in said
        assert child.returncode == (0 if gone else 2)
        assert run.path.exists() != gone
