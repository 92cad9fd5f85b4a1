"""How surprised a model is by rows: nats of each, where they stand among the held-out ones, which are anomalous."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from grnn_tui.backends.contract import Vector
from grnn_tui.backends.modeldir import ModelDirectory
from grnn_tui.data.labelled import Labelled
from grnn_tui.data.row_domain import RowDomain
from grnn_tui.data.table import Table
from grnn_tui.errors import DataError, UsageError

if TYPE_CHECKING:
    from grnn_tui.backends.network import Network

Nats = NDArray[np.float64]


@dataclass(frozen=True)
class RowScores:
    """Rows under a model."""

    nats: Nats
    """-log p of each row [n]; of real values, of their density in their own units."""
    percentiles: Nats
    """Which share of the held-out rows surprised the model less, in percent [n]; empty where that is not known."""
    length: int
    """Values in a row."""
    standard: float
    """What to take from the nats of a row for the density on the standardised scale: sum of log scale."""

    @property
    def mean(self) -> float:
        """Nats per row."""
        return float(self.nats.mean())

    @property
    def error(self) -> float:
        """Standard error of the mean."""
        return float(self.nats.std(ddof=1) / math.sqrt(self.nats.size)) if self.nats.size > 1 else math.nan


def score_rows(
    model: ModelDirectory,
    table: Table,
    *,
    told: Vector | None = None,
    orderings: Sequence[NDArray[np.integer]] = (),
) -> RowScores:
    """-log p of every row of `table` by the training path, each told what belongs to it.

    `told` [size] is told to all of them instead. One of `orderings` scores in that order, several as an ensemble: the
    log-mean-exp of the likelihoods over orderings.

    Raises:
        DataError: the rows lack the labels that the model is told.
        UsageError: the model knows one order only.
    """
    domain = row_domain(model)
    nats = -_log_probs(_network(model), table, _told(domain, table, told), orderings)
    scale = np.array(domain.scale) if domain.kind == "real" and domain.scale else np.ones(1)
    known = model.header.trained.quantiles if not orderings else ()
    return RowScores(nats, percentiles(nats, known), domain.length, float(np.log(scale).sum()))


def row_domain(model: ModelDirectory) -> RowDomain:
    """What the rows of `model` are.

    Raises:
        UsageError: it is a model of text.
    """
    domain = model.header.domain
    if not isinstance(domain, RowDomain):
        raise UsageError(f"{model.path.name} is a model of text, and this takes one of rows")
    return domain


def percentiles(nats: Nats, quantiles: Sequence[float]) -> Nats:
    """Percent of the held-out rows that are less surprising than each of `nats`; empty without `quantiles`."""
    if not quantiles:
        return np.zeros(0)
    steps = np.linspace(0, 100, len(quantiles))
    return np.asarray(np.interp(nats, np.array(quantiles), steps), dtype=np.float64)


def area_under_curve(nats: Nats, anomalous: NDArray[np.bool_]) -> float:
    """How likely an anomalous row is more surprising than an ordinary one (ties count half): the area under the ROC.

    Raises:
        DataError: there are none of one kind.
    """
    positives, negatives = int(anomalous.sum()), int((~anomalous).sum())
    if not positives or not negatives:
        raise DataError("the area under the curve needs anomalous and ordinary rows, and there are none of one kind")
    _, inverse, counts = np.unique(nats, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[inverse]
    return float((ranks[anomalous].sum() - positives * (positives + 1) / 2) / (positives * negatives))


@dataclass(frozen=True)
class Classified:
    """Rows by Bayes' rule."""

    log_posterior: Nats
    """log p(label | row) [n, classes]."""
    log_evidence: Nats
    """log p(row) = log sum_label p(row | label) p(label) [n]."""

    @property
    def labels(self) -> NDArray[np.int64]:
        """The most probable label of each row [n]."""
        return np.asarray(self.log_posterior.argmax(1))


def bayes(log_likelihood: Nats, prior: Sequence[float]) -> Classified:
    """p(label | row) proportional to p(row | label) p(label), from log p(row | label) [n, classes]."""
    with np.errstate(divide="ignore"):
        joint = log_likelihood + np.log(np.array(prior))
    top = joint.max(1, keepdims=True)
    evidence = top[:, 0] + np.log(np.exp(joint - top).sum(1))
    return Classified(joint - evidence[:, None], evidence)


def classify_rows(model: ModelDirectory, table: Table) -> Classified:
    """The label of every row by Bayes' rule, with the shares of training as the prior.

    Raises:
        UsageError: the model is told no label.
    """
    domain = row_domain(model)
    if domain.condition is None or not domain.condition.classes:
        raise UsageError(f"{model.path.name} is told no label; train one with --condition label to classify with it")
    classes, network = domain.condition.size, _network(model)
    each = (np.broadcast_to(row, (len(table), classes)) for row in np.eye(classes, dtype=np.float32))
    likelihood = np.stack([_log_probs(network, table, told.copy(), ()) for told in each], axis=1)
    return bayes(likelihood, domain.condition.shares or (1 / classes,) * classes)


def classify_lines(model: ModelDirectory, lines: Labelled) -> Classified:
    """The label of every line of text by Bayes' rule, with the shares of training as the prior.

    Raises:
        UsageError: the model is told no label.
    """
    condition = model.header.vocabulary.condition
    if condition is None or not condition.classes:
        raise UsageError(f"{model.path.name} is told no label; train one with --condition label to classify with it")
    network, classes = _network(model), condition.size
    likelihood = np.stack([line_log_probs(network, lines, label) for label in range(classes)], axis=1)
    return bayes(likelihood, condition.shares or (1 / classes,) * classes)


def line_log_probs(network: Network, lines: Labelled, label: int) -> Nats:
    """log p of each line, told `label` [lines]."""
    import torch

    from grnn_tui.training.feed import line_batch

    told = replace(lines, labels=np.full(len(lines), label))
    found = []
    with torch.inference_mode():
        for first in range(0, len(lines), 256):
            batch = line_batch(network, told, np.arange(first, min(first + 256, len(lines))), torch.device("cpu"))
            log_prob, _ = network.log_prob(batch.x, batch.carry)
            assert batch.weight is not None
            found.append((log_prob.double() * batch.weight).sum(1).numpy())
    return np.concatenate(found)


def row_features(model: ModelDirectory, table: Table) -> NDArray[np.float32]:
    """What the model has made of each row, as a vector [n, units], told nothing.

    Raises:
        UsageError: the model has no hidden state.
    """
    import torch

    from grnn_tui.training.feed import as_symbols

    network = _network(model)
    with torch.inference_mode():
        parts = [
            network.features(as_symbols(table.rows[first : first + 256])).float().numpy()
            for first in range(0, len(table), 256)
        ]
    return np.concatenate(parts)


def _told(domain: RowDomain, table: Table, told: Vector | None) -> NDArray[np.float32] | None:
    if domain.condition is None:
        return None
    if told is not None:
        return np.broadcast_to(told, (len(table), told.size)).copy()
    return table.conditions(domain.condition)


def _network(model: ModelDirectory) -> Network:
    network = model.backend.build_network(model.settings, model.header.domain)
    network.load_arrays(model.arrays)
    return network.eval()


def _log_probs(
    network: Network,
    table: Table,
    told: NDArray[np.float32] | None,
    orderings: Sequence[NDArray[np.integer]],
) -> Nats:
    """log p of each row [n]."""
    import torch

    from grnn_tui.training.evaluation import row_log_probs

    cpu = torch.device("cpu")
    total: Nats | None = None
    for ordering in orderings or (None,):
        if ordering is not None:
            network.reorder(ordering)
        each = np.concatenate([part.sum(1) for part in row_log_probs(network, table.rows, told, cpu, table.pieces)])
        total = each if total is None else np.logaddexp(total, each)
    assert total is not None
    return total - math.log(max(1, len(orderings)))
