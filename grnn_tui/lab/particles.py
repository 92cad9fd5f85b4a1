"""`particles`: several hidden states side by side, whose predictions are mixed, in small recurrent networks."""

from __future__ import annotations

import statistics
from dataclasses import dataclass

from grnn_tui.backends.registry import backend_named
from grnn_tui.data.row_domain import RowDomain
from grnn_tui.lab.finding import Experiment, Finding, Report, Series
from grnn_tui.lab.trained import Plan, nats_per_row, options, parts_of, rows_of, trained, weights

BACKEND = "gru"


@dataclass(frozen=True)
class Sizes:
    """How much of it is done."""

    rows: int = 5000
    steps: int = 500
    hidden: tuple[int, ...] = (4, 8)
    particles: tuple[int, ...] = (1, 2, 4, 8)
    seeds: int = 2
    """Trainings of each, from other weights."""


@dataclass(frozen=True)
class Measured:
    """One model: nats of a held-out row, of each training."""

    hidden: int
    particles: int
    parameters: int
    nats: tuple[float, ...]

    @property
    def mean(self) -> float:
        """Over the trainings."""
        return statistics.fmean(self.nats)


def run(
    experiment: Experiment, models: tuple[str, ...], seed: int, report: Report, sizes: Sizes | None = None
) -> Finding:
    """Nats an image for each number of particles, and of one particle with at least as many parameters as the most."""
    del models
    sizes = sizes or Sizes()
    data = rows_of("bars-and-stripes", seed, sizes.rows, 0.2)
    training, _ = parts_of(data)
    wanted = [(hidden, particles) for hidden in sizes.hidden for particles in sizes.particles]
    wanted += [(match(training.domain, hidden, max(sizes.particles)), 1) for hidden in sizes.hidden]
    wanted = sorted(set(wanted))
    found = []
    for number, (hidden, particles) in enumerate(wanted):
        nats, parameters = [], 0
        for other in range(sizes.seeds):

            def tell(
                share: float, done: float = number + other / sizes.seeds, what: str = _said(hidden, particles)
            ) -> None:
                report((done + share / sizes.seeds) / len(wanted), f"training {what}")

            settings = {"hidden": hidden, "embedding": 0, "particles": particles}
            how = options(steps=sizes.steps, seed=seed + other, lr=1e-2, batch=50)
            model = trained(Plan(BACKEND, settings, data, how), tell)
            nats.append(nats_per_row(model))
            parameters = weights(model)
        found.append(Measured(hidden, particles, parameters, tuple(nats)))
    return conclude(experiment, found, seed)


def match(domain: RowDomain, hidden: int, particles: int) -> int:
    """The fewest hidden units with which one particle has as many parameters as `particles` with `hidden` units."""
    wanted = parameters_of(domain, hidden, particles)
    while parameters_of(domain, hidden, 1) < wanted:
        hidden += 1
    return hidden


def parameters_of(domain: RowDomain, hidden: int, particles: int) -> int:
    """Of a network of that size."""
    backend = backend_named(BACKEND)
    settings = backend.parse_settings({"hidden": hidden, "embedding": 0, "particles": particles})
    return sum(p.numel() for p in backend.build_network(settings, domain).parameters())


def conclude(experiment: Experiment, found: list[Measured], seed: int) -> Finding:
    """What the figures say: at each size, the most particles against one of the same and one of as many parameters."""
    found = sorted(found, key=lambda m: (m.hidden, m.particles))
    mixed = {m.hidden: m for m in found if m.particles > 1}
    pairs = []
    for most in mixed.values():
        alone = next(m for m in found if (m.hidden, m.particles) == (most.hidden, 1))
        equal = next(m for m in found if m.particles == 1 and m.parameters >= most.parameters)
        pairs.append((most, alone, equal))
    helped = [most.mean < alone.mean for most, alone, _ in pairs]
    worth = [most.mean < equal.mean for most, _, equal in pairs]
    most, alone, equal = pairs[-1]
    return Finding(
        experiment=experiment.name,
        claim=experiment.claim,
        held=all(helped) and all(worth),
        sentence=(
            f"More particles help at {sum(helped)} of {len(pairs)} sizes, and beat one of as many parameters at"
            f" {sum(worth)}; {_said(most.hidden, most.particles)} needs {most.mean:.2f} nats an image,"
            f" {_said(alone.hidden, 1)} {alone.mean:.2f} and {_said(equal.hidden, 1)} {equal.mean:.2f}."
        ),
        columns=["hidden", "particles", "parameters", "nats an image", "best", "worst"],
        rows=[[m.hidden, m.particles, m.parameters, m.mean, min(m.nats), max(m.nats)] for m in found],
        x_label="particles",
        y_label="nats an image, held out",
        series=[
            Series(f"{hidden} hidden", *_curve([m for m in found if m.hidden == hidden])) for hidden in sorted(mixed)
        ],
        seed=seed,
    )


def _curve(found: list[Measured]) -> tuple[list[float], list[float]]:
    return [float(m.particles) for m in found], [m.mean for m in found]


def _said(hidden: int, particles: int) -> str:
    return f"{hidden} units x {particles}"
