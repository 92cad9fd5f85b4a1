"""The processes of one training. Rank 0 decides, measures and writes; the others take the same steps beside it.

Each takes its share of every batch. After the backward pass the gradients are added up, so that all take the same step
with the same numbers: N processes follow one, but for the order of additions. What rank 0 decides, by the clock, by a
command or a signal, it tells the others before each step: they read no clock and no command.

A process finds its place in the environment variables that torchrun sets (`RANK`, `WORLD_SIZE`, `LOCAL_RANK` ...). Of
the project's own launcher, they meet in a file that only the owner can read (`GRNN_TUI_MEETING`), and talk over the
loopback interface alone.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import IntEnum
from typing import TYPE_CHECKING, NoReturn

import torch
import torch.distributed as dist
from torch import Tensor, nn

from grnn_tui.errors import TrainingError, UsageError
from grnn_tui.runs.place import LOOPBACK, LOST, MEETING, Place
from grnn_tui.training.heartbeat import Heartbeat

if TYPE_CHECKING:
    from torch.distributed import Store  # type: ignore[attr-defined]

MEETING_PATIENCE = timedelta(minutes=10)
"""How long a process waits for the others to come."""
PATIENCE = timedelta(hours=2)
"""How long it then waits for them in one exchange: longer than the longest validation, which rank 0 does alone. One
that has died is noticed at once, and one that stands still by its heartbeat."""


class LostRankError(TrainingError):
    """Another process of this training is gone; the last checkpoint is good."""

    exit_status = LOST


class Order(IntEnum):
    """What rank 0 tells the others to do next."""

    STEP = 0
    """Take a step, at the learning rate that comes with it."""
    SAVE = 1
    """Hand over your part of a checkpoint."""
    WAIT = 2
    END = 3
    BEGIN = 4
    """Begin from the checkpoint of the step that comes with it; -1: from nothing."""


@dataclass(frozen=True)
class Share:
    """The part of every batch that one of `of` processes takes."""

    rank: int = 0
    of: int = 1

    def part(self, batch: int) -> slice:
        """Which items of a batch of `batch`."""
        return slice(batch * self.rank // self.of, batch * (self.rank + 1) // self.of)


ALL = Share()


class Ranks:
    """The processes of a training that has only one."""

    share = ALL
    local: int | None = None
    """Which of the processes on this machine this is, where there are several."""
    here: int = 1
    """How many of them are on this machine."""

    @property
    def leads(self) -> bool:
        """Whether this process is rank 0."""
        return self.share.rank == 0

    @property
    def count(self) -> int:
        """How many processes there are."""
        return self.share.of

    def tell(self, order: Order, value: float = 0.0) -> None:
        """Rank 0: tell the others what to do next."""

    def told(self) -> tuple[Order, float]:
        """The others: what to do next."""
        raise RuntimeError("a single process is told nothing")

    def add_up(self, parameters: Sequence[nn.Parameter], loss: Tensor) -> Tensor:
        """Turn the gradients of `parameters` into their sums over all processes, in place; the sum of `loss`."""
        del parameters
        return loss

    def gather(self, part: bytes) -> list[bytes]:
        """Rank 0 gets what every process handed over, in the order of ranks; the others get nothing."""
        return [part]

    def dismiss(self) -> None:
        """Rank 0: let the others end, if they still can."""


class JoinedRanks(Ranks):
    """One of several processes that found one another; every exchange raises LostRankError if one of them is gone."""

    def __init__(self, share: Share, place: Place) -> None:
        self.share = share
        self.local = place.local
        self.here = place.here

    def tell(self, order: Order, value: float = 0.0) -> None:
        """Rank 0: tell the others what to do next."""
        with _together():
            dist.broadcast(torch.tensor([order, value], dtype=torch.float64), 0)

    def told(self) -> tuple[Order, float]:
        """The others: what to do next."""
        message = torch.zeros(2, dtype=torch.float64)
        with _together():
            dist.broadcast(message, 0)
        order, value = message.tolist()
        return Order(int(order)), value

    def add_up(self, parameters: Sequence[nn.Parameter], loss: Tensor) -> Tensor:
        """Turn the gradients of `parameters` into their sums over all processes, in place; the sum of `loss`.

        A parameter that no process has a gradient for keeps none, as it would in a single process.
        """
        grads = [p.grad for p in parameters]
        parts = [torch.zeros_like(p) if g is None else g for p, g in zip(parameters, grads, strict=True)]
        have = torch.tensor([g is not None for g in grads], dtype=torch.float32, device=loss.device)
        flat = torch.cat([part.reshape(-1).float() for part in parts] + [have, loss.detach().reshape(1).float()])
        with _together():
            dist.all_reduce(flat)
        *summed, counts, total = torch.split(flat, [part.numel() for part in parts] + [len(parts), 1])
        for parameter, part, count in zip(parameters, summed, counts.tolist(), strict=True):
            parameter.grad = part.view_as(parameter).to(parameter.dtype) if count else None
        return total.squeeze(0)

    def gather(self, part: bytes) -> list[bytes]:
        """Rank 0 gets what every process handed over, in the order of ranks; the others get nothing."""
        size = torch.tensor([len(part)], dtype=torch.int64)
        sizes = [torch.zeros_like(size) for _ in range(self.count)]
        with _together():
            dist.all_gather(sizes, size)
        lengths = [int(s) for s in sizes]
        mine = torch.zeros(max(lengths), dtype=torch.uint8)
        mine[: len(part)] = torch.frombuffer(bytearray(part), dtype=torch.uint8)
        parts = [torch.empty_like(mine) for _ in lengths] if self.leads else None
        with _together():
            dist.gather(mine, parts, 0)
        return [p[:n].numpy().tobytes() for p, n in zip(parts or [], lengths, strict=False)]

    def dismiss(self) -> None:
        """Rank 0: let the others end, if they still can."""
        if self.leads:
            with contextlib.suppress(LostRankError):
                self.tell(Order.END)


@contextlib.contextmanager
def _together() -> Iterator[None]:
    """Within, what torch raises when an exchange fails becomes LostRankError."""
    try:
        yield
    except RuntimeError:
        raise LostRankError("another process of this training is gone; the newest checkpoint is good") from None


@contextlib.contextmanager
def joined(place: Place | None) -> Iterator[Ranks]:
    """The processes of this training, found and in touch; of None, this one alone.

    Raises:
        LostRankError: the others did not come.
    """
    if place is None or place.count == 1:
        yield Ranks()
        return
    if not dist.is_available():
        raise UsageError("this torch is built without torch.distributed: train with --processes 1")
    from torch.distributed import PrefixStore  # type: ignore[attr-defined]

    store = _meet(place)
    backend = "cpu:gloo,cuda:nccl" if torch.cuda.is_available() else "gloo"
    store.set_timeout(MEETING_PATIENCE)
    share = Share(place.rank, place.count)
    with _together():
        dist.init_process_group(
            backend, store=PrefixStore("group", store), rank=place.rank, world_size=place.count,
            timeout=PATIENCE,
        )  # fmt: skip
    with Heartbeat(PrefixStore("beats", store), share.rank, share.of):
        yield JoinedRanks(share, place)


def leave(status: int = 0) -> NoReturn:
    """End this process, one of several, once all is said.

    Without taking apart what torch's threads use: that now and then aborts a process whose work was well done.
    """
    with contextlib.suppress(OSError):
        sys.stdout.flush()
    with contextlib.suppress(OSError):
        sys.stderr.flush()
    os._exit(status)


def _meet(place: Place) -> Store:
    """Where the processes leave word for one another: the launcher's file, or torchrun's store."""
    meeting = os.environ.get(MEETING)
    if meeting is not None:
        os.environ["GLOO_SOCKET_IFNAME"] = os.environ["NCCL_SOCKET_IFNAME"] = LOOPBACK
        from torch.distributed import FileStore  # type: ignore[attr-defined]

        return FileStore(meeting, place.count)
    with _together():
        store, _, _ = next(dist.rendezvous("env://", timeout=MEETING_PATIENCE))  # type: ignore[attr-defined]
    return store  # type: ignore[no-any-return]
