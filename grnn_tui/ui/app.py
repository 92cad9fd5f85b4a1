"""The app: a thin shell around screens, a controller and the link to the engine."""

from __future__ import annotations

import asyncio
import gc
import os
from collections.abc import Callable, Sequence
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any, ClassVar

import msgspec
from rich.color import ColorSystem
from textual.app import App
from textual.binding import BindingType
from textual.command import CommandPalette
from textual.driver import Driver
from textual.events import Resize
from textual.screen import Screen

from grnn_tui.engine.protocol import FrameShown
from grnn_tui.safetext import sanitise
from grnn_tui.ui.actions import Keymap
from grnn_tui.ui.backpressure import terminal_is_busy, terminal_size
from grnn_tui.ui.bindings import bindings_for, keymap_strings
from grnn_tui.ui.cells import Cells, Sparing
from grnn_tui.ui.controller import Controller
from grnn_tui.ui.keeping import Keeping
from grnn_tui.ui.link import Engine, EngineLink
from grnn_tui.ui.markers import glyphs_for
from grnn_tui.ui.model import PlayState
from grnn_tui.ui.panes.controls.view import Controls
from grnn_tui.ui.screens.play import PlayScreen
from grnn_tui.ui.settings import KEPT_WRITTEN, LastState, Preferences, save
from grnn_tui.ui.theme import THEMES, first_theme
from grnn_tui.ui.training_side import TrainingSide
from grnn_tui.ui.widgets.chart_raster import Markers

if TYPE_CHECKING:
    from grnn_tui.lab.finding import Finding

FRAME_SECONDS = 0.1
"""Between two frames while text streams ..."""
ANSWER_SECONDS = 0.02
"""... and between two that answer keys."""
TICK_SECONDS = 0.25
"""Between two looks at what is written by others."""
KEEP_SECONDS = 10.0
"""Between two savings of the place, so that a killed screen loses little."""


class GrnnApp(Keeping, TrainingSide, Sparing, App[int], inherit_bindings=False):
    """The playground."""

    TITLE = "grnn"
    ENABLE_COMMAND_PALETTE = False
    PAUSE_GC_ON_SCROLL = True
    BINDINGS: ClassVar[list[BindingType]] = bindings_for("app")
    CSS_PATH: ClassVar[list[str | PurePath]] = ["app.tcss", "screens/play.tcss"]

    def __init__(
        self,
        engine: Engine,
        *,
        preferences: Preferences | None = None,
        last: LastState | None = None,
        keymap: Keymap | None = None,
        markers: Markers = "braille",
        notes: Sequence[str] = (),
        train_on: str | None = None,
        before_reading: Callable[[], None] = lambda: None,
    ) -> None:
        """`engine` may have been started and asked to restore `last` already.

        `train_on` is a text file for which the form is opened; `notes` are shown once; `before_reading` puts the
        terminal into the state in which it is lent to an editor and left at the end.
        """
        # Without hues Textual must leave colours to the terminal: as greys, the default colours are black on black.
        super().__init__(ansi_color=True if "NO_COLOR" in os.environ else None)
        self.preferences = preferences or Preferences()
        self.last = last or LastState()
        self.grnn_keymap = keymap or Keymap()
        self.markers: Markers = markers
        self._notes = list(notes)
        self._train_on = train_on
        self._before_reading = before_reading
        self._cells = Cells()
        self._frame_due = False
        self._kept = self.last
        self._theme_before = ""
        self.lab_found: dict[str, Finding] = {}
        """What experiments of the lab have found since the start."""
        for theme in THEMES:
            self.register_theme(theme)
        self.theme = first_theme(self.preferences.theme, self._colours, no_color=self.no_color)
        self.stylesheet.set_variables(self.get_css_variables())
        self._styles_due = False
        self._waiting = []
        self.link = EngineLink(engine, self.wake, self._restoring)
        self.controller = self._first_controller()
        self.playground = PlayScreen(
            self.controller,
            self.grnn_keymap,
            markers=markers,
            colouring=self.preferences.colouring,
            log_bars=self.preferences.log_bars,
            history=tuple(self.last.history),
            training_words=self.training_words,
        )

    def _first_controller(self) -> Controller:
        wish, last = self.preferences, self.last
        controls = Controls(wish.sampling, wish.seed, wish.random_seed, wish.length, wish.per_second)
        controller = Controller(self.link.send, controls, PlayState(reference=last.reference), last.prompt)
        controller.waiting_text = (last.written, last.cursor, list(last.forced))
        controller.unit, controller.mark, controller.unit_shown = last.unit, last.mark, wish.colouring == "unit"
        return controller

    @property
    def _colours(self) -> ColorSystem | None:
        return getattr(self.console, "_color_system", None)

    def get_default_screen(self) -> Screen[Any]:
        """The main screen."""
        return self.playground

    def refresh_css(self, animate: bool = True) -> None:
        """Parse the styles again for another theme; the first is known before they are parsed at all."""
        if self._styles_due:
            super().refresh_css(animate)
        self._styles_due = True

    def on_load(self) -> None:
        """The driver keeps the terminal as it finds it next."""
        self._before_reading()

    def on_mount(self) -> None:
        """Listen to the engine, look at runs now and then, tell what could not be read."""
        # Round by the screen's own queue, which it only looks at when it is mounted and its prompt has the keys.
        self.playground.call_later(self.call_later, self.take_typed_ahead)
        self.app_resume_signal.subscribe(self, lambda _: self.action_redraw())
        self.set_keymap(keymap_strings(self.grnn_keymap))
        self.run_worker(self._listen(), group="engine", exit_on_error=False)
        if self.controller.unit_shown:
            self.controller.show_unit()
        self.set_interval(TICK_SECONDS, self._tick)
        self.set_interval(KEEP_SECONDS, self._keep_place)
        self.call_after_refresh(self._settle_memory)
        for note in self._notes:
            self.notice(note, "warning")
        if self._train_on is not None:
            self.open_form(self._train_on)
        if self.last.run and Path(self.last.run).is_dir():
            self.call_after_refresh(self.follow, Path(self.last.run))

    def _settle_memory(self) -> None:
        """What is there now stays: the collector need not look at it again."""
        gc.enable()
        gc.freeze()

    async def on_unmount(self) -> None:
        """End the engine."""
        await self.link.close()

    # --- the terminal -------------------------------------------------------------------------------------------------

    def on_resize(self, event: Resize) -> None:
        """A terminal that was smaller for a moment has lost what stood beyond, though its size is the same again.

        The screen is painted anew by itself only if it is arranged anew; something may have been written meanwhile.
        """
        if not self.screen_stack or self._cells_size is None:
            return
        if event.size in (self._cells_size, self.screen.outer_size):
            self.action_redraw()

    def get_driver_class(self) -> type[Driver]:
        """One that bears with any terminal, where Textual would take its own for one."""
        from textual.drivers.linux_driver import LinuxDriver

        found = super().get_driver_class()
        if found is not LinuxDriver:
            return found
        from grnn_tui.ui.driver import Driver

        return Driver

    def fall_silent(self) -> None:
        """Write nothing to the terminal any more."""
        if (outlet := getattr(self._driver, "outlet", None)) is not None:
            outlet.closed = True

    @property
    def fault(self) -> BaseException | None:
        """What nobody has caught, and ended the app."""
        return self._exception

    def panic(self, *_: Any) -> None:
        """Leave. What is wrong is told once the terminal has been given back, without locals and without markup."""
        self._close_messages_no_wait()

    _fatal_error = panic

    # --- frames -------------------------------------------------------------------------------------------------------

    def wake(self) -> None:
        """Something has arrived: paint it soon, and never more often than a terminal can take it."""
        if not self._frame_due:
            self._frame_due = True
            self.set_timer(FRAME_SECONDS if self.controller.state.generating else ANSWER_SECONDS, self._frame)

    def _frame(self) -> None:
        if not self.screen_stack:
            return
        if terminal_is_busy(self):
            self.set_timer(FRAME_SECONDS, self._frame)
            return
        self._frame_due = False
        self.take_events()

    def take_events(self) -> None:
        """Take in everything that has arrived and paint it at once."""
        events = self.link.take()
        if not events:
            return
        catalogue = self.controller.state.catalogue
        try:
            framed = self.controller.take(events)
        except ValueError as error:
            self.notice(f"the engine has lost its place ({error}) and is started again", "warning")
            self.link.engine.kill()
            return
        with self.batch_update():
            self.playground.show()
            refresh = getattr(self.screen, "engine_told", None)
            if refresh is not None:
                refresh()
        if framed:
            self.link.send(FrameShown())
        if self.controller.state.catalogue is not catalogue:
            self.form_if_ready()

    async def _listen(self) -> None:
        try:
            await self.link.run()
        except OSError as error:
            self.notice(f"the engine cannot be started: {error.strerror or error}", "error")

    def _restoring(self) -> Sequence[Any]:
        self.take_events()
        return self.controller.restoring()

    def _tick(self) -> None:
        if self._terminal_gone():
            self.exit(return_code=129)
        elif self.screen_stack and not terminal_is_busy(self):
            self._fit()
            self.tick_training()

    def _fit(self) -> None:
        """Take the terminal's size, if the app or its screen has an older one.

        Of two changes at once, the signal of the second may be looked into before the first is done with; and a screen
        tells itself the size for which it was arranged, which then replaces a later one in its queue.
        """
        size = terminal_size(self) or self.size
        if size != self.size:
            self.post_message(Resize(size, size))
        elif self.screen.outer_size != size:
            self.screen.post_message(Resize(size, size))

    def _terminal_gone(self) -> bool:
        """Whether the terminal has been hung up without a signal reaching us."""
        if self.is_headless:
            return False
        try:
            return not os.isatty(0)
        except OSError:
            return True

    def command_typed(self) -> None:
        """A key that is no text has been pressed: the notice was seen."""
        if self.screen is self.playground:
            self.playground.drop_notice()

    # --- actions ------------------------------------------------------------------------------------------------------

    def notice(self, text: str, severity: str = "information") -> None:
        """One line for the person, wherever they are."""
        level = severity if severity in ("warning", "error") else "information"
        self.controller.notice(text, level)  # type: ignore[arg-type]
        if self.screen is self.playground:
            self.playground.show_keys()
        else:
            self.playground.drop_notice()
            shown = sanitise(text, ascii_only=glyphs_for(self.markers).ascii_only)
            self.notify(shown, severity=level, markup=False, timeout=6)  # type: ignore[arg-type]

    def action_palette(self) -> None:
        """Find and run any action."""
        from grnn_tui.ui.palette import ActionsProvider

        if not CommandPalette.is_open(self):
            self.push_screen(CommandPalette([ActionsProvider], placeholder="What would you like to do?"))

    def action_theme(self) -> None:
        """Choose a theme; it is shown while the choice is on it."""
        from grnn_tui.ui.palette import ThemePalette

        if not CommandPalette.is_open(self):
            self._theme_before = self.theme
            self.push_screen(ThemePalette())

    def on_command_palette_closed(self, event: CommandPalette.Closed) -> None:
        """A theme that was only looked at goes again."""
        if not event.option_selected and self._theme_before:
            self.theme = self._theme_before
        self._theme_before = ""

    def action_help_screen(self) -> None:
        """Every key."""
        from grnn_tui.ui.screens.help import HelpScreen

        if not isinstance(self.screen, HelpScreen):
            here = getattr(self.screen, "scopes", self.playground.scopes)
            self.push_screen(HelpScreen(self.grnn_keymap, here, glyphs_for(self.markers)))

    def action_redraw(self) -> None:
        """Everything anew."""
        self.forget_shown()
        self.refresh(layout=True)
        self.screen.refresh(layout=True)

    def action_models(self) -> None:
        """Another model."""
        from grnn_tui.ui.screens.models import ModelsScreen

        self.controller.read_catalogue()
        self.push_screen(ModelsScreen(self.controller, glyphs_for(self.markers)), self._model_chosen)

    def _model_chosen(self, reference: str | None) -> None:
        if reference is not None:
            self.controller.open(reference)
            self.playground.show()

    def action_train(self) -> None:
        """A run of one's own."""
        self.open_form()

    def action_runs(self) -> None:
        """Runs, alive and past."""
        self.open_runs()

    def action_monitor(self) -> None:
        """The followed run at full size."""
        self.open_monitor()

    def action_lab(self) -> None:
        """Claims of the field, tried."""
        from grnn_tui.ui.screens.lab import LabScreen

        if not isinstance(self.screen, LabScreen):
            self.push_screen(LabScreen(self.lab_found, markers=self.markers))

    async def action_leave(self) -> None:
        """Leave; ask first if runs are alive."""
        self.run_worker(self._leave(), group="leave", exclusive=True, exit_on_error=False)

    async def _leave(self) -> None:
        from grnn_tui.ui.screens.quit import QuitDialog, live_runs, stop_and_save

        runs = await asyncio.to_thread(live_runs)
        if runs:
            choice = await self.push_screen_wait(QuitDialog(runs, glyphs_for(self.markers)))
            if choice == "cancel":
                return
            if choice == "stop":
                failed = await asyncio.to_thread(stop_and_save, runs)
                if failed:
                    self.notice(failed, "error")
                    return
        self.exit(return_code=0)

    def keep(self) -> None:
        """Keep preferences and place for the next start."""
        save(self.kept_preferences())
        save(self.kept_state())

    async def _keep_place(self) -> None:
        state = self.kept_state()
        if state != self._kept and not self.controller.state.generating:
            self._kept = state
            await asyncio.to_thread(save, state)

    def kept_preferences(self) -> Preferences:
        """As things stand."""
        controls, screen = self.controller.controls, self.playground
        shown = self.theme if self.theme != "terminal" else self.preferences.theme
        return msgspec.structs.replace(
            self.preferences,
            theme=shown,
            colouring=screen.colouring,
            log_bars=screen.bars.view.log,
            sampling=controls.sampling,
            seed=controls.seed,
            random_seed=controls.random_seed,
            length=controls.length,
            per_second=controls.per_second,
        )

    def kept_state(self) -> LastState:
        """As things stand."""
        state, controller = self.controller.state, self.controller
        whole = state.prompt_text == controller.prompt
        stop = min(state.length, state.prompt + KEPT_WRITTEN)
        written = state.transcript.between(state.prompt, stop)
        cursor, forced = min(state.cursor, stop), sorted(state.transcript.forced)
        if controller.waiting_text is not None:
            written, kept_cursor, forced = controller.waiting_text
        else:
            kept_cursor = cursor
        return LastState(
            reference=state.reference,
            prompt=controller.prompt,
            written=written if whole or controller.waiting_text else "",
            cursor=kept_cursor if whole or controller.waiting_text else None,
            forced=forced if whole or controller.waiting_text else [],
            history=list(self.playground.prompt.past.remembered(controller.prompt).prompts),
            unit=controller.unit,
            mark=controller.mark,
            run=str(self.followed.run.path) if self.followed is not None else "",
        )
