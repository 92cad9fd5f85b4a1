"""A model that has been told something: the same player, from another start."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from grnn_tui.backends.contract import Many, Player, Vector
from grnn_tui.backends.distribution import Components
from grnn_tui.backends.together import Together
from grnn_tui.data.condition import Condition
from grnn_tui.data.domain import Domain
from grnn_tui.data.vocabulary import Vocabulary
from grnn_tui.errors import UsageError


class Told(Player[Any, Any]):
    """`player`, started under `condition`: whoever plays it need not know that it was told anything.

    After the symbol `ends`, if there is one, it starts again: a model of lines was trained on each by itself.
    """

    def __init__(self, player: Player[Any, Any], condition: Vector, ends: int | None = None) -> None:
        self.player = player
        self.condition = condition
        self.ends = ends
        self.ordering = player.ordering
        self.agnostic = player.agnostic

    def start(self, condition: Vector | None = None) -> Any:
        """The state under what the model was told, or under another `condition`."""
        return self.player.start(self.condition if condition is None else condition)

    def predict(self, state: Any) -> Any:
        """As the player does."""
        return self.player.predict(state)

    def advance(self, state: Any, symbol: Any) -> Any:
        """As the player does; the start again after what ends a line."""
        return self.start() if symbol == self.ends else self.player.advance(state, symbol)

    def many(self, state: Any, count: int) -> Many | None:
        """As the player does, where nothing ends a line."""
        return self.player.many(state, count) if self.ends is None else None

    def under(self, ordering: NDArray[np.integer]) -> Told:
        """The same weights and the same condition in another order."""
        return Told(self.player.under(ordering), self.condition, self.ends)

    def together(self, rows: int, condition: Vector | None = None) -> Together | None:
        """As the player does, under what the model was told, or under another `condition`."""
        return self.player.together(rows, self.condition if condition is None else condition)

    def components(self, state: Any) -> Components | None:
        """As the player does."""
        return self.player.components(state)

    def features(self, state: Any) -> NDArray[np.float32]:
        """As the player does."""
        return self.player.features(state)


def vector_of(condition: Condition | None, said: str) -> Vector:
    """What a model of `condition` is told by `said`: a label, or numbers with commas between them.

    Raises:
        UsageError: it takes nothing, knows no such label, or takes another number of features.
    """
    if condition is None:
        raise UsageError("this model is told nothing before it writes; train one with --condition label")
    if condition.classes:
        return np.array(condition.of_class(said), dtype=np.float32)
    try:
        values = [float(part) for part in said.split(",")]
    except ValueError:
        raise UsageError(f"{said!r}: give {condition.size} numbers: {', '.join(condition.features[:12])}") from None
    if not np.isfinite(values).all():
        raise UsageError(f"{said!r}: features are finite numbers")
    return np.array(condition.of_features(values), dtype=np.float32)


def told(player: Player[Any, Any], domain: Domain, said: str | None = None) -> Player[Any, Any]:
    """`player` of `domain` told `said` (see `vector_of`), or nothing.

    Raises:
        UsageError: see `vector_of`.
    """
    return told_vector(player, domain, None if said is None else vector_of(domain.condition, said))


def told_vector(player: Player[Any, Any], domain: Domain, vector: Vector | None) -> Player[Any, Any]:
    """`player` of `domain` told `vector` [size], or nothing; one that was told something else forgets it.

    Raises:
        UsageError: it is not what such a model is told.
    """
    if isinstance(player, Told):
        player = player.player
    size = domain.condition.size if domain.condition is not None else 0
    if vector is not None and vector.size != size:
        raise UsageError(f"the model is told {size} numbers, not {vector.size}")
    if vector is None:
        if not size or domain.kind != "text":
            return player
        vector = np.zeros(size, np.float32)
    return Told(player, vector, domain.newline if isinstance(domain, Vocabulary) else None)
