"""A look at a file of rows before a run is made of it: what is in it, or what is wrong with it.

`python -m grnn_tui.data.looking` reads what to look at from stdin and answers on stdout, both as JSON: a program that
must not wait for a long file, nor import arrays, runs it beside itself.
"""

from __future__ import annotations

import sys

import msgspec

from grnn_tui.data.row_form import RowForm


class Look(msgspec.Struct, frozen=True):
    """What to look at."""

    source: str
    form: RowForm


class Seen(msgspec.Struct, frozen=True):
    """What is there; a `fault` says why nothing is known."""

    kind: str = ""
    """`binary`, `levels` or `real`."""
    shape: tuple[int, ...] = ()
    sequence: bool = False
    """Whether the rows follow one another."""
    classes: int = 0
    lines: tuple[str, ...] = ()
    """For a person: rows, shape and kind, classes, notes."""
    fault: str = ""


def look_at(look: Look) -> Seen:
    """Read the rows once."""
    from grnn_tui.data.tables import describe, open_table
    from grnn_tui.errors import GrnnError

    try:
        table = open_table(look.source, form=look.form)
    except GrnnError as error:
        return Seen(fault=str(error))
    domain = table.domain
    lines = tuple(describe(table))
    return Seen(domain.kind, domain.shape, table.pieces is not None, len(table.classes), lines)


if __name__ == "__main__":
    asked = msgspec.json.decode(sys.stdin.buffer.read(), type=Look)
    sys.stdout.buffer.write(msgspec.json.encode(look_at(asked)))
