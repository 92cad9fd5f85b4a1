"""Each process takes its share of every batch, and the shares make up the whole."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.distributed import HashStore  # type: ignore[attr-defined]

from grnn_tui.backends.registry import backend_named
from grnn_tui.data.row_form import RowForm
from grnn_tui.errors import UsageError
from grnn_tui.runs.place import Place
from grnn_tui.runs.request import DataRequest, TrainingOptions
from grnn_tui.training.heartbeat import SILENT, Heartbeat
from grnn_tui.training.material import read_material
from grnn_tui.training.ranks import Share

CPU = torch.device("cpu")
OPTIONS = TrainingOptions(batch=7, length=9)


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


def test_a_process_that_has_not_begun_is_waited_for() -> None:
    mine = Heartbeat(HashStore(), 0, 2)
    assert not any(mine._listen(beat) for beat in range(10 * SILENT))


@pytest.mark.parametrize(
    "place", [{}, {"RANK": "x"}, {"RANK": "2", "WORLD_SIZE": "2"}, {"RANK": "-1", "WORLD_SIZE": "2"}]
)
def test_a_place_that_makes_no_sense_is_refused(place: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    assert Place.found() is None
    for name, value in ({"TORCHELASTIC_RUN_ID": "x", "LOCAL_RANK": "0"} | place).items():
        monkeypatch.setenv(name, value)
    with pytest.raises(UsageError, match="torchrun"):
        Place.found()
