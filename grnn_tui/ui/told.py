"""What a model of rows is told before it writes: nothing, a class, each class in turn, or features."""

from __future__ import annotations

from msgspec import Struct
from msgspec.structs import replace

EACH = -1
FEATURE_STEP = 0.25
"""Standard deviations by which one key turns a feature."""
FEATURE_REACH = 5.0


class Told(Struct, frozen=True):
    """The choice, and what there is to choose from; names in it are raw."""

    classes: tuple[str, ...] = ()
    features: tuple[str, ...] = ()
    mean: tuple[float, ...] = ()
    scale: tuple[float, ...] = ()
    sheet: bool = True
    """Whether there are several samples, so that each can be told another class."""
    label: int = 0
    """0: nothing is told; 1 and up: that class; `EACH`: sample i is told class i, and so on round."""
    feature: int = 0
    """The feature that keys turn."""
    standard: tuple[float, ...] | None = None
    """Standardised values of the features; None: nothing is told."""

    @property
    def vectors(self) -> list[list[float] | None]:
        """What samples are told in turn."""
        if self.features:
            return [None if self.standard is None else list(self.standard)]
        if self.label == EACH:
            return [self._one_hot(i) for i in range(len(self.classes))]
        return [self._one_hot(self.label - 1) if self.label else None]

    @property
    def label_text(self) -> str:
        """The chosen class, raw."""
        return "none" if self.label == 0 else "each" if self.label == EACH else self.classes[self.label - 1]

    @property
    def feature_text(self) -> str:
        """The feature that keys turn, raw."""
        return self.features[self.feature]

    @property
    def value_text(self) -> str:
        """Its value, in its own units."""
        if self.standard is None:
            return "none"
        mean = self.mean[self.feature] if self.mean else 0.0
        scale = self.scale[self.feature] if self.scale else 1.0
        return f"{mean + scale * self.standard[self.feature]:.4g}"

    def stepped_label(self, by: int) -> Told:
        """Another class: nothing, each, then one after the other."""
        choices = [0, *([EACH] if self.sheet else []), *range(1, len(self.classes) + 1)]
        at = max(0, min(len(choices) - 1, choices.index(self.label) + by))
        return replace(self, label=choices[at])

    def stepped_feature(self, by: int) -> Told:
        """Another feature to turn."""
        return replace(self, feature=(self.feature + by) % len(self.features))

    def stepped_value(self, by: int) -> Told:
        """The feature up or down; from nothing told, all of them begin at their means."""
        values = list(self.standard or (0.0,) * len(self.features))
        value = values[self.feature] + by * FEATURE_STEP
        values[self.feature] = max(-FEATURE_REACH, min(FEATURE_REACH, value))
        return replace(self, standard=tuple(values))

    def _one_hot(self, index: int) -> list[float]:
        return [float(i == index) for i in range(len(self.classes))]
