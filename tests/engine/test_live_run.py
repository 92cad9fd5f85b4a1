from __future__ import annotations

import shutil
from pathlib import Path

import msgspec
import pytest

from grnn_tui.backends.modeldir import Header, model_files
from grnn_tui.engine.protocol import Failed, Frame, Generate, ModelOpened, OpenModel, SetPrompt
from grnn_tui.runs.checkpoint import write_step
from grnn_tui.runs.directory import Run
from grnn_tui.runs.lock import RunLock
from grnn_tui.runs.request import DataRequest, RunRequest
from grnn_tui.runs.store import new_run
from tests.support.engine import engine
from tests.support.models import LETTERS, make_network


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """A run without a checkpoint."""
    monkeypatch.setenv("GRNN_TUI_RUNS", str(tmp_path / "runs"))
    request = RunRequest(name="mine", created="2026-01-01T00:00:00Z", backend="gru", data=DataRequest(sources=("x",)))
    return new_run(request)


def save(run: Run, step: int) -> None:
    header = Header(backend="gru", settings={"hidden": 12, "embedding": 5}, domain=LETTERS)
    arrays = make_network("gru", LETTERS, seed=step).arrays()
    write_step(run.path, step, model_files(header, arrays))


async def test_newer_checkpoints_of_a_live_run_are_taken_up_and_the_text_is_kept(run: Run, tmp_path: Path) -> None:
    save(run, 100)
    with RunLock(run.path):
        async with engine(tmp_path / "log", run.name) as screen:
            opened = next(e for e in screen.events if isinstance(e, ModelOpened))
            assert (opened.step, opened.live, opened.backend) == (100, True, "gru")
            screen.client.send(SetPrompt("abc"))
            screen.client.send(Generate(20))
            before = await screen.settled(lambda f: f.length == 23)
            text = list(screen.text)
            save(run, 200)
            assert (await screen.until(ModelOpened)).step == 200
            after = await screen.settled(lambda f: f.prediction is not None)
            assert screen.text == text
            assert after.prediction != before.prediction
            assert after.totals != before.totals
            save(run, 300)
            save(run, 400)
            assert (await screen.until(ModelOpened)).step in (300, 400)


async def test_it_goes_on_writing_while_checkpoints_are_taken_up(run: Run, tmp_path: Path) -> None:
    save(run, 1)
    with RunLock(run.path):
        async with engine(tmp_path / "log", run.name) as screen:
            screen.client.send(Generate(1_000_000, per_second=2000))
            await screen.until(Frame, lambda f: f.generating and f.length > 10)
            save(run, 2)
            await screen.until(ModelOpened, lambda e: e.step == 2)
            length = len(screen.text)
            frame = await screen.until(Frame, lambda f: f.length > length + 100)
            assert frame.generating


async def test_a_run_that_ends_or_is_deleted_still_plays(run: Run, tmp_path: Path) -> None:
    save(run, 1)
    async with engine(tmp_path / "log") as screen:
        with RunLock(run.path):
            screen.client.send(OpenModel(run.name))
            await screen.until(ModelOpened, lambda e: e.live)
        ended = await screen.until(ModelOpened, lambda e: not e.live)
        assert ended.step == 1
        shutil.rmtree(run.path)
        screen.client.send(SetPrompt("ab"))
        await screen.settled(lambda f: f.prompt_text == "ab" and f.prediction is not None)


async def test_a_run_without_a_checkpoint_says_so(run: Run, tmp_path: Path) -> None:
    async with engine(tmp_path / "log") as screen:
        screen.client.send(OpenModel(run.name))
        assert "no complete checkpoint" in (await screen.until(Failed)).text


async def test_one_chosen_checkpoint_is_not_followed(run: Run, tmp_path: Path) -> None:
    save(run, 1)
    with RunLock(run.path):
        async with engine(tmp_path / "log") as screen:
            screen.client.send(OpenModel(f"{run.name}@1"))
            opened = await screen.until(ModelOpened)
            assert msgspec.structs.asdict(opened)["live"] is False
            save(run, 2)
            screen.client.send(Generate(1500, per_second=1000))
            await screen.settled(lambda f: f.length == 1500)
            assert sum(isinstance(event, ModelOpened) for event in screen.events) == 1
