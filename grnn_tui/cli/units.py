"""`units`: what the hidden units of a model do along a text."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from grnn_tui.cli.output import note, note_passed_over
from grnn_tui.cli.sampling_options import one_blas_thread
from grnn_tui.cli.table import count, show_json, show_table
from grnn_tui.errors import UsageError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from grnn_tui.backends.contract import Player

CHUNK = 4096
"""Symbols whose activations are held at a time."""


@click.command()
@click.argument("model")
@click.argument("file", metavar="FILE|-")
@click.option("--encoding", default="utf-8", show_default=True, help="Of the file.")
@click.option("--unit", type=click.IntRange(0), help="A line for each symbol: position, symbol (JSON), activation.")
@click.option("--follow", "mark", default="", metavar="MARK", help="Rank by how well a unit follows this symbol.")
@click.option("--top", type=click.IntRange(0), default=20, show_default=True, help="Units to show; 0 shows all.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object, with every unit.")
def units(model: str, file: str, encoding: str, unit: int | None, mark: str, top: int, as_json: bool) -> None:
    """Rank the hidden units of MODEL by what they do along a text, or print what one of them does.

    Units are ranked by their variance; with --follow by their correlation with where MARK points to: of a quotation
    mark or a bracket what it encloses, else the symbol itself. --follow '"' finds the unit that detects quotations.
    """
    one_blas_thread()
    from grnn_tui.data.corpus import open_corpus
    from grnn_tui.engine.models import open_model
    from grnn_tui.playing.marks import Mark, bare
    from grnn_tui.playing.ranking import Tally

    opened = open_model(model)
    note_passed_over(opened.located)
    labels, player = opened.vocabulary.labels, opened.player
    if mark and bare(mark) not in map(bare, labels):
        raise UsageError(f"--follow takes one symbol that {opened.label} knows, not {mark!r}")
    size = player.features(player.start()).size
    if not size:
        raise UsageError(f"{opened.label} has no hidden units; choose a recurrent model or NADE")
    if unit is not None and unit >= size:
        raise UsageError(f"{opened.label} has the units 0 to {size - 1}, not {unit}")
    corpus = open_corpus(file, vocabulary=opened.vocabulary, encoding=encoding)
    for line in corpus.notes:
        note(line)
    tally, follow, shown = Tally(size), Mark(mark), []
    for start, symbols, rows in _walk(player, corpus.symbols):
        tally.add(rows, [follow.step(labels[symbol]) for symbol in symbols] if mark else ())
        if unit is not None and as_json:
            shown += rows[:, unit].tolist()
        elif unit is not None:
            for position, (symbol, value) in enumerate(zip(symbols, rows[:, unit].tolist(), strict=True), start):
                sys.stdout.write(f"{position}\t{json.dumps(labels[symbol])}\t{value:.6f}\n")
    ranking, by = tally.ranking(mark), "correlation" if mark else "variance"
    ranked: list[dict[str, Any]] = [
        {"unit": k, by: float(ranking.scores[k]), "low": float(tally.low[k]), "high": float(tally.high[k])}
        for k in ranking.order.tolist()
    ]
    if as_json:
        found = {"model": opened.located.name, "data": corpus.name, "symbols": int(corpus.symbols.size), "follow": mark}
        show_json({**found, "units": ranked} | ({} if unit is None else {"unit": unit, "activations": shown}))
        return
    if unit is None:
        sign = "+" if mark else ""
        cells = [
            (str(i), str(each["unit"]), f"{each[by]:{sign}.4f}", f"{each['low']:+.4f}", f"{each['high']:+.4f}")
            for i, each in enumerate(ranked, 1)
        ]
        show_table(("rank", "unit", by, "low", "high"), cells[: top or None], numeric=range(5))
    note(f"{opened.label} · {size} units · {count(corpus.symbols.size)} {opened.vocabulary.unit}s")


def _walk(player: Player[Any], symbols: NDArray[np.integer]) -> Iterator[tuple[int, list[int], NDArray[np.float32]]]:
    """A text in chunks: the position of its first symbol, its symbols, the activations once each was seen."""
    import numpy as np

    state = player.start()
    for start in range(0, symbols.size, CHUNK):
        chunk, rows = symbols[start : start + CHUNK].tolist(), []
        for symbol in chunk:
            state = player.advance(state, symbol)
            rows.append(player.features(state))
        yield start, chunk, np.array(rows)
