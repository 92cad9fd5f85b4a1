"""Rows over a real engine process: sheets, steps, known parts, conditions, newer checkpoints."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from grnn_tui.backends.modeldir import Header, Trained, model_files, read_model
from grnn_tui.data.condition import Condition
from grnn_tui.data.row_domain import RowDomain
from grnn_tui.engine.protocol import (
    Failed,
    Frame,
    FrameShown,
    Generate,
    ModelOpened,
    MoveCursor,
    OpenModel,
    Pause,
    Reroll,
    SetPrompt,
    SetSampling,
)
from grnn_tui.engine.row_protocol import (
    BranchSample,
    ForceValue,
    PaintKnown,
    RowsOpened,
    SelectSample,
    SetCondition,
    SetOrdering,
    SetSheet,
    SheetFrame,
)
from grnn_tui.playing.completion import complete
from grnn_tui.playing.sampling import Sampling
from grnn_tui.runs.checkpoint import write_step
from grnn_tui.runs.directory import Run
from grnn_tui.runs.lock import RunLock
from grnn_tui.runs.request import DataRequest, RunRequest
from grnn_tui.runs.store import new_run
from tests.support.models import make_row_model, make_row_network
from tests.support.row_screen import row_engine

PICTURE = RowDomain(kind="binary", shape=(4, 5))
TOLD = RowDomain(kind="levels", shape=(3, 3), levels=4, condition=Condition(classes=("ant", "bee")))


@pytest.fixture(scope="session")
def picture(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("models") / "picture"
    return make_row_model(path, "markov", PICTURE, trained=Trained(validation_nats=0.5, floor_nats=0.25)).path


@pytest.fixture(scope="session")
def told(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_row_model(tmp_path_factory.mktemp("models") / "told", "gru", TOLD, hidden=8, embedding=4).path


async def test_a_model_of_rows_says_what_its_rows_are(picture: Path, told: Path, tmp_path: Path) -> None:
    async with row_engine(tmp_path / "log", picture) as screen:
        opened = screen.opened
        assert opened is not None
        assert (opened.kind, opened.shape, opened.unit, opened.row_name) == ("binary", [4, 5], "pixel", "image")
        assert (opened.validation_nats, opened.floor_nats, opened.length) == (0.5, 0.25, 20)
        assert screen.order.tolist() == list(range(20))
        assert screen.frame is not None
        assert screen.frame.prediction is not None
        assert [bar.symbol for bar in screen.frame.prediction.bars] in ([0, 1], [1, 0])
        screen.client.send(OpenModel(str(told)))
        opened = await screen.until(RowsOpened)
        assert (opened.classes, opened.levels, opened.labels) == (["ant", "bee"], 4, ["0", "1", "2", "3"])
        frame = await screen.settled()
        assert frame.levels is not None
        assert np.frombuffer(frame.levels.raw, np.float32).sum() == pytest.approx(1, abs=1e-6)


async def test_a_sheet_is_what_the_playing_core_writes(picture: Path, tmp_path: Path) -> None:
    sampling, model = Sampling(temperature=0.7), read_model(picture)
    nothing = np.zeros(20)
    rows, _ = complete(model.open_player(), PICTURE, nothing, nothing, 5, sampling, 7)
    async with row_engine(tmp_path / "log", picture) as screen:
        for request in (SetSheet(5), SetSampling(sampling, 7), Generate(20)):
            screen.client.send(request)
        frame = await screen.settled(lambda f: f.totals.finished == 5)
        assert [screen.row(i) for i in range(5)] == rows.tolist()
        assert frame.totals.mean_nats == pytest.approx(np.mean([screen.nats[i].sum() for i in range(5)]), rel=1e-5)
        assert (frame.cursor, frame.exact, frame.prediction) == (20, True, None)
        screen.client.send(Reroll(7, 20))
        await screen.settled(lambda f: f.totals.finished == 5)
        assert [screen.row(i) for i in range(5)] == rows.tolist()
        assert screen.spliced == 2 * 5 * 20
        screen.client.send(Reroll(8, 20))
        await screen.settled(lambda f: f.totals.finished == 5)
        assert [screen.row(i) for i in range(4)] == rows[1:].tolist()


async def test_it_writes_as_slowly_as_it_is_asked_to_and_pauses(picture: Path, tmp_path: Path) -> None:
    async with row_engine(tmp_path / "log", picture) as screen:
        screen.client.send(Generate(20, per_second=50))
        growing = await screen.until(SheetFrame, lambda f: f.generating and f.cursor > 2)
        assert growing.cursor < 20
        assert len({steps.size for steps in screen.steps.values()}) <= 2
        screen.client.send(Pause())
        paused = await screen.settled()
        assert 2 < paused.cursor < 20
        screen.client.send(Generate(20))
        await screen.settled(lambda f: f.cursor == 20)


async def test_step_back_force_branch_and_go_on(picture: Path, tmp_path: Path) -> None:
    async with row_engine(tmp_path / "log", picture) as screen:
        send = screen.client.send
        send(Generate(20))
        await screen.settled(lambda f: f.cursor == 20)
        before = screen.row(3)
        send(SelectSample(3, 6))
        frame = await screen.settled(lambda f: f.selected == 3)
        assert frame.prediction is not None
        assert frame.prediction.chosen == before[6]
        assert frame.prediction.chosen_bits == pytest.approx(screen.nats[3][6] / np.log(2), rel=1e-5)
        send(BranchSample())
        send(ForceValue(1 - before[6]))
        send(Generate(20))
        await screen.settled(lambda f: f.samples == 9 and f.totals.finished == 9)
        assert screen.row(3) == before
        assert screen.row(8)[:6] == before[:6]
        assert screen.row(8)[6] == 1 - before[6]
        assert screen.frame is not None
        send(MoveCursor(-5))
        assert (await screen.settled(lambda f: f.selected == 8)).cursor == 15


async def test_what_is_painted_stands_in_every_row_of_the_next_sheet(picture: Path, tmp_path: Path) -> None:
    async with row_engine(tmp_path / "log", picture) as screen:
        send = screen.client.send
        send(PaintKnown([0, 1, 2], [1, 1, 1]))
        send(Generate(20))
        frame = await screen.settled(lambda f: f.cursor == 20)
        assert frame.exact
        assert all(screen.row(i)[:3] == [1, 1, 1] for i in range(8))
        send(SetSheet(3, particles=10))
        send(PaintKnown([7, 19], [1, 0]))
        send(Reroll(1, 20))
        frame = await screen.settled(lambda f: f.samples == 3 and f.cursor == 20)
        assert (frame.exact, frame.particles) == (False, 10)
        assert screen.known.places == [7, 19]
        assert all((screen.row(i)[7], screen.row(i)[19]) == (1, 0) for i in range(3))
        for wrong in (PaintKnown([20], [1]), PaintKnown([0], [2]), PaintKnown([0, 1], [1])):
            send(wrong)
            await screen.until(Failed)


async def test_what_it_is_told_changes_the_bars(told: Path, tmp_path: Path) -> None:
    async with row_engine(tmp_path / "log", told) as screen:
        assert screen.frame is not None
        before = screen.frame.levels
        screen.client.send(SetCondition([[0, 1]]))
        assert (await screen.settled()).levels != before
        screen.client.send(SetCondition([[1, 0], None]))
        screen.client.send(Generate(9))
        await screen.settled(lambda f: f.cursor == 9)
        screen.client.send(SelectSample(1, 0))
        assert (await screen.settled(lambda f: f.selected == 1)).levels == before
        for wrong in (SetCondition([[1.0]]), SetOrdering([2, 1, 0]), SetOrdering(list(range(8, -1, -1))), SetSheet(0)):
            screen.client.send(wrong)
            await screen.until(Failed)


async def test_a_text_waits_while_rows_are_played(picture: Path, lstm: Path, tmp_path: Path) -> None:
    async with row_engine(tmp_path / "log", picture) as screen:
        send = screen.client.send
        send(SetPrompt("abc"))
        send(OpenModel(str(lstm)))
        await screen.until(ModelOpened)
        frame = await screen.until(Frame, lambda f: f.prompt_text == "abc" and not f.busy)
        send(FrameShown())
        send(OpenModel(str(picture)))
        await screen.until(RowsOpened)
        await screen.settled()
        send(OpenModel(str(lstm)))
        again = await screen.until(Frame, lambda f: not f.busy)
        assert (again.prompt_text, again.length) == (frame.prompt_text, frame.length)


async def test_newer_checkpoints_see_the_same_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRNN_TUI_RUNS", str(tmp_path / "runs"))
    request = RunRequest(name="mine", created="2026-01-01T00:00:00Z", backend="gru", data=DataRequest(sources=("x",)))
    run = new_run(request)
    settings = {"hidden": 8, "embedding": 4}

    def save(run: Run, step: int) -> None:
        network = make_row_network("gru", PICTURE, step, **settings)
        write_step(
            run.path, step, model_files(Header(backend="gru", settings=settings, domain=PICTURE), network.arrays())
        )

    save(run, 1)
    with RunLock(run.path):
        async with row_engine(tmp_path / "log", run.name) as screen:
            screen.client.send(Generate(20))
            await screen.settled(lambda f: f.cursor == 20)
            rows, nats = [screen.row(i) for i in range(8)], screen.nats[0].copy()
            save(run, 2)
            assert (await screen.until(RowsOpened)).step == 2
            await screen.settled(lambda f: f.totals.finished == 8)
            assert [screen.row(i) for i in range(8)] == rows
            assert screen.nats[0].tolist() != nats.tolist()
