"""What stands before the draw of one value of a row: bars of levels, or a density."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from grnn_tui.backends.distribution import Categorical, Distribution, MixtureOfGaussians
from grnn_tui.playing.outlook import Outlook, look
from grnn_tui.playing.sampling import Sampling, bent, is_bit, log_odds

Floats = NDArray[np.float64]
SHOWN_SCALES = 3.5
"""Standard deviations around a component that a curve shows."""
SHOWN_WEIGHT = 0.005
"""Components of less weight do not widen it."""


@dataclass(frozen=True)
class DensityOutlook:
    """One density before and after the settings."""

    raw: MixtureOfGaussians
    used: MixtureOfGaussians
    entropy: float
    """Of `raw`, in nats (differential)."""
    chosen: float | None = None
    chosen_nats: float | None = None
    """Surprisal of `chosen` under the model: minus the log-density, nats."""

    @property
    def span(self) -> tuple[float, float]:
        """What a picture of it shows: where its mass lies, and what was chosen."""
        held = self.raw.weights >= min(SHOWN_WEIGHT, self.raw.weights.max())
        means, reach = self.raw.means[held], SHOWN_SCALES * self.raw.scales[held]
        low, high = float((means - reach).min()), float((means + reach).max())
        if self.chosen is None:
            return low, high
        return min(low, self.chosen), max(high, self.chosen)

    def curve(self, points: int) -> tuple[Floats, Floats, Floats]:
        """Where [points], and there the density of `raw` and of `used`."""
        x = np.linspace(*self.span, points)
        return x, np.exp(self.raw.log_density(x)), np.exp(self.used.log_density(x))


RowOutlook = Outlook | DensityOutlook


def look_at_value(prediction: Distribution, sampling: Sampling, chosen: float | None = None) -> RowOutlook:
    """What stands before the draw; `chosen` is what came.

    Raises:
        ModelError: the prediction is not a number.
    """
    if isinstance(prediction, MixtureOfGaussians):
        used = bent(prediction, sampling)
        nats = None if chosen is None else -prediction.log_prob(chosen)
        return DensityOutlook(prediction, used, prediction.entropy(), chosen, nats)
    assert isinstance(prediction, Categorical)
    return look(prediction, sampling, chosen=None if chosen is None else int(chosen))


def expectation(prediction: Distribution) -> float:
    """The mean: of a bit p(1), of levels the expected level, of a density its own."""
    if isinstance(prediction, MixtureOfGaussians):
        return prediction.mean
    assert isinstance(prediction, Categorical)
    if is_bit(prediction):
        return 1 / (1 + math.exp(min(-log_odds(prediction), 700.0)))
    probs = prediction.probs
    return float(np.dot(probs, np.arange(probs.size)))
