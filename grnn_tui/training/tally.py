"""What happened between two rows of the metrics, summed where it happens."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor

if TYPE_CHECKING:
    from grnn_tui.training.loop import Trainer

ROWS_EVERY = 0.25
"""Seconds between rows at first; on long runs a 2400th of the time so far, up to `ROWS_AT_LEAST`."""
ROWS_AT_LEAST = 2.0


class Tally:
    """Sums losses on the device between two rows, so that most steps never wait for it."""

    def __init__(self, trainer: Trainer) -> None:
        self.trainer = trainer
        self.written = trainer.step
        self._begun: tuple[int, float] | None = None
        """Step and time of the first row: what came before was warming up, and foretells nothing."""
        self._since = trainer.clock.elapsed
        self._rested = 0.0
        self._tokens = trainer.tokens
        self._loss = torch.zeros((), device=trainer.setting.device)
        self._norm = torch.zeros((), device=trainer.setting.device)

    def add(self, loss: Tensor, norm: Tensor) -> None:
        """A step was taken."""
        self._loss += loss
        self._norm = norm

    def due(self, now: float) -> bool:
        """Whether it is time for a row."""
        return now - self._since >= min(ROWS_AT_LEAST, max(ROWS_EVERY, now / 2400))

    def rest(self, seconds: float) -> None:
        """Time that went into something else than steps."""
        self._rested += seconds

    def write(self, now: float) -> None:
        """Tell the row for the steps since the last one, if there were any."""
        trainer = self.trainer
        steps = trainer.step - self.written
        if not steps:
            return
        spent = max(1e-9, now - self._since - self._rested)
        speed = (trainer.tokens - self._tokens) / spent
        if self._begun is None:
            self._begun = (trainer.step, now)
        pace = (trainer.step - self._begun[0]) / max(1e-9, now - self._begun[1])
        loss, norm = torch.stack((self._loss, self._norm)).tolist()
        trainer.journal.tell(trainer.trained_row(loss / steps, norm, speed, pace))
        self._loss.zero_()
        self._since, self._rested, self._tokens, self.written = now, 0.0, trainer.tokens, trainer.step
