"""What the training paths share: an ordering among the weights, what the model is told, and the sum's own weights."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from jaxtyping import Float, Int
from numpy.typing import NDArray
from torch import Tensor, nn

from grnn_tui.backends.network import Carry, Network
from grnn_tui.backends.orderings import check_ordering, read_ordering
from grnn_tui.backends.running_sum.settings import RunningSumSettings
from grnn_tui.data.row_domain import RowDomain
from grnn_tui.errors import ModelError, UsageError


class RunningSumNetwork(Network):
    """A model of rows that carries a_t = c + U^T condition + sum_{s < t} x_s W_s; column d of W belongs to value d.

    The carry is what each row is told [batch, size]; zeros stand for nothing. The ordering is kept with the weights, so
    that a trained model depends on no file.
    """

    ordering: Int[Tensor, " D"]
    """Which value each step writes."""

    def __init__(self, settings: RunningSumSettings, domain: RowDomain, outputs: int) -> None:
        super().__init__()
        D, H = domain.length, settings.hidden
        self.told = domain.condition.size if domain.condition is not None else 0
        self.settings = settings
        self.fault: UsageError | None = None
        """Why there is no ordering yet: the file of a new network is missing or wrong."""
        first = settings.first_ordering(domain.shape)
        if first is None:
            try:
                first = read_ordering(settings.ordering_file, D)
            except UsageError as fault:
                self.fault, first = fault, np.arange(D)
        self.register_buffer("ordering", torch.from_numpy(first))
        self.W = nn.Parameter(torch.randn(D, H) * D**-0.5)
        self.c = nn.Parameter(torch.zeros(H))
        if self.told:
            self.U = nn.Parameter(torch.randn(self.told, H) * self.told**-0.5)
            self.B = nn.Parameter(torch.zeros(self.told, D * outputs))

    def start(self, batch: int, condition: Float[Tensor, "batch size"] | None = None) -> Carry:
        """What each row is told; zeros where it is nothing."""
        if condition is None:
            return (self.c.new_zeros(batch, self.told),)
        return (condition.to(self.c.dtype),)

    def reorder(self, ordering: NDArray[np.integer]) -> None:
        """From now on, take the values of a row in the order `ordering` [D].

        Raises:
            UsageError: it is no permutation of them.
        """
        order = check_ordering(ordering, self.ordering.numel())
        self.ordering.copy_(torch.from_numpy(order))
        self.fault = None

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        """Every weight by name, and the ordering.

        Raises:
            UsageError: the ordering was to come from a file that could not be read.
        """
        self._need_ordering()
        return super().arrays()

    def load_arrays(self, arrays: Mapping[str, NDArray[np.generic]]) -> None:
        """Take over weights and ordering saved by `arrays`.

        Raises:
            ModelError: they are not those of such a network.
        """
        super().load_arrays(arrays)
        try:
            self.reorder(arrays["ordering"])  # type: ignore[arg-type]
        except UsageError as error:
            raise ModelError(f"weights do not fit the model: {error}") from None

    def _need_ordering(self) -> None:
        if self.fault is not None:
            raise self.fault

    def _begin(self, batch: int, carry: Carry | None) -> tuple[Float[Tensor, "batch hidden"], Tensor | None]:
        """a_0, and what is told adds to the outputs [batch, D outputs], if anything can be told."""
        self._need_ordering()
        (told,) = self.start(batch) if carry is None else carry
        a = self.c.expand(batch, -1)
        return (torch.addmm(a, told, self.U), told @ self.B) if self.told else (a, None)

    def _kept(self, h: Tensor) -> Tensor | None:
        """Dropout as factors of the shape of `h`; None when nothing is dropped."""
        share = self.settings.dropout
        if not self.training or not share:
            return None
        return torch.empty_like(h).bernoulli_(1 - share).div_(1 - share)


ACTIVATIONS = {"relu": torch.relu, "tanh": torch.tanh, "sigmoid": torch.sigmoid}
