"""The training side of the app: which run is followed, and the screens around it. The app calls; this calls back."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from textual.app import App

from grnn_tui.engine.protocol import CatalogueRead
from grnn_tui.errors import GrnnError
from grnn_tui.runs.directory import Run
from grnn_tui.safetext import SafeText, sanitise
from grnn_tui.ui.panes.training.figures import summary_lines
from grnn_tui.ui.panes.training.followed import FollowedRun
from grnn_tui.ui.panes.training.following import Following, shown_run
from grnn_tui.ui.widgets.chart_raster import Markers

Notify = Callable[[str, str], None]
"""Shows one line; the second argument is `information`, `warning` or `error`."""


class TrainingSide:
    """Holds the followed run and opens form, list and monitor; never blocks a key."""

    def __init__(
        self,
        app: App[Any],
        views: Callable[[], Iterable[Following]],
        notify: Notify,
        *,
        markers: Markers = "braille",
    ) -> None:
        self._app, self._views, self._notify = app, views, notify
        self._markers: Markers = markers
        self.followed: FollowedRun | None = None

    # --- which run ----------------------------------------------------------------------------------------------------

    def attach(self, path: Path) -> None:
        """Follow the run in the directory `path`."""
        options = self.followed.options.with_cursor(None) if self.followed is not None else None
        self._show(FollowedRun(Run(path), options))

    def detach(self) -> None:
        """Follow no run; it goes on."""
        self._show(None)

    def _show(self, followed: FollowedRun | None) -> None:
        self.followed = followed
        for view in (*self._views(), *self._monitors()):
            view.follow(followed)

    # --- screens ------------------------------------------------------------------------------------------------------

    def open_form(self, catalogue: CatalogueRead | None, data: str | None = None) -> None:
        """The form for a new run; the run it starts is followed."""
        from grnn_tui.ui.screens.train_form import TrainForm

        if catalogue is None:
            self._notify("the engine is not ready yet: try again in a moment", "warning")
            return
        if not catalogue.backends:
            self._notify("no model can be trained: no backend is installed", "error")
            return
        self._app.push_screen(TrainForm(catalogue, data=data, ascii_only=self._ascii_only), self._started)

    def open_runs(self) -> None:
        """The list of runs."""
        from grnn_tui.ui.screens.runs import RunsScreen

        self._app.push_screen(RunsScreen(ascii_only=self._ascii_only))

    def open_monitor(self) -> None:
        """The followed run at full size."""
        from grnn_tui.ui.screens.monitor import MonitorScreen

        if self.followed is None:
            self._notify("no run is being followed: t trains a model, u lists the runs", "information")
            return
        self._app.push_screen(MonitorScreen(self.followed, markers=self._markers))

    def resume(self, path: Path) -> None:
        """Go on with a run that has ended, and follow it."""
        self._notify(f"going on with {sanitise(path.name)} ...", "information")
        self._app.run_worker(self._resume(path), group="training-resume", exclusive=True, exit_on_error=False)

    async def _resume(self, path: Path) -> None:
        from grnn_tui.runs.launch import start_detached

        try:
            await asyncio.to_thread(start_detached, Run(path))
        except (GrnnError, OSError) as error:
            self._notify(str(error), "error")
        else:
            self.attach(path)

    def _started(self, path: Path | None) -> None:
        if path is not None:
            self.attach(path)
            self._notify(f"{sanitise(path.name)} is being trained; m shows it at full size", "information")

    # --- what the app asks --------------------------------------------------------------------------------------------

    def tick(self, now: float) -> None:
        """Let the screen on top look for what is new, if it is one of these. `now`: seconds since the epoch."""
        from grnn_tui.ui.screens.runs import RunsScreen

        screen = self._app.screen
        if isinstance(screen, RunsScreen | Following):
            screen.tick(now)

    def words(self) -> str:
        """A few words for the top line: `train 48% ETA 12m04s`, or nothing."""
        if self.followed is None or self.followed.view.trained is None:
            return ""
        trained, state = self.followed.view.trained, self.followed.status.state
        if state not in ("alive", "paused"):
            return f"train {state}"
        from grnn_tui.ui.widgets.chart_ticks import duration

        left = f" ETA {duration(trained.eta)}" if trained.eta is not None and state == "alive" else ""
        return f"train {trained.progress:.0%}{left}{' paused' if state == 'paused' else ''}"

    def summary(self, now: float) -> list[str]:
        """What is left on the normal screen after the app has ended; safe for a terminal."""
        return summary_lines(shown_run(self.followed, now)) if self.followed is not None else []

    @property
    def _ascii_only(self) -> bool:
        return self._markers == "ascii"

    def _monitors(self) -> list[Following]:
        return [screen for screen in self._app.screen_stack if isinstance(screen, Following)]


async def live_runs() -> list[SafeText]:
    """Names of the runs that are being trained now, for the question on leaving."""
    from grnn_tui.runs.store import list_runs

    runs = await asyncio.to_thread(list_runs)
    return [sanitise(run.name) for run in runs if run.state in ("alive", "paused")]


async def stop_live_runs() -> list[str]:
    """Ask every live run to finish its step, save and end; returns what could not be asked."""
    from grnn_tui.runs.commands import StopRun, append_command
    from grnn_tui.runs.store import list_runs

    def stop() -> list[str]:
        faults = []
        for run in list_runs():
            if run.state in ("alive", "paused"):
                try:
                    append_command(Run(run.path).commands, StopRun())
                except GrnnError as error:
                    faults.append(str(error))
        return faults

    return await asyncio.to_thread(stop)
