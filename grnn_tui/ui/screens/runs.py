"""The screen of runs, alive and past: to attach to, play, resume, delete."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen, Screen
from textual.widgets import Input, Static

from grnn_tui.errors import GrnnError
from grnn_tui.runs import trash
from grnn_tui.runs.directory import Run
from grnn_tui.runs.store import RunSummary, called, each_run, runs_root
from grnn_tui.safetext import SafeText, clip, sanitise
from grnn_tui.ui.actions import Scope
from grnn_tui.ui.bindings import bindings_for
from grnn_tui.ui.messages import NoticeGiven
from grnn_tui.ui.panes.training.messages import FormRequested, PlayRequested, ResumeRequested, RunAttached
from grnn_tui.ui.screens.run_list import RunList
from grnn_tui.ui.screens.runs_view import RunLine, filtered, line_of
from grnn_tui.ui.screens.stop import BOX
from grnn_tui.ui.widgets.key_hints import KeyHints

RELOAD_EVERY = 2.0
"""Seconds between two looks at the run directories; longer where a look takes long."""
_SHARE = 20

FIRST = 64
"""Runs that are shown before the others have been read."""
Reader = Callable[[], Iterable[RunSummary]]


class DeleteDialog(ModalScreen[bool]):
    """Asks before a run is deleted; anything but `y` keeps it."""

    DEFAULT_CSS = f"DeleteDialog {{ {BOX} }}"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "answer(True)", "delete"),
        Binding("n,escape,enter", "answer(False)", "keep"),
    ]

    def __init__(self, name: SafeText, checkpoints: int) -> None:
        super().__init__()
        self._name_shown, self._checkpoints = name, checkpoints

    def compose(self) -> ComposeResult:
        """What would be lost."""
        many = f"{self._checkpoints} checkpoint{'s' * (self._checkpoints != 1)}"
        with Vertical() as box:
            box.border_title = Content.assemble("Delete ", (clip(self._name_shown, 32), "bold"), "?")
            yield Static(
                Content.assemble(
                    f"Its curve, log and {many} are kept aside for {trash.KEPT_DAYS} days: ",
                    ("z", "bold $accent"),
                    " brings it back until then.\n\n",
                    ("y", "bold $error"),
                    ("  delete     ", ""),
                    ("n", "bold $accent"),
                    ("  keep", ""),
                ),
                markup=False,
            )

    def action_answer(self, answer: bool) -> None:
        """Answer."""
        self.dismiss(answer)


class RunsScreen(Screen[None]):
    """Posts what was chosen to the app and closes. Call `tick` from the frame timer."""

    DEFAULT_CSS = """
    RunsScreen {
        & > #runs-box { border: round $border; padding: 0 1; height: 1fr; }
        #runs-list { height: 1fr; }
        #runs-empty { height: 1fr; content-align: center middle; display: none; }
        #runs-filter { display: none; border: none; height: 1; padding: 0; background: $foreground 8%; }
        &.-filtering #runs-filter { display: block; }
        &.-empty #runs-list { display: none; }
        &.-empty #runs-empty { display: block; }
        &.-ascii > #runs-box { border: ascii $border; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = bindings_for("runs")
    scopes: ClassVar[tuple[Scope, ...]] = ("runs", "app")
    AUTO_FOCUS = "#runs-list"

    def __init__(self, *, read: Reader = each_run, ascii_only: bool = False) -> None:
        super().__init__(classes="-ascii" if ascii_only else None)
        self._read = read
        self._ascii_only = ascii_only
        self._dot = "-" if ascii_only else "·"
        self._list = RunList(id="runs-list", ascii_only=ascii_only)
        self._lines: list[RunLine] = []
        self._loaded = False
        self._loaded_at, self._pause = 0.0, 0.0
        self._loading = False

    def compose(self) -> ComposeResult:
        """The list in a box, the filter below it."""
        with Vertical(id="runs-box") as box:
            box.border_title = Content("Runs")
            yield self._list
            yield Static(self._invitation(), id="runs-empty", markup=False)
            yield Input(placeholder="words of name, state, model or data", id="runs-filter", compact=True)
        yield KeyHints("runs", ascii_only=self._ascii_only)

    def on_mount(self) -> None:
        """Look at once, and clear away what was deleted long ago."""
        self.load()
        self.run_worker(asyncio.to_thread(trash.sweep, runs_root()), group="runs-sweep", exit_on_error=False)

    def tick(self, now: float) -> None:
        """Look again now and then. `now`: seconds since the epoch."""
        if not 0 <= now - self._loaded_at < self._pause:  # a clock may have been set back
            self.load()

    def load(self) -> None:
        """Read the directories in a thread."""
        if not self._loading:
            self._loading = True
            self.run_worker(self._load(), exclusive=True, group="runs-load", exit_on_error=False)

    async def _load(self) -> None:
        began = time.monotonic()
        try:
            coming, read = await asyncio.to_thread(self._begin)
            if not self._loaded:
                self._take(read)
            read += await asyncio.to_thread(list, coming)
        except (GrnnError, OSError) as error:
            self.app.post_message(NoticeGiven(sanitise(str(error)), "error"))
            read = []
        finally:
            self._loading = False
            self._loaded_at, self._pause = time.time(), max(RELOAD_EVERY, _SHARE * (time.monotonic() - began))
        self._loaded = True
        self._take(read)

    def _begin(self) -> tuple[Iterator[RunSummary], list[RunSummary]]:
        coming = iter(self._read())
        return coming, list(islice(coming, FIRST))

    def _take(self, read: list[RunSummary]) -> None:
        now = time.time()
        self._lines = [line_of(summary, now) for summary in read]
        self._show()

    def _show(self) -> None:
        words = self.query_one("#runs-filter", Input).value
        lines = filtered(self._lines, words)
        if self._loaded and not lines and self._list.has_focus:
            self.set_focus(None)  # it is hidden; keys are still for the list, not for the filter
        elif lines and self.focused is None:
            self._list.focus()
        self.set_class(self._loaded and not lines, "-empty")
        self.query_one("#runs-empty", Static).update(self._invitation(words if self._lines else ""))
        self._list.show(lines)
        alive = sum(line.state in ("alive", "paused") for line in self._lines)
        box = self.query_one("#runs-box", Vertical)
        shown = f"{len(lines)} of {len(self._lines)}" if words else str(len(self._lines))
        box.border_title = Content.assemble(
            f"Runs {self._dot} {shown}", (f" {self._dot} {alive} live" if alive else "", "$success")
        )

    def _invitation(self, words: str = "") -> Content:
        if words:
            return Content.styled(sanitise(f"no run has {words!r} in it"), "dim")
        return Content.assemble(("No runs yet.\n\n", "dim"), ("t", "bold $accent"), "   train a model of your own")

    # --- keys ---------------------------------------------------------------------------------------------------------

    def on_run_list_chosen(self, event: RunList.Chosen) -> None:
        """Attach to the chosen run."""
        event.stop()
        self.action_attach()

    def action_attach(self) -> None:
        """Follow the run in the training pane."""
        self._leave_with(lambda line: RunAttached(line.path))

    def action_play(self) -> None:
        """Play its newest checkpoint."""
        if self._list.line is not None and not self._list.line.checkpoints:
            self._notice("it has no checkpoint yet; the first comes soon after the start", "warning")
            return
        self._leave_with(lambda line: PlayRequested(str(line.path)))

    def action_resume(self) -> None:
        """Go on with a run that was stopped, failed or died."""
        line = self._list.line
        if line is not None and line.state in ("alive", "paused"):
            self._notice("it is being trained; enter follows it", "warning")
        elif line is not None and "finished" in (line.state, Run(line.path).status().state):
            longer = f"grnn-tui train --resume {called(Run(line.path))} --seconds MORE"
            self._notice(f"it is finished; `{longer}` (or --steps, --epochs) goes on with it", "warning")
        else:
            self._leave_with(lambda line: ResumeRequested(line.path))

    def action_train(self) -> None:
        """The form for a new run."""
        self.app.post_message(FormRequested())
        self.dismiss(None)

    def action_delete(self) -> None:
        """Delete, after asking."""
        line = self._list.line
        if line is None:
            return
        if line.state in ("alive", "paused"):
            self._notice("it is being trained; stop it first", "warning")
            return
        try:
            asked = trash.identity(Run(line.path))
        except GrnnError as error:
            self._notice(str(error), "error")
            return
        self.app.push_screen(
            DeleteDialog(line.name, line.checkpoints), lambda yes: self._delete(line.path, asked) if yes else None
        )

    def _delete(self, path: Path, asked: trash.Identity) -> None:
        self.run_worker(self._deleting(path, asked), group="runs-delete", exit_on_error=False)

    async def _deleting(self, path: Path, asked: trash.Identity) -> None:
        try:
            await asyncio.to_thread(trash.delete, Run(path), asked=asked)
        except GrnnError as error:
            self._notice(str(error), "error")
        else:
            self._notice(f"{path.name} is deleted; z brings it back for {trash.KEPT_DAYS} days", "information")
        self.load()

    def action_undelete(self) -> None:
        """Bring back the run that was deleted last; the one before it the next time."""
        self.run_worker(self._undeleting(), group="runs-undelete", exit_on_error=False)

    async def _undeleting(self) -> None:
        try:
            back = await asyncio.to_thread(_bring_back)
        except GrnnError as error:
            self._notice(str(error), "error")
        else:
            self._notice(f"{back} is back" if back else "no run was deleted of late", "information")
        self.load()

    def action_filter(self) -> None:
        """Type words that a run must have."""
        self.add_class("-filtering")
        self.query_one("#runs-filter", Input).focus()

    def on_input_changed(self) -> None:
        """Fewer runs as one types."""
        self._show()

    def on_input_submitted(self) -> None:
        """Back to the list; the filter stays."""
        if self._lines:
            self._list.focus()

    def action_close(self) -> None:
        """Drop the filter, or close."""
        if self.has_class("-filtering"):
            self.remove_class("-filtering")
            self.query_one("#runs-filter", Input).value = ""
            self._list.focus()
            return
        self.dismiss(None)

    def _leave_with(self, choice: Callable[[RunLine], RunAttached | PlayRequested | ResumeRequested]) -> None:
        line = self._list.line
        if line is not None:
            self.app.post_message(choice(line))
            self.dismiss(None)

    def _notice(self, text: str, severity: str) -> None:
        self.app.post_message(NoticeGiven(sanitise(text), severity))


def _bring_back() -> str | None:
    """The name of the run that is back; None if there was none to bring."""
    there = trash.deleted_runs(runs_root())
    return trash.restore(there[0]).name if there else None
