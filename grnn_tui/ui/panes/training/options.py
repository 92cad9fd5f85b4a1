"""How a run's curves are looked at: values that keys change, and that outlive a redraw."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from grnn_tui.runs.scale import BITS, LossScale

MetricName = Literal["loss", "bits", "speed", "rate", "norm"]

SMOOTHINGS = (0.0, 0.3, 0.6, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995)
SPANS = (1.0, 0.5, 0.2, 0.05)


@dataclass(frozen=True)
class Metric:
    """One thing a run tells step by step."""

    name: MetricName
    label: str
    unit: str
    """Empty for a loss: its scale says."""

    def unit_in(self, scale: LossScale) -> str:
        """The unit in a run whose losses are told so."""
        return {"loss": scale.nats_unit, "bits": f"bits per {scale.unit}"}.get(self.name, self.unit)

    def factor_in(self, scale: LossScale) -> float:
        """What is shown for each nat per symbol (of anything else: for itself)."""
        return {"loss": float(scale.factor), "bits": BITS}.get(self.name, 1.0)


METRICS: tuple[Metric, ...] = (
    Metric("loss", "loss", ""),
    Metric("bits", "loss", ""),
    Metric("speed", "speed", "symbols per second"),
    Metric("rate", "learning rate", ""),
    Metric("norm", "gradient norm", "before clipping"),
)


@dataclass(frozen=True)
class ChartOptions:
    """Which metric, and through which glasses."""

    metric: MetricName = "loss"
    log: bool = False
    smoothing: float = 0.9
    """Weight of the past in the moving average; 0 shows the raw values."""
    span: float = 1.0
    """The last part of the run that is shown."""
    time: bool = False
    """x in seconds of training instead of steps."""
    cursor: float | None = None

    @property
    def described(self) -> Metric:
        """The metric with its label and unit."""
        return next(m for m in METRICS if m.name == self.metric)

    def next_metric(self, by: int) -> ChartOptions:
        """The metric so many places further on, round and round."""
        names = [m.name for m in METRICS]
        return replace(self, metric=names[(names.index(self.metric) + by) % len(names)])

    def smoother(self, by: int) -> ChartOptions:
        """More (or less) smoothing, as far as it goes."""
        nearest = min(range(len(SMOOTHINGS)), key=lambda i: abs(SMOOTHINGS[i] - self.smoothing))
        return replace(self, smoothing=SMOOTHINGS[min(len(SMOOTHINGS) - 1, max(0, nearest + by))])

    def next_span(self) -> ChartOptions:
        """All of the run, its last half, fifth, twentieth, and all again."""
        at = SPANS.index(self.span) if self.span in SPANS else -1
        return replace(self, span=SPANS[(at + 1) % len(SPANS)])

    def toggled_log(self) -> ChartOptions:
        """Logarithmic y or linear."""
        return replace(self, log=not self.log)

    def toggled_time(self) -> ChartOptions:
        """Seconds or steps; the cursor goes, since its place means something else."""
        return replace(self, time=not self.time, cursor=None)

    def with_cursor(self, cursor: float | None) -> ChartOptions:
        """The reading line at `cursor`, or none."""
        return replace(self, cursor=cursor)
