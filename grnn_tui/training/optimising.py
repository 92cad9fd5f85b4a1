"""One guarded step of AdamW (Loshchilov and Hutter 2019): nothing that is not a finite number reaches the weights."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from grnn_tui.backends.network import Network
from grnn_tui.errors import RunError
from grnn_tui.runs.request import TrainingOptions
from grnn_tui.training.ranks import Ranks

_SLOTS = ("step", "exp_avg", "exp_avg_sq")


class Optimiser:
    """AdamW over a network, decay on matrices only, gradient norm clipped, bad steps left out.

    On the processor a bad loss or norm is known at once. On a CUDA device asking would stall it, so the fused kernel
    itself leaves the step out and `bad` tells at the next look; `ask` says which of the two is done.
    """

    def __init__(
        self,
        network: Network,
        options: TrainingOptions,
        device: torch.device,
        ranks: Ranks | None = None,
        *,
        ask: bool | None = None,
    ) -> None:
        named = [(name, p) for name, p in network.named_parameters() if p.requires_grad]
        decayed = [p for name, p in named if p.ndim >= 2 and "start" not in name]
        others = [p for name, p in named if not (p.ndim >= 2 and "start" not in name)]
        groups = [
            {"params": decayed, "weight_decay": options.weight_decay},
            {"params": others, "weight_decay": 0.0},
        ]
        self.named = named
        self.ranks = ranks or Ranks()
        self.clip = options.clip or math.inf
        self.device = device
        self.ask = device.type != "cuda" if ask is None else ask
        self.adam = torch.optim.AdamW(
            [group for group in groups if group["params"]], lr=options.lr, fused=device.type in ("cpu", "cuda")
        )
        self._bad = torch.zeros((), device=device)

    def step(self, loss: Tensor, rate: float) -> tuple[Tensor, Tensor]:
        """Follow the gradient of `loss`, added up over all processes, with learning rate `rate`.

        Returns the whole loss, and the norm of the whole gradient before clipping.
        """
        self.adam.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        loss = self.ranks.add_up([p for _, p in self.named], loss.detach())
        for group in self.adam.param_groups:
            group["lr"] = rate
        norm = self._clip()
        if self.ask:
            if math.isfinite(norm.item() + loss.item()):
                self.adam.step()
            else:
                self._bad.fill_(1)
            return loss, norm
        found = (~torch.isfinite(norm + loss)).float()
        self._bad = torch.maximum(self._bad, found)
        self.adam.grad_scale = None  # type: ignore[attr-defined]
        self.adam.found_inf = found  # type: ignore[attr-defined]
        self.adam.step()
        return loss, norm

    def _clip(self) -> Tensor:
        """`clip_grad_norm_`, without multiplying by one where asking for the norm costs nothing."""
        parameters = [p for _, p in self.named if p.grad is not None]
        norms = torch._foreach_norm([p.grad for p in parameters if p.grad is not None])
        norm: Tensor = torch.linalg.vector_norm(torch.stack(norms))
        if self.device.type != "cpu" or not norm.item() + 1e-6 <= self.clip:
            torch.nn.utils.clip_grads_with_norm_(parameters, self.clip, norm)
        return norm

    @property
    def bad(self) -> bool:
        """Whether a step was left out because its loss or gradient was not a number."""
        return bool(self._bad.item())

    def state(self) -> dict[str, Tensor]:
        """The moments and counts of every parameter, by `name/slot`."""
        return {
            f"{name}/{slot}": self.adam.state[p][slot]
            for name, p in self.named
            for slot in _SLOTS
            if p in self.adam.state
        }

    def load_state(self, tensors: Mapping[str, Tensor]) -> None:
        """Take over what `state` gave.

        Raises:
            RunError: names or shapes differ from what this network has.
        """
        expected = {f"{name}/{slot}" for name, _ in self.named for slot in _SLOTS}
        if not tensors:
            return
        if set(tensors) != expected:
            odd = sorted(expected ^ set(tensors))
            raise RunError(f"the optimiser state does not fit the model: {', '.join(odd[:3])} missing or unexpected")
        for name, p in self.named:
            slots: dict[str, Any] = {}
            for slot in _SLOTS:
                saved = tensors[f"{name}/{slot}"]
                if slot != "step" and saved.shape != p.shape:
                    raise RunError(f"the optimiser state does not fit the model: {name}/{slot} is {tuple(saved.shape)}")
                slots[slot] = saved.to(self.device if slot != "step" or self.device.type == "cuda" else "cpu").clone()
            self.adam.state[p] = slots
