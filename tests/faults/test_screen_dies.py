"""The screen is killed, hung up, stopped or not read: training does not notice."""

from __future__ import annotations

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
from grnn_tui.runs.metrics import read_rows
from grnn_tui.runs.rows import Started, Trained
from tests.support.promises import Harm, Reached
from tests.support.waiting import wait_for
from tests.ui.support.on_terminal import OnTerminal
from tests.ui.test_start import engines_of, gone

Starter = Callable[..., OnTerminal]
WINDOW = 60.0
"""Seconds over which a rate is measured, with `--complete`."""


@pytest.fixture
def trained(own_homes: Path) -> Iterator[Run]:
    """A run that a real detached trainer is at."""
    words = ["train", "tales", "--data-size", "20000", "--backend", "gru", "--hidden", "16", "--steps", "1000000"]
    words += ["--batch", "4", "--length", "16", "--name", "alive", "--detach"]
    known = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}
    command = [sys.executable, "-m", "grnn_tui"]
    done = subprocess.run([*command, *words], env=known, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    run = Run(own_homes / "runs" / "alive")
    try:
        wait_for(lambda: steps_of(run))
        yield run
    finally:
        if (pid := run.status().pid) is not None:
            os.kill(pid, signal.SIGKILL)
            wait_for(lambda: gone(pid))


def steps_of(run: Run) -> list[int]:
    return [row.step for row in read_rows(run.metrics).rows if isinstance(row, Trained)]


def unharmed(run: Run, pid: int | None) -> None:
    """The same process is at it, in one sitting; its steps went up without a break."""
    before = steps_of(run)[-1]
    wait_for(lambda: steps_of(run)[-1] > before)
    rows = read_rows(run.metrics).rows
    assert run.status().pid == pid
    assert sum(isinstance(row, Started) for row in rows) == 1
    told = steps_of(run)
    assert told == sorted(set(told))


def rate(run: Run) -> float:
    """Steps a second that the trainer now makes: the median of what it tells within a while."""
    since = len(steps_of(run))
    time.sleep(WINDOW)
    rows = [row for row in read_rows(run.metrics).rows if isinstance(row, Trained)][since:]
    return statistics.median(row.tokens_per_second for row in rows)


def died(on: OnTerminal, number: signal.Signals) -> None:
    """The screen, and its engine with it."""
    on.until(on.stands)
    engines = engines_of(on.child.pid)
    os.kill(on.child.pid, number)
    on.until(lambda: on.child.poll() is not None)
    wait_for(lambda: all(map(gone, engines)))
    on.close()


@pytest.mark.promise(13)
def test_the_death_of_a_screen_harms_no_training(trained: Run, terminal: Starter, harm: Harm, reached: Reached) -> None:
    pid, deaths = trained.status().pid, harm(1, 20)
    for number in (signal.SIGKILL, signal.SIGHUP, signal.SIGTERM):
        for _ in range(deaths):
            died(terminal(str(trained.path)), number)
        unharmed(trained, pid)
    reached(deaths=3 * deaths, lost_steps=0, engines_left=0)


@pytest.mark.complete
@pytest.mark.timeout(600)
@pytest.mark.promise(13, 14)
@pytest.mark.parametrize("harmed", ["killed", "unread", "stopped"])
def test_training_goes_as_fast_without_its_screen(
    trained: Run, terminal: Starter, harmed: str, reached: Reached
) -> None:
    pid = trained.status().pid
    alone = rate(trained)
    on = terminal(str(trained.path))
    on.until(on.stands)
    on.type("\r")
    on.until(lambda: on.child.poll() is None)
    if harmed != "unread":
        os.kill(on.child.pid, signal.SIGKILL if harmed == "killed" else signal.SIGSTOP)
    with_harm = rate(trained)
    unharmed(trained, pid)
    if harmed == "stopped":
        os.kill(on.child.pid, signal.SIGCONT)
        on.type("\x0c")
        on.until(lambda: "Sampling" in on.read())
    again = rate(trained) if abs(with_harm / alone - 1) > 0.05 else with_harm
    change = min(abs(with_harm / alone - 1), abs(again / alone - 1))
    reached(change_of_rate=change)
    assert change <= 0.05


@pytest.mark.complete
@pytest.mark.promise(14)
def test_a_stopped_or_unread_screen_costs_no_step(trained: Run, terminal: Starter, reached: Reached) -> None:
    pid = trained.status().pid
    on = terminal(str(trained.path))
    on.until(on.stands)
    on.type("\r" + "\x0c" * 100)
    unharmed(trained, pid)
    os.kill(on.child.pid, signal.SIGSTOP)
    unharmed(trained, pid)
    os.kill(on.child.pid, signal.SIGCONT)
    os.close(on.master)
    wait_for(lambda: on.child.poll() is not None)
    unharmed(trained, pid)
    reached(lost_steps=0)
