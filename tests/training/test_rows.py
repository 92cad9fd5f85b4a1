"""Training on rows and on labelled lines: every row once an epoch, exact going on, the loss that `score` finds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from grnn_tui.backends.contract import Settings
from grnn_tui.backends.registry import backend_named
from grnn_tui.data.labelled import open_labelled
from grnn_tui.data.row_form import RowForm
from grnn_tui.data.tables import is_table, open_table
from grnn_tui.playing.row_scoring import score_rows
from grnn_tui.playing.scoring import score
from grnn_tui.playing.told import told
from grnn_tui.runs.directory import Run
from grnn_tui.runs.locate import open_model
from grnn_tui.runs.metrics import read_rows
from grnn_tui.runs.request import DataRequest, RunRequest, TrainingOptions
from grnn_tui.runs.rows import Started
from grnn_tui.runs.scale import LossScale
from grnn_tui.runs.store import new_run
from grnn_tui.training.evaluation import evaluate_rows
from grnn_tui.training.feed import Batch, LineFeed, RowFeed, Shuffled
from grnn_tui.training.session import train

CPU = torch.device("cpu")


@pytest.fixture(autouse=True)
def homes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRNN_TUI_RUNS", str(tmp_path / "runs"))
    monkeypatch.setenv("GRNN_TUI_CACHE", str(tmp_path / "cache"))


def begin(name: str, data: str, backend: str, settings: dict[str, Any], **request: Any) -> Run:
    """A run over `data`; training options and what is said of the data mixed."""
    options = {key: request.pop(key) for key in list(request) if key in TrainingOptions.__struct_fields__}
    small = {"batch": 16, "validate_every": 1e6, "checkpoint_every": 1e6, "warmup": 5, "lr": 1e-2} | options
    return new_run(
        RunRequest(
            name=name,
            created="2026-01-01T00:00:00+00:00",
            backend=backend,
            settings=settings,
            data=DataRequest(sources=(data,), rows=RowForm() if is_table(data) else None, **request),
            training=TrainingOptions(**small),
        )
    )


# --- feeds


@given(items=st.integers(1, 60), batch=st.integers(1, 20), seed=st.integers(0, 5))
def test_an_epoch_shows_each_item_at_most_once_and_as_many_as_whole_batches_hold(
    items: int, batch: int, seed: int
) -> None:
    feed = Shuffled(items, batch, seed)
    orders = []
    for _ in range(2):
        seen = np.concatenate([feed.next_items() for _ in range(feed.windows)])
        assert np.unique(seen).size == seen.size == feed.windows * feed.batch
        assert items - seen.size < feed.batch
        orders.append(seen.tolist())
    assert items < 8 or orders[0] != orders[1]


@given(after=st.integers(0, 40))
def test_a_feed_goes_on_from_its_cursor_exactly(after: int) -> None:
    one, other = Shuffled(23, 4, seed=3), Shuffled(23, 4, seed=99)
    for _ in range(after):
        one.next_items()
    other.restore(one.cursor)
    for _ in range(15):
        np.testing.assert_array_equal(one.next_items(), other.next_items())
    assert other.position == one.position


def test_rows_reach_the_network_with_what_they_are_told() -> None:
    class Told:
        def start(self, batch: int, condition: torch.Tensor) -> tuple[torch.Tensor, ...]:
            assert condition.shape == (batch, 3)
            return (condition,)

    rows = np.arange(40, dtype=np.uint8).reshape(20, 2)
    conditions = np.eye(3, dtype=np.float32)[np.arange(20) % 3]
    batch = RowFeed(rows, conditions, 5, 0, CPU).next(Told(), None)  # type: ignore[arg-type]
    assert batch.carry is not None
    index = batch.x[:, 0].numpy() // 2
    np.testing.assert_array_equal(batch.x.numpy(), rows[index])
    np.testing.assert_array_equal(batch.carry[0].numpy(), conditions[index])


def test_what_fills_up_a_line_does_not_count() -> None:
    weight = torch.tensor([[True, True, False], [True, False, False]])
    log_prob = torch.tensor([[-1.0, -2.0, -100.0], [-3.0, -100.0, -100.0]])
    batch = Batch(torch.zeros(2, 3, dtype=torch.int64), None, 3, weight)
    assert batch.loss(log_prob).item() == pytest.approx(2.0)


def test_lines_are_those_of_the_files_and_their_labels_the_names(tmp_path: Path) -> None:
    (tmp_path / "north.txt").write_text("abc\n\nde\n")
    (tmp_path / "south.txt").write_text("xy\nz")
    lines = open_labelled([str(tmp_path / "*.txt")])
    assert lines.classes == ("north", "south")
    texts = [lines.vocabulary.decode(lines.symbols[a:b]) for a, b in zip(lines.starts, lines.starts[1:], strict=False)]
    assert texts == ["abc\n", "de\n", "xy\n", "z"]
    assert lines.labels.tolist() == [0, 0, 1, 1]
    assert lines.vocabulary.condition is not None
    assert lines.vocabulary.condition.shares == (0.5, 0.5)
    train_lines, held = lines.split(0.25, seed=1)
    assert (len(train_lines), len(held)) == (3, 1)


def test_generated_lines_have_the_labels_they_were_made_with() -> None:
    lines = open_labelled(["names"], size=2_000)
    assert lines.floor is not None
    feed = LineFeed(lines, 7, 0, CPU)
    network = backend_named("gru").build_network(_small("gru"), lines.vocabulary)
    batch = feed.next(network, None)
    assert batch.weight is not None
    assert batch.count == int(batch.weight.sum())
    newline = lines.vocabulary.newline
    for x, inside in zip(batch.x, batch.weight, strict=True):
        assert x[inside][-1] == newline
        assert (x[inside][:-1] != newline).all()


def _small(backend: str) -> Settings:
    return backend_named(backend).parse_settings({"hidden": 8, "embedding": 4})


# --- runs


def test_what_validation_finds_is_what_score_finds() -> None:
    run = begin("bars", "bars-and-stripes", "binary-nade", {"hidden": 8}, size=200, steps=30)
    outcome = train(run)
    assert outcome.measured is not None
    assert outcome.scale == LossScale("pixel", 64, "image")
    _, model = open_model(str(run.path))
    everything = open_table("bars-and-stripes", size=200)
    order = np.random.Generator(np.random.PCG64(0)).permutation(200)
    held = everything.take(order[180:])
    scores = score_rows(model, held)
    assert scores.mean == pytest.approx(outcome.measured.nats * 64, abs=1e-4)
    assert scores.percentiles.min() == pytest.approx(0, abs=1e-6)
    assert scores.percentiles.max() == pytest.approx(100, abs=1e-6)
    assert len(model.header.trained.quantiles) == 101


def test_training_rows_comes_near_their_entropy_and_tells_reference_lines() -> None:
    run = begin("ising", "ising", "binary-nade", {"hidden": 16}, size=2_000, steps=150, batch=50, lr=3e-2)
    outcome = train(run)
    (started,) = [row for row in read_rows(run.metrics).rows if isinstance(row, Started)]
    assert started.floor is not None
    assert outcome.measured is not None
    assert (started.unit, started.row, started.row_name) == ("pixel", 64, "image")
    assert outcome.measured.nats < started.references["independent"] < started.references["uniform"] + 0.01
    assert outcome.measured.nats > started.floor - 0.02


def test_a_run_of_labelled_lines_goes_on_exactly() -> None:
    runs = []
    for name, stops in (("whole", (20,)), ("parts", (7, 20))):
        run = begin(name, "names", "gru", {"hidden": 8, "embedding": 4}, size=4_000, steps=20, condition="label")
        for until in stops:
            train(run, until=until)
        runs.append(run.newest())
    one, other = runs
    assert one is not None
    assert other is not None
    assert one.read("model.safetensors") == other.read("model.safetensors")


def test_a_label_helps() -> None:
    told = train(
        begin("told", "names", "gru", {"hidden": 24, "embedding": 8}, size=20_000, steps=150, condition="label")
    )
    untold = train(begin("untold", "names", "gru", {"hidden": 24, "embedding": 8}, size=20_000, steps=150, length=16))
    assert told.measured is not None
    assert untold.measured is not None
    assert told.measured.nats < untold.measured.nats


def test_some_rows_of_many_are_spread_over_all_of_them() -> None:
    class Constant:
        training = measuring = False

        def eval(self) -> None: ...
        def train(self, mode: bool) -> None: ...
        def log_prob(self, x: torch.Tensor, carry: object) -> tuple[torch.Tensor, object]:
            return -x.double(), carry

    rows = np.repeat(np.arange(100)[:, None], 2, axis=1)
    found = evaluate_rows(Constant(), rows, None, CPU, limit=20)  # type: ignore[arg-type]
    assert (found.symbols, found.whole) == (20, False)
    assert found.nats == pytest.approx(49.5)


def test_class_shares_are_those_of_training(tmp_path: Path) -> None:
    for name, count in (("a", 30), ("b", 10)):
        (tmp_path / f"{name}.txt").write_text(f"{name}x\n" * count)
    lines = open_labelled([str(tmp_path)])
    training, held = lines.split(0.25, seed=0)
    shares = np.bincount(training.labels) / 30
    assert training.vocabulary.condition is not None
    assert training.vocabulary.condition.shares == pytest.approx(shares.tolist())
    assert held.vocabulary == training.vocabulary


def test_words_of_labelled_lines_have_a_limit_and_no_floor_of_characters() -> None:
    lines = open_labelled(["names"], unit="word", size=5_000, vocabulary_limit=40)
    assert lines.vocabulary.size <= 40
    assert lines.floor is None
    assert open_labelled(["names"], size=5_000).floor is not None


def test_a_model_of_lines_starts_each_line_anew() -> None:
    run = begin("lines", "names", "gru", {"hidden": 8, "embedding": 4}, size=2_000, steps=5, condition="label")
    train(run)
    _, model = open_model(str(run.path))
    vocabulary = model.header.vocabulary
    player = told(model.open_player(), vocabulary, "kaimu")
    symbols = vocabulary.encode("kalo\nkalo\n").symbols
    nats = score(player, symbols)
    np.testing.assert_allclose(nats[:5], nats[5:], atol=1e-6)
    assert abs(score(told(player, vocabulary, "drosk"), symbols) - nats).max() > 0


def test_a_counted_model_of_rows_is_one_step() -> None:
    run = begin("chain", "bars-and-stripes", "markov", {"order": 1}, size=300)
    outcome = train(run)
    assert outcome.step == 1
    assert outcome.measured is not None
    _, model = open_model(str(run.path))
    assert score_rows(model, open_table("bars-and-stripes", size=50, form=RowForm())).mean > 0
