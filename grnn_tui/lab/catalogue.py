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
    Experiment(
        name="chain-rule",
        claim="The chain rule with a good conditional is likelier, with far fewer parameters, than the joint table.",
        method="Fit the joint table, chains by counting, NADE, RNN and LSTM to the same spins; count and compare.",
        run="grnn_tui.lab.chain_rule:run",
    ),
    Experiment(
        name="ordering",
        claim="Averaging one model over many orders of writing beats a model of any one order.",
        method="Train a NADE of strokes in each order, and one in all of them; average its likelihoods over orders.",
        run="grnn_tui.lab.ordering:run",
    ),
    Experiment(
        name="noise",
        claim="The bound K rises as the noise in the hidden state falls to nothing.",
        method="Train a GRU on names under each sigma; measure K, and the exact likelihood without the noise.",
        run="grnn_tui.lab.noise:run",
    ),
    Experiment(
        name="particles",
        claim="Several hidden states whose predictions mix do more than one, even one of as many parameters.",
        method="Train tiny GRUs of 1 to 8 particles on bars and stripes, and single ones with as many parameters.",
        run="grnn_tui.lab.particles:run",
    ),
    Experiment(
        name="discriminate",
        claim="A density told the label classifies, by Bayes' rule, better than a linear classifier on the pixels.",
        method="Train a NADE told the label on more and more strokes; ask it which label makes an image likeliest.",
        run="grnn_tui.lab.discriminate:run",
    ),
    Experiment(
        name="anomaly",
        claim="A model of digits finds unlikely whatever is no digit: other shapes, damaged digits, noise.",
        method="Train a NADE on digits alone; rank by nats what it saw the like of and what it did not.",
        run="grnn_tui.lab.anomaly:run",
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
