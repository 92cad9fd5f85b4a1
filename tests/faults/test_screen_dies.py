"""The screen is killed, hung up, stopped or not read: training does not notice."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from grnn_tui.runs.directory import Run
from grnn_tui.runs.metrics import last_facts, read_rows
from grnn_tui.runs.rows import Started, Trained
from tests.support.promises import Harm, Reached
from tests.support.waiting import wait_for
from tests.ui.support.on_terminal import OnTerminal
from tests.ui.test_start import engines_of, gone

pytestmark = [pytest.mark.usefixtures("own_homes"), pytest.mark.xdist_group("alone")]
Starter = Callable[..., OnTerminal]
WINDOW = 5.0
"""Seconds over which a rate is measured, with `--complete`; ten times with harm, five times before and after it."""


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """A run that a real detached trainer is at."""
    with training(tmp_path_factory.mktemp("trained")) as run:
        yield run


@contextlib.contextmanager
def training(home: Path) -> Iterator[Run]:
    words = ["train", "tales", "--data-size", "20000", "--backend", "gru", "--hidden", "16", "--steps", "1000000"]
    words += ["--batch", "4", "--length", "16", "--name", "alive", "--detach"]
    homes = {f"GRNN_TUI_{of}": str(home / of.lower()) for of in ("CONFIG", "STATE", "RUNS", "CACHE")}
    known = os.environ | homes | {"PYTHONPATH": str(Path(__file__).parents[2])}
    command = [sys.executable, "-m", "grnn_tui"]
    done = subprocess.run([*command, *words], env=known, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    run = Run(home / "runs" / "alive")
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


def rates(run: Run, windows: int) -> list[tuple[float, float]]:
    """Several times: the steps a second of a trainer, and the share of the time that it is at work.

    A machine may be slower or faster by itself, a virtual one by a fifth from one window to the next. What a screen can
    do to a trainer is to keep it waiting, for a terminal or for a processor: that is the share, which a machine that
    does nothing else leaves at 0.99 and above.
    """
    found = []
    begun = measured(run)
    for _ in range(windows):
        time.sleep(WINDOW)
        now = measured(run)
        steps, work, seconds = (b - a for a, b in zip(begun, now, strict=True))
        found.append((steps / seconds, work / seconds))
        begun = now
    return found


def measured(run: Run) -> tuple[int, float, float]:
    """The step that its trainer has just reached, the processor seconds it has taken, and the time."""
    pid = run.status().pid
    assert pid is not None
    goes_on(run)
    return step_of(run), int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e9, time.monotonic()


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
    trained: Run, terminal: Starter, harmed: str, reached: Reached
) -> None:
    pid, alone = trained.status().pid, rates(trained, 5)
    on = terminal(str(trained.path))
    on.until(on.stands)
    on.type("\r" + "\x0c" * 100)
    if harmed != "unread":
        os.kill(on.child.pid, signal.SIGKILL if harmed == "killed" else signal.SIGSTOP)
    with_harm = rates(trained, 10)
    reached(lost_steps=lost(trained, pid))
    if harmed == "stopped":
        os.kill(on.child.pid, signal.SIGCONT)
    if harmed != "killed":
        shown = len(on.read())
        on.type("\x0c")
        on.until(lambda: "Sampling" in on.read()[shown:])
        os.kill(on.child.pid, signal.SIGTERM)
        assert on.ended() == 128 + signal.SIGTERM
    alone += rates(trained, 5)
    (fast, was), (slow, now) = ([np.array(kind) for kind in zip(*found, strict=True)] for found in (alone, with_harm))
    waits = float(1 - now.mean() / was.mean())
    slower = float(1 - slow.mean() / fast.mean())
    by_luck = float(np.hypot(slow.std() / slow.mean(), fast.std() / fast.mean()) / np.sqrt(len(slow)))
    reached(share_of_time_lost=max(waits, 0.0), loss_of_rate_by_the_clock=f"{slower:.0%} ± {by_luck:.0%} ({harmed})")
    assert waits <= 0.05
    assert slower - 2 * by_luck <= 0.05
