"""Run directories from anybody, with pipes, links, devices or junk for files: all commands end, at worst in a line."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pytest

from grnn_tui.runs.commands import CommandReader
from grnn_tui.runs.directory import Run
from tests.cli.conftest import run as run
from tests.faults.cases import fuzzing
from tests.faults.cases.models import ESCAPE
from tests.support.command import Command
from tests.support.promises import Harm, Reached

SECONDS = 30
STEP = "steps/000000002"
FILES = (
    *("run.json", "metrics.jsonl", "commands.jsonl", "lock", "owner-1", "steps", STEP, f"{STEP}/manifest.json"),
    *(f"{STEP}/{name}" for name in ("model.json", "model.safetensors", "trainer.json", "trainer.safetensors")),
)
DEEP = b'{"type":"train","do":' + b"[" * 100_000


def _sparse(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(1 << 40)


INSTEAD: dict[str, Callable[[Path], object]] = {
    "a pipe": os.mkfifo,
    "zeros without end": lambda path: path.symlink_to("/dev/zero"),
    "a link to itself": lambda path: path.symlink_to(path.name),
    "a link out": lambda path: path.symlink_to("/etc"),
    "a folder": Path.mkdir,
    "nothing in it": lambda path: path.write_bytes(b""),
    "nested deeply": lambda path: path.write_bytes((DEEP + b"\n") * 3),
    "escapes": lambda path: path.write_bytes((ESCAPE + "\n").encode() * 3),
    "a terabyte": _sparse,
}
NAMES = ["a\nb", ESCAPE.replace("/", ""), "x" * 200, "-rf", "\udcff", "[bold]", "steps", "%s%n", "a b"]


@contextmanager
def no_hang() -> Iterator[None]:
    def over(*_: object) -> None:
        raise AssertionError(f"not within {SECONDS} s")

    before = signal.signal(signal.SIGALRM, over)
    signal.alarm(SECONDS)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of two steps."""
    folder = tmp_path_factory.mktemp("sound")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GRNN_TUI_CACHE", str(folder / "cache"))
        from grnn_tui.runs.lock import RunLock
        from grnn_tui.runs.request import DataRequest, RunRequest, TrainingOptions
        from grnn_tui.runs.store import new_run, reserve
        from grnn_tui.training.session import train

        request = RunRequest(
            name="", created="2026-01-01T00:00:00Z", backend="gru", settings={"hidden": 4},
            data=DataRequest(sources=("reber",), size=2000),
            training=TrainingOptions(steps=2, checkpoint_steps=1, batch=2),
        )  # fmt: skip
        made = new_run(request, reserve(path=folder / "run"))
        with RunLock(made.path):
            train(made)
        made.commands.touch()
    return made.path


def commands(run: Path, out: Path) -> list[list[str]]:
    return [
        *(["runs"], ["models"], ["watch", str(run)], ["generate", str(run), "--length", "3"]),
        *(["export", str(run), str(out)], ["stop", str(run)], ["train", "--resume", str(run), "--steps", "3"]),
    ]


def judge(run: Command, folder: Path, out: Path) -> int:
    """Every command about the run in `folder`; how many there were."""
    tried = commands(folder, out)
    for words in tried:
        with no_hang():
            ran = run(*words)
        assert ran.status in (0, 1, 2), (words, ran)
        if ran.status == 2:
            last = ran.err.splitlines()[-1]
            assert last.startswith("grnn-tui: "), (words, ran)
    return len(tried)


@pytest.mark.promise(5, 17)
def test_any_file_of_a_run_may_be_something_else(
    sound: Path, run: Command, tmp_path: Path, harm: Harm, reached: Reached
) -> None:
    places = [(file, kind) for file in FILES for kind in INSTEAD]
    tried = 0
    for number, (file, kind) in enumerate(places[:: harm(13, 1)]):
        folder = Path(shutil.copytree(sound, tmp_path / "runs" / f"r{number}", symlinks=True))
        place = folder / file
        shutil.rmtree(place) if place.is_dir() else place.unlink()
        INSTEAD[kind](place)
        tried += judge(run, folder, tmp_path / f"out{number}")
        shutil.rmtree(folder)
    reached(commands_on_hostile_runs=tried, hangs=0)


@pytest.mark.promise(5)
def test_names_of_runs_are_nothing_but_names(sound: Path, run: Command, tmp_path: Path, reached: Reached) -> None:
    (tmp_path / "runs").mkdir()
    for name in NAMES:
        shutil.copytree(sound, tmp_path / "runs" / name)
    with no_hang():
        listed = run("runs", "--json")
    assert len(listed.json["runs"]) == len(NAMES)
    assert run("runs").status == 0
    reached(hostile_names=len(NAMES))


@pytest.mark.promise(5)
def test_a_step_that_is_named_otherwise_is_none(sound: Path, run: Command, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(sound, tmp_path / "runs" / "mine"))
    for name in ("٠٠٠٠٠٠٠٠٩", "0000000009", "9" * 40, "000000009.damaged"):
        shutil.copytree(folder / STEP, folder / "steps" / name)
    assert Run(folder).steps() == [0, 1, 2]
    assert run("train", "--resume", folder, "--steps", "3").status == 0


@pytest.mark.promise(21)
def test_what_a_writer_sweeps_away_is_its_own(sound: Path, run: Command, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(sound, tmp_path / "runs" / "mine"))
    precious = tmp_path / "precious"
    shutil.move(folder / "steps", precious)
    (folder / "steps").symlink_to(precious)
    (precious / "thesis.tmp").mkdir()
    (precious / "000000007.tmp").mkdir()
    assert run("train", "--resume", folder, "--steps", "3").status == 0
    assert (precious / "thesis.tmp").exists()
    assert not (precious / "000000007.tmp").exists()


@pytest.mark.promise(5)
def test_junk_for_commands_is_counted_and_no_more(tmp_path: Path, harm: Harm, reached: Reached) -> None:
    import random

    luck, path, sound = random.Random(3), tmp_path / "commands.jsonl", b'{"do":"set","lr":0.001}\n{"do":"pause"}\n'
    path.touch()
    reader = CommandReader(path)
    tried = harm(500, 20_000)
    with no_hang():
        for _ in range(tried):
            with path.open("ab") as file:
                file.write(fuzzing.damaged(sound * 3, luck) + b"\n")
            reader.poll()
        with path.open("ab") as file:
            file.write(DEEP + b"\n" + b"x" * (1 << 20) + b"\n" + msgspec.json.encode({"do": "stop"}) + b"\n")
        found = [command for _ in range(100) for command in reader.poll()]
    assert [type(command).__name__ for command in found][-1] == "StopRun"
    assert reader.bad > tried // 4
    reached(junk_commands=tried)


@pytest.mark.promise(5)
def test_a_run_may_be_a_link_or_a_loop(run: Command, tmp_path: Path) -> None:
    (tmp_path / "runs").mkdir()
    (tmp_path / "runs" / "loop").symlink_to("loop")
    (tmp_path / "runs" / "root").symlink_to("/")
    (tmp_path / "runs" / "again").symlink_to(tmp_path / "runs")
    os.mkfifo(tmp_path / "runs" / "pipe")
    for name in ("loop", "root", "again", "pipe", "nothing", "", "/dev/zero", "..", "\0"):
        for words in (["watch", name], ["train", "--resume", name], ["generate", name], ["export", name, "out"]):
            with no_hang():
                ran = run(*words)
            assert (ran.status, len(ran.err.splitlines())) == (2, 1), (words, ran)
    assert run("runs").status == 0
