"""The list of runs as a line-API widget: a thousand runs cost as much to scroll as ten."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from grnn_tui.ui.panes.training.figures import badge, plain
from grnn_tui.ui.screens.runs_view import RunLine, cell, columns_for

_STATE_STYLES = {"alive": "alive", "paused": "paused", "failed": "failed", "died": "failed"}


class RunList(ScrollView, can_focus=True):
    """Lines under a head that stays; one of them is the cursor."""

    DEFAULT_CSS = """
    RunList {
        scrollbar-size-vertical: 1;
        & > .runs--head { text-style: dim; }
        & > .runs--line { color: $foreground; }
        & > .runs--muted { text-style: dim; }
        & > .runs--cursor { background: $primary 35%; text-style: bold; }
        & > .runs--alive { color: $success; }
        & > .runs--paused { color: $warning; }
        & > .runs--failed { color: $error; }
        & > .runs--better { color: $success; }
    }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "runs--head",
        "runs--line",
        "runs--muted",
        "runs--cursor",
        "runs--alive",
        "runs--paused",
        "runs--failed",
        "runs--better",
    }
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "move(-1)", show=False),
        Binding("down", "move(1)", show=False),
        Binding("pageup", "page(-1)", show=False),
        Binding("pagedown", "page(1)", show=False),
        Binding("home", "move(-1000000)", show=False),
        Binding("end", "move(1000000)", show=False),
        Binding("enter", "choose", show=False),
    ]

    @dataclass
    class Chosen(Message):
        """A line was chosen with enter or a second click."""

        line: RunLine

    def __init__(self, id: str | None = None, *, ascii_only: bool = False) -> None:  # noqa: A002
        super().__init__(id=id)
        self._lines: Sequence[RunLine] = ()
        self._at = 0
        self._ascii_only = ascii_only

    @property
    def line(self) -> RunLine | None:
        """The one under the cursor."""
        return self._lines[self._at] if self._lines else None

    def show(self, lines: Sequence[RunLine]) -> None:
        """Show these; the cursor stays on its run if it is still there."""
        if lines == self._lines:
            return
        here = self.line.path if self.line is not None else None
        self._lines = lines
        self._at = next((i for i, line in enumerate(lines) if line.path == here), min(self._at, max(0, len(lines) - 1)))
        self.virtual_size = Size(0, len(lines) + 1)
        self._keep_in_view()
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """The head, or one run."""
        width = self.scrollable_content_region.width
        base = self.rich_style
        if y == 0:
            heads = (cell(c.name, w, right=c.right) for c, w in columns_for(width))
            return Strip([Segment("  ".join(heads), self.get_component_rich_style("runs--head"))])
        index = y + self.scroll_offset.y - 1
        if not 0 <= index < len(self._lines):
            return Strip.blank(self.size.width, base)
        segments = self._segments(self._lines[index], width)
        if index == self._at:
            cursor = self.get_component_rich_style("runs--cursor")
            over = Style(bgcolor=cursor.bgcolor, bold=True, reverse=cursor.bgcolor is None)
            segments = [Segment(text, (style or base) + over) for text, style, _ in segments]
        return Strip(segments)

    def _segments(self, line: RunLine, width: int) -> list[Segment]:
        state = badge(line.state, ascii_only=self._ascii_only).plain
        values = {
            "name": (line.name, "line"),
            "state": (state, _STATE_STYLES.get(line.state, "muted")),
            "model": (line.backend, "line"),
            "data": (line.data, "muted"),
            "step": (line.step, "line"),
            "valid nats": (line.validation, "line"),
            "vs ref": (line.gap, "better" if line.better else "muted"),
            "when": (line.when, "muted"),
        }
        segments = []
        for place, (column, room) in enumerate(columns_for(width)):
            text, name = values[column.name]
            if place:
                segments.append(Segment("  ", self.get_component_rich_style("runs--line")))
            shown = cell(text, room, right=column.right)
            shown = plain(Content(shown)).plain if self._ascii_only else shown
            segments.append(Segment(shown, self.get_component_rich_style(f"runs--{name}")))
        return segments

    def action_move(self, by: int) -> None:
        """The cursor so many lines on."""
        self._at = max(0, min(len(self._lines) - 1, self._at + by)) if self._lines else 0
        self._keep_in_view()
        self.refresh()

    def action_page(self, by: int) -> None:
        """The cursor a page on."""
        self.action_move(by * max(1, self.size.height - 2))

    def action_choose(self) -> None:
        """This one."""
        if self.line is not None:
            self.post_message(self.Chosen(self.line))

    def on_click(self, event: events.Click) -> None:
        """The first click points, the second chooses."""
        index = event.y + self.scroll_offset.y - 1
        if event.y == 0 or not 0 <= index < len(self._lines):
            return
        if index == self._at:
            self.action_choose()
        else:
            self._at = index
            self.refresh()

    def _keep_in_view(self) -> None:
        top, rows = self.scroll_offset.y, max(1, self.size.height - 1)
        if self._at < top:
            self.scroll_to(y=self._at, animate=False)
        elif self._at >= top + rows:
            self.scroll_to(y=self._at - rows + 1, animate=False)
