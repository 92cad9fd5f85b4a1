"""`export-run`: scripts that train a run with torchrun on several hosts, or as a Slurm job."""

from __future__ import annotations

from pathlib import Path

import click


@click.command("export-run")
@click.argument("run")
@click.option("--nodes", type=click.IntRange(1, 1024), default=1, show_default=True, help="Hosts to train on.")
@click.option(
    "--processes", type=click.IntRange(1, 64), default=None, help="On each host, one for each GPU. (as the run has)"
)
@click.option("--to", "folder", type=click.Path(path_type=Path), default=Path(), help="Folder to write them to. (here)")
def export_run(run: str, nodes: int, processes: int | None, folder: Path) -> None:
    """Write scripts that train RUN elsewhere: one for torchrun, one for Slurm.

    `grnn-tui train DATA --no-start` makes a run to be trained so. It is watched and prompted from here as ever.
    """
    from grnn_tui.cli.output import note
    from grnn_tui.cli.reporting import show_line
    from grnn_tui.errors import RunError, UsageError
    from grnn_tui.runs.handoff import Hosts, write_scripts
    from grnn_tui.runs.store import called, find_run

    found = find_run(run)
    options = found.request.training
    each = processes or options.processes
    if nodes * each > options.batch:
        raise UsageError(
            f"a batch of {options.batch} cannot be shared among {nodes * each} processes; use fewer, or begin the run"
            f" with --batch {nodes * each} or more"
        )
    try:
        paths = write_scripts(found, Hosts(nodes, each, options.device != "cpu"), folder)
    except OSError as error:
        raise RunError(f"cannot write scripts to {folder}: {error.strerror or error}; choose --to DIR") from None
    for path in paths:
        show_line(str(path))
    note(f"start one of them where the run is to be trained; follow it with `grnn-tui watch {called(found)}`")
