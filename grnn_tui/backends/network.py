"""The training path of the contract: what every torch network of this project can do."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping

import numpy as np
import torch
from jaxtyping import Float, Num
from numpy.typing import NDArray
from torch import Tensor, nn

from grnn_tui.errors import ModelError, UsageError

Carry = tuple[Tensor, ...]
"""The state of a batch of streams between two windows: tensors whose FIRST dimension is the batch."""


class Network(nn.Module, ABC):
    """Teacher-forced log-likelihood over batches of streams."""

    measuring: bool = False
    """Whether noise that belongs to the model acts in evaluation too, so that its bound is measured.

    Without it, evaluation computes what the playing path does. A model without such noise does not look at it.
    """

    @abstractmethod
    def start(self, batch: int, condition: Float[Tensor, "batch size"] | None = None) -> Carry:
        """The carry before the first symbol, for `batch` streams; differentiable where it is learned.

        `condition` is what each stream is told (see `Condition`); None: nothing.
        """

    @abstractmethod
    def log_prob(
        self, x: Num[Tensor, "batch time"], carry: Carry | None = None
    ) -> tuple[Float[Tensor, "batch time"], Carry]:
        """log p(x_t | carry, x_<t) in nats for every symbol, and the carry after the last of them.

        `carry=None` means the start state. The first symbol is predicted from the carry alone, so that splitting a
        stream into windows anywhere gives the same numbers. The carry is not detached.

        Of a model of rows, `x` [batch, D] are whole rows (integers; float64 in their own units if real), `carry` is
        what `start` gave, and column d of the result belongs to value d, whatever the order they are written in: the
        log-density in the units of the data where values are real. In training mode the mean over rows may be an
        unbiased estimate instead (order-agnostic training).
        """

    def reorder(self, ordering: NDArray[np.integer]) -> None:
        """From now on, `log_prob` takes the values of a row in the order `ordering` [D].

        Raises:
            UsageError: this model knows one order only.
        """
        del ordering
        raise UsageError("this model writes in one order only")

    def features(self, x: Num[Tensor, "batch time"], carry: Carry | None = None) -> Float[Tensor, "batch units"]:
        """What a model of rows has made of whole rows, as a vector each [batch, units].

        Raises:
            UsageError: it has no hidden state.
        """
        del x, carry
        raise UsageError("this model has no hidden state to take as features")

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        """Every weight by name, as contiguous numpy arrays: what `model.safetensors` holds."""
        return {name: np.ascontiguousarray(tensor.detach().cpu().numpy()) for name, tensor in self.state_dict().items()}

    def load_arrays(self, arrays: Mapping[str, NDArray[np.generic]]) -> None:
        """Take over weights saved by `arrays`.

        Raises:
            ModelError: names, shapes or number kinds differ from what this network has.
        """
        own = self.state_dict()
        if own.keys() != arrays.keys():
            odd = sorted(own.keys() ^ arrays.keys())
            raise ModelError(f"weights do not fit the model: {', '.join(odd[:4])} missing or unexpected")
        for name, tensor in own.items():
            array = torch.from_numpy(np.array(arrays[name]))
            if array.shape != tensor.shape or array.dtype != tensor.dtype:
                raise ModelError(
                    f"weights do not fit the model: {name} is {tuple(array.shape)} {array.dtype},"
                    f" not {tuple(tensor.shape)} {tensor.dtype}"
                )
            tensor.copy_(array)


class CountedNetwork(Network):
    """A network that learns by one pass of counting instead of by gradient."""

    @abstractmethod
    def count(self, symbols: NDArray[np.integer]) -> None:
        """Learn from the whole training text [n], or rows [n, D], at once; calling it again starts afresh."""
