"""Each process takes its share of every batch, and the shares make up the whole."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.distributed import HashStore  # type: ignore[attr-defined]

from grnn_tui.backends.modeldir import Header
from grnn_tui.backends.network import Carry
from grnn_tui.backends.registry import backend_named
from grnn_tui.data.row_form import RowForm
from grnn_tui.data.vocabulary import Vocabulary
from grnn_tui.errors import TrainingError, UsageError
from grnn_tui.runs.checkpoint import Step, read_step, write_step
from grnn_tui.runs.place import Place
from grnn_tui.runs.request import DataRequest, TrainingOptions
from grnn_tui.training.checkpointing import (
    Machine,
    Moving,
    Progress,
    checkpoint_files,
    own_part,
    random_states,
    restore,
)
from grnn_tui.training.heartbeat import SILENT, Heartbeat
from grnn_tui.training.material import read_material
from grnn_tui.training.randomness import same_randomness, seed_all, seed_rank
from grnn_tui.training.ranks import Ranks, Share

CPU = torch.device("cpu")
OPTIONS = TrainingOptions(batch=7, length=9)
VOCABULARY = Vocabulary(unit="character", symbols=tuple("abcd"))


@pytest.mark.parametrize("batch", [1, 2, 7, 32])
@pytest.mark.parametrize("of", [1, 2, 3, 7])
def test_shares_are_even_and_make_up_the_batch(batch: int, of: int) -> None:
    shares = [list(range(batch))[Share(rank, of).part(batch)] for rank in range(of)]
    assert [item for share in shares for item in share] == list(range(batch))
    assert max(map(len, shares)) - min(map(len, shares)) <= 1


def text(_: Path) -> DataRequest:
    return DataRequest(sources=("reber",), size=3000)


def lines(_: Path) -> DataRequest:
    return DataRequest(sources=("names",), size=3000, condition="label")


def rows(_: Path) -> DataRequest:
    return DataRequest(sources=("bars-and-stripes",), size=100, rows=RowForm())


def pieces(folder: Path) -> DataRequest:
    luck = np.random.default_rng(0)
    lengths = np.array([3, 6, 2, 9, 10] * 3)
    np.savez(folder / "roll.npz", train=(luck.random((90, 5)) < 0.5).astype(np.uint8), train_lengths=lengths)
    return DataRequest(sources=(str(folder / "roll.npz"),), rows=RowForm(), validation=0.3)


@pytest.mark.parametrize(
    ("data", "backend"), [(text, "gru"), (lines, "lstm"), (rows, "binary-nade"), (pieces, "rnn-nade")]
)
@pytest.mark.parametrize("of", [2, 3])
def test_shares_of_a_step_add_up_to_the_step(
    data: Callable[[Path], DataRequest], backend: str, of: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GRNN_TUI_CACHE", str(tmp_path / "cache"))
    material = read_material(data(tmp_path))
    found = backend_named(backend)
    torch.manual_seed(0)
    network = found.build_network(found.parse_settings({"hidden": 6}), material.domain).eval()

    def steps(share: Share) -> list[tuple[torch.Tensor, list[torch.Tensor]]]:
        """Loss and gradients of six steps, state carried along."""
        feed, carry, taken = material.feed(OPTIONS, CPU, share), None, []
        for _ in range(6):
            network.zero_grad()
            batch = feed.next(network, carry)
            log_prob, after = network.log_prob(batch.x, batch.carry)
            loss = batch.loss(log_prob)
            loss.backward()  # type: ignore[no-untyped-call]
            carry = tuple(c.detach() for c in after) if feed.carries else None
            grads = [torch.zeros_like(p) if p.grad is None else p.grad.clone() for p in network.parameters()]
            taken.append((loss.detach(), grads))
        return taken

    whole = steps(Share())
    shares = [steps(Share(rank, of)) for rank in range(of)]
    for (loss, grads), *parts in zip(whole, *shares, strict=True):
        torch.testing.assert_close(sum(part[0] for part in parts), loss, rtol=1e-5, atol=1e-6)
        for i, grad in enumerate(grads):
            torch.testing.assert_close(sum(part[1][i] for part in parts), grad, rtol=1e-4, atol=1e-6)


def test_a_process_that_stands_still_is_noticed_and_one_that_beats_is_not() -> None:
    store = HashStore()
    mine, others = Heartbeat(store, 0, 3), [Heartbeat(store, rank, 3) for rank in (1, 2)]
    for beat in range(100):
        assert [heart._listen(beat) for heart in (*others, mine)] == [None] * 3
    heard: list[int | None] = []
    while not heard or heard[-1] is None:
        assert others[0]._listen(100 + len(heard)) is None
        heard.append(mine._listen(100 + len(heard)))
    assert heard[-1] == 2
    assert SILENT <= len(heard) <= SILENT + 1


def test_a_process_that_stands_still_before_its_first_beat_is_noticed_too() -> None:
    mine = Heartbeat(HashStore(), 0, 2)
    assert [mine._listen(beat) for beat in range(SILENT)] == [None] * (SILENT - 1) + [1]


@pytest.mark.parametrize(
    "place", [{}, {"RANK": "x"}, {"RANK": "2", "WORLD_SIZE": "2"}, {"RANK": "-1", "WORLD_SIZE": "2"}]
)
def test_a_place_that_makes_no_sense_is_refused(place: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    assert Place.found() is None
    for name, value in ({"TORCHELASTIC_RUN_ID": "x", "LOCAL_RANK": "0"} | place).items():
        monkeypatch.setenv(name, value)
    with pytest.raises(UsageError, match="torchrun"):
        Place.found()


class Seat(Ranks):
    """One of two processes, whose parts of a checkpoint are handed over by the test."""

    def __init__(self, rank: int, parts: list[bytes]) -> None:
        self.share = Share(rank, 2)
        self.parts = parts

    def gather(self, part: bytes) -> list[bytes]:
        return [part, *self.parts]


def moving(ranks: Ranks, weight: float = 0.0, *, held: bool = True) -> Moving:
    """A process with carried state of its own: the streams that it has of four."""
    gru = backend_named("gru")
    torch.manual_seed(0)
    network = gru.build_network(gru.parse_settings({"hidden": 3, "embedding": 2}), VOCABULARY)
    with torch.no_grad():
        next(network.parameters()).add_(weight)
    carry: Carry | None = (torch.arange(12.0).view(4, 3)[ranks.share.part(4)],) if held else None
    return Moving(network, None, None, carry, CPU, ranks)


def states() -> tuple[object, ...]:
    """What each generator gives next."""
    with same_randomness():
        return random.random(), float(np.random.random()), float(np.random.normal()), float(torch.rand(()))


def progress_now() -> Progress:
    machine = Machine.here(CPU, 1, 2)
    counters = {"step": 5, "seconds": 1.0, "tokens": 9, "best": None, "options": TrainingOptions(), "machine": machine}
    return Progress(**counters, **random_states())  # type: ignore[arg-type]


@pytest.fixture
def saved(tmp_path: Path) -> tuple[Step, Progress, tuple[object, ...], tuple[object, ...]]:
    """A checkpoint of two processes, its counters, and what the generators of each would give next."""
    header = Header(backend="gru", settings={"hidden": 3, "embedding": 2}, domain=VOCABULARY)
    parts: list[bytes] = []
    other, leader = moving(Seat(1, [])), moving(Seat(0, parts))
    seed_all(3)
    seed_rank(3, 1)
    np.random.normal()  # leaves another one waiting
    second = states()
    parts.append(own_part(other))
    seed_all(3)
    first, progress = states(), progress_now()
    files = checkpoint_files(header, progress, leader)
    write_step(tmp_path, 5, files)
    return read_step(tmp_path, 5), progress, first, second


Saved = tuple[Step, Progress, tuple[object, ...], tuple[object, ...]]


def test_each_process_gets_back_its_own_streams_and_generators(saved: Saved) -> None:
    step, progress, first, second = saved
    assert first != second
    for rank, drawn in enumerate((first, second)):
        seed_all(99)
        back = moving(Seat(rank, []), held=False)
        restore(step, progress, back)
        assert states() == drawn
        assert back.carry is not None
        assert back.carry[0].tolist() == torch.arange(12.0).view(4, 3)[2 * rank : 2 * rank + 2].tolist()


def test_one_process_goes_on_with_the_streams_of_two_and_three_with_generators_of_their_own(saved: Saved) -> None:
    step, progress, first, _ = saved
    alone = moving(Ranks(), held=False)
    restore(step, progress, alone)
    assert states() == first
    assert alone.carry is not None
    assert alone.carry[0].shape == (4, 3)
    third = Seat(2, [])
    third.share = Share(2, 3)
    joined = moving(third, held=False)
    restore(step, progress, joined)
    assert states() != first
    assert joined.carry is not None
    assert joined.carry[0].tolist() == torch.arange(12.0).view(4, 3)[2:].tolist()


def test_processes_that_drifted_apart_are_not_saved() -> None:
    part = own_part(moving(Seat(1, []), weight=1e-6))
    with pytest.raises(TrainingError, match="processes 0 and 1 no longer have the same weights"):
        checkpoint_files(Header(backend="gru", settings={}, domain=VOCABULARY), progress_now(), moving(Seat(0, [part])))
