"""`adding`: sums that the training text never shows, completed one character at a time."""

from __future__ import annotations

from collections import defaultdict

from grnn_tui.data.builtin.sums import held_out
from grnn_tui.lab.finding import Experiment, Finding, Report, Series, Value
from grnn_tui.playing.adding import share_right
from grnn_tui.runs.locate import open_model

MOSTLY = 0.95


def run(experiment: Experiment, models: tuple[str, ...], seed: int, report: Report) -> Finding:
    """The share of held-out sums that each model gets right, by how often one is carried.

    Raises:
        ModelError, RunError: one of `models` cannot be opened.
    """
    by_carries: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for a, b in held_out():
        by_carries[carries(a, b)].append((a, b))
    rows: list[list[Value]] = []
    series, totals = [], []
    for number, name in enumerate(models):
        _, directory = open_model(name)
        player, vocabulary = directory.open_player(), directory.header.vocabulary
        shares = []
        for carried, pairs in sorted(by_carries.items()):
            report((number + carried / len(by_carries)) / len(models), f"{name}, {carried} carried")
            shares.append(share_right(player, vocabulary, pairs))
            rows.append([name, carried, len(pairs), shares[-1]])
        series.append(Series(name, [float(c) for c in sorted(by_carries)], shares))
        sums = [len(pairs) for _, pairs in sorted(by_carries.items())]
        totals.append(sum(s * n for s, n in zip(shares, sums, strict=True)) / sum(sums))
        rows.append([name, None, sum(sums), totals[-1]])
    worst = totals.index(min(totals))
    return Finding(
        experiment=experiment.name,
        claim=experiment.claim,
        held=totals[worst] >= MOSTLY,
        sentence=f"{models[worst]} gets {totals[worst]:.1%} of {rows[-1][2]} sums right that no training text shows.",
        columns=["model", "carried", "sums", "right"],
        rows=rows,
        x_label="digits carried",
        y_label="share of sums that are right",
        series=series,
        seed=seed,
    )


def carries(a: int, b: int) -> int:
    """How often one is carried in adding two numbers on paper."""
    count = carry = 0
    while a or b:
        carry = int(a % 10 + b % 10 + carry > 9)
        count += carry
        a, b = a // 10, b // 10
    return count
