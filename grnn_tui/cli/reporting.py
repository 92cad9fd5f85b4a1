"""Showing a run's rows as they come: a progress bar in a terminal, lines in a pipe, objects with `--json`."""

from __future__ import annotations

import json
import math
import sys
from typing import TYPE_CHECKING, Any, Protocol

import msgspec

from grnn_tui.runs.rows import AnyRow, Noted, Saved, Started, Trained, Validated
from grnn_tui.runs.scale import LossScale

if TYPE_CHECKING:
    from rich.progress import Progress

LINE_EVERY = 2.0
"""Seconds between plain lines about training."""


class Reporter(Protocol):
    """Takes rows in order."""

    def __call__(self, row: AnyRow) -> None:
        """Show `row`."""

    def close(self) -> None:
        """Nothing more comes."""


class JsonReporter:
    """Every row as one object on one line, in ASCII, as `metrics.jsonl` has it."""

    def __call__(self, row: AnyRow) -> None:
        """Print `row`."""
        print_object(msgspec.to_builtins(row))

    def close(self) -> None:
        """Nothing is kept open."""


class LineReporter:
    """Plain lines: what happens at once, training every couple of seconds.

    With `quiet`, training itself is left out: what a detached trainer's log keeps.
    """

    def __init__(self, unit: str, *, quiet: bool = False) -> None:
        self.scale = LossScale(unit)
        self.quiet = quiet
        self._shown = -math.inf

    def __call__(self, row: AnyRow) -> None:
        """Print `row`, unless it is one of many."""
        if isinstance(row, Started):
            self.scale = LossScale.of_run(row, self.scale.unit)
        if isinstance(row, Trained):
            if self.quiet or row.seconds - self._shown < LINE_EVERY:
                return
            self._shown = row.seconds
        for line in lines_of(row, self.scale):
            show_line(line)

    def close(self) -> None:
        """Nothing is kept open."""


class BarReporter:
    """A progress bar of the whole run, validations and events above it."""

    def __init__(self, unit: str) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

        self.scale = LossScale(unit)
        console = Console(file=sys.stdout, markup=False, highlight=False, emoji=False)
        columns = (BarColumn(bar_width=20), TaskProgressColumn(), TextColumn("{task.description}", markup=False))
        self._bar: Progress = Progress(*columns, console=console, transient=True, refresh_per_second=8)
        self._task = self._bar.add_task("", total=1.0)
        self._bar.start()

    def __call__(self, row: AnyRow) -> None:
        """Show `row`."""
        if isinstance(row, Started):
            self.scale = LossScale.of_run(row, self.scale.unit)
        if isinstance(row, Trained):
            text = training_line(row, self.scale, short=True)
            self._bar.update(self._task, completed=row.progress, description=text)
            return
        if isinstance(row, Saved):
            return
        from rich.text import Text

        for line in lines_of(row, self.scale):
            self._bar.console.print(Text(_safe(line)))

    def close(self) -> None:
        """Take the bar away."""
        self._bar.stop()


def make_reporter(unit: str, *, as_json: bool) -> Reporter:
    """The reporter that suits stdout."""
    if as_json:
        return JsonReporter()
    return BarReporter(unit) if sys.stdout.isatty() else LineReporter(unit)


def print_object(value: Any) -> None:
    """One JSON object on one line."""
    sys.stdout.write(json.dumps(value, ensure_ascii=True, allow_nan=False) + "\n")
    sys.stdout.flush()


def show_line(line: str) -> None:
    """One line of foreign text to stdout."""
    sys.stdout.write(_safe(line) + "\n")
    sys.stdout.flush()


def _safe(line: str) -> str:
    from grnn_tui.safetext import for_terminal

    return for_terminal(line.replace("\n", " "), sys.stdout)


def lines_of(row: AnyRow, scale: LossScale) -> list[str]:
    """What to say of `row` to a person."""
    match row:
        case Started():
            return _beginning(row, scale)
        case Trained():
            return [training_line(row, scale)]
        case Validated(loss=float(loss)):
            best = "  (best)" if row.best else ""
            return [f"step {row.step:,}  {scale.called('validation')} {scale.text(loss)}{best}"]
        case Validated():
            return [f"step {row.step:,}  validation is not a number"]
        case Saved():
            return [f"step {row.step:,}  checkpoint"]
        case Noted():
            return [f"step {row.step:,}  {row.event}{': ' if row.text else ''}{row.text}"]


def _beginning(row: Started, scale: LossScale) -> list[str]:
    processes = f", {row.processes} processes" if row.processes > 1 else ""
    threads = f", {row.threads} threads" if row.threads > 1 else ", 1 thread"
    threads += " each" if processes else ""
    where = f"{row.device}{processes}{threads if row.device == 'cpu' else ''}"
    size = f"{row.parameters:,} parameters, " if row.parameters else ""
    many = scale.row or 1
    train, held = row.train_symbols // many, row.validation_symbols // many
    lines = [f"{size}{train:,} {scale.per}s to train on, {held:,} to validate on, {where}"]
    known = dict(row.references) | ({"exact entropy": row.floor} if row.floor is not None else {})
    if known:
        told = ", ".join(f"{name} {scale.figure(nats)}" for name, nats in known.items())
        lines.append(f"{scale.nats_unit} to beat: {told}")
    if row.bound:
        lines.append("the model has noise in it: what is told is a lower bound K on its log-likelihood, as nats")
    if row.step:
        lines.append(f"going on from step {row.step:,}")
    return lines + [f"note: {warning}" for warning in row.warnings]


def training_line(row: Trained, scale: LossScale, *, short: bool = False) -> str:
    """Loss, rates and time left."""
    loss = f"{scale.called()} {'nan' if row.loss is None else scale.text(row.loss)}"
    left = "" if row.eta is None else f"  {duration(row.eta)} left"
    speed = f"{row.tokens_per_second:,.0f} {'tok' if short else scale.unit + 's'}/s"
    if short:
        return f"step {row.step:,}  {loss}  {speed}{left}"
    return f"step {row.step:,}  {loss}  {speed}  lr {row.lr:.2e}  epoch {row.epoch:.2f}{left}"


def duration(seconds: float) -> str:
    """`1:02:03` or `2:03`."""
    whole = round(seconds)
    hours, rest = divmod(whole, 3600)
    return f"{hours}:{rest // 60:02}:{rest % 60:02}" if hours else f"{rest // 60}:{rest % 60:02}"
