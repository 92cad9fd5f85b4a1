"""One model under several orderings, as an even mixture of the densities that each of them gives.

Likelihoods are averaged, never logits: a mean of conditionals that come from different orderings is no density.
"""

from __future__ import annotations

import math

import torch
from jaxtyping import Float, Int, Num
from torch import Tensor

from grnn_tui.backends.network import Carry
from grnn_tui.backends.running_sum.network import RunningSumNetwork


@torch.no_grad()
def ensemble_log_prob(
    network: RunningSumNetwork,
    x: Num[Tensor, "batch D"],
    orderings: Int[Tensor, "orderings D"],
    carry: Carry | None = None,
) -> Float[Tensor, " batch"]:
    """log((1/k) sum_k p(x | ordering k)) in nats per row (Uria et al. 2016, section 4.2), one ordering at a time.

    The network comes out as it went in: in its own mode, under its own ordering.

    Raises:
        UsageError: one of the orderings is no permutation.
    """
    own, training = network.ordering.cpu().numpy().copy(), network.training
    network.eval()
    total = torch.full((x.shape[0],), -math.inf, dtype=network.c.dtype, device=x.device)
    try:
        for ordering in orderings.cpu().numpy():
            network.reorder(ordering)
            total = torch.logaddexp(total, network.log_prob(x, carry)[0].sum(1))
    finally:
        network.reorder(own)
        network.train(training)
    return total - math.log(len(orderings))
