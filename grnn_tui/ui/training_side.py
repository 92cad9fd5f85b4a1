"""The app's training side, mixed into it: which run is followed, and the screens around it."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import TYPE_CHECKING

from grnn_tui.errors import GrnnError
from grnn_tui.safetext import sanitise
from grnn_tui.ui.messages import NoticeGiven
from grnn_tui.ui.panes.training.messages import (
    FormRequested,
    MonitorRequested,
    PlayRequested,
    ResumeRequested,
    RunAttached,
    RunDetached,
    RunsRequested,
)
from grnn_tui.ui.typed_ahead import TypedAhead
from grnn_tui.ui.widgets.chart_raster import Markers
from grnn_tui.ui.widgets.chart_ticks import duration

if TYPE_CHECKING:
    from textual.timer import Timer

    from grnn_tui.ui.controller import Controller
    from grnn_tui.ui.panes.training.followed import FollowedRun
    from grnn_tui.ui.screens.play import PlayScreen

ASKING = "asking the engine what can be trained ..."
FORM_KEYS_SECONDS = 5.0
"""Keys are kept for a form that is to come for so long; it comes later too."""


class TrainingSide(TypedAhead):
    """Follows a run; opens form, list and monitor, none of which blocks.

    What is slow to import, arrays above all, comes with its first use: the first paint does not wait for it.
    """

    controller: Controller
    playground: PlayScreen
    markers: Markers
    followed: FollowedRun | None = None
    _form_wanted: tuple[str | None] | None = None
    """The data of a form that waits for the catalogue."""
    _form_keys: Timer | None = None
    """Ends the time in which keys are kept for it."""

    def notice(self, text: str, severity: str = "information") -> None:
        """One line for the person."""
        raise NotImplementedError

    # --- which run ----------------------------------------------------------------------------------------------------

    def follow(self, path: Path) -> None:
        """Follow the run in the directory `path`, in every view there is."""
        from grnn_tui.runs.directory import Run
        from grnn_tui.ui.panes.training.followed import FollowedRun

        options = self.followed.options.with_cursor(None) if self.followed is not None else None
        self._show_run(FollowedRun(Run(path), options))

    def unfollow(self) -> None:
        """Follow no run; it goes on."""
        self._show_run(None)

    def _show_run(self, followed: FollowedRun | None) -> None:
        from grnn_tui.ui.panes.training.following import Following

        self.followed = followed
        views = (self.playground.training, self.playground.strip)
        for view in (*views, *(screen for screen in self.screen_stack if isinstance(screen, Following))):
            view.follow(followed)
        self.tick_training()

    def tick_training(self) -> None:
        """Let whatever is in view look for what is new."""
        now = time.time()
        screen = self.screen
        tick = getattr(screen, "tick", None)
        if tick is not None:
            tick(now)
        words = self.training_words()
        if words != self._told_words:
            self._told_words = words
            self.playground.show()

    _told_words = ""

    def training_words(self) -> str:
        """A few words for the top line: `train 48% ETA 12m04s`; empty without a run."""
        followed = self.followed
        if followed is None:
            return ""
        state, trained = followed.status.state, followed.view.trained
        if followed.alarm:
            return followed.alarm.partition(":")[0]
        if state not in ("alive", "paused"):
            return f"train {state}"
        if trained is None:
            return "train warming up"
        if state == "paused":
            return f"train {trained.progress:.0%} paused"
        return f"train {trained.progress:.0%}" + (f" ETA {duration(trained.eta)}" if trained.eta is not None else "")

    def run_summary(self) -> list[str]:
        """What is left on the normal screen after the app has ended; safe for a terminal."""
        if self.followed is None:
            return []
        from grnn_tui.ui.panes.training.figures import summary_lines
        from grnn_tui.ui.panes.training.following import shown_run

        return summary_lines(shown_run(self.followed, time.time()))

    # --- screens ------------------------------------------------------------------------------------------------------

    def open_runs(self) -> None:
        """The list of runs, alive and past."""
        from grnn_tui.ui.screens.runs import RunsScreen

        if not isinstance(self.screen, RunsScreen):
            self.push_screen(RunsScreen(ascii_only=self.markers == "ascii"))

    def open_monitor(self) -> None:
        """The followed run at full size."""
        from grnn_tui.ui.screens.monitor import MonitorScreen

        if self.followed is None:
            self.notice("no run is being followed: t trains a model, u lists the runs")
        elif not isinstance(self.screen, MonitorScreen):
            self.push_screen(MonitorScreen(self.followed, markers=self.markers))
            self.call_after_refresh(self.tick_training)

    def open_form(self, data: str | None = None) -> None:
        """The form for a new run, as soon as the engine has told what there is."""
        self._form_wanted = (data,)
        self._keep_no_keys()
        self._form_keys = self.set_timer(FORM_KEYS_SECONDS, self._form_is_late)
        if self.controller.state.catalogue is None:
            self.notice(ASKING)
        self.controller.read_catalogue()
        self.form_if_ready()

    def form_if_ready(self) -> None:
        """Show the form that waits, if the catalogue is there."""
        from grnn_tui.ui.screens.train_form import TrainForm

        catalogue = self.controller.state.catalogue
        if self._form_wanted is None or catalogue is None:
            return
        (data,) = self._form_wanted
        self.give_up()
        if not catalogue.backends:
            self.notice("no model can be trained: no backend is installed", "error")
        elif not isinstance(self.screen, TrainForm):
            self.push_screen(TrainForm(catalogue, data=data, ascii_only=self.markers == "ascii"), self._run_started)

    def keys_wait(self) -> bool:
        """Keys after the one that asks for the form are for the form."""
        return self._form_keys is not None

    def give_up(self) -> None:
        """Want no form any more: it is there, or need not come."""
        self._form_wanted = None
        self._keep_no_keys()
        self._drop_asking()
        self.call_later(self.take_typed_ahead)

    def _form_is_late(self) -> None:
        self._keep_no_keys()
        self.forget_typed_ahead()

    def _keep_no_keys(self) -> None:
        if self._form_keys is not None:
            self._form_keys.stop()
            self._form_keys = None

    def _drop_asking(self) -> None:
        """What was asked is answered: the notice that says so goes, wherever it stands."""
        told = self.controller.state.notice
        if told is not None and told.text == ASKING:
            self.playground.drop_notice()
            self.clear_notifications()

    def _run_started(self, path: Path | None) -> None:
        if path is not None:
            self.follow(path)
            if self.playground.focused is self.playground.prompt:
                self.playground.jump("output")
            self.notice(f"{sanitise(path.name)} is being trained; m shows it at full size")

    async def _resume(self, path: Path) -> None:
        from grnn_tui.runs.directory import Run
        from grnn_tui.runs.launch import start_detached

        try:
            await asyncio.to_thread(start_detached, Run(path))
        except (GrnnError, OSError) as error:
            self.notice(str(error), "error")
        else:
            self.follow(path)

    # --- what panes and screens say -----------------------------------------------------------------------------------

    def on_form_requested(self, _: FormRequested) -> None:
        """A new run."""
        self.open_form()

    def on_runs_requested(self, _: RunsRequested) -> None:
        """The list."""
        self.open_runs()

    def on_monitor_requested(self, _: MonitorRequested) -> None:
        """The followed run at full size."""
        self.open_monitor()

    def on_run_attached(self, message: RunAttached) -> None:
        """A run was chosen."""
        self.follow(message.path)

    def on_run_detached(self, _: RunDetached) -> None:
        """The run goes on alone."""
        if self.followed is not None:
            self.notice(f"{sanitise(self.followed.name)} goes on without being followed")
        self.unfollow()

    def on_resume_requested(self, message: ResumeRequested) -> None:
        """Go on with a run that has ended before its end, and follow it."""
        self.notice(f"going on with {sanitise(message.path.name)} ...")
        self.run_worker(self._resume(message.path), group="training-resume", exclusive=True, exit_on_error=False)

    def on_play_requested(self, message: PlayRequested) -> None:
        """Play a checkpoint on the main screen."""
        while self.screen is not self.playground:
            self.pop_screen()
        self.controller.open(message.reference)
        self.playground.show()

    def on_notice_given(self, message: NoticeGiven) -> None:
        """Something to be told."""
        self.notice(message.text, message.severity)
