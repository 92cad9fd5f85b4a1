"""The event log of a run: what a person would want to have noticed, out of all rows."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

from grnn_tui.runs.rows import AnyRow, Noted, Saved, Started, Validated
from grnn_tui.runs.scale import LossScale
from grnn_tui.safetext import SafeText, sanitise
from grnn_tui.ui.widgets.chart_ticks import count, loss_figure, number

KEPT = 200


@dataclass(frozen=True)
class Told:
    """One line of the log."""

    step: int
    kind: str
    """`started`, `best`, `checkpoint`, or the word of a `Noted` row."""
    text: SafeText


class EventLog:
    """Fed with rows in their order; keeps the newest lines."""

    def __init__(self) -> None:
        self.lines: deque[Told] = deque(maxlen=KEPT)
        self._best: float | None = None
        self._scale = LossScale("symbol")

    def feed(self, rows: Iterable[AnyRow]) -> None:
        """Take in rows."""
        for row in rows:
            line = self._line(row)
            if line is not None:
                self.lines.append(line)

    def _line(self, row: AnyRow) -> Told | None:
        match row:
            case Started():
                self._scale = LossScale.of_run(row)
                verb = "training goes on" if row.step else "training begins"
                return Told(row.step, "started", sanitise(f"{verb} on {row.device}{_sizes(row, self._scale)}"))
            case Saved():
                return Told(row.step, "checkpoint", sanitise("checkpoint saved"))
            case Validated(loss=float() as loss) if self._best is None or loss < self._best:
                scale = self._scale
                gain = "" if self._best is None else f" (−{number(scale.nats(self._best - loss))})"
                self._best = loss
                return Told(row.step, "best", sanitise(f"best {scale.mark}{loss_figure(scale.nats(loss))}{gain}"))
            case Noted() if row.event not in ("sample", "checkpoint"):
                return Told(row.step, row.event, sanitise(row.text or row.event))
            case _:
                return None


def _sizes(row: Started, scale: LossScale) -> str:
    faults = f", {count(row.faults)} encoding faults" if row.faults else ""
    return f": {count(row.train_symbols // scale.factor)} {scale.per}s{faults}" if row.train_symbols else faults
