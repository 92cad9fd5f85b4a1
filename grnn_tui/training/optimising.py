"""One guarded step of AdamW (Loshchilov and Hutter 2019): nothing that is not a finite number reaches the weights."""

from __future__ import annotations

import math
from collections.abc import Mapping

import torch
from torch import Tensor

from grnn_tui.backends.network import Network
from grnn_tui.errors import RunError
from grnn_tui.runs.request import TrainingOptions
from grnn_tui.training.ranks import Ranks

_SLOTS = ("step", "exp_avg", "exp_avg_sq")


class Optimiser:
    """AdamW over a network, decay on matrices only, gradient norm clipped, bad steps left out.

    The kernel of `torch.optim.AdamW(fused=True)` is called by itself: that class imports torch's compiler, which takes
    seconds at each start.

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
        self.named = [(name, p) for name, p in network.named_parameters() if p.requires_grad]
        self.ranks = ranks or Ranks()
        self.clip = options.clip or math.inf
        self.device = device
        self.ask = device.type != "cuda" if ask is None else ask
        decayed = [name for name, p in self.named if p.ndim >= 2 and "start" not in name]
        self._groups = [
            (options.weight_decay, [(name, p) for name, p in self.named if name in decayed]),
            (0.0, [(name, p) for name, p in self.named if name not in decayed]),
        ]
        self._slots = {
            name: (torch.zeros((), device=device), torch.zeros_like(p), torch.zeros_like(p)) for name, p in self.named
        }
        self._bad = torch.zeros((), device=device)

    def step(self, loss: Tensor, rate: float) -> tuple[Tensor, Tensor]:
        """Follow the gradient of `loss`, added up over all processes, with learning rate `rate`.

        Returns the whole loss, and the norm of the whole gradient before clipping.
        """
        for _, p in self.named:
            p.grad = None
        loss.backward()  # type: ignore[no-untyped-call]
        loss = self.ranks.add_up([p for _, p in self.named], loss.detach())
        norm = self._clip()
        if not self.ask:
            found = (~torch.isfinite(norm + loss)).float()
            self._bad = torch.maximum(self._bad, found)
            self._follow(rate, found)
        elif math.isfinite(norm.item() + loss.item()):
            self._follow(rate)
        else:
            self._bad.fill_(1)
        return loss, norm

    @torch.no_grad()
    def _follow(self, rate: float, found_inf: Tensor | None = None) -> None:
        """Move the weights, unless `found_inf` is one."""
        for decay, named in self._groups:
            followed = [(p, p.grad, *self._slots[name]) for name, p in named if p.grad is not None]
            if not followed:
                continue
            parameters, gradients, steps, means, squares = map(list, zip(*followed, strict=True))
            torch._foreach_add_(steps, 1)
            torch._fused_adamw_(
                parameters,
                gradients,
                means,
                squares,
                [],
                steps,
                lr=rate,
                beta1=0.9,
                beta2=0.999,
                weight_decay=decay,
                eps=1e-8,
                amsgrad=False,
                maximize=False,
                found_inf=found_inf,
            )
            if found_inf is not None:
                torch._foreach_sub_(steps, [found_inf] * len(steps))

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
            f"{name}/{slot}": tensor
            for name, tensors in self._slots.items()
            for slot, tensor in zip(_SLOTS, tensors, strict=True)
        }

    def load_state(self, tensors: Mapping[str, Tensor]) -> None:
        """Take over what `state` gave.

        Raises:
            RunError: names or shapes differ from what this network has.
        """
        if not tensors:
            return
        kept = self.state()
        if odd := sorted(set(kept) ^ set(tensors)):
            raise RunError(f"the optimiser state does not fit the model: {', '.join(odd[:3])} missing or unexpected")
        for name, tensor in kept.items():
            saved = tensors[name] if tensor.ndim else tensors[name].squeeze()  # a count is saved as an array of one
            if saved.shape != tensor.shape:
                raise RunError(f"the optimiser state does not fit the model: {name} is {tuple(saved.shape)}")
            tensor.copy_(saved)
