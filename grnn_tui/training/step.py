"""One step of gradient training, and a process that takes the steps that rank 0 of its training takes."""

from __future__ import annotations

import torch
from torch import Tensor

from grnn_tui.runs.request import Precision
from grnn_tui.training.checkpointing import Moving, own_part
from grnn_tui.training.ranks import Order


def take_step(moving: Moving, rate: float, precision: Precision) -> tuple[Tensor, Tensor, int]:
    """One batch, of which this process takes its share, at the learning rate `rate`.

    Returns the loss of the whole batch in nats per symbol and the norm of its gradient, both still on the device, and
    how many symbols that was.
    """
    assert moving.feed is not None
    assert moving.optimiser is not None
    batch = moving.feed.next(moving.network, moving.carry)
    with torch.autocast(moving.device.type, torch.bfloat16, enabled=precision == "bf16"):
        log_prob, carry = moving.network.log_prob(batch.x, batch.carry)
    loss, norm = moving.optimiser.step(batch.loss(log_prob), rate)
    moving.carry = tuple(c.detach() for c in carry) if moving.feed.carries else None
    return loss.detach(), norm, batch.count


def follow(moving: Moving, precision: Precision) -> None:
    """Do what rank 0 says until it says that it is over.

    Raises:
        LostRankError: it, or another one, is gone.
    """
    moving.network.train()
    while True:
        order, value = moving.ranks.told()
        match order:
            case Order.STEP:
                take_step(moving, value, precision)
            case Order.SAVE:
                moving.ranks.gather(own_part(moving))
            case Order.END:
                return
