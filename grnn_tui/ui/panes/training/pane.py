"""The training pane of the main screen, and the strip that stands for it where there is little room."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from grnn_tui.safetext import clip
from grnn_tui.ui.bindings import bindings_for
from grnn_tui.ui.panes.training import figures
from grnn_tui.ui.panes.training.following import Following, shown_run
from grnn_tui.ui.panes.training.shown import Shown
from grnn_tui.ui.widgets.chart_raster import Markers, sparkline
from grnn_tui.ui.widgets.chart_view import ChartView

if TYPE_CHECKING:
    from grnn_tui.ui.panes.training.followed import FollowedRun

DEFAULT_HINTS = (("t", "train a model of your own"), ("u", "runs, alive and past"))


def invitation(hints: tuple[tuple[str, str], ...]) -> Content:
    """What the pane says while there is no run."""
    keys = [Content.assemble("\n", (key.rjust(8), "bold $accent"), ("   " + what, "")) for key, what in hints]
    return Content.assemble(("No run is being followed.\n", figures.MUTED), *keys)


class TrainingPane(Following, Widget, can_focus=True):
    """Chart, figures, bars and the last event of the followed run."""

    BINDINGS: ClassVar[list[BindingType]] = bindings_for("training")

    DEFAULT_CSS = """
    TrainingPane {
        layout: vertical;
        border: round $border-blurred;
        padding: 0 1;
        &:focus { border: round $border; }
        & > #training-figures { height: 4; }
        & > #training-empty { height: 1fr; content-align: center middle; display: none; }
        &.-empty > ChartView, &.-empty > #training-figures { display: none; }
        &.-empty > #training-empty { display: block; }
        &.-short > #training-figures { height: 2; }
    }
    """

    def __init__(
        self,
        *,
        hints: tuple[tuple[str, str], ...] = DEFAULT_HINTS,
        markers: Markers = "braille",
        number: int | None = 4,
        id: str | None = "training",  # noqa: A002
    ) -> None:
        super().__init__(id=id, classes="-empty")
        self._hints, self._number = hints, number
        self._chart = ChartView(markers=markers)
        self._figures = Static(id="training-figures", markup=False)
        self._empty = Static(invitation(hints), id="training-empty", markup=False)

    def compose(self) -> ComposeResult:
        """Chart above figures, or the invitation."""
        yield self._chart
        yield self._figures
        yield self._empty

    def on_mount(self) -> None:
        """The title, before there is a run."""
        self._title(Content.assemble(f"{self._number} Training" if self._number else "Training"))

    def on_resize(self) -> None:
        """Fewer figures where there is little height."""
        self.set_class(self.size.height < 10, "-short")
        self.repaint()

    def columns(self) -> int:
        """Cells across which curves are drawn."""
        return self._chart.plot_columns

    @property
    def ascii_only(self) -> bool:
        """Whether the chart is drawn in ASCII, and all else with it."""
        return self._chart.markers == "ascii"

    def paint(self, followed: FollowedRun | None, now: float) -> None:
        """Chart, figures and title as they are now."""
        self.set_class(followed is None, "-empty")
        if followed is None:
            self._title(Content(f"{self._number} Training" if self._number else "Training"))
            return
        shown = shown_run(followed, now)
        ascii_only = self.ascii_only
        self._title(figures.title_of(shown, self._number, ascii_only=ascii_only))
        self._chart.show(self.plot(followed))
        from grnn_tui.ui.panes.training.view import reading_of

        width = max(20, self.size.width)
        reading = reading_of(followed.view, followed.smoothed, followed.options)
        first = (
            figures.reading_line(reading, width)
            if reading is not None
            else figures.loss_line(shown, followed.options, width, star="*" if ascii_only else "★")
        )
        if shown.warming:
            first = figures.quiet(f"{shown.backend} on {shown.data}" if shown.data else "")
        lines = [first, figures.bars_line(shown, width, ascii_only=ascii_only)]
        if self.has_class("-short"):
            lines[1:] = [figures.news_line(shown, width)] if shown.alarm else lines[1:]
        else:
            lines.insert(1, figures.rates_line(shown, width))
            lines.append(figures.news_line(shown, width))
        text = Content("\n").join(lines)
        self._figures.update(figures.plain(text) if ascii_only else text, layout=False)

    def _title(self, title: Content) -> None:
        if self.border_title != title.markup:
            self.border_title = title


class TrainingStrip(Following, Widget):
    """One to three lines: sparkline, losses, bar, ETA and speed; then the last event."""

    DEFAULT_CSS = """
    TrainingStrip {
        height: 2;
        padding: 0 1;
        layout: vertical;
        & > Static { height: 1fr; }
    }
    """

    def __init__(
        self,
        *,
        hints: tuple[tuple[str, str], ...] = DEFAULT_HINTS,
        markers: Markers = "braille",
        id: str | None = "training-strip",  # noqa: A002
    ) -> None:
        super().__init__(id=id)
        self._hints = hints
        self._markers: Markers = markers
        self._text = Static(markup=False)

    def compose(self) -> ComposeResult:
        """One text."""
        yield self._text

    def on_resize(self) -> None:
        """Other widths hold other figures."""
        self.repaint()

    def paint(self, followed: FollowedRun | None, now: float) -> None:
        """As many lines as there is height."""
        width, height = max(20, self.size.width), max(1, self.size.height)
        if followed is None:
            keys = [Content.assemble((key, "bold $accent"), (f" {what}", figures.MUTED)) for key, what in self._hints]
            head = Content.styled("no run", figures.MUTED)
            self._text.update(figures.fitted((head, *keys), width), layout=False)
            return
        shown = shown_run(followed, now)
        ascii_only = self._markers == "ascii"
        state = figures.badge(shown.state, ascii_only=ascii_only)
        if shown.warming:
            first = figures.fitted((state, Content(clip(shown.name, 28)), figures.news_line(shown, 30)), width)
            lines = [first]
        else:
            lines = [self._line(followed, shown.train, shown.valid, shown, width), self._news(shown, state, width)]
            if height >= 3:
                lines.insert(1, figures.rates_line(shown, width))
        text = Content("\n").join(lines[:height])
        self._text.update(figures.plain(text) if ascii_only else text, layout=False)

    def _line(self, followed: FollowedRun, train: str, valid: str, shown: Shown, width: int) -> Content:
        ascii_only = self._markers == "ascii"
        star = ("*" if ascii_only else "★") if shown.best == shown.valid else ""
        word = f"{shown.scale.called()} "
        losses = Content.assemble(
            (train, "bold $primary-lighten-2"), (" / val ", figures.MUTED), (valid + star, "bold $warning")
        )
        end = figures.labelled("ETA", shown.eta) if shown.eta else figures.labelled("took", shown.spent)
        speed = Content.assemble((shown.speed, "bold"), (" sym/s", figures.MUTED))
        spare = width - len(word) - losses.cell_length - end.cell_length - speed.cell_length - 6 - 4 * 3
        spark, bar = max(6, spare // 2), max(6, spare - spare // 2)
        from grnn_tui.ui.panes.training.view import recent

        cells = 2 * spark if self._markers == "braille" else spark
        line = sparkline(recent(followed.smoothed, cells), self._markers)
        done = Content.assemble(figures.bar(shown.share, bar, ascii_only=ascii_only), f" {shown.share:4.0%}")
        return figures.fitted(
            (
                Content.assemble((word, figures.MUTED), (line, "$primary")),
                losses,
                done,
                end,
                speed,
            ),
            width,
        )

    def _news(self, shown: Shown, state: Content, width: int) -> Content:
        name = Content(clip(shown.name, 24))
        news = figures.news_line(shown, max(10, width - state.cell_length - name.cell_length - 6))
        return figures.fitted((state, name, news if news.plain else figures.gap_text(shown)), width)
