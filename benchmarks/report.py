"""Tables of measured lines: median, spread, goal, and whether it is met."""

from __future__ import annotations

import json
import os
import platform
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results"


@dataclass(frozen=True)
class Line:
    """One measured thing: a figure and the goal, if it has one."""

    name: str
    median: float
    low: float
    high: float
    unit: str
    goal: float | None = None
    at_most: bool = True

    @property
    def met(self) -> bool | None:
        """Whether the goal is reached; None without a goal."""
        if self.goal is None:
            return None
        return self.median <= self.goal if self.at_most else self.median >= self.goal

    @property
    def wanted(self) -> str:
        """The goal in words; empty without one."""
        return "" if self.goal is None else f"{'<=' if self.at_most else '>='} {self.goal:g} {self.unit}"

    @property
    def verdict(self) -> str:
        """`met` or `missed`; empty without a goal."""
        return {None: "", True: "met", False: "missed"}[self.met]


@dataclass(frozen=True)
class Table:
    """Lines that belong together."""

    title: str
    lines: Sequence[Line]


def line(name: str, values: Sequence[float], unit: str, goal: float | None = None, *, at_most: bool = True) -> Line:
    """The median, minimum and maximum of `values`."""
    return Line(name, statistics.median(values), min(values), max(values), unit, goal, at_most)


def show(table: Table) -> None:
    """Print a table."""
    print(f"\n{table.title}   ({machine()})")
    width = max(len(entry.name) for entry in table.lines)
    for entry in table.lines:
        spread = f"({entry.low:.3g} to {entry.high:.3g})"
        goal = entry.wanted and f"goal {entry.wanted}"
        row = f"  {entry.name:<{width}}  {entry.median:9.4g} {entry.unit:<6} {spread:<20} {goal:<22} {entry.verdict}"
        print(row.rstrip(), flush=True)


def report(part: str, tables: Iterable[Table]) -> None:
    """Print tables as they come, and keep them in `benchmarks/results/PART.json`."""
    kept: list[dict[str, Any]] = []
    RESULTS.mkdir(exist_ok=True)
    for table in tables:
        show(table)
        lines = [asdict(entry) | {"met": entry.met} for entry in table.lines]
        kept.append({"title": table.title, "lines": lines})
        content = {"part": part, "machine": machine(), "tables": kept}
        (RESULTS / f"{part}.json").write_text(json.dumps(content, indent=1) + "\n")


def reported(part: str) -> tuple[str, list[Table]]:
    """The machine and the tables that `report` kept of a part.

    Raises:
        FileNotFoundError: it has not been measured here.
    """
    content = json.loads((RESULTS / f"{part}.json").read_text())
    fields = Line.__dataclass_fields__
    return content["machine"], [
        Table(table["title"], [Line(**{key: entry[key] for key in fields}) for entry in table["lines"]])
        for table in content["tables"]
    ]


def machine() -> str:
    """The processor and its core count, in words."""
    cpuinfo = Path("/proc/cpuinfo")
    names = [row.split(":", 1)[1].strip() for row in cpuinfo.read_text().splitlines() if row.startswith("model name")]
    return f"{os.cpu_count()} x {names[0] if names else platform.machine()}, Python {platform.python_version()}"
