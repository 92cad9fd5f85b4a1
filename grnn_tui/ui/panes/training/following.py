"""What the pane, the strip and the monitor have in common: a followed run, and the keys that act on it."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

from grnn_tui.errors import GrnnError
from grnn_tui.runs.commands import Command, PauseRun, ResumeRun, SaveCheckpoint, SetRate, StopRun
from grnn_tui.safetext import SafeText, sanitise
from grnn_tui.ui.messages import NoticeGiven
from grnn_tui.ui.panes.training.messages import PlayRequested, RunDetached
from grnn_tui.ui.panes.training.options import ChartOptions
from grnn_tui.ui.panes.training.shown import Shown
from grnn_tui.ui.widgets.chart_plot import Plot
from grnn_tui.ui.widgets.chart_view import ChartView

if TYPE_CHECKING:
    from textual.widget import Widget

    from grnn_tui.ui.panes.training.followed import FollowedRun

    _Base = Widget
else:
    _Base = object

PAINT_EVERY = 0.2
"""Seconds between repaints of a curve."""


class Following(_Base):
    """Mixed into widgets and screens that show a run. Call `tick` from the frame timer."""

    followed: FollowedRun | None = None
    _painted: tuple[int, str] = (-1, "")
    _painted_at: float = float("-inf")
    _ticked_at: float = float("-inf")

    def follow(self, followed: FollowedRun | None) -> None:
        """Show this run from now on, or none."""
        self.followed = followed
        self.repaint()

    def repaint(self) -> None:
        """Paint at the next tick, whatever has changed."""
        self._painted, self._painted_at = (-1, ""), float("-inf")

    def tick(self, now: float) -> None:
        """Read what is new and repaint if anything changed, at most five times a second. `now`: seconds since the
        epoch."""
        if not self.is_mounted:
            return  # a screen that has just been opened: its parts are still to come
        followed = self.followed
        self._ticked_at = now
        if followed is None:
            if self._painted != (0, "none"):
                self._painted = (0, "none")
                self.paint(None, now)
            return
        followed.poll(now)
        if not self.display:
            return
        if now - self._painted_at < PAINT_EVERY and now >= self._painted_at:
            return
        silent = followed.silent_for(now)
        state = (followed.version, "" if silent is None or silent < 10 else f"{silent:.0f}")
        if state != self._painted:
            self._painted, self._painted_at = state, now
            self.paint(followed, now)

    def paint(self, followed: FollowedRun | None, now: float) -> None:
        """Show `followed` as it is; written by each view."""
        raise NotImplementedError

    @property
    def ascii_only(self) -> bool:
        """Whether the terminal has no signs but ASCII; written by each view."""
        return False

    def columns(self) -> int:
        """Cells across which curves are drawn; written by each view."""
        return 80

    def plot(self, followed: FollowedRun) -> Plot:
        """The chart to be drawn."""
        from grnn_tui.ui.panes.training.view import plot_of

        other = None
        over = followed.overlay
        if over is not None:
            other = (over.view, over.smoothed, sanitise(over.name))
        return plot_of(
            followed.view,
            followed.smoothed,
            followed.options,
            self.columns(),
            other,
        )

    def look(self, options: ChartOptions) -> None:
        """Another way of looking, painted as soon as this key is dealt with."""
        if self.followed is not None:
            self.followed.look_through(options)
            self._painted_at = float("-inf")
            self.call_later(self.tick, self._ticked_at)

    def action_metric_before(self) -> None:
        """The metric before, or the cursor a cell back."""
        self._turn(-1)

    def action_metric_after(self) -> None:
        """The metric after, or the cursor a cell on."""
        self._turn(1)

    def _turn(self, by: int) -> None:
        if self.followed is None:
            return
        from grnn_tui.ui.panes.training.view import moved_cursor

        options = self.followed.options
        if options.cursor is not None:
            self.look(moved_cursor(self.followed.view, options, self.columns(), by))
        else:
            self.look(options.next_metric(by))

    def action_log_axis(self) -> None:
        """Logarithmic or linear y."""
        if self.followed is not None:
            self.look(self.followed.options.toggled_log())

    def action_smoother(self) -> None:
        """More smoothing."""
        if self.followed is not None:
            self.look(self.followed.options.smoother(1))

    def action_less_smooth(self) -> None:
        """Less smoothing."""
        if self.followed is not None:
            self.look(self.followed.options.smoother(-1))

    def action_span(self) -> None:
        """All of the run, or its last part."""
        if self.followed is not None:
            self.look(self.followed.options.next_span())

    def action_step_or_time(self) -> None:
        """Steps or time."""
        if self.followed is not None:
            self.look(self.followed.options.toggled_time())

    def action_overlay(self) -> None:
        """Lay another run over this one; the next one each time, then none again."""
        if self.followed is not None:
            self.run_worker(self._overlay_next(self.followed), exclusive=True, group="overlay", exit_on_error=False)

    async def _overlay_next(self, followed: FollowedRun) -> None:
        from grnn_tui.runs.directory import Run
        from grnn_tui.ui.panes.training.followed import FollowedRun as Followed

        shown = followed.overlay.run.path if followed.overlay is not None else None
        paths = await asyncio.to_thread(_other_runs, followed.run.path)
        after = paths[paths.index(shown) + 1 :] if shown in paths else paths if shown is None else []
        if not after:
            followed.lay_over(None)
            text = "no other run to lay over" if shown is None else "overlay taken away"
        else:
            other = Followed(Run(after[0]))
            followed.lay_over(other)
            text = f"laid over: {other.name}"
        self.post_message(NoticeGiven(sanitise(text)))

    def action_cursor(self) -> None:
        """The reading line, up or gone."""
        if self.followed is None:
            return
        from grnn_tui.ui.panes.training.view import moved_cursor

        options = self.followed.options
        if options.cursor is not None:
            self.look(options.with_cursor(None))
        else:
            self.look(moved_cursor(self.followed.view, options, self.columns(), 0))

    def on_chart_view_pointed(self, event: ChartView.Pointed) -> None:
        """The cursor where the mouse points."""
        event.stop()
        if self.followed is not None:
            self.look(self.followed.options.with_cursor(event.x))

    def action_checkpoint(self) -> None:
        """Save now."""
        self.ask(SaveCheckpoint(), "checkpoint asked for: it comes after this step")

    def action_pause_run(self) -> None:
        """Pause, or go on."""
        if self.followed is None:
            return
        if self.followed.status.state == "paused":
            self.ask(ResumeRun(), "the run goes on")
        else:
            self.ask(PauseRun(), "pausing after this step")

    def action_play_run(self) -> None:
        """Play the newest checkpoint."""
        if self.followed is not None:
            self.post_message(PlayRequested(str(self.followed.run.path)))

    def action_stop_run(self) -> None:
        """Ask how to leave a live run."""
        if self.followed is None:
            return
        if not self.followed.status.live:
            self.post_message(NoticeGiven("the run has ended; there is nothing to stop"))
            return
        from grnn_tui.ui.screens.stop import StopDialog

        self.app.push_screen(StopDialog(sanitise(self.followed.name), ascii_only=self.ascii_only), self._stop_chosen)

    def action_set_rate(self) -> None:
        """Ask for another learning rate."""
        if self.followed is None:
            return
        from grnn_tui.ui.screens.stop import RateDialog

        trained = self.followed.view.trained
        rate = trained.lr if trained is not None else None
        self.app.push_screen(RateDialog(rate, ascii_only=self.ascii_only), self._rate_chosen)

    def ask(self, command: Command, notice: str) -> None:
        """Steer the run, and say so, or say why not."""
        if self.followed is None:
            return
        try:
            self.followed.ask(command)
        except GrnnError as error:
            self.post_message(NoticeGiven(_line(error), "error"))
        else:
            self.post_message(NoticeGiven(notice))

    def _stop_chosen(self, choice: str | None) -> None:
        if choice == "stop":
            self.ask(StopRun(), "stopping: the step is finished and saved first")
        elif choice == "detach":
            self.post_message(RunDetached())
        elif choice == "kill" and self.followed is not None:
            try:
                kill_trainer(self.followed)
            except GrnnError as error:
                self.post_message(NoticeGiven(_line(error), "error"))
            else:
                self.post_message(NoticeGiven("killed; the last checkpoint stays", "warning"))

    def _rate_chosen(self, rate: float | None) -> None:
        if rate is not None:
            self.ask(SetRate(lr=rate), f"learning rate {rate:g} from the next step on")


def shown_run(followed: FollowedRun, now: float) -> Shown:
    """The figures to be written about a run. `now`: seconds since the epoch."""
    from grnn_tui.ui.panes.training.view import shown_of

    return shown_of(
        followed.view,
        followed.smoothed,
        followed.status,
        tuple(followed.log.lines),
        name=followed.name,
        data=followed.data,
        backend=followed.backend,
        silent=followed.silent_for(now),
        alarm=followed.alarm,
        reading=followed.read_share,
        epochs=followed.total_epochs,
        smoothing=followed.options.smoothing,
    )


def kill_trainer(followed: FollowedRun) -> None:
    """End the trainer at once, after checking that the process is still the one that holds the run.

    Raises:
        RunError: nothing holds it, or it lives on another machine.
    """
    import os
    import platform
    import signal

    from grnn_tui.errors import RunError
    from grnn_tui.runs.lock import process_start, read_owner

    held = read_owner(followed.run.path)
    owner = held.owner
    if owner is None or not held.alive:
        raise RunError(f"the run {followed.name} is not being trained")
    if owner.host != platform.node() or process_start(owner.pid) != owner.started:
        raise RunError(f"the run {followed.name} is trained by process {owner.pid} on {owner.host}; kill it there")
    try:
        os.kill(owner.pid, signal.SIGKILL)
    except OSError as error:
        raise RunError(f"process {owner.pid} cannot be killed: {error.strerror or error}") from None


def _other_runs(path: Path) -> list[Path]:
    """The other runs, newest first; no more than a person would leaf through."""
    from grnn_tui.runs.store import run_names, runs_root

    root = runs_root()
    return [root / name for name in run_names()[:50] if root / name != path]


def _line(error: Exception) -> SafeText:
    return sanitise(str(error))
