"""What goes wrong while training costs at most a log interval, and never a good checkpoint."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
import torch
from safetensors.numpy import load

from grnn_tui.errors import RunError, TrainingError, UsageError
from grnn_tui.runs.checkpoint import list_steps, read_step, step_path
from grnn_tui.runs.commands import PauseRun, ResumeRun, SaveCheckpoint, SetRate, StopRun, append_command
from grnn_tui.runs.directory import Run
from grnn_tui.runs.files import LineAppender
from grnn_tui.runs.locate import open_model
from grnn_tui.runs.metrics import read_rows
from grnn_tui.runs.rows import AnyRow, Noted, Saved, Started, Trained, Validated
from grnn_tui.training import saving
from grnn_tui.training.checkpointing import TENSORS
from grnn_tui.training.evaluation import Measured
from grnn_tui.training.loop import Trainer
from grnn_tui.training.material import TextMaterial
from grnn_tui.training.ranks import Ranks
from grnn_tui.training.session import train
from grnn_tui.training.signals import Interruption
from grnn_tui.training.tally import ROWS_AT_LEAST
from tests.support.promises import Reached
from tests.support.waiting import wait_for
from tests.training.conftest import MakeRun


def events(run: Run) -> list[str]:
    return [row.event for row in read_rows(run.metrics).rows if isinstance(row, Noted)]


def at_step(monkeypatch: pytest.MonkeyPatch, step: int, act: Callable[[Trainer], None]) -> None:
    """Do something just before the step after `step`."""
    real = Trainer.train_step

    def stepping(self: Trainer) -> tuple[torch.Tensor, torch.Tensor]:
        if self.step == step:
            act(self)
        return real(self)

    monkeypatch.setattr(Trainer, "train_step", stepping)


def poison(trainer: Trainer) -> None:
    with torch.no_grad():
        next(trainer.network.parameters()).fill_(float("nan"))


def poison_carry(trainer: Trainer) -> None:
    assert trainer.moving.carry is not None
    trainer.moving.carry = tuple(c * float("nan") for c in trainer.moving.carry)


def poison_gradient(trainer: Trainer) -> None:
    hook = next(trainer.network.parameters()).register_hook
    hook(lambda gradient: gradient * float("nan"))  # type: ignore[no-untyped-call]


def poison_moments(trainer: Trainer) -> None:
    for name, slot in trainer.optimiser.state().items():
        if name.endswith("/exp_avg"):
            slot.fill_(float("inf"))


def poison_after_the_step(trainer: Trainer) -> None:
    """What the step leaves is no number while its loss still is one."""
    real = Trainer.train_step

    def spoiling(self: Trainer) -> tuple[torch.Tensor, torch.Tensor]:
        told = real(self)
        if self.step == 40:  # a step that is saved
            poison_carry(self)
        return told

    trainer.train_step = spoiling.__get__(trainer)  # type: ignore[method-assign]


POISONS = [poison, poison_carry, poison_gradient, poison_moments, poison_after_the_step]


@pytest.mark.promise(25)
@pytest.mark.parametrize("act", POISONS)
def test_what_is_not_a_number_stops_the_run_and_is_never_saved(
    make_run: MakeRun, monkeypatch: pytest.MonkeyPatch, reached: Reached, act: Callable[[Trainer], None]
) -> None:
    run = make_run("mine", steps=10**6, checkpoint_steps=10, validate_every=0.05)
    poisoned: list[float] = []

    def acting(trainer: Trainer) -> None:
        poisoned.append(trainer.clock.elapsed)
        act(trainer)

    at_step(monkeypatch, 35, acting)
    with pytest.raises(TrainingError, match="checkpoint") as told:
        train(run)
    assert told.value.exit_status == 1
    assert run.status().state == "failed"
    noticed = read_rows(run.metrics).rows[-1].seconds - poisoned[0]
    assert noticed < ROWS_AT_LEAST
    assert 30 <= run.steps()[-1] < 40
    assert_finite(run)
    monkeypatch.undo()
    assert train(run, changes={"lr": 1e-3, "steps": 60}).step == 60
    reached(poisons=1, saved_as_newest_or_best=0, seconds_to_notice=noticed)


def assert_finite(run: Run) -> None:
    """Every checkpoint, the newest and the best among them, is made of finite numbers."""
    for number in run.steps():
        step = read_step(run.path, number)
        for name in ("model.safetensors", "trainer.safetensors"):
            for array in load(step.read(name)).values():
                assert array.dtype.kind != "f" or np.isfinite(array).all()
    best = run.best()
    assert best is not None
    assert best.manifest.validation is None or np.isfinite(best.manifest.validation)


@pytest.mark.promise(25)
@pytest.mark.parametrize("value", ["nan", "inf"])
def test_a_validation_that_is_not_a_number_is_never_newest_or_best(
    make_run: MakeRun, monkeypatch: pytest.MonkeyPatch, reached: Reached, value: str
) -> None:
    run = make_run("mine", steps=100, checkpoint_steps=10)

    def measure_badly(trainer: Trainer) -> None:
        measured = Measured(float(value), 1, whole=True)
        trainer.setting = replace(trainer.setting, measure=lambda *_, **__: measured)
        trainer.validate(Interruption())

    at_step(monkeypatch, 35, measure_badly)
    with pytest.raises(TrainingError, match=r"held out is no longer a number at step 35; the checkpoint of step 30"):
        train(run)
    assert run.steps()[-1] == 30
    assert_finite(run)
    reached(poisons=1, saved_as_newest_or_best=0)


@pytest.mark.promise(25)
@pytest.mark.parametrize("backend", ["rnn", "lstm", "gru", "minlstm", "nade"])
def test_a_rate_far_too_high_leaves_models_of_finite_numbers(make_run: MakeRun, reached: Reached, backend: str) -> None:
    settings = {"hidden": 12} if backend == "nade" else None
    wild = {"lr": 10.0, "clip": 0.0, "warmup": 0, "weight_decay": 10.0, "schedule": "constant"}
    run = make_run("mine", backend, settings, steps=60, checkpoint_steps=5, validate_every=0.01, **wild)
    with pytest.raises(TrainingError, match="number"):
        train(run)
    assert run.status().state == "failed"
    assert_finite(run)
    reached(rates_too_high=1, saved_as_newest_or_best=0)


@pytest.mark.promise(8)
def test_a_full_disk_costs_no_step_and_is_told(make_run: MakeRun, monkeypatch: pytest.MonkeyPatch) -> None:
    run = make_run("mine", steps=60, checkpoint_steps=10)
    monkeypatch.setattr(saving, "RETRY", 0.0)
    real = os.open

    def full(path: object, flags: int, mode: int = 0o777, **options: int) -> int:
        if flags & os.O_CREAT and "steps" in str(path):
            raise OSError(28, "No space left on device")
        return real(path, flags, mode, **options)  # type: ignore[arg-type]

    at_step(monkeypatch, 15, lambda _: monkeypatch.setattr(os, "open", full))
    at_step(monkeypatch, 45, lambda _: monkeypatch.setattr(os, "open", real))
    train(run)
    alarms = [row.text for row in read_rows(run.metrics).rows if isinstance(row, Noted) and row.event == "alarm"]
    assert alarms[0] == "checkpoint 20 was not saved (No space left on device); training goes on"
    assert alarms[1] == "checkpoints are saved again"
    saved = [row.step for row in read_rows(run.metrics).rows if isinstance(row, Saved)]
    assert 10 in saved
    assert not set(saved) & {20, 30, 40}
    assert saved[-1] == 60
    assert read_step(run.path, 60).number == 60


@pytest.mark.promise(8)
def test_a_disk_full_to_the_end_fails_the_run_and_names_the_last_good_step(
    make_run: MakeRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = make_run("mine", steps=30, checkpoint_steps=10)

    def refuse(*_: object, **__: object) -> bool:
        raise OSError(28, "No space left on device")

    at_step(monkeypatch, 15, lambda _: monkeypatch.setattr(saving, "write_step", refuse))
    with pytest.raises(TrainingError, match="the last good checkpoint is step 10"):
        train(run)
    assert run.steps()[-1] == 10


@pytest.mark.promise(8)
def test_a_log_on_a_full_disk_costs_no_training(make_run: MakeRun) -> None:
    run = make_run("mine", steps=20)

    def report(row: AnyRow) -> None:
        raise OSError(28, "No space left on device")

    assert train(run, report=report).step == 20


@pytest.mark.promise(8)
def test_rows_that_cannot_be_written_wait(make_run: MakeRun, monkeypatch: pytest.MonkeyPatch) -> None:
    run = make_run("mine", steps=40, checkpoint_steps=10)
    real = LineAppender.append

    def full(self: LineAppender, line: bytes) -> None:
        raise OSError(28, "No space left on device")

    shown: list[AnyRow] = []
    at_step(monkeypatch, 15, lambda _: monkeypatch.setattr(LineAppender, "append", full))
    at_step(monkeypatch, 35, lambda _: monkeypatch.setattr(LineAppender, "append", real))
    train(run, report=shown.append)
    found = read_rows(run.metrics).rows
    assert [row.step for row in found if isinstance(row, Saved)] == [0, 10, 20, 30, 40]
    assert any(isinstance(row, Noted) and row.event == "alarm" for row in shown)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_finishes_the_step_saves_and_ends(
    make_run: MakeRun, monkeypatch: pytest.MonkeyPatch, number: signal.Signals
) -> None:
    run = make_run("mine", steps=10**6)
    at_step(monkeypatch, 25, lambda _: os.kill(os.getpid(), number))
    outcome = train(run)
    assert (outcome.state, outcome.reason, outcome.step) == ("stopped", number.name, 26)
    assert run.steps()[-1] == 26
    assert run.status().state == "stopped"


@pytest.mark.promise(20)
@pytest.mark.parametrize(
    ("often", "steps", "state", "said"),
    [(1e-3, 10**6, "stopped", "SIGTERM"), (1e6, 30, "finished", "done; SIGTERM came before all was measured")],
)
def test_a_signal_cuts_a_validation_short(
    make_run: MakeRun, monkeypatch: pytest.MonkeyPatch, often: float, steps: int, state: str, said: str
) -> None:
    real = TextMaterial.measure

    def measure(*words: Any, **more: Any) -> Measured:
        os.kill(os.getpid(), signal.SIGTERM)
        return real(*words, **more)

    run = make_run("mine", steps=steps, validate_every=often)
    with monkeypatch.context() as patch:
        patch.setattr(TextMaterial, "measure", measure)
        outcome = train(run)
    assert (outcome.state, outcome.reason, outcome.measured) == (state, said, None)
    assert not any(isinstance(row, Validated) for row in read_rows(run.metrics).rows)
    assert run.steps()[-1] == outcome.step
    if state == "finished":
        straight = make_run("straight", steps=steps, validate_every=often)
        train(straight)
        one, other = (read_step(path, steps).read(TENSORS) for path in (run.path, straight.path))
        assert one == other


def test_what_is_asked_and_cannot_be_read_is_told(make_run: MakeRun, monkeypatch: pytest.MonkeyPatch) -> None:
    run = make_run("mine", steps=20)

    def damaged(_: Trainer) -> None:
        append_command(run.commands, StopRun())
        run.commands.write_bytes(run.commands.read_bytes().replace(b"stop", b"stoq"))

    at_step(monkeypatch, 5, damaged)
    assert train(run).step == 20
    assert "alarm" in events(run)


def test_a_run_obeys_what_is_asked_of_it(make_run: MakeRun) -> None:
    run = make_run("mine", steps=10**6)

    def person() -> None:
        wait_for(lambda: list_steps(run.path))
        append_command(run.commands, SetRate(1e-3))
        append_command(run.commands, SaveCheckpoint())
        wait_for(lambda: len(run.steps()) > 1)
        append_command(run.commands, PauseRun())
        wait_for(lambda: "paused" in events(run))
        append_command(run.commands, ResumeRun())
        wait_for(lambda: "resumed" in events(run))
        append_command(run.commands, StopRun())

    thread = threading.Thread(target=person)
    thread.start()
    outcome = train(run)
    thread.join()
    assert outcome.reason == "asked to stop"
    assert events(run) == ["rate", "paused", "resumed", "stopped"]
    last = [row for row in read_rows(run.metrics).rows if isinstance(row, Trained)][-1]
    assert last.lr <= 1e-3


def test_no_time_passes_and_no_step_is_taken_while_paused(make_run: MakeRun) -> None:
    run = make_run("mine", seconds=1.0)

    def person() -> None:
        wait_for(lambda: list_steps(run.path))
        append_command(run.commands, PauseRun())
        wait_for(lambda: "paused" in events(run))
        began = time.monotonic()
        wait_for(lambda: time.monotonic() - began > 1.2)
        append_command(run.commands, ResumeRun())

    thread = threading.Thread(target=person)
    thread.start()
    outcome = train(run)
    thread.join()
    assert outcome.state == "finished"
    assert outcome.seconds < 1.5
    paused, resumed = (row for row in read_rows(run.metrics).rows if isinstance(row, Noted) and row.event != "finished")
    assert (paused.event, resumed.event) == ("paused", "resumed")
    assert paused.step == resumed.step
    assert resumed.seconds - paused.seconds < 0.5


@pytest.mark.promise(3)
def test_a_damaged_checkpoint_is_named_and_the_older_one_taken(make_run: MakeRun) -> None:
    run = make_run("mine", steps=100, checkpoint_steps=20)
    train(run, until=50)
    newest = run.steps()[-1]
    damaged = step_path(run.path, newest) / "trainer.safetensors"
    damaged.write_bytes(damaged.read_bytes()[:-1])
    train(run)
    started = [row for row in read_rows(run.metrics).rows if isinstance(row, Started)]
    assert started[-1].step == 40
    assert f"checkpoint {newest} was left out" in started[-1].warnings[0]
    steps = [row.step for row in read_rows(run.metrics).rows]
    assert steps == sorted(steps)


def test_a_finished_run_goes_on_only_with_a_larger_limit_and_stays_finished(make_run: MakeRun) -> None:
    run = make_run("mine", steps=20)
    train(run)
    with pytest.raises(UsageError, match="is finished"):
        train(run)
    assert run.status().state == "finished"
    assert train(run, changes={"steps": 30}).step == 30
    with pytest.raises(UsageError, match="batch cannot change"):
        train(run, changes={"steps": 40, "batch": 8})


def test_a_run_does_not_go_on_with_another_text(make_run: MakeRun, text: Path) -> None:
    run = make_run("mine", steps=40)
    train(run, until=20)
    text.write_text(text.read_text()[::-1])
    with pytest.raises(RunError, match="has changed since the run began"):
        train(run)


def test_another_machine_set_up_is_told(make_run: MakeRun) -> None:
    run = make_run("mine", steps=40)
    train(run, until=20)
    train(run, changes={"threads": 2})
    started = [row for row in read_rows(run.metrics).rows if isinstance(row, Started)]
    assert "threads 1 -> 2" in started[-1].warnings[-1]
    torch.set_num_threads(1)


def test_the_best_step_is_the_one_with_the_lowest_validation_loss(make_run: MakeRun) -> None:
    run = make_run("mine", steps=150, validate_every=1e-3)
    outcome = train(run)
    losses = {row.step: row.loss for row in read_rows(run.metrics).rows if isinstance(row, Validated)}
    best = run.best()
    assert best is not None
    assert best.manifest.validation == outcome.best == min(loss for loss in losses.values() if loss is not None)
    assert outcome.measured is not None
    assert outcome.measured.nats == losses[150]


def test_a_model_that_is_counted_is_done_at_once(make_run: MakeRun) -> None:
    run = make_run("mine", "ngram", {"order": 3})
    outcome = train(run)
    assert (outcome.state, outcome.step) == ("finished", 1)
    assert outcome.measured is not None
    located, model = open_model(str(run.path))
    assert located.step == 1
    assert model.header.trained.validation_nats == outcome.measured.nats


def test_what_the_checkpoint_says_of_itself_is_what_was_measured(make_run: MakeRun) -> None:
    run = make_run("mine", steps=30)
    outcome = train(run)
    _, model = open_model(str(run.path))
    assert outcome.measured is not None
    trained = model.header.trained
    assert (trained.step, trained.validation_nats, trained.data) == (30, outcome.measured.nats, "text.txt")
    assert msgspec.json.decode(msgspec.json.encode(model.header)) is not None


def test_a_pipe_that_nobody_reads_any_more_stops_the_run_saved(make_run: MakeRun) -> None:
    run = make_run("mine", steps=10**6)
    told: list[AnyRow] = []

    def report(row: AnyRow) -> None:
        told.append(row)
        if isinstance(row, Trained):
            raise BrokenPipeError

    outcome = train(run, report=report)
    assert (outcome.state, outcome.reason) == ("stopped", "nobody reads what it prints")
    assert run.steps()[-1] == outcome.step >= told[-1].step
    assert run.status().state == "stopped"


def test_the_other_processes_end_last(make_run: MakeRun, monkeypatch: pytest.MonkeyPatch) -> None:
    """Their end starts the clock for this one, which may still have to wait for a full disk."""
    run, told = make_run("mine", steps=40), list[str]()

    class Watched(Ranks):
        def dismiss(self) -> None:
            told.extend(events(run))

    at_step(monkeypatch, 20, poison)
    with pytest.raises(TrainingError):
        train(run, ranks=Watched())
    assert told[-1] == "failed"
