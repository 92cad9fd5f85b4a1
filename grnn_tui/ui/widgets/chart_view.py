"""The chart on a screen: gives roles their colours, and repaints only when the picture is another one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from rich.segment import Segment
from textual import events
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from grnn_tui.ui.widgets.chart import Picture, draw
from grnn_tui.ui.widgets.chart_plot import Plot
from grnn_tui.ui.widgets.chart_raster import Markers


class ChartView(Widget):
    """Draws one `Plot` in whatever space it has."""

    DEFAULT_CSS = """
    ChartView {
        height: 1fr;
        min-height: 3;
        & > .chart--axis { color: $border-blurred; }
        & > .chart--tick { text-style: dim; }
        & > .chart--empty { text-style: dim; }
        & > .chart--level { text-style: dim; }
        & > .chart--floor { color: $success; }
        & > .chart--raw { color: $primary 80%; text-style: dim; }
        & > .chart--other { color: $foreground 65%; }
        & > .chart--valid { color: $warning; text-style: bold; }
        & > .chart--train { color: $primary-lighten-2; text-style: bold; }
        & > .chart--best { color: $warning; text-style: bold; }
        & > .chart--cursor { color: $foreground; }
    }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        f"chart--{role}"
        for role in (
            "axis",
            "tick",
            "gap",
            "empty",
            "level",
            "floor",
            "raw",
            "other",
            "valid",
            "train",
            "best",
            "cursor",
        )
    }

    @dataclass
    class Pointed(Message):
        """The mouse chose a place on the x axis."""

        x: float

    def __init__(self, plot: Plot | None = None, *, markers: Markers = "braille", id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._plot = plot or Plot()
        self._markers: Markers = markers
        self._picture: Picture | None = None
        self._drawn_size = (0, 0)

    @property
    def plot_columns(self) -> int:
        """About how many columns curves are drawn on: what a series is worth reducing to."""
        return max(16, self.size.width - 8)

    @property
    def markers(self) -> Markers:
        """The ladder of glyphs in use."""
        return self._markers

    def show(self, plot: Plot) -> None:
        """Draw `plot` from now on."""
        if plot != self._plot:
            self._plot, self._picture = plot, None
            self.refresh()

    def picture(self) -> Picture:
        """What is on the screen now."""
        size = (self.size.width, self.size.height)
        if self._picture is None or self._drawn_size != size:
            self._picture = draw(self._plot, *size, self._markers)
            self._drawn_size = size
        return self._picture

    def render_line(self, y: int) -> Strip:
        """One row of the picture."""
        rows = self.picture().rows
        if y >= len(rows):
            return Strip.blank(self.size.width, self.rich_style)
        return Strip([Segment(text, self.get_component_rich_style(f"chart--{role}")) for text, role in rows[y]])

    def on_click(self, event: events.Click) -> None:
        """The cursor goes where the mouse points."""
        picture = self.picture()
        if picture.width:
            self.post_message(self.Pointed(picture.x_at(event.x)))
