"""The lab: claims of the field in a list, and beside it what trying the chosen one has found."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Sequence
from typing import ClassVar

from msgspec.structs import replace
from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.message import Message
from textual.screen import Screen
from textual.worker import Worker, WorkerError

from grnn_tui.errors import GrnnError
from grnn_tui.lab.catalogue import EXPERIMENTS
from grnn_tui.lab.finding import Experiment, Finding
from grnn_tui.safetext import sanitise
from grnn_tui.ui.actions import Scope
from grnn_tui.ui.bindings import bindings_for
from grnn_tui.ui.lab.child import carry_out, command_of
from grnn_tui.ui.lab.view import LabView, Running, first_shown, head_rows, list_rows, plot_of, table_rows
from grnn_tui.ui.markers import glyphs_for
from grnn_tui.ui.messages import NoticeGiven
from grnn_tui.ui.widgets.chart_raster import Markers
from grnn_tui.ui.widgets.chart_view import ChartView
from grnn_tui.ui.widgets.key_hints import KeyHints
from grnn_tui.ui.widgets.lines import Cell, LineView, Row

BOTH = 32
"""Rows of the terminal from which on table and plot are shown together."""
SEED = 1
"""The first; the others follow."""


class _Names(LineView, can_focus=True):
    """The experiments, one of them chosen."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "move(-1)", show=False),
        Binding("down", "move(1)", show=False),
        Binding("pageup,home", "move(-100)", show=False),
        Binding("pagedown,end", "move(100)", show=False),
    ]

    class Moved(Message):
        """Another one is to be chosen."""

        def __init__(self, index: int) -> None:
            super().__init__()
            self.index = index

    def __init__(self, experiments: Sequence[Experiment]) -> None:
        super().__init__(id="lab-names")
        self.view = LabView()
        self._experiments = experiments

    def build(self, width: int, height: int) -> tuple[Row, ...]:
        """All of them, or those around the chosen one."""
        return list_rows(self._experiments, self.view, width, height)

    def action_move(self, by: int) -> None:
        """Ask for another one."""
        self.post_message(self.Moved(max(0, min(len(self._experiments) - 1, self.view.selected + by))))

    def on_click(self, event: events.Click) -> None:
        """The one under the mouse."""
        index = event.y + first_shown(self.view.selected, len(self._experiments), self.size.height)
        if index < len(self._experiments):
            self.post_message(self.Moved(index))


class _Lines(LineView):
    """Rows made elsewhere, for a width and height."""

    def __init__(self, make: Callable[[int, int], tuple[Row, ...]], *, id: str) -> None:  # noqa: A002
        super().__init__(id=id)
        self._make = make

    def build(self, width: int, height: int) -> tuple[Row, ...]:
        """As they are now."""
        return self._make(width, height)


class LabScreen(Screen[None]):
    """Carries out one experiment at a time, in a child that ends with the screen. Call `tick` from the frame timer.

    What has been found is kept in `found`, which belongs to whoever opens the screen.
    """

    DEFAULT_CSS = """
    LabScreen {
        & > #lab-box { border: round $border; padding: 0 1; height: 1fr; }
        #lab-names { width: 17; height: 100%; }
        #lab-detail { width: 1fr; height: 100%; padding: 0 0 0 1; }
        #lab-head { height: 8; }
        #lab-table { height: 1fr; }
        #lab-y { height: 1; }
        &.-untried #lab-table, &.-untried #lab-y, &.-untried #lab-plot { display: none; }
        &.-plot #lab-table { display: none; }
        &.-table #lab-y, &.-table #lab-plot { display: none; }
        &.-ascii > #lab-box { border: ascii $border; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = bindings_for("lab")
    scopes: ClassVar[tuple[Scope, ...]] = ("lab", "app")
    AUTO_FOCUS = "#lab-names"

    def __init__(
        self,
        found: dict[str, Finding],
        *,
        markers: Markers = "braille",
        command: Callable[[str, int], Sequence[str]] = command_of,
        now: Callable[[], float] = time.time,
    ) -> None:
        super().__init__(classes="-ascii" if markers == "ascii" else None)
        self._found, self._command, self._now = found, command, now
        self._experiments = tuple(EXPERIMENTS.values())
        self.view = LabView(found=dict(found), glyphs=glyphs_for(markers))
        self._worker: Worker[None] | None = None
        self._plot_wanted = True
        """Where there is room for one only."""
        self._names = _Names(self._experiments)
        self._head = _Lines(lambda width, _: head_rows(self.chosen, self.view, width), id="lab-head")
        self._table = _Lines(self._table_rows, id="lab-table")
        self._y = _Lines(self._y_rows, id="lab-y")
        self._chart = ChartView(markers=markers, id="lab-plot")

    def compose(self) -> ComposeResult:
        """The list at the left; claim, verdict, table and plot at the right."""
        with Vertical(id="lab-box"), Horizontal():
            yield self._names
            with Vertical(id="lab-detail"):
                yield self._head
                yield self._table
                yield self._y
                yield self._chart
        yield KeyHints("lab", ascii_only=self.view.glyphs.ascii_only)

    def on_mount(self) -> None:
        """Show what there is."""
        self.show(self.view)

    async def on_unmount(self) -> None:
        """The child ends with the screen."""
        worker = self._worker
        if worker is None or worker.is_finished:
            return
        if not worker.is_cancelled:
            worker.cancel()
        with contextlib.suppress(WorkerError):
            await worker.wait()

    def on_resize(self) -> None:
        """Table and plot together, or one of them."""
        self.show(self.view)

    def tick(self, now: float) -> None:
        """Time goes on while an experiment runs."""
        if self.view.running is not None:
            self.show(replace(self.view, now=now))

    @property
    def chosen(self) -> Experiment:
        """The experiment the list is on."""
        return self._experiments[self.view.selected]

    @property
    def finding(self) -> Finding | None:
        """What it found, unless it is being tried again."""
        running = self.view.running
        if (running is not None and running.name == self.chosen.name) or self.chosen.name in self.view.failed:
            return None
        return self.view.found.get(self.chosen.name)

    def show(self, view: LabView) -> None:
        """Everything as it is now."""
        self.view = self._names.view = view
        finding, both = self.finding, self.app.size.height >= BOTH
        self.set_class(finding is None, "-untried")
        self.set_class(finding is not None and not both and self._plot_wanted, "-plot")
        self.set_class(finding is not None and not both and not self._plot_wanted, "-table")
        if finding is not None:
            self._chart.show(plot_of(finding))
            self._table.styles.height = len(finding.rows) + 2 if both else "1fr"
        for lines in (self._names, self._head, self._table, self._y):
            lines.renew()
        tried = f" {view.glyphs.dot} {len(view.found)} of {len(self._experiments)} tried" if view.found else ""
        self.query_one("#lab-box").border_title = Content(f"Lab{tried}")

    def _table_rows(self, width: int, height: int) -> tuple[Row, ...]:
        return table_rows(self.finding, width, height, self.view.glyphs) if self.finding is not None else ()

    def _y_rows(self, width: int, height: int) -> tuple[Row, ...]:
        del width, height
        return ((Cell(sanitise(self.finding.y_label), "dim"),),) if self.finding is not None else ()

    # --- carrying out -------------------------------------------------------------------------------------------------

    def _begin(self, seed: int) -> None:
        if self.view.running is not None:
            self._notice(f"{self.view.running.name} is being carried out; x stops it", "warning")
            return
        name = self.chosen.name
        now = self._now()
        failed = {other: why for other, why in self.view.failed.items() if other != name}
        self.show(replace(self.view, failed=failed, running=Running(name, seed, now), now=now))
        self._worker = self.run_worker(self._carrying_out(name, seed), group="lab", exit_on_error=False)

    async def _carrying_out(self, name: str, seed: int) -> None:
        try:
            finding = await carry_out(self._command(name, seed), self._heard)
        except GrnnError as error:
            self.show(replace(self.view, running=None, failed={**self.view.failed, name: str(error)}))
        else:
            self._found[name] = finding
            self.show(replace(self.view, running=None, found=dict(self._found)))

    def _heard(self, done: float, what: str) -> None:
        if self.view.running is not None:
            self.show(replace(self.view, running=replace(self.view.running, done=done, what=what), now=self._now()))

    def _stop(self) -> bool:
        """End the child, if there is one; whether there was."""
        if self.view.running is None:
            return False
        if self._worker is not None:
            self._worker.cancel()
        self.show(replace(self.view, running=None))
        return True

    # --- keys ---------------------------------------------------------------------------------------------------------

    def on__names_moved(self, event: _Names.Moved) -> None:
        """Another experiment."""
        self.show(replace(self.view, selected=event.index))

    def action_carry_out(self) -> None:
        """This one."""
        self._begin(SEED)

    def action_next_seed(self) -> None:
        """This one, under the seed after that of the last time."""
        last = self.view.found.get(self.chosen.name)
        self._begin(last.seed + 1 if last is not None else SEED)

    def action_table_or_plot(self) -> None:
        """The other of the two, where there is room for one."""
        self._plot_wanted = not self._plot_wanted
        self.show(self.view)

    def action_stop_experiment(self) -> None:
        """No more of it."""
        if not self._stop():
            self._notice("nothing is being carried out", "information")

    def action_close(self) -> None:
        """Stop what runs; else back to the main screen."""
        if not self._stop():
            self.dismiss(None)

    def _notice(self, text: str, severity: str) -> None:
        self.app.post_message(NoticeGiven(sanitise(text), severity))
