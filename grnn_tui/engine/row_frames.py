"""From a session of rows to the frames the screen is told."""

from __future__ import annotations

import numpy as np

from grnn_tui.backends.distribution import MixtureOfGaussians
from grnn_tui.engine import frames
from grnn_tui.engine.prediction import Prediction
from grnn_tui.engine.row_protocol import Density, KnownTold, Levels, RowTotals, SampleSplice
from grnn_tui.playing.known import Known
from grnn_tui.playing.outlook import Outlook
from grnn_tui.playing.row_outlook import DensityOutlook, RowOutlook
from grnn_tui.playing.row_path import RowPath
from grnn_tui.playing.rows import RowSession

POINTS = 240
"""Of the curve of a density."""
COMPONENTS = 64


def splice(sample: int, path: RowPath, start: int) -> SampleSplice:
    """Everything of one sample from step `start` on."""
    written = slice(start, path.length)
    values = path.values[written]
    return SampleSplice(
        sample=sample,
        seed=path.seed,
        start=start,
        length=path.length,
        values=(values if path.plan.real else values.astype(np.uint16)).tobytes(),
        nats=path.nats[written].astype(np.float32).tobytes(),
        expected=path.expected[written].astype(np.float32).tobytes(),
        forced=sorted(path.forced),
    )


def splices(session: RowSession) -> list[SampleSplice]:
    """What has changed in each sample since it was last asked for."""
    told = ((i, path, path.take_change()) for i, path in enumerate(session.sheet))
    return [splice(i, path, min(start, path.length)) for i, path, start in told if start is not None]


def totals(session: RowSession) -> RowTotals:
    """Sums of surprisals, nats."""
    found = session.totals()
    return RowTotals(found.values, found.nats, found.finished, found.mean_nats)


def known(part: Known) -> KnownTold:
    """Places and values of what is known."""
    places = np.flatnonzero(part.mask)
    return KnownTold(places.tolist(), part.values[places].tolist())


def seen(outlook: RowOutlook | None) -> tuple[Prediction | None, Levels | None, Density | None]:
    """Bars for symbols, with a curve where there are many; a density for real numbers."""
    if outlook is None:
        return None, None, None
    if isinstance(outlook, DensityOutlook):
        return None, None, density(outlook)
    return frames.prediction(outlook), levels(outlook) if outlook.raw.size > 2 else None, None


def levels(outlook: Outlook) -> Levels:
    """The probability of every level."""
    return Levels(outlook.raw.astype(np.float32).tobytes(), outlook.used.astype(np.float32).tobytes())


def density(outlook: DensityOutlook) -> Density:
    """The curve, and what it is a mixture of."""
    low, high = outlook.span
    _, raw, used = outlook.curve(POINTS)
    return Density(
        low=low,
        high=high,
        raw=raw.astype(np.float32).tobytes(),
        used=used.astype(np.float32).tobytes(),
        components=_components(outlook.raw),
        entropy=outlook.entropy,
        chosen=outlook.chosen,
        chosen_nats=outlook.chosen_nats,
    )


def _components(mixture: MixtureOfGaussians) -> list[list[float]]:
    order = np.argsort(-mixture.weights, kind="stable")[:COMPONENTS]
    parts = np.stack([mixture.weights, mixture.means, mixture.scales], axis=1)[order]
    found: list[list[float]] = parts.tolist()
    return found
