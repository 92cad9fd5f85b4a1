"""A run that was interrupted is, byte for byte, the run that was not; and these tests notice every loss."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
import torch
from safetensors.numpy import load, save
from torch import Tensor

from grnn_tui.backends.network import Carry
from grnn_tui.backends.recurrent.network import GRUNetwork
from grnn_tui.backends.registry import backend_named, backends
from grnn_tui.data.row_domain import RowDomain
from grnn_tui.data.row_form import RowForm
from grnn_tui.errors import GrnnError
from grnn_tui.playing.generation import generate_symbols
from grnn_tui.playing.known import planned
from grnn_tui.playing.row_drawing import draw_rows
from grnn_tui.playing.sampling import Sampling
from grnn_tui.runs.checkpoint import step_path, write_step
from grnn_tui.runs.commands import CommandReader, SetRate
from grnn_tui.runs.directory import Run
from grnn_tui.runs.locate import open_model
from grnn_tui.runs.request import DataRequest
from grnn_tui.training.checkpointing import STATE, TENSORS, Progress
from grnn_tui.training.session import train
from tests.support.promises import Harm, Reached
from tests.training.conftest import MakeRun

STEPS = 200
QUICK = 28
"""Steps that still cross from one epoch into the next."""
FILES = ("model.safetensors", TENSORS)


class NoisyNetwork(GRUNetwork):
    """A network that draws from every generator there is while it trains."""

    def log_prob(self, x: Tensor, carry: Carry | None = None) -> tuple[Tensor, Carry]:
        log_prob, after = super().log_prob(x, carry)
        if self.training:
            log_prob = log_prob * (1 + 0.1 * random.random() + 0.1 * np.random.random() + 0.1 * torch.rand(()))
        return log_prob, after


@pytest.fixture
def noisy(monkeypatch: pytest.MonkeyPatch) -> None:
    """`gru` stands for the noisy network."""
    backend = replace(backend_named("gru"), network=f"{__name__}:NoisyNetwork")
    monkeypatch.setattr("grnn_tui.training.session.backend_named", lambda name: backend)


def contents(run: Run, steps: int) -> dict[str, bytes]:
    """Weights, optimiser, carried state and generators at the end, and what the model writes or draws."""
    step = run.newest()
    assert step is not None
    assert step.number == steps
    _, model = open_model(str(run.path))
    player, domain = model.open_player(), model.header.domain
    if isinstance(domain, RowDomain):
        written = b"".join(part.rows.tobytes() for part in draw_rows(planned(player, domain), 7, 4, Sampling()))
    else:
        drawn = generate_symbols(player, model.header.vocabulary, "the", 50, Sampling(), 7)
        written = bytes(symbol for symbol, _ in drawn)
    return {name: step.read(name) for name in FILES} | {"sample": written}


DROPPED = {"hidden": 12, "embedding": 6, "dropout": 0.2}
CELLS: list[tuple[str, str, dict[str, Any]]] = [
    ("rnn", "text", DROPPED | {"layers": 2}),
    ("lstm", "text", DROPPED | {"layers": 2}),
    ("gru", "text", DROPPED | {"layers": 2}),
    ("mingru", "text", DROPPED),
    ("minlstm", "text", DROPPED),
    ("gru", "text", {"hidden": 8, "embedding": 6, "particles": 3, "layers": 2}),
    ("lstm", "text", {"hidden": 8, "embedding": 6, "particles": 2, "noise": 0.1, "layers": 2}),
    ("nade", "text", {"hidden": 12, "window": 5, "dropout": 0.2}),
    ("binary-nade", "bars-and-stripes", {"hidden": 8}),
    ("binary-nade", "bars-and-stripes", {"hidden": 8, "order_agnostic": True}),
    ("gru", "ising", {"hidden": 6, "embedding": 0}),
    ("rnade", "ar1-gaussian", {"hidden": 8, "components": 2}),
    ("rowlstm", "bars-and-stripes", {"hidden": 3, "layers": 2, "head": 4}),
    ("diagonal", "bars-and-stripes", {"hidden": 3, "layers": 2, "head": 4}),
    ("rnn-nade", "rolls", {"hidden": 6, "state": 5, "dropout": 0.3}),
]
"""Backend, data, settings: with dropout or other noise where there is any."""


def test_every_kind_that_follows_gradients_is_among_them() -> None:
    assert {name for name, _, _ in CELLS} == {name for name, b in backends().items() if b.learning == "gradient"}


def data_of(name: str, text: Path) -> DataRequest:
    if name == "text":
        return DataRequest(sources=(str(text),))
    if name != "rolls":
        return DataRequest(sources=(name,), rows=RowForm(), size=100)
    pieces = text.with_name("rolls.npz")
    luck = np.random.default_rng(0)
    moments = np.array([(luck.random((luck.integers(5, 20), 8)) < 0.3).astype(np.float32) for _ in range(60)], object)
    lengths = np.array([len(piece) for piece in moments])
    np.savez(pieces, x=np.concatenate(list(moments)), x_lengths=lengths)
    return DataRequest(sources=(str(pieces),), rows=RowForm(), validation=0.2)


@pytest.mark.promise(6)
@pytest.mark.parametrize(("backend", "data", "settings"), CELLS, ids=str)
def test_interrupted_runs_end_with_the_same_bytes(
    make_run: MakeRun, text: Path, harm: Harm, reached: Reached, backend: str, data: str, settings: dict[str, Any]
) -> None:
    steps = harm(QUICK, STEPS)
    options = {"steps": steps, "batch": 16, "data": data_of(data, text)}
    straight = make_run("straight", backend, settings, **options)
    train(straight)
    expected = contents(straight, steps)
    for pauses in ((steps // 4, steps // 2, steps * 3 // 4), (113,))[: harm(1, 2)]:
        run = make_run(f"paused-{len(pauses)}", backend, settings, **options)
        for until in pauses:
            assert train(run, until=until).state == "stopped"
        assert train(run).state == "finished"
        assert contents(run, steps) == expected
    reached(runs_resumed=harm(1, 2), different_bytes=0)


@pytest.mark.promise(6)
def test_validating_and_saving_on_the_way_changes_nothing(make_run: MakeRun, noisy: None) -> None:
    straight = make_run("straight", steps=QUICK, batch=16)
    train(straight)
    busy = make_run("busy", steps=QUICK, batch=16, validate_every=1e-3, checkpoint_every=1e-3, checkpoint_steps=7)
    train(busy)
    assert contents(busy, QUICK) == contents(straight, QUICK)


def without(prefix: str) -> Callable[[Progress, dict[str, Any]], Progress]:
    def drop(progress: Progress, arrays: dict[str, Any]) -> Progress:
        for name in [name for name in arrays if name.startswith(prefix)]:
            del arrays[name]
        return progress

    return drop


def reseeded(name: str) -> Callable[[Progress, dict[str, Any]], Progress]:
    def reseed(progress: Progress, arrays: dict[str, Any]) -> Progress:
        if name == "torch":
            arrays["random/torch"] = torch.Generator().manual_seed(9).get_state().numpy()
        if name == "numpy":
            arrays["random/numpy"] = np.random.RandomState(9).get_state(legacy=True)[1]  # type: ignore[index]
        if name == "python":
            version, words, _ = random.Random(9).getstate()
            return msgspec.structs.replace(progress, python_random=(version, list(words), None))
        return progress

    return reseed


def changed(**fields: Any) -> Callable[[Progress, dict[str, Any]], Progress]:
    return lambda progress, _: msgspec.structs.replace(progress, **fields)


def cursor(**fields: Any) -> Callable[[Progress, dict[str, Any]], Progress]:
    def move(progress: Progress, _: dict[str, Any]) -> Progress:
        assert progress.cursor is not None
        return msgspec.structs.replace(progress, cursor=msgspec.structs.replace(progress.cursor, **fields))

    return move


def blank_weights(arrays: dict[str, Any]) -> dict[str, Any]:
    return {name: np.zeros_like(array) + np.float32(0.01) for name, array in arrays.items()}


MUTATIONS: dict[str, Callable[[Progress, dict[str, Any]], Progress]] = {
    "nothing": lambda progress, _: progress,
    "optimiser": without("optimiser/"),
    "second moments": without("optimiser/output_bias/exp_avg_sq"),
    "carried state": without("carry/"),
    "torch generator": reseeded("torch"),
    "numpy generator": reseeded("numpy"),
    "python generator": reseeded("python"),
    "place in the text": cursor(window=0),
    "shift of the text": cursor(shift=0),
    "data generator": cursor(generator="1 3 0 0"),
    "epoch": cursor(epoch=0),
    "rate that was set": changed(scale=1.0),
    "step of the schedule": changed(step=0),
    "options": lambda p, _: msgspec.structs.replace(p, options=msgspec.structs.replace(p.options, clip=1e-3)),
    "weights": lambda progress, _: progress,
}
HARMLESS = {"nothing", "epoch"}
"""The epoch is counted for people; no byte of the model depends on it."""


@pytest.mark.promise(7)
def test_what_a_checkpoint_loses_is_noticed(
    make_run: MakeRun, noisy: None, monkeypatch: pytest.MonkeyPatch, harm: Harm, reached: Reached
) -> None:
    steps = harm(40, STEPS)  # the first half ends in the second epoch
    asked = iter([[], [SetRate(2e-2)]])
    monkeypatch.setattr(CommandReader, "poll", lambda self: next(asked, []))
    straight = make_run("straight", steps=steps, batch=16)
    train(straight)
    expected = contents(straight, steps)
    asked = iter([[], [SetRate(2e-2)]])
    paused = make_run("paused", steps=steps, batch=16)
    train(paused, until=steps // 2)
    same: dict[str, bool] = {}
    for lost in MUTATIONS:
        run = Run(paused.path.with_name(lost.replace(" ", "-")))
        shutil.copytree(paused.path, run.path)
        mutate(run, lost, steps // 2)
        try:
            train(run)
            same[lost] = contents(run, steps) == expected
        except GrnnError:
            same[lost] = False
    assert {lost for lost in same if same[lost]} == HARMLESS
    reached(losses_tried=len(same) - len(HARMLESS), losses_caught=len(same) - len(HARMLESS))


def mutate(run: Run, lost: str, at: int) -> None:
    """Save the checkpoint of step `at` again, without something."""
    step = run.newest()
    assert step is not None
    files = {name: step.read(name) for name in step.manifest.files}
    progress, arrays = msgspec.json.decode(files[STATE], type=Progress), load(files[TENSORS])
    progress = MUTATIONS[lost](progress, arrays)
    files |= {STATE: msgspec.json.encode(progress), TENSORS: save(arrays)}
    if lost == "weights":
        files["model.safetensors"] = save(blank_weights(load(files["model.safetensors"])))
    shutil.rmtree(step_path(run.path, at))
    write_step(run.path, at, files)
