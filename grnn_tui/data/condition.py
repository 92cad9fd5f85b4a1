"""What a model can be told before it writes: a label, or a vector of real features."""

from __future__ import annotations

import math
from collections.abc import Sequence

import msgspec

from grnn_tui.errors import UsageError

MOST_CLASSES = 10_000
"""More labels than these are no classes."""


class Condition(msgspec.Struct, frozen=True, kw_only=True):
    """One of some classes, or so many real features; a model sees either as a vector [size].

    A class is one-hot. Features are standardised: (value - mean) / scale. The zero vector stands for nothing told.
    """

    classes: tuple[str, ...] = ()
    shares: tuple[float, ...] = ()
    """How often each class came in training: the prior of Bayes' rule."""
    features: tuple[str, ...] = ()
    mean: tuple[float, ...] = ()
    scale: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        """Check that all belongs together.

        Raises:
            ValueError: it does not.
        """
        if len(self.classes) > MOST_CLASSES:
            raise ValueError(f"{len(self.classes):,} classes are more than {MOST_CLASSES:,}")
        if len(self.shares) not in (0, len(self.classes)):
            raise ValueError(f"there are {len(self.shares)} shares of {len(self.classes)} classes")
        if not all(0 <= share <= 1 for share in self.shares):
            raise ValueError("the share of a class is from 0 to 1")
        if any(len(given) not in (0, len(self.features)) for given in (self.mean, self.scale)):
            raise ValueError(f"mean and scale are not one for each of {len(self.features)} features")
        require_standard(self.mean, self.scale)

    @property
    def size(self) -> int:
        """Numbers in the vector."""
        return len(self.classes) or len(self.features)

    def of_class(self, label: str) -> list[float]:
        """The vector of the class called `label` (or of that number, where no class is called so).

        Raises:
            UsageError: there is no such class; the line names some.
        """
        index = self.classes.index(label) if label in self.classes else None
        if index is None and label.isdecimal() and int(label) < len(self.classes):
            index = int(label)
        if index is None:
            some = ", ".join(self.classes[:12]) + (" …" if len(self.classes) > 12 else "")
            said = f"there are: {some}" if some else f"give {self.size} numbers: {', '.join(self.features[:12])}"
            raise UsageError(f"the model knows no label {label!r}; {said}")
        return [float(i == index) for i in range(len(self.classes))]

    def of_features(self, values: Sequence[float]) -> list[float]:
        """The vector of the features `values` [size], in their own units.

        Raises:
            UsageError: not as many as there are features.
        """
        if len(values) != len(self.features):
            raise UsageError(f"the model is told {len(self.features)} features, not {len(values)}")
        mean = self.mean or (0.0,) * len(values)
        scale = self.scale or (1.0,) * len(values)
        return [(v - m) / s for v, m, s in zip(values, mean, scale, strict=True)]


def require_standard(mean: Sequence[float], scale: Sequence[float]) -> None:
    """Refuse what nothing can be standardised with.

    Raises:
        ValueError: a mean that is not finite, or a scale that is not finite and above 0.
    """
    if not all(map(math.isfinite, mean)) or not all(math.isfinite(s) and s > 0 for s in scale):
        raise ValueError("a mean is finite, and a scale finite and above 0")
