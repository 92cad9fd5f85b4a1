"""However the screen ends, the terminal is as it was; and while it lives, nothing that is typed ends it."""

from __future__ import annotations

import os
import signal
import termios
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.faults.test_screen_dies import waiting
from tests.support.hostile import foreign_in
from tests.support.promises import Harm, Reached
from tests.support.waiting import wait_for
from tests.ui.support.on_terminal import ALTERNATE, OnTerminal
from tests.ui.test_start import ENDINGS, SIGNALS, engines_of, gone

pytestmark = [pytest.mark.promise(15), pytest.mark.usefixtures("own_homes")]
Starter = Callable[..., OnTerminal]
PLACES = {
    "form": ("\tt", "Train a model"),
    "main": ("", "Sampling"),
    "help": ("\t?", "Keys"),
    "models": ("\to", "Models"),
    "palette": ("\x0f", "What would"),
    "runs": ("\tu", "Runs"),
    "lab": ("\t5", "Lab"),
}
GONE_WITHIN = 2.0
"""Seconds that a screen may stay once its terminal is gone, those in which it waits for a processor left out."""


def given_back(on: OnTerminal) -> bool:
    shown = on.read().rpartition(ALTERNATE)[2]
    return all(ending in shown for ending in ENDINGS) and termios.tcgetattr(on.slave) == on.before


def ended_at(on: OnTerminal, keys: str, shows: str, number: signal.Signals) -> bool:
    on.until(on.stands)
    on.type(keys)
    on.until(lambda: shows in on.read())
    os.kill(on.child.pid, number)
    return on.ended() == 128 + number and given_back(on)


def ended_after(on: OnTerminal, characters: int, number: signal.Signals) -> bool:
    on.until(lambda: not on.echoes())
    on.until(lambda: len(on.read()) >= characters or on.stands())
    os.kill(on.child.pid, number)
    as_it_was = on.ended() == 128 + number and termios.tcgetattr(on.slave) == on.before
    return as_it_was and (ALTERNATE not in on.read() or given_back(on))


def test_a_signal_ends_every_screen_in_order(terminal: Starter, harm: Harm, reached: Reached) -> None:
    tries = [(place, number) for number in SIGNALS for place in PLACES]
    tries = tries[: harm(1, len(tries))]
    not_back = [(place, number) for place, number in tries if not ended_at(terminal("tiny"), *PLACES[place], number)]
    reached(endings=len(tries), not_given_back=len(not_back))
    assert not_back == []


def test_a_signal_at_any_time_while_it_opens(terminal: Starter, harm: Harm, reached: Reached) -> None:
    """Before anything is said, as soon as something is, and once it stands."""
    tries = [((count * 400) % 9000, SIGNALS[count % 2]) for count in range(harm(2, 40))]
    not_back = [(after, number) for after, number in tries if not ended_after(terminal("tiny"), after, number)]
    reached(endings=len(tries), not_given_back=len(not_back))
    assert not_back == []


def test_a_terminal_that_takes_nothing_is_given_back(terminal: Starter, reached: Reached) -> None:
    on = terminal("tiny")
    on.until(on.stands)
    on.type("abc\r" + "\x0c" * 200)
    os.kill(on.child.pid, signal.SIGTERM)
    wait_for(lambda: on.child.poll() is not None)
    back = given_back(on)
    reached(endings=1, not_given_back=int(not back))
    assert on.child.returncode == 128 + signal.SIGTERM
    assert back
    assert os.get_blocking(on.slave)


FAULTY = """
import grnn_tui.ui.app
def fail(self):
    raise ValueError("\\x1b]52;c;aGk=\\x07evil")
grnn_tui.ui.app.GrnnApp.action_help_screen = fail
from grnn_tui.__main__ import main
main()
"""


def test_a_fault_of_our_own_is_one_line_and_a_file(terminal: Starter, own_homes: Path, reached: Reached) -> None:
    on = terminal(program=("-c", FAULTY))
    on.until(on.stands)
    on.type("\t?")
    status, back = on.ended(), given_back(on)
    reached(endings=1, not_given_back=int(not back))
    assert (status, back) == (1, True)
    told = on.read().rpartition("\x1b[?25h")[2]
    assert "the screen failed" in told
    assert "␛]52;c;aGk=␇evil" in told
    assert foreign_in(on.read(), ["\x1b]52;c;aGk=\x07evil"]) == []
    assert "ValueError" in (own_homes / "state" / "fault.txt").read_text()


@pytest.mark.promise(10)
def test_neither_bytes_that_are_no_text_nor_a_dead_engine_end_it(terminal: Starter, reached: Reached) -> None:
    on = terminal("tiny")
    on.until(on.stands)
    os.write(on.master, b"ab\xffcd\x1b[<9999999999999;0M\x1b[999;999;999R\x1b]0;x\x07")
    on.until(lambda: "ab�cd" in "".join(on.rows()))
    first = engines_of(on.child.pid)
    for engine in first:
        os.kill(engine, signal.SIGKILL)
    on.until(lambda: set(engines_of(on.child.pid)) - set(first))
    on.type("\x11")
    status, back = on.ended(), given_back(on)
    reached(endings=1, not_given_back=int(not back))
    assert (status, back) == (0, True)


def used(pid: int) -> float:
    """Seconds of a processor, also of one that has ended and is not yet waited for."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@pytest.mark.promise(14)
@pytest.mark.parametrize("full", [False, True], ids=["idle", "full"])
def test_a_screen_without_its_terminal_ends_and_its_engine_too(terminal: Starter, full: bool, reached: Reached) -> None:
    on = terminal("tiny")
    on.until(on.stands)
    pid, engines = on.child.pid, engines_of(on.child.pid)
    if full:
        on.type("abc\r" + "\x0c" * 200)
    before, waited, began = used(pid), waiting(pid), time.monotonic()
    os.close(on.master)
    wait_for(lambda: gone(pid))
    seconds = time.monotonic() - began - (waiting(pid) - waited)
    spent = used(pid) - before
    wait_for(lambda: all(map(gone, engines)))
    left = sum(not gone(process) for process in (pid, *engines))
    reached(seconds_until_the_screen_is_gone=seconds, processor_seconds_until_then=spent, processes_left=left)
    assert on.ended() == 129
    assert seconds <= GONE_WITHIN
    assert spent <= GONE_WITHIN / 2
