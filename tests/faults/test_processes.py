"""Several processes for one training, and real harm done to them."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from safetensors.numpy import load

from grnn_tui.runs.checkpoint import read_step
from grnn_tui.runs.directory import Run
from grnn_tui.runs.lock import process_start
from grnn_tui.runs.metrics import last_rows, read_rows
from grnn_tui.runs.rows import Noted, Started, Trained
from grnn_tui.runs.store import new_run
from grnn_tui.training.session import train
from tests.support.promises import Harm, Reached
from tests.support.waiting import wait_for

pytestmark = pytest.mark.xdist_group("alone")
SMALL = ("--hidden", "12", "--embedding", "6", "--batch", "6", "--length", "16", "--device", "cpu", "--threads", "1")
STEPS, SHOWN = 300, 50
OPTIONS = ("--dropout", "0", "--steps", str(STEPS), "--checkpoint-steps", str(SHOWN), "--keep", "20")
LASTING = ("--steps", "1000000", "--checkpoint-steps", "20", "--keep", "3")


class Box:
    """A home of its own, with a text in it, and the processes that are started there."""

    def __init__(self, home: Path) -> None:
        self.home = home
        luck = np.random.default_rng(0)
        words = ["the", "cat", "sat", "on", "a", "mat", "and", "saw", "ten", "dogs\n"]
        (home / "text.txt").write_text(" ".join(words[i] for i in luck.integers(len(words), size=1500)))
        variables = {"GRNN_TUI_RUNS": "runs", "GRNN_TUI_CACHE": "cache", "TMPDIR": "tmp"}
        self.environment = os.environ | {name: str(home / folder) for name, folder in variables.items()}
        self.environment |= {"OMP_NUM_THREADS": "1"}
        (home / "tmp").mkdir()
        self.started: list[subprocess.Popen[bytes]] = []

    def start(self, *command: str) -> subprocess.Popen[bytes]:
        """Start a command; what it says goes to a file, which never fills up as a pipe would."""
        with (self.home / f"said-{len(self.started)}").open("wb") as said:
            process = subprocess.Popen(
                command, cwd=self.home, env=self.environment, start_new_session=True,
                stdin=subprocess.DEVNULL, stdout=said, stderr=subprocess.STDOUT,
            )  # fmt: skip
        self.started.append(process)
        return process

    def tui(self, *words: str) -> subprocess.Popen[bytes]:
        return self.start(sys.executable, "-m", "grnn_tui", *words)

    def train(self, name: str, *words: str) -> subprocess.Popen[bytes]:
        return self.tui("train", "text.txt", "--name", name, "--backend", "gru", *SMALL, *words)

    def end(self, process: subprocess.Popen[bytes], status: int = 0) -> str:
        process.wait(120)
        out = (self.home / f"said-{self.started.index(process)}").read_text()
        assert process.returncode == status, out
        assert "Traceback" not in out, out
        return out

    def run(self, name: str) -> Run:
        return Run(self.home / "runs" / name)

    def clear(self) -> None:
        for process in self.started:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


@pytest.fixture
def box(tmp_path: Path) -> Iterator[Box]:
    box = Box(tmp_path)
    yield box
    box.clear()


def ranks_of(parent: int) -> list[int]:
    """The processes that `parent` has started, rank 0 first."""
    found: dict[int, int] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError, ValueError, StopIteration):
            stat = (folder / "stat").read_text()
            if int(stat[stat.rindex(")") + 2 :].split()[1]) != parent:
                continue
            words = (folder / "environ").read_bytes().split(b"\0")
            found[int(next(word for word in words if word.startswith(b"RANK="))[5:])] = int(folder.name)
    return [found[rank] for rank in sorted(found)]


def training(box: Box, name: str, beyond: int = -1) -> bool:
    """Whether the run goes on beyond the step `beyond`, two checkpoints at least."""
    steps = box.run(name).steps()
    return len(steps) > 1 and steps[-1] > beyond


def told_beyond_the_newest(run: Run) -> bool:
    """Whether steps have been told of that a loss now would cost."""
    return max((row.step for row in last_rows(run.metrics)), default=0) > run.steps()[-1]


def alarms(run: Run) -> list[str]:
    return [row.text for row in read_rows(run.metrics).rows if isinstance(row, Noted) and row.event == "alarm"]


def assert_sound(run: Run) -> None:
    """The newest checkpoint is whole, and no step is told twice."""
    newest = run.newest()
    assert newest is not None
    assert newest.number == run.steps()[-1]
    steps = [row.step for row in read_rows(run.metrics).rows]
    assert steps == sorted(steps)


def gone(pids: list[int]) -> bool:
    return all(process_start(pid) is None for pid in pids)


def content(run: Run, step: int) -> dict[str, bytes]:
    found = read_step(run.path, step)
    return {name: found.read(name) for name in ("model.safetensors", "trainer.safetensors")}


def difference(one: bytes, other: bytes) -> float:
    """The largest difference between two sets of weights."""
    mine, theirs = load(one), load(other)
    assert mine.keys() == theirs.keys()
    return float(max(np.abs(mine[name].astype(float) - theirs[name]).max() for name in mine))


def listeners(pids: list[int]) -> tuple[int, int]:
    """How many TCP sockets of `pids` listen: on the loopback interface, and elsewhere."""
    inodes = set()
    for pid in pids:
        for link in Path(f"/proc/{pid}/fd").iterdir():
            with contextlib.suppress(OSError):
                inodes.add(str(link.readlink()))
    local = other = 0
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        for line in Path(table).read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A" and f"socket:[{fields[9]}]" in inodes:
                is_local = fields[1].startswith(("0100007F:", "00000000000000000000000001000000:"))
                local, other = local + is_local, other + (not is_local)
    return local, other


@pytest.fixture(scope="module")
def straight(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Box]:
    """A box in which two processes have trained the run `straight` to its end."""
    box = Box(tmp_path_factory.mktemp("box"))
    out = box.end(box.train("straight", *OPTIONS, "--processes", "2", "--json"))
    objects: list[dict[str, Any]] = [json.loads(line) for line in out.splitlines()]
    assert [each["type"] for each in objects].count("run") == 1
    assert objects[0]["type"] == "run"
    assert objects[-1]["step"] == STEPS
    yield box
    box.clear()


@pytest.mark.promise(29)
def test_two_processes_follow_one(straight: Box, monkeypatch: pytest.MonkeyPatch, reached: Reached) -> None:
    for name in ("GRNN_TUI_RUNS", "GRNN_TUI_CACHE"):
        monkeypatch.setenv(name, straight.environment[name])
    request = straight.run("straight").request
    single = new_run(msgspec.structs.replace(request, name="single"))
    train(single, changes={"processes": 1}, until=SHOWN)
    far = difference(*(content(run, SHOWN)["model.safetensors"] for run in (single, straight.run("straight"))))
    assert 0 < far <= 1e-5
    reached(steps=SHOWN, largest_difference_to_one_process=far)


@pytest.mark.promise(1, 2, 22, 29, 30)
def test_killed_processes_cost_nothing(straight: Box, harm: Harm, reached: Reached) -> None:
    """Straight, and with processes killed on the way, two end with the same bytes."""
    box = straight
    launcher = box.train("killed", *OPTIONS, "--processes", "2")
    kills, ports = harm(1, 3), (0, 0)
    for kill in range(kills):
        before = box.run("killed").steps()[-1] if kill else 0
        wait_for(lambda before=before: training(box, "killed", before) and len(ranks_of(launcher.pid)) == 2)  # type: ignore[misc]
        pids = ranks_of(launcher.pid)
        ports = listeners([launcher.pid, *pids])
        wait_for(lambda: told_beyond_the_newest(box.run("killed")))
        os.kill(pids[kill % 2 ^ 1], signal.SIGKILL)
        wait_for(lambda pids=pids: gone(pids))  # type: ignore[misc]
    box.end(launcher)
    assert ports[1] == 0
    assert ports[0] > 0
    assert len(alarms(box.run("killed"))) == kills
    assert content(box.run("killed"), STEPS) == content(box.run("straight"), STEPS)
    assert_sound(box.run("killed"))
    reached(kills_of_one_of_two_processes=kills, listeners_beyond_loopback=ports[1])


def went_on_from_the_newest(run: Run) -> bool:
    """Whether each start went on from a checkpoint no older than the last that had been told; rows as they came."""
    saved = 0
    for line in run.metrics.read_bytes().splitlines():
        row = json.loads(line)
        if row["type"] == "checkpoint":
            saved = row.get("step", 0)
        elif row["type"] == "started" and (row.get("step", 0) < saved or row.get("step", 0) % 20):
            return False
    return True


@pytest.mark.alone
@pytest.mark.promise(30)
@pytest.mark.complete
def test_ten_losses_cost_at_most_thirty_seconds_each(box: Box, reached: Reached) -> None:
    launcher = box.train("mine", *LASTING, "--processes", "2")
    wait_for(lambda: training(box, "mine"))
    slowest = 0.0
    for kill in range(10):
        wait_for(lambda: len(ranks_of(launcher.pid)) == 2)
        began, before = time.monotonic(), box.run("mine").steps()[-1]
        os.kill(ranks_of(launcher.pid)[kill % 2], signal.SIGKILL)
        wait_for(lambda before=before: training(box, "mine", before + 20))  # type: ignore[misc]
        slowest = max(slowest, time.monotonic() - began)
    launcher.send_signal(signal.SIGTERM)
    box.end(launcher)
    run = box.run("mine")
    assert_sound(run)
    assert sum(isinstance(row, Started) for row in read_rows(run.metrics).rows) == 11
    assert went_on_from_the_newest(run)
    assert slowest <= 30
    reached(restarts_by_the_launcher=10, seconds=slowest)


@pytest.mark.alone
@pytest.mark.promise(30, 31)
@pytest.mark.complete
def test_torchrun_starts_what_is_lost_again(box: Box, reached: Reached) -> None:
    box.end(box.train("mine", *LASTING, "--no-start"))
    box.end(box.tui("export-run", "mine", "--processes", "2", "--to", "scripts"))
    box.environment |= {"MASTER_PORT": free_port(), "RESTARTS": "12"}
    agent = box.start("bash", "scripts/mine-torchrun.sh")
    wait_for(lambda: training(box, "mine"))
    slowest = 0.0
    for kill in range(10):
        wait_for(lambda: len(ranks_of(agent.pid)) == 2)
        began, before = time.monotonic(), box.run("mine").steps()[-1]
        os.kill(ranks_of(agent.pid)[kill % 2], signal.SIGKILL)
        wait_for(lambda before=before: training(box, "mine", before + 20))  # type: ignore[misc]
        slowest = max(slowest, time.monotonic() - began)
    agent.send_signal(signal.SIGTERM)
    agent.wait(60)
    run = box.run("mine")
    assert_sound(run)
    assert run.status().state == "stopped"
    assert slowest <= 30
    reached(restarts_by_torchrun=10, seconds=slowest)


@pytest.mark.promise(31)
def test_torchrun_and_our_launcher_write_the_same_run(straight: Box, reached: Reached) -> None:
    box = straight
    assert box.end(box.train("theirs", *OPTIONS, "--no-start")).startswith("theirs\n")
    box.end(box.tui("export-run", "theirs", "--processes", "2", "--to", "scripts"))
    box.environment["MASTER_PORT"] = free_port()
    box.end(box.start("bash", "scripts/theirs-torchrun.sh"))
    assert content(box.run("straight"), STEPS) == content(box.run("theirs"), STEPS)
    assert box.run("theirs").status().state == "finished"
    reached(torchrun="the bytes of our launcher")


@pytest.mark.promise(18)
@pytest.mark.parametrize(
    "killed", [pytest.param(k, marks=pytest.mark.complete) for k in ("launcher", "torchrun")] + ["detached launcher"]
)
def test_no_process_outlives_the_one_that_started_it(box: Box, killed: str, reached: Reached) -> None:
    if killed == "torchrun":
        box.end(box.train("mine", *LASTING, "--no-start"))
        box.end(box.tui("export-run", "mine", "--processes", "2", "--to", "scripts"))
        box.environment["MASTER_PORT"] = free_port()
        parent = box.start("bash", "scripts/mine-torchrun.sh").pid
    else:
        detached = ["--detach"] if "detached" in killed else []
        launcher = box.train("mine", *LASTING, "--processes", "2", *detached)
        if detached:
            box.end(launcher)
        parent = box.run("mine").status().pid or 0 if detached else launcher.pid
    wait_for(lambda: training(box, "mine"))
    pids = ranks_of(parent)
    assert len(pids) == 2
    began = time.monotonic()
    os.kill(parent, signal.SIGKILL)
    wait_for(lambda: gone(pids))
    seconds = time.monotonic() - began
    assert seconds <= 5
    assert_sound(box.run("mine"))
    reached(orphans=0, seconds=seconds)
    a_stop_is_passed_on_and_loses_nothing(box)


def a_stop_is_passed_on_and_loses_nothing(box: Box) -> None:
    """Of the run that was left, which goes on from its newest checkpoint."""
    before = box.run("mine").steps()[-1]
    launcher = box.tui("train", "--resume", "mine", "--processes", "2")
    wait_for(lambda: training(box, "mine", before))
    pids = ranks_of(launcher.pid)
    began = time.monotonic()
    launcher.send_signal(signal.SIGTERM)
    box.end(launcher)
    assert time.monotonic() - began <= 10
    run = box.run("mine")
    rows = read_rows(run.metrics).rows
    assert [row.step for row in rows if isinstance(row, Started)] == [0, before]
    assert run.steps()[-1] == [row.step for row in rows if isinstance(row, Trained)][-1]
    assert run.status().state == "stopped"
    assert gone(pids)


@pytest.mark.alone
@pytest.mark.promise(19)
@pytest.mark.complete
@pytest.mark.parametrize("rank", [0, 1])
def test_a_process_that_is_stopped_is_noticed_and_started_again(box: Box, rank: int, reached: Reached) -> None:
    launcher = box.train("mine", *LASTING, "--processes", "2")
    wait_for(lambda: training(box, "mine"))
    run = box.run("mine")
    pids = ranks_of(launcher.pid)
    began = time.monotonic()
    os.kill(pids[rank], signal.SIGSTOP)
    wait_for(lambda: alarms(run))
    seconds = time.monotonic() - began
    assert seconds <= 30
    assert alarms(run)[0].startswith(f"process {rank} stopped answering; the last checkpoint is step")
    before = run.steps()[-1]
    wait_for(lambda: training(box, "mine", before))
    assert gone(pids)
    launcher.send_signal(signal.SIGTERM)
    box.end(launcher)
    assert_sound(run)
    reached(hung=1, seconds=seconds)


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (("--backend", "ngram", "--processes", "2"), "ngram is counted, in one process: leave out --processes"),
        (("--backend", "rnn", "--batch", "2", "--processes", "3"), "a batch of 2 cannot be shared among 3 processes"),
    ],
)
def test_what_several_processes_cannot_train_is_refused_before_there_is_a_run(
    box: Box, words: tuple[str, ...], line: str
) -> None:
    out = box.end(box.tui("train", "text.txt", "--name", "mine", *words), status=2)
    assert line in out
    assert len(out.splitlines()) == 1
    assert not box.run("mine").path.exists()


@pytest.mark.complete
def test_a_text_too_short_to_be_shared_is_refused_in_one_line(box: Box) -> None:
    (box.home / "text.txt").write_text("abcdefg" * 6)
    out = box.end(box.train("mine", "--steps", "5", "--processes", "4"), status=2)
    assert "cannot be shared among 4 processes" in out.splitlines()[-1]
    assert len([line for line in out.splitlines() if line.startswith("grnn-tui:")]) == 1, out


def free_port() -> str:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return str(found.getsockname()[1])


def test_a_new_run_is_not_begun_by_every_worker_of_torchrun(box: Box) -> None:
    box.environment |= {"TORCHELASTIC_RUN_ID": "x", "RANK": "0", "WORLD_SIZE": "2", "LOCAL_RANK": "0"}
    out = box.end(box.train("mine"), status=2)
    assert "--no-start" in out
    assert not (box.home / "runs" / "mine").exists()
