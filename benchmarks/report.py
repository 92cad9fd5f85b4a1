"""Tables of ratios: medians, spread, goal, and whether it is met."""

from __future__ import annotations

import json
import platform
import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True)
class Line:
    """One measured thing: a figure, what it is a ratio to, and the goal."""

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


def line(name: str, values: Sequence[float], unit: str, goal: float | None = None, *, at_most: bool = True) -> Line:
    """The median, minimum and maximum of `values`."""
    return Line(name, statistics.median(values), min(values), max(values), unit, goal, at_most)


def show(title: str, lines: Sequence[Line]) -> None:
    """Print a table and write it as JSON into `benchmarks/results/`."""
    print(f"\n{title}   ({machine()})")
    width = max(len(entry.name) for entry in lines)
    for entry in lines:
        verdict = {None: "", True: "met", False: "missed"}[entry.met]
        sign = "<=" if entry.at_most else ">="
        goal = "" if entry.goal is None else f"goal {sign} {entry.goal:g} {entry.unit}"
        spread = f"({entry.low:.3g} to {entry.high:.3g})"
        print(f"  {entry.name:<{width}}  {entry.median:9.3g} {entry.unit:<6} {spread:<20} {goal:<22} {verdict}")
    folder = Path(__file__).parent / "results"
    folder.mkdir(exist_ok=True)
    content = {"machine": machine(), "lines": [asdict(entry) | {"met": entry.met} for entry in lines]}
    (folder / f"{title.split()[0].lower()}.json").write_text(json.dumps(content, indent=1) + "\n")


def machine() -> str:
    """The processor and its core count, in words."""
    import os

    cpuinfo = Path("/proc/cpuinfo")
    names = [row.split(":", 1)[1].strip() for row in cpuinfo.read_text().splitlines() if row.startswith("model name")]
    return f"{os.cpu_count()} x {names[0] if names else platform.machine()}, Python {platform.python_version()}"
