"""What the training pane shows, as pure functions of what a run has told: the plot, and the figures beside it.

Imports numpy; a screen that follows no run does without this module.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from grnn_tui.runs.directory import Status
from grnn_tui.runs.rows import Started
from grnn_tui.runs.scale import LossScale
from grnn_tui.runs.series import Series
from grnn_tui.runs.view import RunView
from grnn_tui.safetext import SafeText, sanitise
from grnn_tui.ui.panes.training.events import Told
from grnn_tui.ui.panes.training.options import ChartOptions
from grnn_tui.ui.panes.training.shown import Reading, Shown
from grnn_tui.ui.panes.training.smoothing import Smoothed
from grnn_tui.ui.widgets.chart_plot import Curve, Level, Plot
from grnn_tui.ui.widgets.chart_ticks import count, duration, loss_figure, number, si

Floats = NDArray[np.float64]
SILENT_AFTER = 15.0
"""Seconds without a row before it is said."""
_LABEL = 22
"""Cells of the longest name of a reference line."""


@dataclass(frozen=True)
class Reduced:
    """A curve in few points: `lows` to `highs` is what each of them stands for."""

    xs: Floats
    lows: Floats
    highs: Floats
    lasts: Floats


def reduced(series: Series, width: int, begin: float, end: float) -> Reduced:
    """The part of `series` from x = `begin` to `end` in about `2 width` points; no extreme is lost.

    Of few points, the one before `begin` comes too: a line leads from it into the picture.
    """
    first, after = (int(i) for i in np.searchsorted(series.x, (begin, np.nextafter(end, np.inf))))
    if after - first <= 2 * width:
        first = max(0, first - 1)
        ys = series.y[first:after].copy()
        return Reduced(series.x[first:after].copy(), ys, ys, ys)
    edges, cuts = np.linspace(begin, end, width + 1), series.cuts(width, begin, end)
    filled = np.diff(cuts) > 0
    middles, ends = (edges[:-1] + edges[1:]) / 2, cuts[1:][filled]
    return Reduced(middles[filled], *series.extremes(cuts[:-1][filled], ends), series.y[ends - 1])


def averaged(smoothed: Smoothed, width: int, begin: float, end: float) -> tuple[Floats, Floats]:
    """The moving average from x = `begin` to `end` in at most `2 width` points (x, y); NaN is a gap."""
    source = smoothed.source
    first, after = (int(i) for i in np.searchsorted(source.x, (begin, np.nextafter(end, np.inf))))
    if after - first <= 2 * width:
        points = np.arange(max(0, first - 1), after)
        return source.x[points], smoothed.at(points)
    cuts = source.cuts(width, begin, end)
    begins, ends = cuts[:-1][np.diff(cuts) > 0], cuts[1:][np.diff(cuts) > 0]
    numbers = smoothed.last_numbers(ends)
    points = np.where(numbers < begins, ends - 1, numbers)
    return source.x[points], smoothed.at(points)


def plot_of(
    view: RunView,
    smoothed: Smoothed,
    options: ChartOptions,
    columns: int,
    other: tuple[RunView, Smoothed, SafeText] | None = None,
) -> Plot:
    """The chart of one metric on about `columns` cells across."""
    metric = options.metric
    x_range = _x_range(view, options, None if other is None else other[0])
    empty = "nothing told yet"
    if x_range is None:
        ended = view.told_state in ("finished", "stopped", "failed")
        return Plot(empty=sanitise(view.failure) or ("no step was taken" if ended else "warming up …"))
    begin, end = (_step_at(view, x) if options.time else x for x in x_range)
    scale = options.described.factor_in(view.scale)
    lossy = metric in ("loss", "bits")
    curves: list[Curve] = []
    if other is not None:
        curves.append(_other_curve(other, options, columns, x_range))
    source = {"speed": view.speed, "rate": view.rate, "norm": view.norm}.get(metric, view.loss)
    band = reduced(source, 2 * columns, begin, end)
    xs = _xs(view, band.xs, options)
    if lossy:
        if options.smoothing > 0:
            curves.append(Curve("raw", xs, (band.lows * scale).tolist(), (band.highs * scale).tolist()))
        steps, line = averaged(smoothed, 2 * columns, begin, end)
        curves.append(Curve("train", _xs(view, steps, options), (line * scale).tolist(), label="train"))
        points = reduced(view.validation, 2 * columns, begin, end)
        valid = (points.lasts * scale).tolist()
        curves.append(Curve("valid", _xs(view, points.xs, options), valid, label="valid", dots=True))
    else:
        curves.append(Curve("train", xs, band.lows.tolist(), band.highs.tolist(), label=options.described.label))
    return Plot(
        curves=tuple(c for c in curves if len(c.xs)),
        levels=levels_of(view.started, scale) if lossy else (),
        star=_star(view, options, scale) if lossy else None,
        log=options.log,
        x_name="time" if options.time else "step",
        x_range=x_range,
        cursor=options.cursor,
        empty=empty,
    )


def levels_of(started: Started | None, scale: float = 1.0) -> tuple[Level, ...]:
    """The reference lines, the most telling first: exact entropy, then the lowest of the simple models."""
    if started is None:
        return ()
    levels = [] if started.floor is None else [Level("exact", started.floor * scale, floor=True)]
    known = sorted(started.references.items(), key=lambda item: item[1])
    return (
        *levels,
        *(Level(sanitise(label[:_LABEL]), value * scale) for label, value in known if math.isfinite(value)),
    )


def shown_of(
    view: RunView,
    smoothed: Smoothed,
    status: Status,
    log: tuple[Told, ...] = (),
    *,
    name: str,
    data: str = "",
    backend: str = "",
    silent: float | None = None,
    alarm: str = "",
    reading: float | None = None,
    epochs: float | None = None,
    smoothing: float = 0.0,
) -> Shown:
    """Everything that is written about a run."""
    trained, started, best = view.trained, view.started, view.best
    reference, scale = _best_reference(started), view.scale
    low = best.loss if best is not None else None
    floor = started.floor if started is not None else None

    def told(loss: float | None) -> str:
        return _figure(loss, scale.factor)

    return Shown(
        name=sanitise(name),
        state=status.state,
        data=sanitise(data),
        backend=sanitise(backend),
        warming=trained is None,
        step=count(view.step),
        train=told(_last(smoothed)),
        valid=told(view.validated.loss if view.validated is not None else None),
        scale=scale,
        bits=scale.bits(low) if low is not None else "",
        best=told(low) if low is not None else "",
        best_step=si(best.step) if best is not None else "",
        gap=scale.nats(low - reference[1]) if low is not None and reference is not None else None,
        gap_label=reference[0] if reference is not None else "",
        over_floor=_over(low, floor, scale) if low is not None and floor is not None else "",
        epoch=_epoch(trained.epoch, epochs) if trained is not None else "",
        epoch_share=trained.epoch % 1.0 if trained is not None else None,
        share=1.0 if status.state == "finished" else trained.progress if trained is not None else 0.0,
        eta=duration(trained.eta) if trained is not None and trained.eta is not None and status.live else "",
        spent=duration(trained.seconds) if trained is not None else "",
        speed=si(trained.tokens_per_second) if trained is not None else "",
        rate=number(trained.lr) if trained is not None else "",
        norm=number(trained.norm) if trained is not None and trained.norm is not None else "",
        memory=_bytes(trained.memory) if trained is not None and trained.memory else "",
        device=_device(started) if started is not None else "",
        parameters=si(started.parameters) if started is not None and started.parameters else "",
        smoothing=smoothing,
        silent=duration(silent) if silent is not None and silent >= SILENT_AFTER else "",
        alarm=sanitise(alarm) if alarm else None,
        reading=f"{reading:.0%}" if reading is not None else "",
        saved=si(view.saved.step) if view.saved is not None else "",
        event=log[-1].text if log else None,
        log=log,
    )


def reading_of(view: RunView, smoothed: Smoothed, options: ChartOptions) -> Reading | None:
    """The values nearest to the cursor, of the metric shown."""
    if options.cursor is None or not len(view.loss):
        return None
    step = _step_at(view, options.cursor) if options.time else options.cursor
    scale = options.described.factor_in(view.scale)
    source = {"speed": view.speed, "rate": view.rate, "norm": view.norm}.get(options.metric, view.loss)
    at, raw = _nearest(source, step)
    lossy = options.metric in ("loss", "bits")
    seconds = float(np.interp(at, view.seconds.x, view.seconds.y))
    return Reading(
        x=f"step {count(int(at))} · {duration(seconds)}",
        train=_figure(float(smoothed.at(np.array([_nearest_index(view.loss, step)]))[0]), scale) if lossy else "",
        raw=_figure(raw, scale),
        valid=_figure(_nearest(view.validation, step)[1], scale) if lossy and len(view.validation) else "",
    )


def moved_cursor(view: RunView, options: ChartOptions, columns: int, by: int) -> ChartOptions:
    """The cursor so many cells further on; it begins in the middle."""
    x_range = _x_range(view, options, None)
    if x_range is None:
        return options
    low, high = x_range
    at = (low + high) / 2 if options.cursor is None else options.cursor + by * (high - low) / max(1, columns)
    return options.with_cursor(min(high, max(low, at)))


def recent(smoothed: Smoothed, points: int) -> list[float]:
    """The whole moving average in at most `points` values, for a sparkline."""
    size = len(smoothed.source)
    picked = np.linspace(0, size - 1, min(points, size)).round().astype(int)
    return [float(y) for y in smoothed.at(picked)]


def _x_range(view: RunView, options: ChartOptions, other: RunView | None) -> tuple[float, float] | None:
    ends = [e for e in (_x_end(view, options), _x_end(other, options) if other and options.span == 1 else None) if e]
    if not ends:
        return None
    end = max(ends)
    return end * (1.0 - options.span), end


def _x_end(view: RunView, options: ChartOptions) -> float | None:
    source = view.seconds if options.time else view.loss
    values = source.y if options.time else source.x
    last = float(values[-1]) if len(source) else 0.0
    if not options.time and len(view.validation):
        last = max(last, float(view.validation.x[-1]))
    return last or None


def _xs(view: RunView, steps: Floats, options: ChartOptions) -> list[float]:
    if not options.time or not len(view.seconds):
        return [float(x) for x in steps]
    return [float(x) for x in np.interp(steps, view.seconds.x, view.seconds.y)]


def _step_at(view: RunView, seconds: float) -> float:
    if not len(view.seconds):
        return 0.0
    after = int(np.searchsorted(view.seconds.y, seconds))
    if after == 0:
        return float(view.seconds.x[0]) if seconds > 0 else 0.0
    if after == len(view.seconds):
        return float(view.seconds.x[-1])
    window = slice(after - 1, after + 1)
    return float(np.interp(seconds, view.seconds.y[window], view.seconds.x[window]))


def _star(view: RunView, options: ChartOptions, scale: float) -> tuple[float, float] | None:
    if view.best is None or view.best.loss is None:
        return None
    return _xs(view, np.array([float(view.best.step)]), options)[0], view.best.loss * scale


def _other_curve(
    other: tuple[RunView, Smoothed, SafeText],
    options: ChartOptions,
    columns: int,
    x_range: tuple[float, float],
) -> Curve:
    view, smoothed, name = other
    scale = options.described.factor_in(view.scale)
    begin, end = (_step_at(view, x) if options.time else x for x in x_range)
    source = {"speed": view.speed, "rate": view.rate, "norm": view.norm}.get(options.metric)
    if source is None:
        xs, ys = averaged(smoothed, 2 * columns, begin, end)
    else:
        line = reduced(source, 2 * columns, begin, end)
        xs, ys = line.xs, line.lasts
    return Curve("other", _xs(view, xs, options), (ys * scale).tolist(), label=sanitise(name[:8]))


def _nearest_index(series: Series, x: float) -> int:
    after = int(np.searchsorted(series.x, x))
    near = [i for i in (after - 1, after) if 0 <= i < len(series)]
    return min(near, key=lambda i: abs(float(series.x[i]) - x))


def _nearest(series: Series, x: float) -> tuple[float, float | None]:
    if not len(series):
        return x, None
    best = _nearest_index(series, x)
    return float(series.x[best]), float(series.y[best])


def _last(smoothed: Smoothed) -> float | None:
    """The newest average, unless the loss has been no number for a while."""
    size = len(smoothed.source)
    last = smoothed.last_numbers(np.array([size]))
    return float(smoothed.at(last)[0]) if last[0] >= max(0, size - 64) else None


def _over(loss: float, floor: float, scale: LossScale) -> str:
    """How far a loss is above the exact entropy; the entropy of a density may be of any size, and has no shares."""
    if scale.unit != "dimension" and floor > 0:
        return f"{loss / floor - 1.0:+.1%}"
    return f"{'−' if loss < floor else '+'}{number(scale.nats(abs(loss - floor)))}"


def _best_reference(started: Started | None) -> tuple[str, float] | None:
    """The lowest reference line."""
    if started is None or not started.references:
        return None
    label, value = min(started.references.items(), key=lambda item: item[1])
    return sanitise(label[:_LABEL]), value


def _figure(value: float | None, scale: float = 1.0) -> str:
    if value is None or not math.isfinite(value):
        return "–"
    return loss_figure(value * scale)


def _epoch(epoch: float, epochs: float | None) -> str:
    return f"{int(epoch) + 1}" if epochs is None else f"{min(int(epoch) + 1, math.ceil(epochs))}/{epochs:g}"


def _bytes(size: int) -> str:
    return f"{size / 2**30:.1f}G" if size >= 2**30 else f"{size / 2**20:.0f}M"


def _device(started: Started) -> str:
    parts = [started.device[:24]]
    if started.processes > 1:
        parts.append(f"{started.processes} processes")
    if started.device == "cpu":
        parts.append(f"{started.threads} thread{'s' * (started.threads != 1)}{' each' * (started.processes > 1)}")
    return sanitise(" · ".join(parts))
