"""Lists on the command line: a table in a terminal, aligned columns in a pipe, one object with `--json`."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from typing import TextIO

Row = Sequence[str]


def show_table(headers: Row, rows: Sequence[Row], numeric: Sequence[int] = (), stream: TextIO | None = None) -> None:
    """Print rows of foreign text; the columns in `numeric` are aligned to the right."""
    stream = stream or sys.stdout
    if stream.isatty():
        _show_rich(headers, rows, numeric, stream)
    else:
        text = plain_table(headers, rows, numeric)
        encoding = stream.encoding or "utf-8"
        stream.write(text.encode(encoding, "backslashreplace").decode(encoding))


def plain_table(headers: Row, rows: Sequence[Row], numeric: Sequence[int] = ()) -> str:
    """Columns aligned with spaces, two between them; no cell breaks a line."""
    cells = [[_one_line(cell) for cell in row] for row in (headers, *rows)]
    widths = [max(len(row[i]) for row in cells) for i in range(len(headers))]
    lines = []
    for row in cells:
        padded = [c.rjust(w) if i in numeric else c.ljust(w) for i, (c, w) in enumerate(zip(row, widths, strict=True))]
        lines.append("  ".join(padded).rstrip())
    return "\n".join(lines) + "\n"


def show_json(value: object) -> None:
    """One object on one line, in ASCII; what is not a number is null."""
    sys.stdout.write(json.dumps(_finite(value), ensure_ascii=True, allow_nan=False) + "\n")


def count(number: int) -> str:
    """Thousands set off: 1,115,394."""
    return f"{number:,}"


def figure(value: float | None, digits: int = 4) -> str:
    """A figure, or nothing."""
    return "" if value is None else f"{value:.{digits}f}"


def _finite(value: object) -> object:
    if isinstance(value, float):
        return value if value == value and abs(value) != float("inf") else None
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    return value


def _one_line(cell: str) -> str:
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in cell)


def _show_rich(headers: Row, rows: Sequence[Row], numeric: Sequence[int], stream: TextIO) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from grnn_tui.safetext import sanitise

    ascii_only = "utf" not in (stream.encoding or "").lower()
    table = Table(box=None, pad_edge=False, header_style="bold")
    for i, header in enumerate(headers):
        table.add_column(Text(header), justify="right" if i in numeric else "left", no_wrap=i in numeric)
    for row in rows:
        table.add_row(*[Text(sanitise(cell, ascii_only=ascii_only)) for cell in row])
    Console(file=stream, markup=False, highlight=False, emoji=False).print(table)
