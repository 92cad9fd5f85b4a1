"""`fetch`: bring the classic corpora that everyone compares with."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click

from grnn_tui.cli.table import show_json


@click.command()
@click.argument("names", nargs=-1, required=True, metavar="NAME...")
@click.option("--from", "base_url", metavar="URL", help="Take it from below this address instead of its public one.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def fetch(names: tuple[str, ...], base_url: str | None, as_json: bool) -> None:
    """Bring a classic corpus from its public address; `grnn-tui corpora` names them.

    An interrupted download goes on where it stopped, and what arrives is checked by its SHA-256. The path it lies at is
    printed; commands take it by its name.
    """
    from grnn_tui.data import fetch as fetching
    from grnn_tui.safetext import for_terminal

    found = {}
    for name in names:
        with _progress_bar(name) as progress:
            found[name] = str(fetching.fetch(name, base_url=base_url, progress=progress))
    if as_json:
        show_json({"fetched": [{"name": name, "path": path} for name, path in found.items()]})
        return
    for path in found.values():
        sys.stdout.write(for_terminal(path, sys.stdout) + "\n")


@contextmanager
def _progress_bar(name: str) -> Iterator[Callable[[int, int | None], None] | None]:
    """A bar on stderr if that is a terminal; it is told the bytes so far and the bytes in all."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

    from grnn_tui.safetext import sanitise

    columns = (TextColumn("{task.description}", markup=False), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(sanitise(name), total=None)
        yield lambda done, total: progress.update(task, completed=done, total=total)
