"""`make bench`: every part, or those named on the command line, each in a process of its own."""

from __future__ import annotations

import importlib
import subprocess
import sys
import time

from benchmarks import published
from benchmarks.report import report, reported

PARTS = ("startup", "playing", "training", "nade", "pixelrnn", "screen", "growth", "quality")
"""What `make bench` runs, half an hour in all. Every one of these modules has `tables()`."""
BY_NAME = ("scans",)
"""What runs only when it is named: it led to a choice, and has no goal of its own."""


def main(words: list[str]) -> int:
    """Measure, or print the README's table of what was measured; status 2 for a name that is none."""
    if words[:1] == ["published"]:  # hours, not minutes
        published.main(words[1:])
        return 0
    if words == ["table"]:
        print(markdown())
        return 0
    if unknown := [word for word in words if word not in (*PARTS, *BY_NAME)]:
        known = ", ".join((*PARTS, *BY_NAME, "published", "table"))
        print(f"no benchmark is called {', '.join(unknown)}; there are: {known}", file=sys.stderr)
        return 2
    if len(words) == 1:
        report(words[0], importlib.import_module(f"benchmarks.{words[0]}").tables())
        return 0
    return all_of(words or list(PARTS))


def all_of(parts: list[str]) -> int:
    """One after the other, then every line with a goal that is missed; status 1 if a part broke."""
    began = time.monotonic()
    broken = [part for part in parts if subprocess.run([sys.executable, "-m", "benchmarks", part]).returncode]
    lines = [(part, line) for part in parts if part not in broken for t in reported(part)[1] for line in t.lines]
    missed = [(part, line) for part, line in lines if line.met is False]
    met = sum(line.met is True for _, line in lines)
    print(f"\n{met} met, {len(missed)} missed, {(time.monotonic() - began) / 60:.0f} minutes")
    for part, line in missed:
        print(f"  missed: {part}: {line.name}: {line.median:.3g} {line.unit}, goal {line.wanted}")
    for part in broken:
        print(f"  broken: {part}", file=sys.stderr)
    return 1 if broken else 0


def markdown() -> str:
    """Every line with a goal that was measured on this machine, as the page `benchmarks/README.md`."""
    machines, rows = set(), []
    for part in PARTS:
        try:
            where, tables = reported(part)
        except FileNotFoundError:
            continue
        machines.add(where)
        for table in tables:
            lines = [line for line in table.lines if line.goal is not None]
            rows += [f"| **{table.title}** | `make bench-{part}` | | | |"] if lines else []
            for line in lines:
                spread, median = f"{line.low:.3g} to {line.high:.3g}", f"{line.median:.4g} {line.unit}"
                rows.append(f"| {line.name} | {median} | {spread} | {line.wanted} | {line.verdict} |")
    return "\n".join([PAGE, f"Measured on {'; '.join(sorted(machines))}.", "", HEAD, *rows])


PAGE = """# Benchmarks

`make bench` measures everything, in half an hour on two cores; `make bench-NAME` one part. Each prints its lines with
the goal and whether it is met, and writes `benchmarks/results/NAME.json`; `python -m benchmarks table` prints this page
of what was measured. Ratios are medians of neighbours in the same run, with the range they had. `make bench-scans` and
`python -m benchmarks published` run by name alone.
"""
HEAD = """| measured | median | range | goal | |
|---|---|---|---|---|"""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
