"""What the trainer tells: rows to the disk and to whoever stands by, and alarms when the disk will not take them."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from grnn_tui.runs.metrics import MetricsWriter
from grnn_tui.runs.rows import AnyRow, Noted
from grnn_tui.training.clock import TrainingClock

Report = Callable[[AnyRow], None]


class Journal:
    """Appends rows to `metrics.jsonl` and passes them on; a full disk costs an alarm, never the training."""

    def __init__(self, path: Path, clock: TrainingClock, report: Report | None = None) -> None:
        self._writer = MetricsWriter(path)
        self._clock = clock
        self._report = report
        self._alarmed = False
        self.unheard: str | None = None
        """Why the run should stop, if it speaks into a pipe that was closed."""

    def tell(self, row: AnyRow) -> None:
        """Write and pass on `row`."""
        self._pass_on(row)
        self._writer.append(row)
        self._mind_the_disk(row.step)

    def note(self, step: int, event: str, text: str = "") -> None:
        """Tell an event."""
        self.tell(Noted(step=step, at=time.time(), seconds=self._clock.elapsed, event=event, text=text))

    def close(self, patience: float = 3.0) -> None:
        """Try a little longer to write what is waiting."""
        end = time.monotonic() + patience
        while not self._writer.flush() and time.monotonic() < end:
            time.sleep(0.1)

    def _mind_the_disk(self, step: int) -> None:
        """Say once that rows are waiting, and once that they no longer are."""
        if (self._writer.fault is not None) is self._alarmed:
            return
        self._alarmed = not self._alarmed
        fault = self._writer.fault
        text = f"rows cannot be written ({fault}); training goes on" if fault else "rows are written again"
        row = Noted(step=step, at=time.time(), seconds=self._clock.elapsed, event="alarm", text=text)
        self._pass_on(row)
        self._writer.append(row)

    def _pass_on(self, row: AnyRow) -> None:
        """Show `row` to whoever stands by; a log on a full disk costs no training."""
        if self._report is None:
            return
        try:
            self._report(row)
        except BrokenPipeError:
            self._report = None
            self.unheard = "nobody reads what it prints"
        except OSError:
            return
