"""A step never waits for its device; lower precision stays within the products; where there is CUDA, it follows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from grnn_tui.backends import tails
from grnn_tui.backends.modeldir import Header
from grnn_tui.backends.registry import backend_named
from grnn_tui.errors import UsageError
from grnn_tui.runs.commands import CommandReader
from grnn_tui.runs.request import Precision, TrainingOptions
from grnn_tui.training import feed as feeding
from grnn_tui.training.checkpointing import Machine
from grnn_tui.training.clock import TrainingClock
from grnn_tui.training.devices import prepare
from grnn_tui.training.feed import TextFeed
from grnn_tui.training.journal import Journal
from grnn_tui.training.loop import Setting, Trainer
from grnn_tui.training.optimising import Optimiser
from grnn_tui.training.saving import Saver
from grnn_tui.training.session import train
from grnn_tui.training.streams import Streams
from tests.support.models import WORDS, random_text
from tests.training.conftest import MakeRun

CPU = torch.device("cpu")
CELLS = ("rnn", "gru", "lstm")
cuda = pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no CUDA device here")
BIG = {"hidden": 24, "embedding": 6, "layers": 2}


def trainer(
    folder: Path, device: torch.device, backend: str = "gru", precision: Precision = "float32", **settings: Any
) -> Trainer:
    """Over a text of words, some of which end a paragraph, with an adaptive softmax if asked for."""
    prepare(device, torch.get_num_threads(), 0, precision)
    found = backend_named(backend)
    network = found.build_network(found.parse_settings(BIG | settings), WORDS).to(device).train()
    options = TrainingOptions(steps=1000, precision=precision, lr=1e-2, warmup=0, clip=0.5)
    header = Header(backend=backend, settings=settings, domain=WORDS)
    text = random_text(np.random.default_rng(0), WORDS, 5000).astype(np.uint8)
    text[::40] = text[1::40] = 3
    clock = TrainingClock()
    journal = Journal(folder / "metrics.jsonl", clock, None)
    return Trainer(
        Setting(options, header, None, Machine.here(device, 1), {}, device),
        network,
        TextFeed(Streams(text, 8, 20, 0, newline=3), device),
        Optimiser(network, options, device),
        clock,
        journal,
        Saver(folder, journal, clock, 2),
        CommandReader(folder / "commands.jsonl"),
    )


class Watch(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Notes whatever would wait for a device, or for a number of rows that it does not know."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.waited: list[str] = []

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        name = func.name()
        if any(part in name for part in ("_local_scalar_dense", "nonzero", "masked_select", "unique", "is_nonzero")):
            self.waited.append(name)
        return func(*args, **(kwargs or {}))


@pytest.fixture
def as_on_an_accelerator(monkeypatch: pytest.MonkeyPatch) -> None:
    """Data resident, stock modules, nothing asked: what a CUDA device would do, done here."""
    monkeypatch.setattr(feeding, "_resident", lambda values, device: torch.from_numpy(np.array(values)))
    monkeypatch.setattr("grnn_tui.backends.recurrent.cells.whole_sequence", lambda *_, **__: False)
    monkeypatch.setattr("grnn_tui.backends.output.PICKED_ON", "")
    monkeypatch.setattr(tails, "HEAD", 4)
    monkeypatch.setattr(tails, "BOUNDS", (4, 9))


@pytest.mark.parametrize("backend", [*CELLS, "mingru", "minlstm"])
def test_a_step_waits_for_nothing(backend: str, tmp_path: Path, as_on_an_accelerator: None) -> None:
    softmax: dict[str, Any] = {"softmax": "adaptive", "dropout": 0.2} if backend in CELLS else {}
    steady = trainer(tmp_path, CPU, backend, **softmax)
    steady.optimiser.ask = False
    steady.optimiser.device = torch.device("cuda")  # what decides whether the norm is looked at
    steady.train_step()
    with Watch() as watch:
        steady.train_step()
        steady.train_step()
    assert watch.waited == []
    with Watch() as watch:
        assert not steady.optimiser.bad
    assert watch.waited


def test_a_resident_text_is_read_as_any_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here = trainer(tmp_path, CPU)
    monkeypatch.setattr(feeding, "_resident", lambda values, device: torch.from_numpy(np.array(values)))
    there = trainer(tmp_path, CPU)
    carry = tuple(torch.randn(8, 2, 24) for _ in range(1))
    for _ in range(80):
        one, other = (each.feed.next(here.network, carry) for each in (here, there))
        assert torch.equal(one.x, other.x)
        assert (one.carry is None) == (other.carry is None)
        for mine, theirs in zip(one.carry or (), other.carry or (), strict=True):
            assert torch.equal(mine, theirs)


@pytest.mark.parametrize("backend", CELLS)
def test_bf16_follows_float32_and_leaves_the_weights_in_it(backend: str, tmp_path: Path) -> None:
    losses = []
    precisions: tuple[Precision, ...] = ("float32", "bf16")
    for precision in precisions:
        one = trainer(tmp_path, CPU, backend, precision)
        losses.append([float(one.train_step()[0]) for _ in range(30)])
        assert one.moving.carry is not None
        state = (*one.network.parameters(), *one.optimiser.state().values(), *one.moving.carry)
        assert {tensor.dtype for tensor in state} == {torch.float32}
    np.testing.assert_allclose(losses[1], losses[0], rtol=0.01)
    assert losses[0] != losses[1]
    assert losses[1][-1] < losses[1][0] - 0.05


def test_a_model_of_float32_alone_refuses_bf16(make_run: MakeRun) -> None:
    run = make_run("n", "nade", {"hidden": 8, "window": 4}, steps=2, precision="bf16")
    with pytest.raises(UsageError, match="leave out --precision bf16"):
        train(run)


@cuda
@pytest.mark.parametrize("precision", ["float32", "tf32", "bf16"])
@pytest.mark.parametrize("backend", CELLS)
def test_a_step_on_cuda_waits_for_nothing(backend: str, precision: Precision, tmp_path: Path) -> None:
    device = torch.device("cuda")
    steady = trainer(tmp_path, device, backend, precision, dropout=0.2)
    for _ in range(3):
        steady.train_step()
    torch.cuda.set_sync_debug_mode("error")
    try:
        for _ in range(5):
            steady.train_step()
    finally:
        torch.cuda.set_sync_debug_mode("default")
    assert not steady.optimiser.bad


@cuda
@pytest.mark.parametrize("backend", CELLS)
def test_training_on_cuda_follows_the_processor(backend: str, tmp_path: Path) -> None:
    losses = []
    for device in (CPU, torch.device("cuda")):
        one = trainer(tmp_path, device, backend)
        losses.append([float(one.train_step()[0]) for _ in range(40)])
    np.testing.assert_allclose(losses[1], losses[0], rtol=1e-3)
