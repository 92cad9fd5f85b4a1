"""One process opens no port and no connection, neither do the screen, the engine and a trainer at work together."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
from pathlib import Path

import pytest

from grnn_tui.runs.directory import Run
from grnn_tui.runs.metrics import read_rows
from grnn_tui.runs.rows import Trained
from tests.faults.cases.opening import ROOT
from tests.support import network
from tests.support.promises import Reached
from tests.support.waiting import wait_for
from tests.ui.support.on_terminal import OnTerminal

LISTENS = "0A"
HOOK = """
import os, sys
def hear(event, arguments):
    if event in ("socket.bind", "socket.connect", "socket.getaddrinfo", "socket.sendto"):
        with open(os.path.join(os.environ["HEARD"], str(os.getpid())), "a") as file:
            file.write(event + " " + repr(arguments[1:]) + chr(10))
open(os.path.join(os.environ["HEARD"], "listening-" + str(os.getpid())), "w").close()
sys.addaudithook(hear)
"""


def listeners() -> set[tuple[str, str]]:
    """Inode and address of every socket of this machine that waits for connections or datagrams."""
    found = set()
    for name in ("tcp", "tcp6", "udp", "udp6"):
        for line in Path("/proc/net", name).read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == LISTENS or name.startswith("udp"):
                found.add((fields[9], f"{name} {fields[1]}"))
    return found


def sockets_of(pid: int) -> set[str]:
    found = set()
    with contextlib.suppress(OSError):
        for path in Path(f"/proc/{pid}/fd").iterdir():
            with contextlib.suppress(OSError):
                if (target := str(path.readlink())).startswith("socket:["):
                    found.add(target[8:-1])
    return found


def internet_sockets(pids: list[int]) -> set[str]:
    """Sockets of these processes that belong to any table of the internet protocols."""
    known = {line.split()[9] for name in ("tcp", "tcp6", "udp", "udp6") for line in _table(name)}
    return {inode for pid in pids for inode in sockets_of(pid)} & known


def _table(name: str) -> list[str]:
    return Path("/proc/net", name).read_text().splitlines()[1:]


def children_of(pid: int) -> list[int]:
    return [
        int(word) for task in Path(f"/proc/{pid}/task").iterdir() for word in (task / "children").read_text().split()
    ]


@pytest.fixture
def heard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder in which every Python process that is started tells of its sockets."""
    folder = tmp_path / "heard"
    folder.mkdir()
    (tmp_path / "hook").mkdir()
    (tmp_path / "hook" / "sitecustomize.py").write_text(HOOK)
    monkeypatch.setenv("HEARD", str(folder))
    for name in ("cache", "runs", "models", "config", "state"):
        monkeypatch.setenv(f"GRNN_TUI_{name.upper()}", str(tmp_path / name))
    return folder


@pytest.mark.promise(22, 23)
@pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="looks at /proc/net")
def test_screen_engine_and_trainer_open_no_port(heard: Path, tmp_path: Path, reached: Reached) -> None:
    before = listeners()
    paths = [tmp_path / "hook", ROOT]
    # One shell of `train --detach` and the screen on its run.
    small = ("--backend", "gru", "--hidden", "4", "--steps", "10000000", "--name", "mine")
    run = Run(tmp_path / "runs" / "mine")
    trainer = 0
    opened: list[OnTerminal] = []
    try:
        opened.append(OnTerminal(tmp_path, "train", "reber", "--data-size", "5000", *small, "--detach", paths=paths))
        assert opened[0].ended() == 0
        trainer = run.status().pid or 0
        wait_for(lambda: any(isinstance(row, Trained) for row in read_rows(run.metrics).rows))
        opened.append(OnTerminal(tmp_path, "mine", paths=paths))
        screen = opened[1]
        screen.until(screen.stands)
        pids = [trainer, screen.child.pid, *children_of(screen.child.pid)]
        assert len(pids) >= 3
        new = {address for _, address in listeners() - before}
        mine = internet_sockets(pids)
        assert not mine, (new, mine)
        assert len(list(heard.glob("listening-*"))) >= 4
        beyond = [line for path in heard.glob("[0-9]*") for line in path.read_text().splitlines()]
        assert not beyond
        reached(processes=len(pids), listeners=len(mine), connections=len(beyond))
    finally:
        for one in opened:
            one.close()
        if trainer:
            os.kill(trainer, signal.SIGTERM)
            wait_for(lambda: not run.status().live)


@pytest.mark.promise(23)
def test_no_test_of_this_process_reached_another_machine(reached: Reached) -> None:
    before = list(network.refused)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as tried, pytest.raises(network.BeyondThisMachineError):
        tried.connect(("192.0.2.1", 9))  # of datagrams: nothing would be sent
    with pytest.raises(network.BeyondThisMachineError):
        socket.getaddrinfo("grnn-tui.invalid", 80)
    del network.refused[len(before) :]
    assert not before
    reached(connections=len(before))
