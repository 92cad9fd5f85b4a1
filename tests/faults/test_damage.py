"""Bits that flip, files that are cut, missing, or more than there should be: found, named, and the older step used."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import msgspec
import pytest

from grnn_tui.errors import RunError
from grnn_tui.runs import checkpoint
from grnn_tui.runs.checkpoint import best_step, newest_step, read_step, step_path, write_step
from grnn_tui.runs.commands import Command, CommandReader, PauseRun, SetRate, StopRun, append_command
from grnn_tui.runs.directory import read_request
from grnn_tui.runs.lock import RunLock, read_owner
from grnn_tui.runs.metrics import MetricsWriter, read_rows
from grnn_tui.runs.request import DataRequest, RunRequest, TrainingOptions
from grnn_tui.runs.rows import AnyRow, Noted, Started, Trained, Validated
from grnn_tui.runs.seals import opened_line, sealed_line
from grnn_tui.runs.store import new_run
from tests.support.promises import Harm, Reached
from tests.support.sitting import files

ROWS: list[AnyRow] = [
    Started(step=0, references={"uniform": 4.25}),
    *(Trained(step=step, loss=3.5 / step, seconds=step / 7, lr=1e-3, norm=0.5) for step in range(1, 20)),
    Validated(step=19, loss=1.25, best=True),
    Started(step=9),
    Trained(step=10, loss=0.375),
    Noted(step=10, event="stopped", text="asked to stop"),
]
COMMANDS: list[Command] = [PauseRun(), SetRate(3e-4), StopRun()]
LOSSES = {1: 1.5, 2: 1.25, 3: 1.75}
"""The best step is neither the newest nor the oldest."""


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A run whose trainer has died."""
    monkeypatch.setenv("GRNN_TUI_RUNS", str(tmp_path / "runs"))
    request = RunRequest(
        name="mine",
        created="2026-01-01T00:00:00+00:00",
        backend="lstm",
        settings={"hidden": 128, "dropout": 0.25},
        data=DataRequest(sources=("tales",), seed=3),
        training=TrainingOptions(lr=2e-3),
    )
    made = new_run(request)
    for step, loss in LOSSES.items():
        write_step(made.path, step, files(step), validation=loss, seconds=step / 3)
    writer = MetricsWriter(made.metrics)
    for row in ROWS:
        writer.append(row)
    for command in COMMANDS:
        append_command(made.commands, command)
    with RunLock(made.path):
        marker = (made.path / "owner-1").read_bytes()
    owner = msgspec.json.decode(opened_line(marker) or b"")
    (made.path / "owner-1").write_bytes(sealed_line(msgspec.json.encode(owner | {"released": False, "started": "1"})))
    return made.path


def harmed(luck: random.Random, content: bytes, cut: bool) -> bytes:
    if cut:
        return content[: luck.randrange(len(content))]
    bad = bytearray(content)
    bad[luck.randrange(len(bad))] ^= 1 << luck.randrange(8)
    return bytes(bad)


class Truth:
    """What a run says while nothing is wrong, and whether it still does, or else says that something is."""

    def __init__(self, run: Path) -> None:
        self.run = run
        self.request = read_request(run)
        self.manifests = {step: read_step(run, step).manifest for step in LOSSES}
        self.rows = read_rows(run / "metrics.jsonl").rows
        self.asked = (run / "commands.jsonl").read_bytes().split(b"\n")
        self.lines = (run / "metrics.jsonl").read_bytes().split(b"\n")
        self.found: dict[str, int] = {}
        self.harmless = 0

    def _tell(self, kind: str, found: bool) -> None:
        if found:
            self.found[kind] = self.found.get(kind, 0) + 1
        else:
            self.harmless += 1

    def step(self, file: Path) -> None:
        """A file of a checkpoint is harmed: it is not used, the message names it, others are."""
        number = int(file.parent.name)
        said = said_of(lambda: read_step(self.run, number).manifest, self.manifests[number])
        if said:
            assert f"{number:09d}/{file.name}" in said
        good = [step for step in LOSSES if step != number or not said]
        self._tell("steps", found=bool(said))
        newest, best = newest_step(self.run), best_step(self.run)
        assert newest is not None
        assert best is not None
        assert newest.number == max(good)
        assert best.number == min(good, key=LOSSES.__getitem__)
        for step in (newest, best):
            assert {name: step.read(name) for name in files(1)} == files(step.number)

    def request_file(self, file: Path) -> None:
        said = said_of(lambda: read_request(self.run), self.request)
        assert not said or str(file) in said
        self._tell("requests", found=bool(said))

    def metrics(self, file: Path) -> None:
        """Every row that is whole is read, none says anything else, and what is left out is counted."""
        now = read_rows(file)
        lines = file.read_bytes().split(b"\n")
        whole = [line for line in lines[:-1] if line in self.lines]
        sound = self.run.with_name("sound")
        sound.write_bytes(b"".join(line + b"\n" for line in whole))
        if now.rows != self.rows:  # else the flip was where nothing is said
            assert now.rows == read_rows(sound).rows
            assert now.bad == len([line for line in lines[:-1] if line and line not in self.lines])
        self._tell("rows", found=now.rows != self.rows)

    def commands(self, file: Path) -> None:
        content = file.read_bytes()
        file.write_bytes(b"")
        reader = CommandReader(file)
        file.write_bytes(content + b"\n")
        asked = reader.poll()
        lines = [line for line in content.split(b"\n") if line]
        if asked != COMMANDS:
            assert asked == [COMMANDS[self.asked.index(line)] for line in lines if line in self.asked]
            assert reader.bad == len([line for line in lines if line not in self.asked])
        self._tell("commands", found=asked != COMMANDS)

    def owner(self, file: Path) -> None:
        """A trainer that is dead keeps nobody out; `test_a_marker_...` is of one that lives."""
        assert not read_owner(self.run).alive
        with RunLock(self.run):
            pass
        for marker in self.run.glob("owner-*"):
            marker.unlink()
        self._tell("markers", found=True)


def said_of(read: Callable[[], object], truth: object) -> str:
    """What is said of the damage; nothing, if all is read as it was."""
    try:
        assert read() == truth
    except RunError as error:
        return str(error)
    return ""


def check_of(truth: Truth, file: Path) -> Callable[[Path], None]:
    if file.parent.parent.name == checkpoint.FOLDER:
        return truth.step
    kinds = {"run.json": truth.request_file, "metrics.jsonl": truth.metrics, "commands.jsonl": truth.commands}
    return kinds.get(file.name, truth.owner)


@pytest.mark.promise(3)
def test_every_flipped_bit_and_every_cut_is_found(run: Path, harm: Harm, reached: Reached) -> None:
    truth = Truth(run)
    luck = random.Random(0)
    everything = sorted(path for path in run.rglob("*") if path.is_file() and path.stat().st_size)
    assert {path.name for path in everything} >= {"run.json", "metrics.jsonl", "commands.jsonl", "owner-1"}
    flips, cuts = harm(200, 1000), harm(100, 500)
    for trial in range(flips + cuts):
        file = everything[trial % len(everything)]
        good = file.read_bytes()
        file.write_bytes(harmed(luck, good, cut=trial >= flips))
        check_of(truth, file)(file)
        file.write_bytes(good)
    assert truth.harmless < (flips + cuts) // 20
    reached(flips=flips, cuts=cuts, silent=0, harmless=truth.harmless)


@pytest.mark.promise(3)
@pytest.mark.parametrize("name", [*files(1), checkpoint.MANIFEST])
@pytest.mark.parametrize("how", ["missing", "a folder", "a link", "longer"])
def test_a_file_that_is_no_longer_what_it_was_is_named(run: Path, name: str, how: str, reached: Reached) -> None:
    file = step_path(run, 3) / name
    good = file.read_bytes()
    file.unlink()
    match how:
        case "a folder":
            file.mkdir()
        case "a link":
            file.symlink_to("/dev/null")
        case "longer":
            file.write_bytes(good + b" x")
    with pytest.raises(RunError, match=rf"000000003.*{name}|{name}.*000000003"):
        read_step(run, 3)
    newest = newest_step(run)
    assert newest is not None
    assert newest.number == 2
    reached(files_missing_or_replaced=1)


@pytest.mark.promise(3)
def test_files_that_do_not_belong_there_change_nothing(run: Path) -> None:
    for folder in (run, run / "steps", step_path(run, 3)):
        (folder / "stranger").write_bytes(b"\0" * 100)
        (folder / ".hidden").mkdir()
    assert newest_step(run) == newest_step(run, verify=False)
    newest = newest_step(run)
    assert newest is not None
    assert newest.number == 3
    assert "stranger" not in newest.manifest.files


@pytest.mark.promise(3)
def test_a_checkpoint_that_is_a_link_is_not_followed(run: Path, tmp_path: Path) -> None:
    shutil.copytree(step_path(run, 3), tmp_path / "other")
    (tmp_path / "other" / checkpoint.MANIFEST).write_bytes(
        msgspec.json.encode(msgspec.structs.replace(read_step(run, 3).manifest, step=4))
    )
    step_path(run, 4).symlink_to(tmp_path / "other")
    with pytest.raises(RunError, match="000000004 is a link"):
        read_step(run, 4)
    newest = newest_step(run)
    assert newest is not None
    assert newest.number == 3


@pytest.mark.promise(3, 17)
def test_a_marker_that_is_damaged_lets_nobody_in_while_its_owner_lives(run: Path, harm: Harm) -> None:
    luck = random.Random(1)
    with ExitStack() as stack:
        stack.enter_context(RunLock(run))
        marker = run / "owner-2"
        good = marker.read_bytes()
        for trial in range(harm(40, 300)):
            marker.write_bytes(harmed(luck, good, cut=trial % 3 == 0))
            with pytest.raises(RunError), RunLock(run):
                pass
        marker.write_bytes(good)
