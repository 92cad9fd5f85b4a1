"""`chain-rule`: how many numbers a model has, and how likely it makes the same rows."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass

import numpy as np

from grnn_tui.data.parameter_counts import parameter_counts
from grnn_tui.data.table import Rows
from grnn_tui.lab.finding import Experiment, Finding, Report, Series
from grnn_tui.lab.trained import Plan, nats_per_row, options, parts_of, rows_of, trained, weights

JOINT = "full joint"
PSEUDO_COUNTS = tuple(10.0**-k for k in range(22))
"""What is tried as the count of a row that was not seen; the joint table gets the one that suits the held-out rows."""
FAR_FEWER = 1_000_000
"""The joint has at least so many times as many parameters."""


@dataclass(frozen=True)
class Sizes:
    """How much of it is done."""

    rows: int = 20_000
    steps: int = 2000
    nade: int = 32
    recurrent: int = 24


@dataclass(frozen=True)
class Measured:
    """One model: numbers to be learned, and nats of a held-out row."""

    name: str
    parameters: int
    nats: float


def run(
    experiment: Experiment, models: tuple[str, ...], seed: int, report: Report, sizes: Sizes | None = None
) -> Finding:
    """Nats per image of the joint table, counts, NADE and recurrent models, trained on the same grids of spins."""
    del models
    sizes = sizes or Sizes()
    data = rows_of("ising", seed, sizes.rows)
    training, held = parts_of(data)
    D = training.domain.length
    joint = int(parameter_counts(training.domain, 0)[0].count) if D < 50 else 2**D - 1
    found = [Measured(JOINT, joint, joint_nats(training.rows, held.rows))]
    neural = options(steps=sizes.steps, seed=seed, lr=1e-2)
    plans = {f"AR({n})" if n else "independent": Plan("markov", {"order": n}, data) for n in (0, 1, 4, 8)}
    plans["NADE"] = Plan("binary-nade", {"hidden": sizes.nade}, data, neural)
    for backend in ("rnn", "lstm"):
        settings = {"hidden": sizes.recurrent, "embedding": 0}
        plans[backend.upper()] = Plan(backend, settings, data, neural)
    for number, (name, plan) in enumerate(plans.items()):

        def tell(share: float, name: str = name, number: int = number) -> None:
            report((number + share) / len(plans), f"training {name}")

        tell(0.0)
        model = trained(plan, tell)
        counted = plan.backend == "markov"
        order = plan.settings.get("order", 0)
        assert isinstance(order, int)
        found.append(Measured(name, chain_parameters(D, order) if counted else weights(model), nats_per_row(model)))
    return conclude(experiment, found, training.floor, seed)


def conclude(experiment: Experiment, found: list[Measured], floor: float | None, seed: int) -> Finding:
    """What the figures say: the chain with the best conditional against the joint table and independent values."""
    joint = next(m for m in found if m.name == JOINT)
    chains = sorted((m for m in found if m.name != JOINT), key=lambda m: m.parameters)
    best = min(chains, key=lambda m: m.nats)
    independent = next(m for m in chains if m.name == "independent")
    exact = "" if floor is None else f"; the exact entropy is {floor:.2f}"
    curves = [Series("chain rule", [math.log10(m.parameters) for m in chains], [m.nats for m in chains])]
    ends = [curves[0].x[0], math.log10(joint.parameters)]
    curves.append(Series(JOINT, ends, [joint.nats] * 2))
    if floor is not None:
        curves.append(Series("exact", ends, [floor] * 2))
    return Finding(
        experiment=experiment.name,
        claim=experiment.claim,
        held=best.nats < min(joint.nats, independent.nats) and best.parameters * FAR_FEWER <= joint.parameters,
        sentence=(
            f"{best.name} needs {best.nats:.2f} nats an image with {best.parameters:,} parameters, the joint table"
            f" {joint.nats:.2f} with {joint.parameters:.1e}, and independent pixels {independent.nats:.2f}{exact}."
        ),
        columns=["model", "parameters", "nats an image"],
        rows=[[m.name, _shown(m.parameters), m.nats] for m in (joint, *chains)],
        x_label="log10 of parameters",
        y_label="nats an image, held out",
        series=curves,
        seed=seed,
    )


def joint_nats(train: Rows, held: Rows) -> float:
    """Nats per row of a table of all 2^D rows of bits, counted: p(x) = (count(x) + a) / (n + a 2^D), at its best a."""
    counts = Counter(row.tobytes() for row in train)
    seen = np.array([counts[row.tobytes()] for row in held], dtype=np.float64)
    every = 2.0 ** train.shape[1]
    return min(float(math.log(len(train) + a * every) - np.log(seen + a).mean()) for a in PSEUDO_COUNTS)


def chain_parameters(length: int, order: int) -> int:
    """Of a chain over bits, each depending on the `order` before it by a table of its own: sum_d 2^min(d, order)."""
    return sum(2 ** min(d, order) for d in range(length))


def _shown(parameters: int) -> int | str:
    return parameters if parameters < 10**9 else f"{parameters:.1e}"
