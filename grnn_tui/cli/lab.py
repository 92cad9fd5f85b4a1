"""`lab`: carry out an experiment and show what it found: a table, a plot, one sentence."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from grnn_tui.cli.sampling_options import one_blas_thread
from grnn_tui.cli.table import show_json, show_table

if TYPE_CHECKING:
    from grnn_tui.lab.finding import Finding, Report

PLOT_HEIGHT = 16
WIDEST = 100


@click.command()
@click.argument("name", required=False)
@click.option("--model", "-m", "models", multiple=True, help="Play this model instead; may be given again.")
@click.option("--seed", "-s", type=click.IntRange(min=0), default=1, show_default=True, help="Of everything random.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object; how far it is goes to stderr.")
def lab(name: str | None, models: tuple[str, ...], seed: int, as_json: bool) -> None:
    """Try a claim of the field in a small seeded experiment of at most three minutes.

    Without NAME the experiments are listed. A claim that does not hold is reported so.
    """
    from grnn_tui.lab.catalogue import experiment_named

    if name is None:
        _list(as_json)
        return
    experiment = experiment_named(name)
    one_blas_thread()
    with _progress(lines=as_json) as report:
        finding = experiment.carry_out(models, seed, report)
    if as_json:
        import msgspec

        show_json(msgspec.to_builtins(finding))
    else:
        show(finding)


def _list(as_json: bool) -> None:
    from grnn_tui.lab.catalogue import EXPERIMENTS

    if as_json:
        show_json([{"name": e.name, "claim": e.claim, "method": e.method} for e in EXPERIMENTS.values()])
    else:
        show_table(("name", "claim"), [(e.name, e.claim) for e in EXPERIMENTS.values()])


def show(finding: Finding) -> None:
    """Claim, table, plot, sentence."""
    from grnn_tui.lab.finding import shown
    from grnn_tui.safetext import for_terminal

    sys.stdout.write(f"{finding.claim}\n\n")
    numeric = [i for i in range(len(finding.columns)) if all(not isinstance(row[i], str) for row in finding.rows)]
    show_table(finding.columns, [[shown(value) for value in row] for row in finding.rows], numeric)
    for line in plot_lines(finding, min(WIDEST, shutil.get_terminal_size().columns)):
        sys.stdout.write(for_terminal(f"{line}\n", sys.stdout))
    verdict = "The claim held." if finding.held else "The claim did not hold."
    sys.stdout.write(for_terminal(f"\n{verdict} {finding.sentence}\n", sys.stdout))
    sys.stderr.write(f"seed {finding.seed} · {finding.seconds:.0f} s\n")


def plot_lines(finding: Finding, width: int) -> list[str]:
    """The plot as text; nothing where there are no curves."""
    from grnn_tui.ui.lab.view import caption, plot_of
    from grnn_tui.ui.markers import choose_markers
    from grnn_tui.ui.widgets.chart import draw

    plot = plot_of(finding)
    if not plot.curves:
        return []
    picture = draw(plot, width, PLOT_HEIGHT, choose_markers(""))
    rows = ["".join(text for text, _ in row).rstrip() for row in picture.rows]
    return ["", caption(finding), *rows]


@contextmanager
def _progress(*, lines: bool) -> Iterator[Report]:
    """On stderr: a bar in a terminal, else with `lines` a line such as `12% training NADE` for each percent."""
    if not sys.stderr.isatty():
        yield _line_by_line() if lines else lambda _done, _what: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    from grnn_tui.safetext import sanitise

    columns = (BarColumn(), TimeElapsedColumn(), TextColumn("{task.description}", markup=False))
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=1.0)
        yield lambda done, what: bar.update(task, completed=done, description=sanitise(what))


def _line_by_line() -> Report:
    said = ""

    def report(done: float, what: str) -> None:
        nonlocal said
        line = f"{done:.0%} {' '.join(what.split())}"
        if line != said:
            said = line
            sys.stderr.write(line + "\n")
            sys.stderr.flush()

    return report
