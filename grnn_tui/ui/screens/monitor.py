"""The training monitor: the followed run at full size, with its events and the newest sample of its text."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Static

from grnn_tui.errors import GrnnError
from grnn_tui.runs.scale import LossScale
from grnn_tui.safetext import SafeText, clip, sanitise
from grnn_tui.ui.actions import Scope
from grnn_tui.ui.bindings import bindings_for
from grnn_tui.ui.messages import NoticeGiven
from grnn_tui.ui.panes.training import figures
from grnn_tui.ui.panes.training.export import export
from grnn_tui.ui.panes.training.followed import FollowedRun
from grnn_tui.ui.panes.training.following import Following, shown_run
from grnn_tui.ui.panes.training.messages import FormRequested, RunsRequested
from grnn_tui.ui.panes.training.options import ChartOptions
from grnn_tui.ui.panes.training.sample import sample_of
from grnn_tui.ui.panes.training.shown import Shown
from grnn_tui.ui.panes.training.view import reading_of
from grnn_tui.ui.widgets.chart_raster import Markers
from grnn_tui.ui.widgets.chart_ticks import count, si
from grnn_tui.ui.widgets.chart_view import ChartView
from grnn_tui.ui.widgets.key_hints import KeyHints
from grnn_tui.ui.widgets.lines import cut_at_word

SAMPLE_EVERY = 10.0
"""Seconds between two samples, however fast checkpoints come."""


class MonitorScreen(Following, Screen[None]):
    """Stays open when training ends. Call `tick` from the frame timer."""

    DEFAULT_CSS = """
    MonitorScreen {
        & > #monitor-box { border: round $border; padding: 0 1; height: 1fr; }
        #monitor-head { height: 1; }
        #monitor-figures { height: 3; }
        #monitor-news { height: 2; }
        #monitor-boards { height: 10; display: none; }
        .board { width: 1fr; height: 100%; border-top: solid $border-blurred; padding: 0 1 0 0; }
        #monitor-table { width: 56; padding: 0 2 0 0; }
        #monitor-sample { display: none; }
        &.-large #monitor-boards { display: block; }
        &.-large #monitor-figures, &.-large #monitor-news { display: none; }
        &.-wide #monitor-sample { display: block; }
        &.-huge #monitor-boards { height: 14; }
        &.-ascii > #monitor-box { border: ascii $border; }
        &.-ascii .board { border-top: ascii $border-blurred; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = bindings_for("monitor")
    scopes: ClassVar[tuple[Scope, ...]] = ("monitor", "app")

    def __init__(
        self,
        followed: FollowedRun | None = None,
        *,
        markers: Markers = "braille",
        write_sample: Callable[[Path], Awaitable[SafeText | None]] = sample_of,
    ) -> None:
        super().__init__(classes="-ascii" if markers == "ascii" else None)
        self._write_sample = write_sample
        self._sampled: int | None = None
        self._sampled_at = float("-inf")
        self.followed = followed
        self._chart = ChartView(markers=markers)
        self._head = Static(id="monitor-head", markup=False)
        self._figures = Static(id="monitor-figures", markup=False)
        self._news = Static(id="monitor-news", markup=False)
        self._board = Static(id="monitor-table", classes="board", markup=False)
        self._events = Static(id="monitor-events", classes="board", markup=False)
        self._sample = Static(id="monitor-sample", classes="board", markup=False)

    def compose(self) -> ComposeResult:
        """Chart above; below it boards where there is room, else lines."""
        with Vertical(id="monitor-box"):
            yield self._head
            yield self._chart
            yield self._figures
            yield self._news
            with Horizontal(id="monitor-boards"):
                yield self._board
                yield self._events
                yield self._sample
        yield KeyHints("monitor", ascii_only=self.ascii_only)

    def on_resize(self) -> None:
        """Boards in large windows, lines in small ones."""
        width, height = self.app.size
        self.set_class(width >= 100 and height >= 30, "-large")
        self.set_class(width >= 116, "-wide")
        self.set_class(height >= 50, "-huge")
        self.repaint()

    @property
    def ascii_only(self) -> bool:
        """Whether the chart is drawn in ASCII, and all else with it."""
        return self._chart.markers == "ascii"

    def columns(self) -> int:
        """Cells across which curves are drawn."""
        return self._chart.plot_columns

    def paint(self, followed: FollowedRun | None, now: float) -> None:
        """Everything as it is now."""
        box = self.query_one("#monitor-box", Vertical)
        if followed is None:
            box.border_title = Content("Training")
            self._write(self._head, Content.styled("no run is being followed", figures.MUTED))
            return
        shown = shown_run(followed, now)
        box.border_title = figures.title_of(shown, None, ascii_only=self.ascii_only)
        asked = Content(clip(sanitise(f"{shown.backend} on {shown.data}" if shown.data else ""), 60))
        box.border_subtitle = figures.plain(asked) if self.ascii_only else asked
        self._chart.show(self.plot(followed))
        width = max(20, self._chart.size.width)
        self._write(self._head, self._header(followed, width))
        if self.has_class("-large"):
            self._paint_boards(followed, shown, now)
        else:
            star = "*" if self.ascii_only else "★"
            lines = [
                figures.loss_line(shown, followed.options, width, star=star),
                figures.rates_line(shown, width),
                figures.bars_line(shown, width, ascii_only=self.ascii_only),
            ]
            self._write(self._figures, Content("\n").join(lines))
            last = [figures.news_line(shown, width)] if figures.urgent(shown) else []
            told = event_lines(shown, width, 2 - len(last))
            self._write(self._news, Content("\n").join([*told, *last]))

    def _write(self, widget: Static, content: Content) -> None:
        widget.update(figures.plain(content) if self.ascii_only else content, layout=False)

    def _header(self, followed: FollowedRun, width: int) -> Content:
        reading = reading_of(followed.view, followed.smoothed, followed.options)
        if reading is not None:
            return figures.reading_line(reading, width)
        return figures.fitted(looking(followed.options, followed.overlay, followed.view.scale), width)

    def _paint_boards(self, followed: FollowedRun, shown: Shown, now: float) -> None:
        width, height = self._board.size.width - 1, self._board.size.height - 1
        table = figures.board(shown, followed.options, width, ascii_only=self.ascii_only)
        self._write(self._board, Content("\n").join(table[: max(1, height)]))
        rows = max(1, self._events.size.height - 1)
        last = [figures.news_line(shown, width)] if figures.urgent(shown) else []
        told = event_lines(shown, self._events.size.width - 1, rows - len(last))
        self._write(self._events, Content("\n").join([*told, *last] or [figures.quiet("no events yet")]))
        step = followed.view.saved.step if followed.view.saved is not None else None
        if step is not None and step != self._sampled:
            self._take_sample(followed, step, now)
        if step is None:
            self._write(self._sample, figures.quiet("a sample follows the first checkpoint"))

    def _take_sample(self, followed: FollowedRun, step: int, now: float) -> None:
        """Let the newest checkpoint write a few lines, now and then, where there is room to show them."""
        if not self.has_class("-wide") or now - self._sampled_at < SAMPLE_EVERY:
            return
        self._sampled, self._sampled_at = step, now
        self.run_worker(self._sampling(followed, step), exclusive=True, group="sample", exit_on_error=False)

    async def _sampling(self, followed: FollowedRun, step: int) -> None:
        text = await self._write_sample(followed.run.path)
        if text is None or followed is not self.followed:
            return
        head = (f"written by step {count(step)}\n", figures.MUTED)
        self._write(self._sample, Content.assemble(head, sanitise(text, keep_newlines=True)))

    def action_close(self) -> None:
        """Drop the cursor, or go back."""
        if self.followed is not None and self.followed.options.cursor is not None:
            self.look(self.followed.options.with_cursor(None))
            return
        self.dismiss(None)

    def action_runs(self) -> None:
        """Ask for the list."""
        self.app.post_message(RunsRequested())

    def action_train(self) -> None:
        """Ask for the form."""
        self.app.post_message(FormRequested())

    def action_export(self) -> None:
        """Write the curves into this folder."""
        if self.followed is not None:
            self.run_worker(self._export(self.followed), exclusive=True, group="export", exit_on_error=False)

    async def _export(self, followed: FollowedRun) -> None:
        try:
            table, document = await asyncio.to_thread(export, followed.view, followed.name, Path.cwd())
        except GrnnError as error:
            self.post_message(NoticeGiven(sanitise(str(error)), "error"))
        else:
            self.post_message(NoticeGiven(sanitise(f"written: {table.name} and {document.name}")))


_EVENT_STYLES = {
    "failed": "$error",
    "alarm": "$error",
    "finished": "$success",
    "best": "$warning",
    "checkpoint": figures.MUTED,
}


def looking(options: ChartOptions, overlay: FollowedRun | None, scale: LossScale) -> tuple[Content, ...]:
    """What the chart shows, and how."""
    metric = options.described
    smoothing = f"ema {options.smoothing:g}".replace("0.", ".") if options.smoothing else "not smoothed"
    lossy = metric.name in ("loss", "bits")
    return (
        Content.assemble(
            (scale.called() if lossy else metric.label, "bold"),
            (f" {unit}" if (unit := metric.unit_in(scale)) else "", figures.MUTED),
        ),
        Content.styled(smoothing if lossy else "", figures.MUTED),
        Content.styled("log y" if options.log else "", figures.MUTED),
        Content.styled(f"last {options.span:.0%}" if options.span < 1 else "", figures.MUTED),
        Content.styled("over time" if options.time else "", figures.MUTED),
        Content.styled(clip(sanitise(f"over {overlay.name}"), 30) if overlay is not None else "", "$secondary"),
    )


def event_lines(shown: Shown, width: int, rows: int) -> list[Content]:
    """The newest events, the newest last."""
    lines = []
    for told in shown.log[-rows:] if rows > 0 else ():
        text = cut_at_word(told.text, max(4, width - 7), "…")
        style = _EVENT_STYLES.get(told.kind, "")
        lines.append(Content.assemble((si(told.step).rjust(5) + "  ", figures.MUTED), (text, style)))
    return lines
