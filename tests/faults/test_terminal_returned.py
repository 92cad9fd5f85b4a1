"""However the screen ends, the terminal is as it was; and while it lives, nothing that is typed ends it."""

from __future__ import annotations

import os
import signal
import termios
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.hostile import foreign_in
from tests.support.promises import Harm, Reached
from tests.support.waiting import wait_for
from tests.ui.support.on_terminal import ALTERNATE, OnTerminal
from tests.ui.test_start import ENDINGS, SIGNALS, engines_of, gone

pytestmark = [pytest.mark.promise(15), pytest.mark.usefixtures("own_homes")]
Starter = Callable[..., OnTerminal]
PLACES = {
    "main": ("", "Sampling"),
    "form": ("\tt", "Train a model"),
    "help": ("\t?", "Keys"),
    "models": ("\to", "Models"),
    "palette": ("\x0f", "What would"),
    "runs": ("\tu", "Runs"),
}


def given_back(on: OnTerminal) -> bool:
    shown = on.read().rpartition(ALTERNATE)[2]
    return all(ending in shown for ending in ENDINGS) and termios.tcgetattr(on.slave) == on.before


def ended_at(on: OnTerminal, keys: str, shows: str, number: signal.Signals) -> None:
    on.until(on.stands)
    on.type(keys)
    on.until(lambda: shows in on.read())
    os.kill(on.child.pid, number)
    assert on.ended() == 128 + number
    assert given_back(on), shows


def ended_after(on: OnTerminal, characters: int, number: signal.Signals) -> None:
    on.until(lambda: not on.echoes())
    on.until(lambda: len(on.read()) >= characters or on.stands())
    os.kill(on.child.pid, number)
    assert on.ended() == 128 + number
    assert termios.tcgetattr(on.slave) == on.before
    assert ALTERNATE not in on.read() or given_back(on)


def test_a_signal_ends_every_screen_in_order(terminal: Starter, harm: Harm, reached: Reached) -> None:
    tries = [(place, number) for number in SIGNALS for place in PLACES]
    for place, number in tries[: harm(2, len(tries))]:
        ended_at(terminal("tiny"), *PLACES[place], number)
    reached(endings=harm(2, len(tries)), not_given_back=0)


def test_a_signal_at_any_time_while_it_opens(terminal: Starter, harm: Harm, reached: Reached) -> None:
    """Before anything is said, as soon as something is, and once it stands."""
    tries = harm(2, 40)
    for count in range(tries):
        ended_after(terminal("tiny"), (count * 400) % 9000, SIGNALS[count % 2])
    reached(endings=tries, not_given_back=0)


def test_a_terminal_that_takes_nothing_is_given_back(terminal: Starter) -> None:
    on = terminal("tiny")
    on.until(on.stands)
    on.type("abc\r" + "\x0c" * 200)
    os.kill(on.child.pid, signal.SIGTERM)
    wait_for(lambda: on.child.poll() is not None)
    assert on.child.returncode == 128 + signal.SIGTERM
    assert given_back(on)
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
    assert on.ended() == 1
    assert given_back(on)
    told = on.read().rpartition("\x1b[?25h")[2]
    assert "the screen failed" in told
    assert "␛]52;c;aGk=␇evil" in told
    assert foreign_in(on.read(), ["\x1b]52;c;aGk=\x07evil"]) == []
    assert "ValueError" in (own_homes / "state" / "fault.txt").read_text()
    reached(endings=1, not_given_back=0)


def test_a_dead_engine_is_started_again_and_takes_no_terminal_along(terminal: Starter) -> None:
    on = terminal("tiny")
    on.until(on.stands)
    first = engines_of(on.child.pid)
    for engine in first:
        os.kill(engine, signal.SIGKILL)
    on.until(lambda: set(engines_of(on.child.pid)) - set(first))
    on.type("\x11")
    assert on.ended() == 0
    assert given_back(on)


@pytest.mark.promise(10)
def test_bytes_that_are_no_text_are_shown_and_end_nothing(terminal: Starter) -> None:
    on = terminal("tiny")
    on.until(on.stands)
    os.write(on.master, b"ab\xffcd\x1b[<9999999999999;0M\x1b[999;999;999R\x1b]0;x\x07")
    on.until(lambda: "ab�cd" in "".join(on.rows()))
    on.type("\x11")
    assert on.ended() == 0
    assert given_back(on)


@pytest.mark.promise(14)
@pytest.mark.parametrize("full", [False, True])
def test_a_screen_without_its_terminal_ends_and_its_engine_too(terminal: Starter, full: bool, reached: Reached) -> None:
    import time

    on = terminal("tiny")
    on.until(on.stands)
    engines = engines_of(on.child.pid)
    if full:
        on.type("abc\r" + "\x0c" * 200)
    began = time.monotonic()
    os.close(on.master)
    wait_for(lambda: on.child.poll() is not None)
    reached(seconds_until_the_screen_is_gone=time.monotonic() - began)
    assert on.child.returncode == 129
    wait_for(lambda: all(map(gone, engines)))
