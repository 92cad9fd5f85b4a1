"""What is told between two rows."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import torch

from grnn_tui.training.loop import Trainer
from grnn_tui.training.tally import Tally


def test_the_pace_leaves_out_what_came_before_the_first_row() -> None:
    paces: list[float] = []

    def trained_row(loss: float, norm: float, speed: float, pace: float) -> None:
        paces.append(pace)

    trainer: Any = SimpleNamespace(
        step=0,
        tokens=0,
        clock=SimpleNamespace(elapsed=0.0),
        setting=SimpleNamespace(device=torch.device("cpu")),
        journal=SimpleNamespace(tell=lambda row: None),
        trained_row=trained_row,
    )
    tally = Tally(cast("Trainer", trainer))
    for step, now in ((1, 30.0), (11, 31.0), (31, 33.0)):
        trainer.step = step
        tally.add(torch.zeros(()), torch.zeros(()))
        tally.write(now)
    assert paces == [0.0, 10.0, 10.0]
