"""The screen is killed, hung up, stopped or not read: training does not notice."""

from __future__ import annotations

import contextlib
import os
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from grnn_tui.runs.directory import Run
from grnn_tui.runs.metrics import last_facts, read_rows
from grnn_tui.runs.rows import Started, Trained
from tests.support.promises import Harm, Reached
from tests.support.waiting import wait_for
from tests.ui.support.on_terminal import OnTerminal
from tests.ui.test_start import engines_of, gone

pytestmark = pytest.mark.usefixtures("own_homes")
Starter = Callable[..., OnTerminal]
WINDOW = 12.0
"""Seconds over which a rate is measured, with `--complete`; five times with harm, three before and after it."""


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """A run that a real detached trainer is at."""
    with training(tmp_path_factory.mktemp("trained"), "alive") as run:
        yield run


@pytest.fixture(scope="module")
def beside(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """Another one just like it, at which no screen looks."""
    with training(tmp_path_factory.mktemp("beside"), "beside") as run:
        yield run


@contextlib.contextmanager
def training(home: Path, name: str) -> Iterator[Run]:
    words = ["train", "tales", "--data-size", "20000", "--backend", "gru", "--hidden", "16", "--steps", "1000000"]
    words += ["--batch", "4", "--length", "16", "--name", name, "--detach"]
    homes = {f"GRNN_TUI_{of}": str(home / of.lower()) for of in ("CONFIG", "STATE", "RUNS", "CACHE")}
    known = os.environ | homes | {"PYTHONPATH": str(Path(__file__).parents[2])}
    command = [sys.executable, "-m", "grnn_tui"]
    done = subprocess.run([*command, *words], env=known, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    run = Run(home / "runs" / name)
    try:
        wait_for(lambda: step_of(run))
        yield run
    finally:
        if (pid := run.status().pid) is not None:
            os.kill(pid, signal.SIGKILL)
            wait_for(lambda: gone(pid))


def step_of(run: Run) -> int:
    """How far it is told to be."""
    return max((row.step for row in last_facts(run.metrics) if isinstance(row, Trained)), default=0)


def goes_on(run: Run) -> None:
    before = step_of(run)
    wait_for(lambda: step_of(run) > before)


def lost(run: Run, pid: int | None) -> int:
    """Steps that were told twice or taken back; the same process is at it, in one sitting, and goes on."""
    goes_on(run)
    rows = read_rows(run.metrics).rows
    told = [row.step for row in rows if isinstance(row, Trained)]
    assert run.status().pid == pid
    assert sum(isinstance(row, Started) for row in rows) == 1
    assert told == sorted(set(told))
    return len(told) - len(set(told))


def ratios(run: Run, beside: Run, windows: int) -> list[float]:
    """How fast a trainer is compared to the one beside it, several times.

    Both are measured by the time in which they were not kept waiting for a processor: what else the machine has to do
    is no harm of the screen's, a trainer that waits for a terminal is.
    """
    found = []
    for _ in range(windows):
        before = [measured(each) for each in (run, beside)]
        time.sleep(WINDOW)
        after = [measured(each) for each in (run, beside)]
        mine, other = [(b[0] - a[0]) / (b[1] - a[1]) for a, b in zip(before, after, strict=True)]
        found.append(mine / other)
    return found


def measured(run: Run) -> tuple[int, float]:
    """The step that its trainer has just reached, and the seconds in which it could go on."""
    pid = run.status().pid
    assert pid is not None
    goes_on(run)
    return step_of(run), time.monotonic() - waiting(pid)


def waiting(pid: int) -> float:
    """Seconds that a process has been ready to run while others did."""
    return int(Path(f"/proc/{pid}/schedstat").read_text().split()[1]) / 1e9


def died(on: OnTerminal, number: signal.Signals) -> None:
    """The screen, and its engine with it."""
    on.until(on.stands)
    engines = engines_of(on.child.pid)
    os.kill(on.child.pid, number)
    on.until(lambda: on.child.poll() is not None)
    wait_for(lambda: all(map(gone, engines)))
    on.close()


@pytest.mark.timeout(900)
@pytest.mark.promise(13)
def test_the_death_of_a_screen_harms_no_training(trained: Run, terminal: Starter, harm: Harm, reached: Reached) -> None:
    pid, deaths = trained.status().pid, harm(1, 20)
    for number in (signal.SIGKILL, signal.SIGHUP, signal.SIGTERM)[: harm(2, 3)]:
        for _ in range(deaths):
            died(terminal(str(trained.path)), number)
            reached(deaths=1)
        reached(lost_steps=lost(trained, pid))


@pytest.mark.promise(13)
def test_a_trainer_outlives_the_terminal_it_was_started_on(trained: Run) -> None:
    """It is in no session of a terminal, nor in that of whoever started it, whose hang-up would end it too."""
    pid = trained.status().pid
    assert pid is not None
    assert os.getsid(pid) != os.getsid(0)
    assert Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[4] == "0"


@pytest.mark.alone
@pytest.mark.complete
@pytest.mark.timeout(900)
@pytest.mark.promise(13, 14)
@pytest.mark.parametrize("harmed", ["killed", "unread", "stopped"])
def test_training_goes_as_fast_without_its_screen(
    trained: Run, beside: Run, terminal: Starter, harmed: str, reached: Reached
) -> None:
    pid, alone = trained.status().pid, ratios(trained, beside, 3)
    on = terminal(str(trained.path))
    on.until(on.stands)
    on.type("\r" + "\x0c" * 100)
    if harmed != "unread":
        os.kill(on.child.pid, signal.SIGKILL if harmed == "killed" else signal.SIGSTOP)
    with_harm = ratios(trained, beside, 5)
    reached(lost_steps=lost(trained, pid))
    if harmed == "stopped":
        os.kill(on.child.pid, signal.SIGCONT)
    if harmed != "killed":
        shown = len(on.read())
        on.type("\x0c")
        on.until(lambda: "Sampling" in on.read()[shown:])
        os.kill(on.child.pid, signal.SIGTERM)
        assert on.ended() == 128 + signal.SIGTERM
    alone += ratios(trained, beside, 3)
    change = abs(statistics.median(with_harm) / statistics.median(alone) - 1)
    print(f"{harmed}: as fast as the one beside it alone {alone}, with harm {with_harm}, change {change:.4f}")
    reached(change_of_rate=change)
    assert change <= 0.05
