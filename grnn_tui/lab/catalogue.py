"""Every experiment, in the order in which a curious person might try them."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from grnn_tui.errors import UsageError
from grnn_tui.lab.finding import Experiment

_ALL = (
    Experiment(
        name="cycling",
        claim="Greedy text falls into a cycle; sampled text does not.",
        method="Write greedily and find the period and start of the cycle, then raise the temperature until it breaks.",
        run="grnn_tui.lab.cycling:run",
        models=("tales-rnn", "tales-gru", "tales-lstm", "manual-lstm"),
    ),
    Experiment(
        name="temperature",
        claim="The hotter the draw, the more entropy the text has, from repetition to noise.",
        method="Write at each temperature; measure the entropy of the draws, repeated stretches and unknown words.",
        run="grnn_tui.lab.temperature:run",
        models=("manual-lstm",),
    ),
    Experiment(
        name="memory",
        claim="Gates carry one letter across a gap that a plain recurrent network forgets.",
        method="Train RNN, GRU and LSTM on embedded Reber strings; measure the bits of the one remembered letter.",
        run="grnn_tui.lab.memory:run",
    ),
    Experiment(
        name="adding",
        claim="A network that writes one character at a time learns to add numbers that it was never shown together.",
        method="Let it complete every sum that was held out of its training text, greedily; count by carries.",
        run="grnn_tui.lab.adding:run",
        models=("sums-lstm",),
    ),
)

EXPERIMENTS: Mapping[str, Experiment] = MappingProxyType({experiment.name: experiment for experiment in _ALL})


def experiment_named(name: str) -> Experiment:
    """The experiment called `name`.

    Raises:
        UsageError: there is none of that name.
    """
    if name not in EXPERIMENTS:
        raise UsageError(f"no experiment is called {name!r}; there are: {', '.join(EXPERIMENTS)}")
    return EXPERIMENTS[name]
