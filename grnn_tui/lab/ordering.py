"""`ordering`: a row written in one order or another, and in many at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import get_args

import numpy as np

from grnn_tui.backends.orderings import OrderingName, shuffled
from grnn_tui.lab.finding import Experiment, Finding, Report, Series, Value
from grnn_tui.lab.trained import Plan, nats_per_row, options, parts_of, rows_of, trained
from grnn_tui.playing.row_scoring import score_rows

ORDERINGS: tuple[OrderingName, ...] = get_args(OrderingName)
AGNOSTIC_STEPS = 8
"""Times as many steps for the order-agnostic model: each trains a part of a row, in a third of the time."""


@dataclass(frozen=True)
class Sizes:
    """How much of it is done."""

    rows: int = 2000
    held: int = 400
    steps: int = 400
    hidden: int = 150
    ensembles: tuple[int, ...] = (1, 2, 4, 8, 16)


def run(
    experiment: Experiment, models: tuple[str, ...], seed: int, report: Report, sizes: Sizes | None = None
) -> Finding:
    """Nats an image of NADE in each order, and of an order-agnostic one averaged over more and more random orders."""
    del models
    sizes = sizes or Sizes()
    whole = sizes.rows + sizes.held
    data = rows_of("strokes", seed, whole, sizes.held / whole)
    _, held = parts_of(data)
    parts = len(ORDERINGS) + 2
    fixed: dict[str, float] = {}
    settings: dict[str, object] = {"hidden": sizes.hidden, "activation": "relu"}
    for number, name in enumerate(ORDERINGS):

        def tell(share: float, name: str = name, number: int = number) -> None:
            report((number + share) / parts, f"training in {name} order")

        how = options(steps=sizes.steps, seed=seed, lr=1e-2)
        fixed[name] = nats_per_row(trained(Plan("binary-nade", settings | {"ordering": name}, data, how), tell))
    settings |= {"order_agnostic": True}
    how = options(steps=sizes.steps * AGNOSTIC_STEPS, seed=seed, lr=1e-2)
    model = trained(
        Plan("binary-nade", settings, data, how),
        lambda share: report((len(ORDERINGS) + share) / parts, "training in all orders"),
    )
    report((parts - 1) / parts, "averaging over orders")
    orders = [shuffled(held.domain.shape, seed + i) for i in range(max(sizes.ensembles))]
    log_likelihood = np.stack([-score_rows(model, held, orderings=[order]).nats for order in orders])
    ensembles = {k: -float(np.mean(log_mean_exp(log_likelihood[:k]))) for k in sizes.ensembles}
    return conclude(experiment, fixed, ensembles, seed)


def log_mean_exp(log_likelihood: np.ndarray) -> np.ndarray:
    """log((1/k) sum_k p_k(x)) [n] from log p_k(x) [k, n]."""
    top = log_likelihood.max(axis=0)
    return np.asarray(top + np.log(np.exp(log_likelihood - top).mean(axis=0)))


def conclude(experiment: Experiment, fixed: Mapping[str, float], ensembles: Mapping[int, float], seed: int) -> Finding:
    """What the figures say: the largest ensemble against each model of one order."""
    largest = max(ensembles)
    best, worst = min(fixed, key=lambda name: fixed[name]), max(fixed, key=lambda name: fixed[name])
    ensemble = ensembles[largest]
    beaten = sum(ensemble < nats for nats in fixed.values())
    sizes = sorted(ensembles)
    across = [float(k) for k in sizes]
    rows: list[list[Value]] = [[name, 1, nats] for name, nats in sorted(fixed.items(), key=lambda item: item[1])]
    rows += [["order-agnostic", k, ensembles[k]] for k in sizes]
    return Finding(
        experiment=experiment.name,
        claim=experiment.claim,
        held=beaten == len(fixed),
        sentence=(
            f"An ensemble of {largest} orders needs {ensemble:.2f} nats an image, where one order needs"
            f" {fixed[best]:.2f} ({best}) to {fixed[worst]:.2f} ({worst}): it beats {beaten} of {len(fixed)}."
        ),
        columns=["model", "orders", "nats an image"],
        rows=rows,
        x_label="orders in the ensemble",
        y_label="nats an image, held out",
        series=[
            Series("ensemble", across, [ensembles[k] for k in sizes]),
            *(Series(name, [across[0], across[-1]], [fixed[name]] * 2) for name in dict.fromkeys((best, worst))),
        ],
        seed=seed,
    )
