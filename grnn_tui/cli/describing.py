"""`describe`: what rows are, and how far simple models get with how many parameters."""

from __future__ import annotations

from typing import Any

import click

from grnn_tui.cli.row_options import form_from, row_options
from grnn_tui.cli.table import count, figure, show_json, show_table

CHAIN = "Markov chain"
Line = tuple[str, int | str, float | None, str]
"""A model, its parameters, nats per row, and how they are counted."""


@click.command()
@click.argument("data")
@click.option("--model", help="Put a model of such rows beside the simple ones.")
@click.option(
    "--val", "share", type=click.FloatRange(0, 1, min_open=True, max_open=True), default=0.1, show_default=True
)
@click.option("--data-seed", type=click.IntRange(min=0), default=0, help="Of generated data, and of what is held out.")
@click.option("--data-size", type=click.IntRange(min=1), default=None, help="Rows of generated data.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def describe(
    data: str, model: str | None, share: float, data_seed: int, data_size: int | None, as_json: bool, **given: Any
) -> None:
    """Say what the rows of DATA are, and what simple models of them reach with how many parameters.

    Losses are those of the rows held out (--val), by models fitted to the others.
    """
    from grnn_tui.cli.output import note_passed_over
    from grnn_tui.cli.reporting import show_line
    from grnn_tui.data.builtin import BUILT_INS
    from grnn_tui.data.divided import divide
    from grnn_tui.data.parameter_counts import parameter_counts
    from grnn_tui.data.tables import describe as lines_of
    from grnn_tui.engine.models import open_directory
    from grnn_tui.errors import UsageError
    from grnn_tui.playing.row_scoring import row_domain, score_rows
    from grnn_tui.training.row_references import best_counts, counted_nats, remembered_row_lines

    if data in BUILT_INS:
        raise UsageError(f"{data} is a text, and describe is for rows; `grnn-tui corpora` lists both")
    form = form_from(given)
    directory = None
    if model is not None:
        located, directory = open_directory(model)
        note_passed_over(located)
    known = None if directory is None else row_domain(directory)
    divided = divide([data], form=form, share=share, seed=data_seed, size=data_size, known=known)
    domain = divided.domain
    lines = remembered_row_lines(divided.training.rows, divided.held.rows, domain)
    nats = {CHAIN if name == "AR(1)" else name: value * domain.length for name, value in lines.items()}
    if CHAIN not in nats and domain.kind != "real":
        chain = best_counts(divided.training.rows, divided.held.rows, domain.size, 1)
        nats[CHAIN] = counted_nats(chain, divided.held.rows, 1) * domain.length
    size = 0 if directory is None else sum(int(array.size) for array in directory.arrays.values())
    counts = {line.name: (line.count, line.note) for line in parameter_counts(domain, size)}
    mine = counts.pop("this model")
    if "Chow-Liu tree" in nats:
        counts["Chow-Liu tree"] = (2 * domain.length - 1, "2n - 1: each value given one other")
    counts |= {name: ("", "") for name in nats if name not in counts}
    rows: list[Line] = [(name, size, nats.get(name), note) for name, (size, note) in counts.items()]
    if directory is not None:
        rows.append((str(model), mine[0], score_rows(directory, divided.held).mean, mine[1]))
    if as_json:
        models = [{"name": n, "parameters": p, "nats_per_row": v, "note": note} for n, p, v, note in rows]
        show_json({"data": divided.table.name, "rows": len(divided.table), "models": models})
        return
    for line in (*lines_of(divided.table), ""):
        show_line(line)
    shown = [(n, p if isinstance(p, str) else count(p), figure(v), note) for n, p, v, note in rows]
    show_table(("model", "parameters", f"nats per {domain.row_name}", "counted as"), shown, numeric=(1, 2))


row_options(describe)
