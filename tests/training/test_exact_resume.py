"""A run that was interrupted is, byte for byte, the run that was not; and these tests notice every loss."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import msgspec
import numpy as np
import pytest
import torch
from safetensors.numpy import load, save
from torch import Tensor

from grnn_tui.backends.network import Carry
from grnn_tui.backends.recurrent.network import GRUNetwork
from grnn_tui.backends.registry import backend_named
from grnn_tui.playing.generation import generate_symbols
from grnn_tui.playing.sampling import Sampling
from grnn_tui.runs.checkpoint import step_path, write_step
from grnn_tui.runs.commands import CommandReader, SetRate
from grnn_tui.runs.directory import Run
from grnn_tui.runs.locate import open_model
from grnn_tui.training.checkpointing import STATE, TENSORS, Progress
from grnn_tui.training.session import train
from tests.training.conftest import MakeRun

STEPS = 200
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


def contents(run: Run) -> dict[str, bytes]:
    """Weights, optimiser, carried state and generators at the end, and a text the model writes."""
    step = run.newest()
    assert step is not None
    assert step.number == STEPS
    _, model = open_model(str(run.path))
    drawn = generate_symbols(model.open_player(), model.header.vocabulary, "the", 50, Sampling(), 7)
    return {name: step.read(name) for name in FILES} | {"sample": bytes(symbol for symbol, _ in drawn)}


@pytest.mark.parametrize(
    ("backend", "settings"),
    [
        ("rnn", {"hidden": 12, "embedding": 6, "dropout": 0.2, "layers": 2}),
        ("lstm", {"hidden": 12, "embedding": 6, "dropout": 0.2, "layers": 2}),
        ("gru", {"hidden": 12, "embedding": 6, "dropout": 0.2, "layers": 2}),
        ("mingru", {"hidden": 12, "embedding": 6, "dropout": 0.2}),
        ("minlstm", {"hidden": 12, "embedding": 6, "dropout": 0.2}),
        ("gru", {"hidden": 8, "embedding": 6, "particles": 3, "layers": 2}),
        ("lstm", {"hidden": 8, "embedding": 6, "particles": 2, "noise": 0.1, "layers": 2}),
        ("nade", {"hidden": 12, "window": 5, "dropout": 0.2}),
    ],
)
def test_interrupted_runs_end_with_the_same_bytes(make_run: MakeRun, backend: str, settings: dict[str, Any]) -> None:
    straight = make_run("straight", backend, settings, steps=STEPS)
    train(straight)
    for pauses in ((50, 100, 150), (113,)):
        run = make_run(f"paused-{len(pauses)}", backend, settings, steps=STEPS)
        for until in pauses:
            assert train(run, until=until).state == "stopped"
        assert train(run).state == "finished"
        assert contents(run) == contents(straight)


def test_validating_and_saving_on_the_way_changes_nothing(make_run: MakeRun, noisy: None) -> None:
    straight = make_run("straight", steps=STEPS)
    train(straight)
    busy = make_run("busy", steps=STEPS, validate_every=1e-3, checkpoint_every=1e-3, checkpoint_steps=7)
    train(busy)
    assert contents(busy) == contents(straight)


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


@pytest.mark.parametrize("lost", MUTATIONS)
def test_what_a_checkpoint_loses_is_noticed(
    make_run: MakeRun, noisy: None, monkeypatch: pytest.MonkeyPatch, lost: str
) -> None:
    asked = iter([[], [SetRate(2e-2)]])
    monkeypatch.setattr(CommandReader, "poll", lambda self: next(asked, []))
    straight = make_run("straight", steps=STEPS)
    train(straight)

    asked = iter([[], [SetRate(2e-2)]])
    run = make_run("paused", steps=STEPS)
    train(run, until=100)
    mutate(run, lost)
    try:
        train(run)
    except Exception:
        assert lost not in HARMLESS
        return
    same = [name for name, content in contents(run).items() if content == contents(straight)[name]]
    assert ("model.safetensors" in same) == (lost in HARMLESS)


def mutate(run: Run, lost: str) -> None:
    """Save the checkpoint of step 100 again, without something."""
    step = run.newest()
    assert step is not None
    files = {name: step.read(name) for name in step.manifest.files}
    progress, arrays = msgspec.json.decode(files[STATE], type=Progress), load(files[TENSORS])
    progress = MUTATIONS[lost](progress, arrays)
    files |= {STATE: msgspec.json.encode(progress), TENSORS: save(arrays)}
    if lost == "weights":
        files["model.safetensors"] = save(blank_weights(load(files["model.safetensors"])))
    shutil.rmtree(step_path(run.path, 100))
    write_step(run.path, 100, files)
