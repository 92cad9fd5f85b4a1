"""What a run trains and validates on, whatever its symbols are."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray

from grnn_tui.backends.network import Network
from grnn_tui.data.corpus import Corpus, Progress, divide_text, open_corpus
from grnn_tui.data.divided import Divided, divide
from grnn_tui.data.domain import Domain
from grnn_tui.data.labelled import Labelled, open_labelled
from grnn_tui.data.row_domain import RowDomain
from grnn_tui.data.table import Table
from grnn_tui.data.vocabulary import Vocabulary
from grnn_tui.errors import DataError, ModelError
from grnn_tui.runs.request import DataRequest, TrainingOptions
from grnn_tui.training.evaluation import Meanwhile, Measured, evaluate, evaluate_lines, evaluate_rows, nothing
from grnn_tui.training.feed import Feed, LineFeed, PieceFeed, RowFeed, TextFeed
from grnn_tui.training.ranks import ALL, Share
from grnn_tui.training.references import remembered_lines
from grnn_tui.training.row_references import remembered_row_lines
from grnn_tui.training.streams import Streams


class Material(Protocol):
    """Training and validation data with what is known of them."""

    @property
    def name(self) -> str:
        """What a person calls it."""

    @property
    def domain(self) -> Domain:
        """What a model over it learns the symbols of."""

    @property
    def fingerprint(self) -> str:
        """A SHA-256 of all of it."""

    @property
    def floor(self) -> float | None:
        """Exact entropy in nats per symbol, where it is known."""

    @property
    def faults(self) -> int:
        """Bytes that could not be decoded."""

    @property
    def notes(self) -> tuple[str, ...]:
        """Lines to tell a person."""

    @property
    def train(self) -> NDArray[Any]:
        """The symbols to train on: [n] of a text, or rows [n, D]."""

    @property
    def validation(self) -> NDArray[Any]:
        """The symbols held out, in the same form."""

    def feed(self, options: TrainingOptions, device: torch.device, share: Share = ALL) -> Feed:
        """What the steps of a run are given; of every batch the `share` of this process."""

    def measure(self, network: Network, limit: int, device: torch.device, meanwhile: Meanwhile = nothing) -> Measured:
        """Loss on (at most `limit` symbols of) the validation data; `meanwhile` is called before each part of it."""

    def references(self) -> dict[str, float]:
        """What simple models reach on the validation data, in nats per symbol."""


@dataclass(frozen=True)
class TextMaterial:
    """A text, cut by position."""

    corpus: Corpus
    train: NDArray[np.integer]
    validation: NDArray[np.integer]

    @property
    def name(self) -> str:
        """What the text is called."""
        return self.corpus.name

    @property
    def domain(self) -> Vocabulary:
        """Its alphabet."""
        return self.corpus.vocabulary

    @property
    def fingerprint(self) -> str:
        """Of the whole text."""
        return self.corpus.fingerprint

    @property
    def floor(self) -> float | None:
        """Exact entropy rate in nats per symbol, where it is known."""
        return self.corpus.floor

    @property
    def faults(self) -> int:
        """Bytes that could not be decoded."""
        return self.corpus.faults

    @property
    def notes(self) -> tuple[str, ...]:
        """What reading it found."""
        return self.corpus.notes

    def feed(self, options: TrainingOptions, device: torch.device, share: Share = ALL) -> Feed:
        """Parallel streams with carried state."""
        streams = Streams(self.train, options.batch, options.length, options.seed, self.domain.newline)
        return TextFeed(streams, device, share)

    def measure(self, network: Network, limit: int, device: torch.device, meanwhile: Meanwhile = nothing) -> Measured:
        """State carried through the validation text."""
        streams = 32 if device.type == "cpu" else 512
        size = self.domain.size
        return evaluate(network, self.validation, size, device, limit=limit, streams=streams, meanwhile=meanwhile)

    def references(self) -> dict[str, float]:
        """Uniform, unigram, bigram and the best n-gram."""
        return remembered_lines(self.train, self.validation, self.domain)


@dataclass(frozen=True)
class LineMaterial:
    """Labelled lines, some of them held out."""

    lines: Labelled
    training: Labelled
    held: Labelled

    @property
    def name(self) -> str:
        """What they are called together."""
        return self.lines.name

    @property
    def domain(self) -> Vocabulary:
        """Their alphabet, and the labels with their shares among the lines to train on."""
        return self.training.vocabulary

    @property
    def fingerprint(self) -> str:
        """Of all lines and labels."""
        return self.lines.fingerprint

    @property
    def floor(self) -> float | None:
        """Exact entropy of a line whose label is known, in nats per symbol, where it is known."""
        return self.lines.floor

    @property
    def faults(self) -> int:
        """Bytes that could not be decoded."""
        return self.lines.faults

    @property
    def notes(self) -> tuple[str, ...]:
        """What reading them found."""
        return self.lines.notes

    @property
    def train(self) -> NDArray[np.integer]:
        """Lines to train on, one after another."""
        return self.training.symbols

    @property
    def validation(self) -> NDArray[np.integer]:
        """Lines held out, one after another."""
        return self.held.symbols

    def feed(self, options: TrainingOptions, device: torch.device, share: Share = ALL) -> Feed:
        """Lines in an order drawn anew each epoch."""
        return LineFeed(self.training, options.batch, options.seed, device, share)

    def measure(self, network: Network, limit: int, device: torch.device, meanwhile: Meanwhile = nothing) -> Measured:
        """Each held-out line, told its label."""
        return evaluate_lines(network, self.held, device, limit=limit, meanwhile=meanwhile)

    def references(self) -> dict[str, float]:
        """Uniform, unigram, bigram and the best n-gram, which are told nothing."""
        return remembered_lines(self.train, self.validation, self.domain)


@dataclass(frozen=True)
class RowMaterial:
    """Rows, some of them held out."""

    divided: Divided

    @property
    def domain(self) -> RowDomain:
        """What a value of a row is."""
        return self.divided.domain

    @property
    def name(self) -> str:
        """What the table is called."""
        return self.divided.table.name

    @property
    def fingerprint(self) -> str:
        """Of all rows and labels."""
        return self.divided.table.fingerprint

    @property
    def floor(self) -> float | None:
        """Exact entropy in nats per value, where it is known; of no use once a model is told a label."""
        if self.divided.table.floor is None or self.domain.condition is not None:
            return None
        return self.divided.table.floor / self.domain.length

    @property
    def faults(self) -> int:
        """Rows are read whole or not at all."""
        return 0

    @property
    def notes(self) -> tuple[str, ...]:
        """What reading it found."""
        return self.divided.table.notes

    @property
    def train(self) -> NDArray[Any]:
        """Rows to train on [n, D]."""
        return self.divided.training.rows

    @property
    def validation(self) -> NDArray[Any]:
        """Rows held out [n, D]."""
        return self.divided.held.rows

    def feed(self, options: TrainingOptions, device: torch.device, share: Share = ALL) -> Feed:
        """Rows, or pieces of them, in an order drawn anew each epoch."""
        told = self._told(self.divided.training)
        if self.domain.sequence:
            return PieceFeed(self.divided.training, told, options.batch, options.seed, device, share)
        return RowFeed(self.train, told, options.batch, options.seed, device, share)

    def measure(self, network: Network, limit: int, device: torch.device, meanwhile: Meanwhile = nothing) -> Measured:
        """Each held-out row (or piece) from the start state, told what belongs to it."""
        return evaluate_rows(
            network,
            self.validation,
            self._held_told,
            device,
            limit=max(limit, _ALL_ROWS),
            pieces=self.divided.held.pieces,
            meanwhile=meanwhile,
        )

    @cached_property
    def _held_told(self) -> NDArray[np.float32] | None:
        return self._told(self.divided.held)

    def _told(self, table: Table) -> NDArray[np.float32] | None:
        return None if self.domain.condition is None else table.conditions(self.domain.condition)

    def references(self) -> dict[str, float]:
        """Uniform, independent, Chow-Liu tree, or Gaussians."""
        return remembered_row_lines(self.train, self.validation, self.domain)


_ALL_ROWS = 1 << 20
"""Symbols of validation rows that are always measured: a thousand images of 28x28."""


def read_material(data: DataRequest, reading: Progress | None = None, domain: Domain | None = None) -> Material:
    """The symbols to train and to validate on; `domain` is that of the model, where training goes on with one.

    Raises:
        DataError: the data are missing, unreadable, too few, or not what the model was trained on.
    """
    if data.rows is not None:
        if isinstance(domain, Vocabulary):
            raise ModelError("the run was begun on a text, not on rows; begin a new run")
        divided = divide(
            data.sources,
            form=data.rows,
            share=data.validation,
            file=data.validation_file,
            seed=data.seed,
            size=data.size,
            condition=data.condition,
            known=domain,
        )
        return RowMaterial(divided)
    if isinstance(domain, RowDomain):
        raise ModelError("the run was begun on rows, not on a text; begin a new run")
    if data.condition is not None:
        return _lines(data, domain)
    return _text(data, reading, domain)


def _lines(data: DataRequest, vocabulary: Vocabulary | None) -> LineMaterial:
    if data.condition == "features" or data.validation_file is not None:
        raise DataError("a text can be told a label only, and a share of its lines held out: leave out the rest")
    lines = open_labelled(
        data.sources,
        unit=data.unit,
        encoding=data.encoding,
        seed=data.seed,
        size=data.size,
        vocabulary=vocabulary,
        vocabulary_limit=data.vocabulary_limit,
    )
    return LineMaterial(lines, *lines.split(data.validation, data.seed))


def _text(data: DataRequest, reading: Progress | None, vocabulary: Vocabulary | None) -> TextMaterial:
    sources = data.sources[0] if len(data.sources) == 1 else list(data.sources)
    corpus = open_corpus(
        sources,
        unit=data.unit,
        encoding=data.encoding,
        seed=data.seed,
        size=data.size,
        vocabulary=vocabulary,
        vocabulary_limit=data.vocabulary_limit,
        progress=reading,
    )
    held = None
    if data.validation_file is not None:
        held = open_corpus(data.validation_file, encoding=data.encoding, vocabulary=corpus.vocabulary, progress=reading)
    return TextMaterial(corpus, *divide_text(corpus, data.validation, held))
