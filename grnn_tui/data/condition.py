"""What a model can be told before it writes: a label, or a vector of real features."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from grnn_tui.errors import UsageError


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
