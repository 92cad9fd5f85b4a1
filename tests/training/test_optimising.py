from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

import pytest
import torch

from grnn_tui.backends.network import Network
from grnn_tui.backends.registry import backend_named
from grnn_tui.data.vocabulary import Vocabulary
from grnn_tui.errors import RunError
from grnn_tui.runs.request import TrainingOptions
from grnn_tui.training.optimising import Optimiser
from tests.training.conftest import MakeRun

VOCABULARY = Vocabulary(unit="character", symbols=tuple("abcd"))
TEXT = torch.arange(64).remainder(4).view(4, 16)


def network() -> Network:
    torch.manual_seed(0)
    gru = backend_named("gru")
    return gru.build_network(gru.parse_settings({"hidden": 8, "embedding": 4}), VOCABULARY)


def optimiser(model: Network, *, ask: bool = True, **options: float) -> Optimiser:
    return Optimiser(model, TrainingOptions(**options), torch.device("cpu"), ask=ask)  # type: ignore[arg-type]


def everything(model: Network, adam: Optimiser) -> list[torch.Tensor]:
    return [t.clone() for t in (*model.state_dict().values(), *adam.state().values())]


def loss_of(model: Network) -> torch.Tensor:
    return -model.log_prob(TEXT)[0].mean()


def nan_loss(loss: torch.Tensor) -> torch.Tensor:
    return loss * float("nan")


def infinite_loss(loss: torch.Tensor) -> torch.Tensor:
    return loss * float("inf")


def nan_gradient(loss: torch.Tensor) -> torch.Tensor:
    """A loss that is finite where its gradient is not."""
    return loss + torch.sqrt(loss * 0)


@pytest.mark.parametrize("ask", [True, False])
@pytest.mark.parametrize("spoil", [nan_loss, infinite_loss, nan_gradient])
def test_a_bad_step_changes_nothing_and_is_told(ask: bool, spoil: Callable[[torch.Tensor], torch.Tensor]) -> None:
    model = network()
    adam = optimiser(model, ask=ask)
    adam.step(loss_of(model), 1e-2)
    told = [adam.bad]
    before = everything(model, adam)
    adam.step(spoil(loss_of(model)), 1e-2)
    told.append(adam.bad)
    for was, now in zip(before, everything(model, adam), strict=True):
        assert torch.equal(was, now)
    adam.step(loss_of(model), 1e-2)
    assert [*told, adam.bad] == [False, True, True]


def test_asking_or_not_the_steps_are_the_same() -> None:
    models = [network(), network()]
    adams = [optimiser(model, ask=ask) for model, ask in zip(models, (True, False), strict=True)]
    for _ in range(5):
        for model, adam in zip(models, adams, strict=True):
            adam.step(loss_of(model), 1e-2)
    for one, other in zip(everything(models[0], adams[0]), everything(models[1], adams[1]), strict=True):
        assert torch.equal(one, other)


def test_its_steps_are_those_of_torch() -> None:
    ours, theirs = network(), network()
    mine = optimiser(ours, weight_decay=0.1, clip=1.0)
    groups: list[dict[str, object]] = [
        {"params": [p for name, p in theirs.named_parameters() if (p.ndim >= 2 and "start" not in name) == decayed]}
        | {"weight_decay": 0.1 * decayed}
        for decayed in (True, False)
    ]
    adam = torch.optim.AdamW(groups, fused=True)
    for rate in (1e-2, 3e-2, 1e-3):
        mine.step(loss_of(ours), rate)
        for group in adam.param_groups:
            group["lr"] = rate
        adam.zero_grad()
        loss_of(theirs).backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(theirs.parameters(), 1.0)
        adam.step()
    for (name, one), other in zip(ours.named_parameters(), theirs.parameters(), strict=True):
        assert torch.equal(one, other), name


def test_a_training_never_loads_the_compiler_of_torch(make_run: MakeRun) -> None:
    code = """
import sys
from pathlib import Path
from grnn_tui.runs.directory import Run
from grnn_tui.training.session import train
train(Run(Path(sys.argv[1])))
sys.exit("torch._dynamo" in sys.modules)
"""
    subprocess.run([sys.executable, "-c", code, str(make_run("mine", steps=3).path)], check=True)


def test_the_norm_is_told_before_clipping_and_bounded_after() -> None:
    model = network()
    _, norm = optimiser(model, clip=1e-3).step(loss_of(model), 1e-2)
    assert norm > 1e-2
    gradients = torch.cat([p.grad.flatten() for p in model.parameters() if p.grad is not None])
    assert gradients.norm() == pytest.approx(1e-3, rel=1e-3)


def test_only_matrices_decay() -> None:
    model = network()
    for p in model.parameters():
        p.data.fill_(1.0)
    optimiser(model, weight_decay=0.5).step(0 * loss_of(model), 1e-2)
    names = {name for name, p in model.named_parameters() if (p < 1).all()}
    assert {"embedding", "output_weight", "cells.stack.weight_hh_l0"} <= names
    assert not any("bias" in name or "start" in name for name in names)


def test_state_that_does_not_fit_is_refused() -> None:
    model = network()
    adam = optimiser(model)
    adam.step(loss_of(model), 1e-2)
    state = adam.state()
    with pytest.raises(RunError, match="does not fit the model"):
        optimiser(model).load_state({name: t for name, t in state.items() if "output_bias" not in name})
    with pytest.raises(RunError, match="output_bias/exp_avg is"):
        optimiser(model).load_state(state | {"output_bias/exp_avg": torch.zeros(9)})
