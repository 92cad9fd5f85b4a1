"""What a step trains on: windows of a text with state carried from one to the next, or rows in random order."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from grnn_tui.backends.network import Carry, Network
from grnn_tui.data.labelled import Labelled
from grnn_tui.data.table import Table
from grnn_tui.training.ranks import ALL, Share
from grnn_tui.training.streams import Cursor, Streams, generator_state, set_generator_state

_RESIDENT = 1 << 31
"""Bytes of data that are kept on an accelerator."""


@dataclass(frozen=True)
class Batch:
    """Symbols [batch, time] on the device, and the carry they are predicted from (None: the start state)."""

    x: Tensor
    carry: Carry | None
    count: int
    """How many symbols count, in the parts of all processes together."""
    weight: Tensor | None = None
    """1 where a symbol counts, 0 where it only fills up [batch, time]; None: all count."""

    def loss(self, log_prob: Tensor) -> Tensor:
        """Mean nats per symbol that counts, from `log_prob` [batch, time]; of a part, its share of that mean."""
        if self.weight is None and log_prob.numel() == self.count:
            return -log_prob.mean()
        weighed = log_prob if self.weight is None else log_prob * self.weight
        return -weighed.sum() / self.count


class Feed(Protocol):
    """Hands out one batch a step, and can go on from any step exactly."""

    batch: int
    """Items of a batch, over all processes."""
    length: int
    """Symbols of each item of a batch."""
    windows: int
    """Steps in an epoch."""
    carries: bool
    """Whether the carry after a batch belongs to the next one."""

    @property
    def position(self) -> float:
        """Epochs read so far."""

    @property
    def cursor(self) -> Cursor:
        """Where it stands."""

    def restore(self, cursor: Cursor) -> None:
        """Go on from `cursor`."""

    def next(self, network: Network, carry: Carry | None) -> Batch:
        """This process's part of the next batch; `carry` is what its part of the batch before left."""


class TextFeed:
    """Windows of parallel streams over a text; of every batch the `share` of this process."""

    carries = True

    def __init__(self, streams: Streams, device: torch.device, share: Share = ALL) -> None:
        self.streams = streams
        self._part = share.part(streams.batch)
        self.device = device
        self.batch, self.length, self.windows = streams.batch, streams.length, streams.windows
        self._text = _resident(streams.symbols, device)
        if self._text is not None:
            self._first = torch.arange(streams.batch, device=device)[self._part] * streams.piece
            self._along = torch.arange(streams.length, device=device)

    @property
    def position(self) -> float:
        """Epochs read so far."""
        return self.streams.position

    @property
    def cursor(self) -> Cursor:
        """Where the streams are."""
        return self.streams.cursor

    def restore(self, cursor: Cursor) -> None:
        """Go on from `cursor`."""
        self.streams.restore(cursor)

    def next(self, network: Network, carry: Carry | None) -> Batch:
        """The next window of each stream."""
        starts, fresh = self.streams.next_starts()
        shift, starts = int(starts[0]), starts[self._part]
        begins = self.streams.begins(starts)
        if self._text is None:
            x = torch.from_numpy(self.streams.gather(starts)).to(self.device)
            mask = torch.from_numpy(begins).to(self.device)
        else:  # found where the text lies: nothing is copied there, and nothing waited for
            first = self._first + shift
            x = self._at(first[:, None] + self._along).long()
            newline = -1 if self.streams.newline is None else self.streams.newline
            mask = self._at(first - 1) == newline
            if self.streams.blank_lines:
                mask &= self._at(first - 2) == newline
        if fresh or carry is None or not begins.any():
            return Batch(x, None if fresh else carry, self.batch * self.length)
        start = network.start(begins.size)
        views = (mask.view(-1, *[1] * (c.ndim - 1)) for c in carry)
        carry = tuple(torch.where(view, s, c) for view, s, c in zip(views, start, carry, strict=True))
        return Batch(x, carry, self.batch * self.length)

    def _at(self, places: Tensor) -> Tensor:
        """The symbols at `places` of the text, taken as a ring, that lies on the device."""
        assert self._text is not None
        return self._text[places % self._text.numel()]


class Shuffled:
    """Items in an order drawn anew each epoch; the last, smaller part of an epoch is left to another one."""

    carries = False

    def __init__(self, items: int, batch: int, seed: int, share: Share = ALL) -> None:
        self.items = items
        self.batch = min(batch, items)
        self.part = share.part(self.batch)
        """Which items of a batch are those of this process."""
        self.windows = items // self.batch
        self._generator = np.random.Generator(np.random.PCG64(seed))
        self._begin(0, 0)

    def _begin(self, epoch: int, window: int) -> None:
        self.epoch, self.window = epoch, window
        self._state = generator_state(self._generator)
        self._order = self._generator.permutation(self.items)

    @property
    def position(self) -> float:
        """Epochs read so far."""
        return self.epoch + self.window / self.windows

    @property
    def cursor(self) -> Cursor:
        """Epoch and batch, and the generator as it was before this epoch's order was drawn."""
        return Cursor(epoch=self.epoch, window=self.window, shift=0, generator=self._state)

    def restore(self, cursor: Cursor) -> None:
        """Go on from `cursor`."""
        set_generator_state(self._generator, cursor.generator)
        self._begin(cursor.epoch, cursor.window)

    def next_items(self) -> NDArray[np.int64]:
        """Which items are next [batch], over all processes."""
        if self.window == self.windows:
            self._begin(self.epoch + 1, 0)
        index = self._order[self.window * self.batch : (self.window + 1) * self.batch]
        self.window += 1
        return index


class RowFeed(Shuffled):
    """Whole rows [n, D], each from the start state."""

    def __init__(
        self,
        rows: NDArray[Any],
        told: NDArray[np.float32] | None,
        batch: int,
        seed: int,
        device: torch.device,
        share: Share = ALL,
    ) -> None:
        super().__init__(rows.shape[0], batch, seed, share)
        self.length = rows.shape[1]
        self.device = device
        self._rows = rows
        self._told = told
        self._resident = _resident(rows, device)

    def next(self, network: Network, carry: Carry | None) -> Batch:
        """The next rows, and the start state they are told."""
        del carry
        index = self.next_items()[self.part]
        if self._resident is None:
            x = as_symbols(self._rows[index]).to(self.device)
        else:
            x = self._resident[torch.from_numpy(index).to(self.device)]
            x = x if x.is_floating_point() else x.long()
        carry = start_told(network, None if self._told is None else self._told[index], self.device)
        return Batch(x, carry, self.batch * self.length)


class PieceFeed(Shuffled):
    """Whole pieces of rows that follow one another, each from the start state; shorter ones are filled up."""

    def __init__(
        self,
        table: Table,
        told: NDArray[np.float32] | None,
        batch: int,
        seed: int,
        device: torch.device,
        share: Share = ALL,
    ) -> None:
        super().__init__(table.items, batch, seed, share)
        assert table.pieces is not None
        self.rows, self.pieces, self.told = table.rows, table.pieces, told
        self.length = int(self.pieces.max()) * table.domain.length
        self.device = device

    def next(self, network: Network, carry: Carry | None) -> Batch:
        """The next pieces, and the start state they are told."""
        del carry
        items = self.next_items()
        part = piece_batch(network, self.rows, self.pieces, items[self.part], self.told, self.device)
        return replace(part, count=int(self.pieces[items].sum()) * self.rows.shape[1])


def piece_batch(
    network: Network,
    rows: NDArray[Any],
    pieces: NDArray[np.int64],
    index: NDArray[np.int64],
    told: NDArray[np.float32] | None,
    device: torch.device,
) -> Batch:
    """The pieces at `index` of those that `rows` [n, D] fall into, filled up to the longest of them.

    A piece is told what `told` [n, size] says of its first row.
    """
    lengths = pieces[index]
    starts = pieces.cumsum()[index] - lengths
    places = np.arange(lengths.max())
    inside = places < lengths[:, None]
    x = rows[np.where(inside, starts[:, None] + places, starts[:, None])]
    D = rows.shape[1]
    return Batch(
        x=as_symbols(x.reshape(len(index), -1)).to(device),
        carry=start_told(network, None if told is None else told[starts], device),
        count=int(lengths.sum()) * D,
        weight=torch.from_numpy(inside.repeat(D, axis=1)).to(device),
    )


class LineFeed(Shuffled):
    """Whole lines, each from the start state that its label makes; shorter ones are filled up."""

    def __init__(self, lines: Labelled, batch: int, seed: int, device: torch.device, share: Share = ALL) -> None:
        super().__init__(len(lines), batch, seed, share)
        self.lines = lines
        self.length = int(np.diff(lines.starts).max())
        self.device = device

    def next(self, network: Network, carry: Carry | None) -> Batch:
        """The next lines, and the start state they are told."""
        del carry
        items = self.next_items()
        part = line_batch(network, self.lines, items[self.part], self.device)
        return replace(part, count=int((self.lines.starts[items + 1] - self.lines.starts[items]).sum()))


def line_batch(network: Network, lines: Labelled, index: NDArray[np.int64], device: torch.device) -> Batch:
    """The lines at `index`, filled up to the longest of them."""
    starts, lengths = lines.starts[index], lines.starts[index + 1] - lines.starts[index]
    places = np.arange(lengths.max())
    inside = places < lengths[:, None]
    x = lines.symbols[np.where(inside, starts[:, None] + places, starts[:, None])]
    told = np.eye(len(lines.classes), dtype=np.float32)[lines.labels[index]]
    return Batch(
        x=as_symbols(x).to(device),
        carry=start_told(network, told, device),
        count=int(lengths.sum()),
        weight=torch.from_numpy(inside).to(device),
    )


def as_symbols(rows: NDArray[Any]) -> Tensor:
    """Rows as networks take them: int64, or float64 where values are real."""
    return torch.from_numpy(np.asarray(rows, dtype=np.float64 if rows.dtype.kind == "f" else np.int64))


def start_told(network: Network, conditions: NDArray[np.float32] | None, device: torch.device) -> Carry | None:
    """The start state of rows that are told `conditions` [batch, size]; None: they are told nothing."""
    if conditions is None:
        return None
    return network.start(len(conditions), torch.from_numpy(conditions).to(device))


def _resident(values: NDArray[Any], device: torch.device) -> Tensor | None:
    """The data on an accelerator, if it is one and they are not huge."""
    if device.type == "cpu" or values.nbytes > _RESIDENT:
        return None
    array = np.array(values)
    return torch.from_numpy(array if array.dtype.kind == "f" or array.dtype == np.uint8 else array.astype(np.int32)).to(
        device
    )
