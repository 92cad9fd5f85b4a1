"""`export`: a model directory of its own, with a card, from anything that can be played."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from grnn_tui.data.row_domain import RowDomain

if TYPE_CHECKING:
    from grnn_tui.engine.models import OpenedModel

SAMPLE_LENGTH = 400
SAMPLE_ROWS = 6


@click.command()
@click.argument("model")
@click.argument("directory", type=click.Path(path_type=Path))
@click.option("--summary", default="", help="One sentence for the card.")
@click.option("--name", default="", help="What the card calls it; the directory's name if not given.")
@click.option("--force", is_flag=True, help="Replace a model that is there already.")
def export(model: str, directory: Path, summary: str, name: str, force: bool) -> None:
    """Write MODEL (a run, RUN@best, a shipped name ...) to DIRECTORY, ready to be given away.

    Every command that takes a model takes the directory.
    """
    from grnn_tui.backends.modeldir import CARD, HEADER, write_model
    from grnn_tui.cli.output import note, note_passed_over
    from grnn_tui.cli.reporting import show_line
    from grnn_tui.data.builtin.sums import held_out
    from grnn_tui.engine.models import open_model
    from grnn_tui.errors import UsageError
    from grnn_tui.playing.adding import share_right
    from grnn_tui.playing.card import Card, markdown
    from grnn_tui.playing.generation import generate
    from grnn_tui.playing.settings import Sampling

    if (directory / HEADER).exists() and not force:
        raise UsageError(f"{directory} holds a model already; give --force to replace it")
    if directory.exists() and not (directory / HEADER).exists() and any(directory.iterdir()):
        raise UsageError(f"{directory} is not empty and holds no model; choose another directory")
    opened = open_model(model)
    note_passed_over(opened.located)
    located, source = opened.located, opened.directory
    header, notes = source.header, []
    if isinstance(header.domain, RowDomain):
        sample = _drawn(opened, header.domain)
    else:
        sample = "".join(generate(opened.player, header.domain, "", SAMPLE_LENGTH, Sampling(), seed=1))
    if header.trained.data == "sums":
        share = share_right(opened.player, header.vocabulary, held_out())
        notes.append(f"Of the sums that its training text never shows, it gets {100 * share:.1f} % right.")
    card = Card(
        name=name or directory.absolute().name,
        summary=summary or f"{source.backend.summary[:1].upper()}{source.backend.summary[1:]}.",
        header=header,
        parameters=sum(int(array.size) for array in source.arrays.values()),
        references=_references(located.run.metrics if located.run else None),
        sample=sample,
        notes=notes,
    )
    write_model(directory, header, source.arrays, markdown(card))
    show_line(str(directory))
    note(f"{directory / CARD} says how it came to be")


def _drawn(opened: OpenedModel, domain: RowDomain) -> str:
    """A few rows, of seed 1 and up; of a model that is told a label, each of another class."""
    import numpy as np

    from grnn_tui.cli.pictures import as_text
    from grnn_tui.playing.known import planned
    from grnn_tui.playing.row_path import RowPath
    from grnn_tui.playing.settings import Sampling

    plan, told = planned(opened.player, domain), domain.condition
    rows = []
    for i in range(SAMPLE_ROWS):
        vector = np.eye(told.size, dtype=np.float32)[i % told.size] if told is not None and told.classes else None
        path = RowPath(plan, 1 + i, vector)
        while not path.done:
            path.write(Sampling())
        rows.append(path.row())
    return as_text(np.stack(rows), domain)


def _references(metrics: Path | None) -> dict[str, float]:
    from grnn_tui.runs.metrics import read_rows
    from grnn_tui.runs.rows import Started

    if metrics is None:
        return {}
    started = [row for row in read_rows(metrics).rows if isinstance(row, Started)]
    return dict(started[-1].references) if started else {}
