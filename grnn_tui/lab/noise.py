"""`noise`: noise in the hidden state, and the bound K on the log-likelihood that is left."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from grnn_tui.backends.modeldir import ModelDirectory
from grnn_tui.lab.finding import Experiment, Finding, Report, Series
from grnn_tui.lab.trained import Plan, options, trained
from grnn_tui.runs.request import DataRequest
from grnn_tui.training.material import read_material

SIGMAS = (0.0, 0.05, 0.1, 0.2, 0.4, 0.8)


@dataclass(frozen=True)
class Sizes:
    """How much of it is done."""

    characters: int = 100_000
    steps: int = 600
    hidden: int = 32
    sigmas: tuple[float, ...] = SIGMAS


@dataclass(frozen=True)
class Measured:
    """Of one sigma: log-likelihoods in nats a character."""

    sigma: float
    K: float
    """Of a model trained and measured with that noise."""
    without: float
    """Exact log-likelihood of the same weights, the noise switched off."""
    added: float
    """K of the model that was trained without noise, measured with it."""


def run(
    experiment: Experiment, models: tuple[str, ...], seed: int, report: Report, sizes: Sizes | None = None
) -> Finding:
    """K of a GRU for each sigma, the exact likelihood of its weights, and K of noiseless weights under that noise."""
    del models
    sizes = sizes or Sizes()
    data = DataRequest(sources=("names",), seed=seed, size=sizes.characters)
    settings = {"hidden": sizes.hidden, "embedding": 16}
    training = options(steps=sizes.steps, seed=seed, lr=1e-2, batch=16)
    found: list[Measured] = []
    noiseless: ModelDirectory | None = None
    for number, sigma in enumerate(sizes.sigmas):

        def tell(share: float, sigma: float = sigma, number: int = number) -> None:
            report((number + share) / len(sizes.sigmas), f"training with sigma {sigma:g}")

        model = trained(Plan("gru", {**settings, "noise": sigma}, data, training), tell)
        noiseless = noiseless or model
        bound = log_likelihood(model, data, sigma)
        found.append(Measured(sigma, bound, log_likelihood(model, data, 0.0), log_likelihood(noiseless, data, sigma)))
    return conclude(experiment, found, seed)


def log_likelihood(model: ModelDirectory, data: DataRequest, sigma: float) -> float:
    """Nats a character on the held-out text: K under noise of `sigma`, exact at 0."""
    import torch

    settings = model.backend.saved_settings({**model.header.settings, "noise": sigma})
    network = model.backend.build_network(settings, model.header.domain)
    network.load_arrays(model.arrays)
    material = read_material(data, domain=model.header.domain)
    return -material.measure(network, material.validation.size, torch.device("cpu")).nats


def conclude(experiment: Experiment, found: list[Measured], seed: int) -> Finding:
    """What the figures say: whether K rises at every step towards sigma 0."""
    found = sorted(found, key=lambda m: m.sigma)
    held = all(quiet.K > loud.K for quiet, loud in pairwise(found))
    sigmas = [m.sigma for m in found]
    first, last = found[0], found[-1]
    return Finding(
        experiment=experiment.name,
        claim=experiment.claim,
        held=held,
        sentence=(
            f"K goes from {last.K:.3f} nats a character at sigma {last.sigma:g} to {first.K:.3f} at {first.sigma:g},"
            f" {'up' if held else 'but not up'} at every step; there it is the exact log-likelihood."
        ),
        columns=["sigma", "K", "same weights, no noise", "trained without, K"],
        rows=[[m.sigma, m.K, m.without, m.added] for m in found],
        x_label="sigma",
        y_label="log-likelihood, nats a character",
        series=[
            Series("K", sigmas, [m.K for m in found]),
            Series("no noise", sigmas, [m.without for m in found]),
            Series("added later", sigmas, [m.added for m in found]),
        ],
        seed=seed,
    )
