"""Nats per symbol on held-out text, as one pass with carried state would measure it, but in parallel.

The text is cut into pieces that are read side by side. Each but the first is warmed up on the `WARM_UP` symbols before
it, unscored, so that its state is what a single pass would have brought there: the result agrees with that of a single
pass, which is what `grnn-tui score` takes, to well below 1e-4 nats.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray

from grnn_tui.backends.network import Network
from grnn_tui.data.labelled import Labelled
from grnn_tui.training.feed import as_symbols, line_batch, piece_batch, start_told
from grnn_tui.training.randomness import same_randomness

WARM_UP = 512
PIECE = 2048
"""Symbols a piece has at least, so that warming up stays a small part."""
PERIODIC_LIMIT = 1 << 17
"""Symbols that a validation during training looks at; a longer text is sampled in evenly spread pieces."""
FINAL_LIMIT = 1 << 22
NOISE_SEED = 0
"""Of the noise that belongs to a model: two measurements of the same weights agree, and others share its luck."""
QUANTILES = 101
_LOGITS = 1 << 23


@dataclass(frozen=True)
class Measured:
    """A loss and what it was measured on."""

    nats: float
    """Mean nats per symbol; for a model with noise its bound K, one draw of the noise a symbol."""
    symbols: int
    whole: bool
    """Whether that was all of the text."""
    quantiles: tuple[float, ...] = ()
    """Of the nats of a row, where the data are rows: the least surprising, 99 percentiles, the most surprising."""


Meanwhile = Callable[[], None]
"""Called before each part of a measurement; it may raise."""


def nothing() -> None:
    """What is done between the parts of a measurement that nobody cuts short."""


class Measure(Protocol):
    """What measures a network on the data that are held out."""

    def __call__(self, network: Network, limit: int, *, meanwhile: Meanwhile = nothing) -> Measured:
        """On at most `limit` symbols of them."""


def evaluate(
    network: Network,
    symbols: NDArray[np.integer],
    vocabulary: int,
    device: torch.device,
    *,
    limit: int = FINAL_LIMIT,
    streams: int = 32,
    meanwhile: Meanwhile = nothing,
) -> Measured:
    """Mean nats per symbol of `symbols` [n], or of `limit` of them in evenly spread pieces.

    `meanwhile` is called before each part, and may raise. The network's mode and every random generator are left as
    they were.
    """
    n = int(symbols.size)
    count = max(1, min(streams, n // PIECE))
    scored = min(n, max(limit, count))
    piece = -(-scored // count)
    begins = np.linspace(0, n - piece, count).round().astype(np.int64) if scored < n else np.arange(count) * piece
    with undisturbed(network), torch.no_grad():
        total, seen = _pass(network, symbols, begins, piece, vocabulary, device, meanwhile)
    return Measured(total / max(seen, 1), seen, whole=scored == n)


def evaluate_rows(
    network: Network,
    rows: NDArray[Any],
    told: NDArray[np.float32] | None,
    device: torch.device,
    *,
    limit: int = FINAL_LIMIT,
    pieces: NDArray[np.int64] | None = None,
    meanwhile: Meanwhile = nothing,
) -> Measured:
    """Mean nats per symbol of `rows` [n, D], told `told` [n, size]; of evenly spread ones if `limit` is less than all.

    Rows that follow one another fall into `pieces` of so many rows each; the first ones are taken, whole.
    `meanwhile` is called before each part, and may raise. The network's mode and every random generator are left as
    they were.
    """
    n = rows.shape[0]
    count = min(n, max(1, limit // rows.shape[1]))
    if pieces is not None:
        pieces = pieces[: max(1, int(np.searchsorted(pieces.cumsum(), count, side="right")))]
        count = int(pieces.sum())
    elif count < n:
        spread = np.linspace(0, n - 1, count).round().astype(np.int64)
        rows, told = rows[spread], None if told is None else told[spread]
    with undisturbed(network):
        parts = row_log_probs(network, rows[:count], told, device, pieces, meanwhile)
        nats = -np.concatenate([part.sum(1) for part in parts])
    quantiles = tuple(np.quantile(nats, np.linspace(0, 1, QUANTILES)).tolist())
    return Measured(float(nats.mean()) / rows.shape[1], count * rows.shape[1], count == n, quantiles)


def evaluate_lines(
    network: Network,
    lines: Labelled,
    device: torch.device,
    *,
    limit: int = FINAL_LIMIT,
    meanwhile: Meanwhile = nothing,
) -> Measured:
    """Mean nats per symbol of `lines`, each told its label; of the first so many that stay under `limit`.

    `meanwhile` is called before each part, and may raise. The network's mode and every random generator are left as
    they were.
    """
    count = max(1, int(np.searchsorted(lines.starts, limit, side="right")) - 1)
    nats = 0.0
    with undisturbed(network), torch.no_grad():
        for first in range(0, count, 64):
            meanwhile()
            batch = line_batch(network, lines, np.arange(first, min(first + 64, count)), device)
            log_prob, _ = network.log_prob(batch.x, batch.carry)
            nats += float(batch.loss(log_prob)) * batch.count
    symbols = int(lines.starts[count])
    return Measured(nats / symbols, symbols, whole=count == len(lines))


def row_log_probs(
    network: Network,
    rows: NDArray[Any],
    told: NDArray[np.float32] | None,
    device: torch.device,
    pieces: NDArray[np.int64] | None = None,
    meanwhile: Meanwhile = nothing,
) -> Iterator[NDArray[np.float64]]:
    """log p of each value of `rows` [n, D] in nats, some rows at a time [some, D], by the training path as it is.

    Rows that follow one another fall into `pieces` of so many rows each; the state carries through a piece. `meanwhile`
    is called before each part.
    """
    if pieces is not None:
        yield from _piece_log_probs(network, rows, told, device, pieces, meanwhile)
        return
    some = max(1, min(256, _LOGITS // (64 * rows.shape[1])))
    with torch.no_grad():
        for first in range(0, rows.shape[0], some):
            meanwhile()
            part = slice(first, first + some)
            carry = start_told(network, None if told is None else told[part], device)
            log_prob, _ = network.log_prob(as_symbols(rows[part]).to(device), carry)
            yield log_prob.double().cpu().numpy()


def _piece_log_probs(
    network: Network,
    rows: NDArray[Any],
    told: NDArray[np.float32] | None,
    device: torch.device,
    pieces: NDArray[np.int64],
    meanwhile: Meanwhile,
) -> Iterator[NDArray[np.float64]]:
    some = max(1, min(64, _LOGITS // (64 * rows.shape[1] * int(pieces.max()))))
    with torch.no_grad():
        for first in range(0, len(pieces), some):
            meanwhile()
            index = np.arange(first, min(first + some, len(pieces)))
            batch = piece_batch(network, rows, pieces, index, told, device)
            log_prob, _ = network.log_prob(batch.x, batch.carry)
            assert batch.weight is not None
            yield log_prob[batch.weight].view(-1, rows.shape[1]).double().cpu().numpy()


def _pass(
    network: Network,
    symbols: NDArray[np.integer],
    begins: NDArray[np.int64],
    piece: int,
    vocabulary: int,
    device: torch.device,
    meanwhile: Meanwhile,
) -> tuple[float, int]:
    """Sum of nats over the pieces that begin at `begins`, and how many symbols that were."""
    n = symbols.size
    time = max(1, min(256, _LOGITS // (begins.size * vocabulary)))
    carry = network.start(begins.size)
    cold = int((begins == 0).sum())
    if begins.size > cold:
        for first in range(-WARM_UP, 0, time):
            meanwhile()
            window = _window(symbols, begins, first, min(first + time, 0), n)
            _, carry = network.log_prob(torch.from_numpy(window).to(device), carry)
        begun = network.start(cold)
        carry = tuple(torch.cat((b.to(c.dtype), c[cold:])) for b, c in zip(begun, carry, strict=True))
    total = 0.0
    for first in range(0, piece, time):
        meanwhile()
        last = min(first + time, piece)
        window = _window(symbols, begins, first, last, n)
        log_prob, carry = network.log_prob(torch.from_numpy(window).to(device), carry)
        inside = torch.from_numpy(begins[:, None] + np.arange(first, last) < n).to(device)
        total -= float(torch.where(inside, log_prob, 0.0).sum())
    return total, int(np.clip(n - begins, 0, piece).sum())


def _window(
    symbols: NDArray[np.integer], begins: NDArray[np.int64], first: int, last: int, n: int
) -> NDArray[np.int64]:
    """Symbols `first` to `last` of each piece [pieces, last - first]; whatever lies outside the text is filled up."""
    index = (begins[:, None] + np.arange(first, last)).clip(0, n - 1)
    return np.asarray(symbols[index], dtype=np.int64)


@contextmanager
def undisturbed(network: Network) -> Iterator[None]:
    """Measure within: dropout off, noise of the model on, and afterwards mode and random generators as before."""
    training, measuring = network.training, network.measuring
    network.eval()
    network.measuring = True
    try:
        with same_randomness():
            torch.manual_seed(NOISE_SEED)
            yield
    finally:
        network.train(training)
        network.measuring = measuring
