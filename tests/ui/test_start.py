"""Opening and leaving: polite without a terminal, light, and the terminal is always given back."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import termios
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from grnn_tui.errors import ModelError, UsageError
from grnn_tui.ui.backpressure import terminal_is_busy
from grnn_tui.ui.start import opening_for, require_terminal
from tests.support.models import LETTERS, make_model
from tests.ui.support.on_terminal import OnTerminal

SIGNALS = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)
ENDINGS = ("\x1b[?1049l", "\x1b[?1000l", "\x1b[?1003l", "\x1b[?1006l", "\x1b[?2004l", "\x1b[?25h")


def engines_of(pid: int) -> list[int]:
    """Children of a process, by /proc."""
    children = Path(f"/proc/{pid}/task/{pid}/children")
    return [int(child) for child in children.read_text().split()] if children.exists() else []


def gone(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return True
    return state == "Z"


@pytest.mark.promise(15)
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_signal_gives_the_terminal_back(terminal: Callable[..., OnTerminal], number: signal.Signals) -> None:
    on = terminal("tiny")
    on.until(on.stands)
    engines = engines_of(on.child.pid)
    assert engines
    os.kill(on.child.pid, number)
    assert on.ended() == 128 + number
    shown = on.read()
    assert all(ending in shown for ending in ENDINGS)
    assert termios.tcgetattr(on.slave) == on.before
    on.until(lambda: all(gone(pid) for pid in engines))


@pytest.mark.promise(15)
def test_leaving_with_a_key_gives_the_terminal_back(terminal: Callable[..., OnTerminal]) -> None:
    on = terminal("tiny")
    on.until(on.stands)
    os.write(on.master, b"\x11")
    assert on.ended() == 0
    assert all(ending in on.read() for ending in ENDINGS)
    assert termios.tcgetattr(on.slave) == on.before


@pytest.mark.promise(15)
def test_a_terminal_nobody_reads_does_not_hold_a_signal_up(terminal: Callable[..., OnTerminal]) -> None:
    on = terminal("tiny")
    on.until(on.stands)
    os.write(on.master, b"abcdefgh\r")
    began = time.monotonic()
    os.kill(on.child.pid, signal.SIGTERM)
    while on.child.poll() is None and time.monotonic() - began < 30:
        time.sleep(0.01)
    assert on.child.returncode == 128 + signal.SIGTERM


@pytest.mark.promise(27)
def test_no_terminal_is_one_line_and_status_2() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "grnn_tui"], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert "\x1b" not in done.stderr
    assert "grnn-tui generate" in done.stderr


@pytest.mark.promise(27)
def test_a_dumb_terminal_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "dumb")
    with pytest.raises(UsageError, match="cannot show a screen"):
        require_terminal()


def test_what_is_opened_is_a_model_a_text_or_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRNN_TUI_MODELS", str(tmp_path / "models"))
    make_model(tmp_path / "models" / "tiny", "rnn", LETTERS)
    assert opening_for("tiny").last.reference == "tiny"
    (tmp_path / "own.txt").write_text("some text")
    assert opening_for(str(tmp_path / "own.txt")).train_on == str(tmp_path / "own.txt")
    with pytest.raises(ModelError, match="no model or run"):
        opening_for("neither")


def test_the_training_side_imports_no_torch() -> None:
    code = (
        "import sys, grnn_tui.ui.panes.training.pane, grnn_tui.ui.screens.train_form, grnn_tui.ui.screens.monitor,"
        " grnn_tui.ui.screens.runs; print('torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_the_queue_of_textual_is_still_where_it_is_looked_for() -> None:
    """The one private place that is leaned on: if it moves, frames are no longer skipped."""
    import io

    from textual.drivers._writer_thread import WriterThread

    thread = WriterThread(io.StringIO())

    class Driver:
        _writer_thread = thread

    class App:
        _driver = Driver()

    assert not terminal_is_busy(App())
    thread.write("waiting")
    assert terminal_is_busy(App())
    assert not terminal_is_busy(object())
