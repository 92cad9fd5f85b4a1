"""The lines of real commands on a real terminal, where files, runs, models and requests are called what drives it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from grnn_tui.runs.directory import Run
from grnn_tui.runs.rows import Noted
from tests.support.hostile import foreign_in, payloads
from tests.support.models import LETTERS, make_model
from tests.support.promises import Harm, Reached
from tests.ui.support.on_terminal import OnTerminal
from tests.ui.support.training_runs import make_run, started, story

IN_TURN = """
import json, sys
from grnn_tui.cli.main import main
for words in json.load(open(sys.argv[1])):
    sys.argv = ["grnn-tui", *words]
    try:
        main()
    except SystemExit as stop:
        print("status", stop.code)
    else:
        print("status", 0)
"""
"""Commands one after the other, each of which finds the terminal as the one before it has left it."""
TRAINING = ("--backend", "ngram", "--steps", "2")
TOGETHER = 6
"""Payloads in one name, which has to fit."""


def called(count: int) -> list[str]:
    """Names of files, several payloads in each."""
    usable = [text.replace("/", "_").encode("utf-8", "replace").decode() for text in payloads(300)]
    usable = [text for text in usable if not text.isprintable() and not set("\0\n") & set(text) and len(text) < 30]
    names = ["words".join(usable[at : at + TOGETHER]) for at in range(0, len(usable), TOGETHER)]
    return [f"x{name}"[:48] for name in names][:count]


def commands(home: Path, name: str, number: int) -> list[tuple[str, ...]]:
    """Training on a text of that name, rows followed, a model played, and all of it refused."""
    text, run, model = home / f"{name}.txt", home / "runs" / f"own{number}", home / "models" / name
    text.write_text("abc def ghi. " * 200)
    make_model(model, "ngram", LETTERS)
    rows = [started(device=name, warnings=[name], references={name: 1.0}), *list(story(20))[1:]]
    rows += [Noted(step=20, at=1.0, seconds=1.0, event="alarm", text=name)]
    make_run(home / "runs", f"past {name}", rows, backend=name, data=name)
    gone = f"no {name}"
    return [
        ("train", str(text), "--run", str(run), *TRAINING), ("watch", f"past {name}"), ("runs",), ("models",),
        ("generate", str(model), "-n", "3"), ("train", "--resume", gone), ("train", gone), ("watch", gone),
        ("set", gone, name), ("delete", gone), ("units", str(model), str(text)), ("fetch", gone), (f"--{name}",),
    ]  # fmt: skip


@pytest.mark.promise(10)
def test_no_line_of_a_command_drives_the_terminal_it_is_on(
    terminal: Callable[..., OnTerminal], own_homes: Path, harm: Harm, reached: Reached
) -> None:
    names = called(harm(1, 40))
    wanted = [words for at, name in enumerate(names) for words in commands(own_homes, name, at)]
    (own_homes / "wanted.json").write_text(json.dumps(wanted))
    on = terminal(str(own_homes / "wanted.json"), program=("-c", IN_TURN), size=(60, 400))
    status = on.ended()
    told = on.read()
    foreign = foreign_in(told, payloads(300))
    trained = sum(bool(Run(own_homes / "runs" / f"own{at}").steps()) for at in range(len(names)))
    reached(commands_on_a_terminal=told.count("status "), foreign_sequences=len(foreign), osc_52=told.count("\x1b]52"))
    assert foreign == []
    assert (status, told.count("status "), "Traceback" in told) == (0, len(wanted), False), told[-3000:]
    assert trained == len(names)
