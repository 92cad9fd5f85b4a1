"""The one contract: every model is the chain rule, log p(x) = sum_i log p(x_i | x_<i), with another conditional.

A `Backend` names a family of models and says how to open one. It has two paths that compute the same numbers:
a `Player` (numpy, one symbol at a time, states are values) and a `Network` (torch, batches, `network.py`).
"""

from __future__ import annotations

import importlib
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Literal, cast

import msgspec
import numpy as np
from numpy.typing import NDArray
from typing_extensions import TypeVar

from grnn_tui.backends.distribution import Categorical, Components, Distribution, Symbol
from grnn_tui.data.domain import Domain
from grnn_tui.data.row_domain import RowDomain
from grnn_tui.errors import UsageError

if TYPE_CHECKING:
    from grnn_tui.backends.network import Network
    from grnn_tui.backends.together import Together

State = TypeVar("State")
Prediction = TypeVar("Prediction", bound=Distribution, default=Categorical)
Arrays = Mapping[str, NDArray[Any]]
Vector = NDArray[np.float32]
Symbols = NDArray[np.integer]
Kind = Literal["text", "binary", "levels", "real"]


_KINDS: dict[Kind, str] = {
    "text": "text",
    "binary": "binary vectors",
    "levels": "levels of grey or colour",
    "real": "real numbers",
}


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What can be chosen about a model before it is trained; one field each, with its bounds and its help.

    Fields are annotated with `msgspec.Meta(ge=..., le=..., description=...)`: the command line, the training form and
    `model.json` all read them from here.
    """

    unsaid: ClassVar[Mapping[str, object]] = {}
    """What a saved model meant that says nothing of a field, where that is not the default: it is older than the field.
    """

    @property
    def bound(self) -> bool:
        """Whether losses of such a model are a lower bound K on its log-likelihood, as nats per symbol, not itself."""
        return False


class Many(ABC):
    """Texts that one model writes side by side; unlike a state, it changes as they go on."""

    @abstractmethod
    def logits(self) -> NDArray[np.floating]:
        """Of each text's next symbol, unnormalised [texts, size]; what `Player.predict` says, but for rounding."""

    @abstractmethod
    def advance(self, symbols: Symbols) -> None:
        """Each text goes on with its symbol of `symbols` [texts]."""


class SideBySide(Many):
    """By a player whose arrays take a leading axis of texts: its state is a tuple of them."""

    def __init__(self, player: Any, state: tuple[Vector, ...], count: int) -> None:
        self.player = player
        self.state = tuple(np.repeat(part[None], count, axis=0) for part in state)

    def logits(self) -> NDArray[np.floating]:
        """`player.logits` of the rows."""
        logits: NDArray[np.floating] = self.player.logits(self.state)
        return logits

    def advance(self, symbols: Symbols) -> None:
        """`player.advance` of the rows."""
        self.state = self.player.advance(self.state, symbols)


class Player(ABC, Generic[State, Prediction]):
    """The playing path of one trained model: numpy, batch of one.

    A state is a value: `advance` returns a new one and leaves the old one as it was, so a state can be kept, forked and
    returned to for nothing. Cost per call does not depend on how much text came before.

    A model of rows writes the values of one row, `domain.length` of them; a state that has seen them all is not asked
    for more.
    """

    ordering: NDArray[np.int64] | None = None
    """Which value of the row each step writes [D]; None: they come as they lie, as the symbols of a text do."""

    agnostic: bool = False
    """Whether it was trained for every order, so that it writes as well `under` another one."""

    @abstractmethod
    def start(self, condition: Vector | None = None) -> State:
        """The state before the first symbol, told `condition` [size] (see `Condition`); None: told nothing."""

    @abstractmethod
    def predict(self, state: State) -> Prediction:
        """p(next symbol | everything `state` has seen)."""

    @abstractmethod
    def advance(self, state: State, symbol: Symbol) -> State:
        """The state after `symbol` has been seen too."""

    def many(self, state: State, count: int) -> Many | None:
        """`count` texts that go on from `state` side by side; None: this player writes one at a time."""
        del state, count
        return None

    def under(self, ordering: NDArray[np.integer]) -> Player[State, Prediction]:
        """The same weights writing the values of a row in the order `ordering` [D], a permutation of 0 to D - 1.

        Raises:
            UsageError: this model knows one order only.
        """
        del ordering
        raise UsageError("this model writes in one order only")

    def together(self, rows: int, condition: Vector | None = None) -> Together | None:
        """So many rows from their start, all told `condition`, to be written side by side; None: this model has no
        faster way than one row after the other.
        """
        del rows, condition
        return None

    def components(self, state: State) -> Components | None:
        """What the prediction at `state` is an even mixture of; None for a model that mixes nothing."""
        del state
        return None

    def features(self, state: State) -> NDArray[np.float32]:
        """The hidden units as a vector [units], for a person to look at; empty for a model that has none.

        What the numbers are is the model's to say: those that tell most about what it keeps in mind.
        """
        del state
        return np.zeros(0, dtype=np.float32)


@dataclass(frozen=True)
class Backend:
    """One family of models, as the registry knows it: names and settings, nothing heavy.

    `player` and `network` are "module:attribute" strings, imported when first needed, of callables
    `player(settings, domain, arrays) -> Player` and `network(settings, domain) -> Network`; the domain is a
    `Vocabulary` for text, else a `RowDomain`.
    """

    name: str
    summary: str
    settings: type[Settings]
    player: str
    network: str
    learning: Literal["gradient", "counting"] = "gradient"
    fits: frozenset[Kind] = frozenset({"text"})
    """The kinds of symbol it can be trained on."""
    images: bool = False
    """Whether rows have to be images."""
    sequences: bool = False
    """Whether it carries its state from row to row where rows follow one another: `log_prob` takes whole pieces
    [batch, rows * D], and a state that has seen a whole row goes on to the next."""
    conditional: bool = False
    """Whether it can be told a label or features before it writes."""
    low_precision: bool = False
    """Whether it can be trained with products in bfloat16."""
    gates: tuple[int, int] | None = None
    """Of a stack of recurrent layers: how many matrices a layer has for what lies below, and for its own past."""

    def page(self) -> str | None:
        """The page of its family: `README.md` in the package of its player; None where there is none."""
        from importlib.resources import files

        package = self.player.partition(":")[0].rpartition(".")[0]
        if not package:
            return None
        try:
            return files(package).joinpath("README.md").read_text("utf-8")
        except (OSError, ImportError, UnicodeError):
            return None

    def parse_settings(self, values: Mapping[str, object]) -> Settings:
        """Settings from plain values (a decoded `model.json`, command-line options), checked.

        Raises:
            UsageError: a name this backend does not have, or a value out of its bounds.
        """
        try:
            return msgspec.convert(dict(values), self.settings, strict=True)
        except msgspec.ValidationError as error:
            fault, _, field = str(error).partition(" - at `$.")
            where = f"{self.name}: {field.rstrip('`')}" if field else self.name
            raise UsageError(f"{where}: {fault}. `grnn-tui backends` lists the settings.") from None

    def saved_settings(self, values: Mapping[str, object]) -> Settings:
        """Settings of a model or a run that was saved, perhaps before some of them were thought of.

        Raises:
            UsageError: as `parse_settings`.
        """
        return self.parse_settings({**self.settings.unsaid, **values})

    def check_fit(self, domain: Domain) -> None:
        """Whether it can model such symbols.

        Raises:
            UsageError: it cannot; the line says what it takes.
        """
        if domain.kind not in self.fits:
            takes = " or ".join(_KINDS[kind] for kind in _KINDS if kind in self.fits)
            raise UsageError(f"{self.name} models {takes}, not {_KINDS[domain.kind]}; `grnn-tui backends` lists others")
        if self.images and isinstance(domain, RowDomain) and not domain.image:
            raise UsageError(f"{self.name} models images: say how rows lie in them with --shape, such as --shape 8x8")
        if isinstance(domain, RowDomain) and domain.sequence and not self.sequences:
            raise UsageError(
                f"{self.name} models rows by themselves: take them so with --no-sequence, or see `grnn-tui backends`"
            )
        if domain.condition is not None and not self.conditional:
            raise UsageError(f"{self.name} cannot be told a label or features; `grnn-tui backends` lists others")

    def check_precision(self, precision: str) -> None:
        """Whether it can be trained with products of such numbers: `float32`, `tf32` or `bf16`.

        Raises:
            UsageError: it cannot.
        """
        if precision == "bf16" and not self.low_precision:
            raise UsageError(f"{self.name} is trained in float32 alone: leave out --precision bf16")

    def open_player(self, settings: Settings, domain: Domain, arrays: Arrays) -> Player[Any, Any]:
        """The playing path over the weights `arrays`, without torch."""
        return cast("Player[Any, Any]", _load(self.player)(settings, domain, arrays))

    def build_network(self, settings: Settings, domain: Domain) -> Network:
        """A freshly initialised training path (imports torch); torch's global generator seeds it."""
        return cast("Network", _load(self.network)(settings, domain))


def _load(reference: str) -> Any:
    module, _, attribute = reference.partition(":")
    return getattr(importlib.import_module(module), attribute)
