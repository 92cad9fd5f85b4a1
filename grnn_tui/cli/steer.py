"""`watch`, `pause`, `resume`, `stop`, `checkpoint`, `set`: following a run and steering it, from anywhere."""

from __future__ import annotations

import math
import sys
import time

import click

from grnn_tui.errors import RunError, UsageError
from grnn_tui.runs.commands import Command, PauseRun, ResumeRun, SaveCheckpoint, SetRate, StopRun, append_command
from grnn_tui.runs.directory import Run
from grnn_tui.runs.store import called, find_run, how_to_go_on

POLL = 0.25
STATUS_EVERY = 1.0


def _steer(reference: str, command: Command, said: str) -> None:
    """Append `command` for a run that is alive.

    Raises:
        RunError: nobody trains it.
    """
    from grnn_tui.cli.output import note

    run = find_run(reference)
    status = run.status()
    if not status.live:
        raise RunError(f"the run {run.name} is not being trained ({status.state}); {how_to_go_on(called(run))}")
    append_command(run.commands, command)
    note(f"{run.name}: {said}")


@click.command()
@click.argument("run")
def pause(run: str) -> None:
    """Let RUN wait: it keeps everything and takes no steps."""
    _steer(run, PauseRun(), "will wait after this step")


@click.command()
@click.argument("run")
def resume(run: str) -> None:
    """Let a waiting RUN go on. (A run that has ended goes on with `train --resume`.)"""
    _steer(run, ResumeRun(), "goes on")


@click.command()
@click.argument("run")
def stop(run: str) -> None:
    """Let RUN finish its step, save and end."""
    _steer(run, StopRun(), "will stop after this step, saved")


@click.command()
@click.argument("run")
def checkpoint(run: str) -> None:
    """Save RUN now."""
    _steer(run, SaveCheckpoint(), "will save after this step")


@click.command("set")
@click.argument("run")
@click.argument("assignments", nargs=-1, required=True, metavar="lr=RATE")
def set_value(run: str, assignments: tuple[str, ...]) -> None:
    """Change the peak learning rate of RUN: lr=3e-4."""
    for assignment in assignments:
        name, _, value = assignment.partition("=")
        if name != "lr":
            raise UsageError(f"{assignment!r}: only lr can be set, as in lr=3e-4")
        try:
            rate = float(value)
        except ValueError:
            rate = math.nan
        if not 0 < rate <= 10:
            raise UsageError(f"{assignment!r}: the learning rate is a number above 0 and at most 10")
        _steer(run, SetRate(rate), f"peak learning rate {rate:g} from the next step")


@click.command()
@click.argument("run")
@click.option("--json", "as_json", is_flag=True, help="Print the rows as objects, one a line.")
def watch(run: str, as_json: bool) -> None:
    """Follow RUN line by line, from its beginning, until it ends."""
    from grnn_tui.cli.output import note
    from grnn_tui.cli.reporting import JsonReporter, LineReporter, show_line

    found = find_run(run)
    state = _follow(found, JsonReporter() if as_json else LineReporter(found.request.data.unit))
    if not as_json:
        show_line(f"{found.name}: {state}")
        if state == "new":
            note("nobody trains it yet; watch it once somebody does")
        elif state == "died":
            note(f"go on with `grnn-tui train --resume {called(found)}`")
    sys.exit(1 if state in ("failed", "died") else 0)


def _follow(run: Run, report: object) -> str:
    """Show rows until no trainer is left; the state the run is in then."""
    from grnn_tui.cli.output import note
    from grnn_tui.runs.room import checkpoint_bytes, room_of
    from grnn_tui.runs.view import RunWatch

    assert callable(report)
    watched = RunWatch(run)
    asked, bad, full = -math.inf, 0, False
    while True:
        alive = True
        if time.monotonic() - asked >= STATUS_EVERY:
            status = watched.status()
            alive, asked = status.live, time.monotonic()
            room = room_of(run.path, checkpoint_bytes(run.path)) if alive else None
            if room is not None and full is not (full := bool(room.alarm)):
                note(f"{run.name}: {room.alarm or 'there is room on the disk again'}")
        for row in watched.poll():
            report(row)
        if watched.bad > bad:
            note(f"{watched.bad - bad} damaged lines of {run.metrics} are left out")
            bad = watched.bad
        if not alive:
            return status.state
        time.sleep(POLL)
