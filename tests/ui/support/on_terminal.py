"""`grnn-tui` as a process of its own on a pseudo-terminal."""

from __future__ import annotations

import codecs
import contextlib
import os
import pty
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyte
import pytest

from tests.support.models import LETTERS, make_model

ALTERNATE = "\x1b[?1049h"
"""What a program says that takes the whole screen."""


class OnTerminal:
    """`grnn-tui` on a pseudo-terminal of its own."""

    def __init__(
        self,
        home: Path,
        *arguments: str,
        paths: Sequence[Path] = (Path(__file__).parents[3],),
        environment: Mapping[str, str | None] | None = None,
        size: tuple[int, int] = (24, 80),
        prepare: Callable[[], None] | None = None,
        program: Sequence[str] = ("-m", "grnn_tui"),
    ) -> None:
        """`paths`: where its packages are found; `environment`: changes; `prepare` is called in the child."""
        make_model(home / "models" / "tiny", "rnn", LETTERS)
        known: dict[str, str | None] = {
            **os.environ,
            "COLUMNS": None,  # a worker of the tests has both, and they would stand for the terminal's own size
            "LINES": None,
            "TERM": "xterm-256color",
            "LANG": "C.UTF-8",
            "GRNN_TUI_MODELS": str(home / "models"),
            "PYTHONPATH": os.pathsep.join(map(str, paths)),
            **(environment or {}),
        }
        self.master, slave = pty.openpty()
        termios.tcsetwinsize(slave, size)
        self.before = termios.tcgetattr(slave)
        self.slave = slave
        self.child = subprocess.Popen(
            [sys.executable, *program, *arguments],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            start_new_session=True,
            env={name: value for name, value in known.items() if value is not None},
            preexec_fn=prepare,
        )
        os.set_blocking(self.master, False)
        self.output = ""
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")

    def read(self) -> str:
        try:
            while data := os.read(self.master, 1 << 16):
                self.output += self._decoder.decode(data)
        except (BlockingIOError, OSError):
            pass
        return self.output

    def until(self, fact: Callable[[], Any], seconds: float = 60.0) -> None:
        deadline = time.monotonic() + seconds
        while not fact():
            self.read()
            if time.monotonic() > deadline:
                raise AssertionError(f"not within {seconds} s; the terminal shows {self.output[-2000:]!r}")
            time.sleep(0.01)

    def rows(self) -> list[str]:
        """The screen as a person sees it."""
        screen = pyte.Screen(80, 24)
        pyte.Stream(screen).feed(self.read().rpartition(ALTERNATE)[2])
        return list(screen.display)

    def echoes(self) -> bool:
        """Whether the terminal shows what is typed by itself."""
        return bool(termios.tcgetattr(self.slave)[3] & termios.ECHO)

    def type(self, text: str) -> None:
        os.write(self.master, text.encode())

    def stands(self) -> bool:
        return ("Sampling" in self.read() and "characters" in self.read()) or "Next" in self.read()

    def ended(self) -> int:
        self.until(lambda: self.child.poll() is not None)
        self.read()
        assert self.child.returncode is not None
        return self.child.returncode

    def close(self) -> None:
        if self.child.poll() is None:
            self.child.kill()
        self.child.wait()
        for descriptor in (self.master, self.slave):
            with contextlib.suppress(OSError):
                os.close(descriptor)


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Callable[..., OnTerminal]]:
    opened: list[OnTerminal] = []

    def start(*arguments: str, **options: Any) -> OnTerminal:
        opened.append(OnTerminal(tmp_path, *arguments, **options))
        return opened[-1]

    yield start
    for one in opened:
        one.close()
