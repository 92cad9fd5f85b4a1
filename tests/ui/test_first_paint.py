"""The first paint: nothing is done before it that can wait, and what is typed before it is not lost."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import termios
from collections.abc import Callable
from pathlib import Path

import pytest
from textual import events
from textual.color import Color
from textual.css.stylesheet import Stylesheet

from grnn_tui.engine import protocol as p
from grnn_tui.ui.settings import Preferences
from tests.ui.support.on_terminal import ALTERNATE, OnTerminal
from tests.ui.support.stage import stage

Starter = Callable[..., OnTerminal]

LATER = (
    "torch",
    "numpy",
    "click",
    "hashlib",
    "secrets",
    "tomllib",
    "grnn_tui.cli.main",
    "grnn_tui.runs.directory",
    "grnn_tui.ui.palette",
    "grnn_tui.ui.panes.next_value.pane",
    "grnn_tui.ui.panes.picture.pane",
    "grnn_tui.ui.panes.samples.pane",
    "grnn_tui.ui.panes.training.pane",
    "grnn_tui.ui.rows.state",
    "grnn_tui.ui.screens.help",
    "grnn_tui.ui.screens.train_form",
)
"""Modules that the first paint does without."""

PACKAGES = {"grnn_tui", "msgspec", "platformdirs", "rich", "textual", "typing_extensions"}
"""Whatever else is installed beside the standard library is not loaded when the first screen is painted."""
AT_FIRST_PAINT = """
import asyncio, sys
import grnn_tui.ui.start
from grnn_tui.ui.app import GrnnApp

class Silent:
    running = True
    def send(self, request): pass
    def kill(self): pass
    async def start(self): pass
    async def close(self): pass
    async def events(self):
        await asyncio.Event().wait()
        yield

async def main():
    app = GrnnApp(Silent())
    app.playground.mount_training = lambda: app.exit(list(sys.modules))  # the first thing to come after it
    return await app.run_async(headless=True, size=(120, 40))

names = {name.partition(".")[0] for name in asyncio.run(main())}
print(*sorted(name for name in names - sys.stdlib_module_names if not name.startswith(("_", "sitecustomize"))))
"""


def loaded(expression: str) -> str:
    """What an expression says in an interpreter that has loaded the screen and nothing else."""
    code = f"import sys, grnn_tui.ui.start, grnn_tui.ui.app; print({expression})"
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()


def test_the_first_paint_does_without_much() -> None:
    assert loaded(f"[name for name in {LATER!r} if name in sys.modules]") == "[]"


def test_the_first_paint_loads_no_package_but_these() -> None:
    done = subprocess.run([sys.executable, "-c", AT_FIRST_PAINT], capture_output=True, text=True, check=True)
    assert set(done.stdout.split()) == PACKAGES


def test_the_values_of_the_screen_are_structs() -> None:
    """A dataclass is written as source and compiled at each start, at twenty times the price of a struct."""
    classes = (
        "[kind.__name__ for name, module in list(sys.modules.items()) if name.startswith('grnn_tui')"
        " for kind in vars(module).values() if isinstance(kind, type) and kind.__module__ == name"
        " and '__dataclass_fields__' in vars(kind) and not hasattr(kind, 'bubble')]"
    )
    assert loaded(classes) == "['Transcript']"


async def test_styles_are_parsed_once_and_in_the_theme_that_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    again: list[Stylesheet] = []
    parse_again = Stylesheet.reparse

    def counted(sheet: Stylesheet) -> None:
        again.append(sheet)
        parse_again(sheet)

    monkeypatch.setattr(Stylesheet, "reparse", counted)
    async with stage(preferences=Preferences(theme="paper")) as here:
        assert again == []
        assert here.screen.styles.background == Color.parse(here.app.current_theme.background)
        here.app.theme = "night"
        await here.settle()
        assert again
        assert here.screen.styles.background == Color.parse(here.app.current_theme.background)


def written(on: OnTerminal) -> str:
    """The first row of the prompt."""
    return on.rows()[2].lstrip("│").partition("│")[0].strip()


def continued(on: OnTerminal, prompt: str) -> bool:
    """Whether the text pane holds more than the prompt."""
    rows = [row.lstrip("│").partition("│")[0].strip() for row in on.rows()[5:-2]]
    first = next((at for at, row in enumerate(rows) if row.startswith(prompt)), None)
    return first is not None and len("".join(rows[first:])) > len(prompt)


def test_what_is_typed_at_once_is_in_the_prompt(terminal: Starter) -> None:
    on = terminal("tiny")
    on.type("fade quixotic")
    on.until(lambda: on.stands() and written(on) == "fade quixotic")


def test_what_is_typed_while_it_loads_is_not_echoed_and_enter_writes(terminal: Starter) -> None:
    on = terminal("tiny")
    on.until(lambda: not on.echoes())
    on.type("cabx\x7f\r")
    on.until(lambda: on.stands() and written(on) == "cab" and continued(on, "cab"))
    assert "cab" not in on.read().partition(ALTERNATE)[0]


async def test_keys_with_a_meaning_do_not_overtake_letters_that_come_with_them() -> None:
    async with stage() as here:
        for key in (*"once", "ctrl+j", *"upon", "enter"):
            here.app.post_message(events.Key(key, key if len(key) == 1 else None))
        await here.settle()
        told = [r for r in here.engine.requests if isinstance(r, p.SetPrompt | p.Generate)]
        assert isinstance(told[-1], p.Generate)
        assert told[-2] == p.SetPrompt("once\nupon")


@pytest.mark.promise(15)
def test_a_signal_before_the_first_paint_gives_the_terminal_back(terminal: Starter) -> None:
    on = terminal("tiny")
    on.until(lambda: not on.echoes())
    os.kill(on.child.pid, signal.SIGTERM)
    assert on.ended() == 128 + signal.SIGTERM
    assert termios.tcgetattr(on.slave) == on.before


def test_an_editor_is_lent_the_terminal_as_it_was_found(
    terminal: Starter, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen, editor = tmp_path / "seen", tmp_path / "editor.py"
    editor.write_text(
        "import pathlib, sys, termios\n"
        "pathlib.Path(sys.argv[1]).write_text(repr(termios.tcgetattr(0)[:4]))\n"
        "pathlib.Path(sys.argv[2]).write_text('edited')\n"
    )
    monkeypatch.setenv("VISUAL", f"{sys.executable} {editor} {seen}")
    on = terminal("tiny")
    on.until(on.stands)
    on.type("\te")
    on.until(lambda: written(on) == "edited")
    assert seen.read_text() == repr(on.before[:4])
