"""Opening what a person named: a shipped model, a model directory, a run; and noticing newer checkpoints of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from grnn_tui.backends.contract import Player
from grnn_tui.backends.modeldir import ModelDirectory
from grnn_tui.data.row_domain import RowDomain
from grnn_tui.data.vocabulary import Vocabulary
from grnn_tui.engine.catalogue import summary
from grnn_tui.engine.protocol import ModelOpened
from grnn_tui.engine.row_protocol import RowsOpened
from grnn_tui.errors import ModelError
from grnn_tui.playing.told import told
from grnn_tui.runs import locate


@dataclass(frozen=True)
class OpenedModel:
    """A model ready to play, and where it was found."""

    reference: str
    located: locate.Located
    directory: ModelDirectory
    player: Player[Any]

    @property
    def vocabulary(self) -> Vocabulary:
        """What its symbols stand for."""
        return self.directory.header.vocabulary

    @property
    def rows(self) -> RowDomain:
        """What its rows are.

        Raises:
            ModelError: it is a model of text.
        """
        domain = self.directory.header.domain
        if isinstance(domain, RowDomain):
            return domain
        raise ModelError(f"{self.located.name} is a model of text and writes no rows")

    @property
    def of_rows(self) -> bool:
        """Whether it writes rows and no text."""
        return isinstance(self.directory.header.domain, RowDomain)

    @property
    def label(self) -> str:
        """Name and step, in a few words."""
        step = self.located.step
        return self.located.name if step is None else f"{self.located.name} at step {step:,}"

    @property
    def follows(self) -> bool:
        """Whether the reference means the newest checkpoint of a run, whichever that will be."""
        return self.located.run is not None and "@" not in self.located.name

    def event(self) -> ModelOpened | RowsOpened:
        """What the screen is told of it."""
        header = self.directory.header
        if self.of_rows:
            from grnn_tui.engine.row_desk import opened_event

            return opened_event(self, summary(header, self.directory.backend))
        return ModelOpened(
            reference=self.reference,
            name=self.located.name,
            backend=header.backend,
            summary=summary(header, self.directory.backend),
            step=self.located.step,
            live=self.located.live,
            unit=header.vocabulary.unit,
            labels=list(header.vocabulary.labels),
            unknown=sorted(header.vocabulary.unknown),
            validation_nats=header.trained.validation_nats,
            floor_nats=header.trained.floor_nats,
            bound=header.trained.bound,
            classes=list(header.vocabulary.condition.classes) if header.vocabulary.condition else [],
            passed_over=self.located.passed_over,
        )


def open_directory(reference: str) -> tuple[locate.Located, ModelDirectory]:
    """Where the model that `reference` names is, and what is in it.

    Raises:
        GrnnError: there is none of that name, or it cannot be read.
    """
    return locate.open_model(reference)


def open_model(reference: str, label: str | None = None) -> OpenedModel:
    """The model that `reference` names, loaded for playing, and told `label` where one is given.

    Raises:
        GrnnError: there is none of that name, it cannot be read, or it knows no such label.
    """
    located, directory = open_directory(reference)
    return OpenedModel(reference, located, directory, told(directory.open_player(), directory.header.domain, label))


def newer(model: OpenedModel) -> OpenedModel | None:
    """A newer checkpoint under the same reference, loaded; None if what is open is the newest and stays so for now.

    Raises:
        GrnnError: it cannot be read.
    """
    located = locate.locate_model(model.reference, verify=False)
    if located.path != model.located.path:
        return open_model(model.reference)
    if located.live != model.located.live:
        return replace(model, located=located)
    return None
