"""Training on rows that follow one another: whole pieces, and only what is in them counts."""

from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from grnn_tui.backends.network import Network
from grnn_tui.data.row_form import RowForm
from grnn_tui.runs.request import DataRequest, TrainingOptions
from grnn_tui.training.evaluation import evaluate_rows
from grnn_tui.training.feed import PieceFeed
from grnn_tui.training.material import RowMaterial, read_material
from tests.support.models import make_row_network

CPU = torch.device("cpu")
LENGTHS = np.array([3, 1, 4, 2, 5, 1, 6, 2])
D = 5


def material(folder: Path) -> RowMaterial:
    rows = np.random.default_rng(0).integers(2, size=(LENGTHS.sum(), D), dtype=np.uint8)
    np.savez(folder / "roll.npz", train=rows, train_lengths=LENGTHS)
    read = read_material(DataRequest(sources=(str(folder / "roll.npz"),), rows=RowForm(), validation=0.5))
    assert isinstance(read, RowMaterial)
    return read


def network_for(read: RowMaterial) -> Network:
    return make_row_network("rnn-nade", read.domain, hidden=6, state=5)


def nats_of(network: Network, piece: NDArray[np.uint8]) -> float:
    with torch.no_grad():
        return -float(network.log_prob(torch.from_numpy(piece.astype(np.int64).reshape(1, -1)))[0].double().sum())


def nats_of_pieces(network: Network, rows: NDArray[np.uint8], pieces: NDArray[np.int64]) -> list[float]:
    return [nats_of(network, piece) for piece in np.split(rows, pieces.cumsum()[:-1])]


def test_a_batch_is_whole_pieces_of_which_the_filling_does_not_count(tmp_path: Path) -> None:
    read = material(tmp_path)
    network, training = network_for(read), read.divided.training
    assert training.pieces is not None
    feed = read.feed(TrainingOptions(batch=4, length=1, seed=0, steps=1), CPU)
    assert isinstance(feed, PieceFeed)
    assert (feed.windows, feed.length) == (1, int(training.pieces.max()) * D)
    batch = feed.next(network, None)
    with torch.no_grad():
        loss = float(batch.loss(network.log_prob(batch.x, batch.carry)[0]))
    assert batch.count == training.rows.size
    expected = sum(nats_of_pieces(network, training.rows, training.pieces)) / training.rows.size
    assert loss == pytest.approx(expected, abs=1e-5)


def test_the_feed_goes_on_from_a_cursor(tmp_path: Path) -> None:
    read = material(tmp_path)
    network, options = network_for(read), TrainingOptions(batch=1, length=1, seed=3, steps=1)
    feed, other = read.feed(options, CPU), read.feed(options, CPU)
    for _ in range(6):
        feed.next(network, None)
    other.restore(msgspec.json.decode(msgspec.json.encode(feed.cursor), type=type(feed.cursor)))
    assert feed.position == other.position == 1.5
    torch.testing.assert_close(feed.next(network, None).x, other.next(network, None).x)


def test_validation_carries_the_state_through_each_piece(tmp_path: Path) -> None:
    read = material(tmp_path)
    network, held = network_for(read), read.divided.held
    assert held.pieces is not None
    each = nats_of_pieces(network, held.rows, held.pieces)
    measured = read.measure(network, 1 << 20, CPU)
    assert measured.nats == pytest.approx(sum(each) / held.rows.size, abs=1e-6)
    assert (measured.symbols, measured.whole) == (held.rows.size, True)
    two = int(held.pieces[:2].sum()) * D
    part = evaluate_rows(network, held.rows, None, CPU, limit=two + 1, pieces=held.pieces)
    assert part.nats == pytest.approx(sum(each[:2]) / two, abs=1e-6)
    assert (part.symbols, part.whole) == (two, False)
    apart = evaluate_rows(network, held.rows, None, CPU)
    assert apart.nats != pytest.approx(measured.nats, abs=1e-4)
