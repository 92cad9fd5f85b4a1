"""`delete`, `undelete`: runs leave the list, and come back."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

import click

from grnn_tui.cli.listing import as_json
from grnn_tui.cli.table import show_json, show_table
from grnn_tui.errors import RunError, UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from grnn_tui.runs.trash import Deleted


@click.command()
@click.argument("run", required=False)
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--forever", is_flag=True, help="Free the room at once; without RUN, of all that was deleted before.")
def delete(run: str | None, yes: bool, forever: bool) -> None:
    """Delete RUN with all that is in it; `undelete` brings it back for a week."""
    from grnn_tui.cli.output import note
    from grnn_tui.runs import trash
    from grnn_tui.runs.store import called, find_run, runs_root

    if run is None:
        if not forever:
            raise UsageError("which run? `grnn-tui runs` lists them")
        _empty_trash(runs_root(), yes)
        return
    found = find_run(run)
    asked = trash.identity(found)
    status = found.status()
    if status.live:
        raise RunError(f"the run {found.name} is being trained; stop it first: `grnn-tui stop {called(found)}`")
    many = len(found.steps())
    kept = f"`grnn-tui undelete {called(found)}` brings it back for {trash.KEPT_DAYS} days"
    kept = "for good" if forever else kept
    _agree(f"Delete {found.name} ({status.state}, {many} checkpoint{'s' * (many != 1)}; {kept})?", yes)
    trash.delete(found, asked=asked, forever=forever)
    trash.sweep(found.path.parent)
    note(f"{found.name} is deleted{' ' if forever else '; '}{kept}")


def _empty_trash(home: Path, yes: bool) -> None:
    from grnn_tui.cli.output import note
    from grnn_tui.runs import trash

    there = trash.deleted_runs(home)
    if there:
        _agree(
            f"Remove {_count(len(there))} that {'was' if len(there) == 1 else 'were'} deleted before, for good?", yes
        )
    for each in there:
        trash.remove(each)
    trash.sweep(home)
    note(f"{_count(len(there))} removed for good" if there else "nothing was deleted before")


@click.command()
@click.argument("run", required=False)
@as_json
def undelete(run: str | None, as_json: bool) -> None:
    """Bring back RUN, the one deleted last if several had that name; without RUN, list what can be brought back.

    RUN is a name, what stands under `entry`, or for a run kept elsewhere the directory that it was in.
    """
    from grnn_tui.cli.output import note
    from grnn_tui.places import expanded
    from grnn_tui.runs import trash
    from grnn_tui.runs.store import runs_root

    if run is None:
        list_deleted(as_json)
        return
    path = expanded(run).absolute() if "/" in run else runs_root() / run
    there = trash.deleted_runs(path.parent)
    found = next((each for each in there if path.name in (each.name, each.entry)), None)
    if found is None:
        raise RunError(f"no run {run!r} was deleted in the last {trash.KEPT_DAYS} days; `grnn-tui undelete` lists them")
    back = trash.restore(found)
    if as_json:
        show_json({"name": back.name, "path": str(back.path)})
    taken = f", as {back.name}: its name is taken" if back.name != found.name else ""
    note(f"{found.name} is back{taken}")


def list_deleted(as_json: bool) -> None:
    """What can be brought back, the newest first."""
    from grnn_tui.cli.output import note
    from grnn_tui.runs import trash
    from grnn_tui.runs.store import runs_root

    found = trash.deleted_runs(runs_root())
    if as_json:
        show_json({"deleted": [_object(each) for each in found]})
    elif not found:
        note(f"no run was deleted in the last {trash.KEPT_DAYS} days")
    else:
        rows = [(each.name, each.entry, f"{_days_left(each):.1f}") for each in found]
        show_table(("name", "entry", "days left"), rows, numeric=(2,))
    trash.sweep(runs_root())


def _object(deleted: Deleted) -> dict[str, object]:
    left = round(max(0.0, _days_left(deleted)), 3)
    return {
        "name": deleted.name,
        "entry": deleted.entry,
        "path": str(deleted.path),
        "at": deleted.at,
        "days_left": left,
    }


def _days_left(deleted: Deleted) -> float:
    from grnn_tui.runs.trash import KEPT

    return max(0.0, deleted.at + KEPT - time.time()) / 86_400


def _count(many: int) -> str:
    return f"{many} run{'s' * (many != 1)}"


def _agree(question: str, yes: bool) -> None:
    """Ask, unless told not to.

    Raises:
        UsageError: nobody is there to be asked.
        RunError: the answer is no.
    """
    from grnn_tui.safetext import for_terminal

    if yes:
        return
    if not sys.stdin.isatty():
        raise UsageError("nobody can be asked here; say --yes to delete")
    sys.stderr.write(for_terminal(f"{question} [y/N] ", sys.stderr))
    sys.stderr.flush()
    if sys.stdin.readline().strip().casefold() not in ("y", "yes"):
        raise RunError("nothing is deleted")
