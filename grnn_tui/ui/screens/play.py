"""The main screen: prompt and text, controls, next symbol, training, branches."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar

from msgspec.structs import replace
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Static

from grnn_tui.ui.actions import Action, Keymap, Scope
from grnn_tui.ui.bindings import bindings_for
from grnn_tui.ui.controller import Controller
from grnn_tui.ui.layout import layout_classes
from grnn_tui.ui.markers import glyphs_for
from grnn_tui.ui.panes.branches.messages import BranchChosen, ComparisonAsked
from grnn_tui.ui.panes.branches.pane import BranchesPane
from grnn_tui.ui.panes.controls.messages import ControlsChanged
from grnn_tui.ui.panes.controls.pane import ControlsPane
from grnn_tui.ui.panes.next_symbol.messages import CursorMoved, SymbolForced
from grnn_tui.ui.panes.next_symbol.pane import NextSymbolPane
from grnn_tui.ui.panes.next_symbol.view import BarsView
from grnn_tui.ui.panes.output.messages import CursorPlaced
from grnn_tui.ui.panes.output.pane import OutputPane
from grnn_tui.ui.panes.output.view import Colouring, TextView
from grnn_tui.ui.panes.prompt.messages import GenerationAsked, PromptChanged, PromptLeft, RerollAsked, StopAsked
from grnn_tui.ui.panes.prompt.pane import PromptPane
from grnn_tui.ui.panes.prompt.view import History
from grnn_tui.ui.screens.play_actions import PlayActions
from grnn_tui.ui.screens.play_rows import PlayRows
from grnn_tui.ui.widgets.chart_raster import Markers
from grnn_tui.ui.widgets.key_line import KeyLine, KeyView
from grnn_tui.ui.widgets.top_line import TopLine, TopView

if TYPE_CHECKING:
    from grnn_tui.ui.panes.training.pane import TrainingPane, TrainingStrip

AFTER_PAINT = 0.1
"""Seconds that the first paint gets before anything else is imported."""
SCOPES: dict[str, Scope] = {
    "output": "output",
    "controls": "controls",
    "training": "training",
    "next": "next",
    "branches": "branches",
    "picture": "picture",
    "samples": "samples",
    "next-value": "next",
}


class PlayScreen(PlayActions, PlayRows, Screen[None]):
    """Shows the controller's state and turns messages of panes into its wishes."""

    AUTO_FOCUS = "#prompt"
    BINDINGS: ClassVar[list[BindingType]] = bindings_for("play")

    def __init__(
        self,
        controller: Controller,
        keymap: Keymap,
        *,
        markers: Markers = "braille",
        colouring: Colouring = "surprisal",
        log_bars: bool = False,
        history: tuple[str, ...] = (),
        training_words: Callable[[], str] = lambda: "",
    ) -> None:
        super().__init__(classes="-untrained")
        self.controller = controller
        self.keymap = keymap
        self.markers: Markers = markers
        self.glyphs = glyphs_for(markers)
        self.colouring: Colouring = colouring
        self._training_words = training_words
        self._notice_shown = 0
        self._had_keys: Widget | None = None
        """What had them before the screen was too small for it."""
        self.top = TopLine()
        self.prompt = PromptPane(controller.prompt, History(history))
        self.output = OutputPane(self.glyphs)
        self.bars = NextSymbolPane(BarsView(None, glyphs=self.glyphs, log=log_bars))
        self.controls = ControlsPane(controller.controls, self.glyphs)
        self.branches = BranchesPane(self.glyphs)
        self._training_mounted = False
        self.keys = KeyLine()

    def compose(self) -> ComposeResult:
        """Six panes between two lines."""
        yield self.top
        with Horizontal(id="panes"):
            with Vertical(id="left"):
                yield self.prompt
                yield self.output
                slot = Static(id="training", classes="pane training-slot")
                slot.border_title = Content.assemble(("4 ", "$foreground 45%"), "Training")
                yield slot
            with Vertical(id="right"):
                yield self.controls
                yield self.bars
                yield self.branches
        yield Static(id="training-strip", classes="-idle")
        yield self.keys
        yield Static(Content("a little more room, please: 40 x 12"), id="small")

    def on_mount(self) -> None:
        """Glyphs, and the first rows."""
        self.set_class(self.glyphs.ascii_only, "-ascii")
        self.show()
        self.set_timer(AFTER_PAINT, self.mount_training)

    @cached_property
    def training(self) -> TrainingPane:
        """The training pane; slow to import, so the first paint does without it."""
        from grnn_tui.ui.panes.training.pane import TrainingPane

        return TrainingPane(markers=self.markers, number=4)

    @cached_property
    def strip(self) -> TrainingStrip:
        """What stands for it where there is little room."""
        from grnn_tui.ui.panes.training.pane import TrainingStrip

        return TrainingStrip(markers=self.markers)

    async def mount_training(self) -> None:
        """Put pane and strip where their places are kept."""
        for name, widget in (("#training", self.training), ("#training-strip", self.strip)):
            slot = self.query_one(name)
            widget.set_classes([*widget.classes, *(c for c in slot.classes if c in ("-zoom", "-idle"))])
            parent = slot.parent
            assert isinstance(parent, Widget)
            await slot.remove()
            if not parent.is_attached:
                return  # a person who leaves at once
            if name == "#training":
                await parent.mount(widget)
            else:
                await parent.mount(widget, before=self.keys)
        self._training_mounted = True
        self.show_top()
        self.call_after_refresh(lambda: self.tick(time.time()))

    def on_resize(self) -> None:
        """Another size, another layout: for the size that the terminal has now, which may be a later one."""
        wanted = layout_classes(*self.app.size)
        if "small" in wanted and not self.has_class("-small"):
            self._had_keys = self.focused  # panes are hidden now, and a hidden one has no keys
        elif "small" not in wanted and self.has_class("-small") and self._had_keys is not None:
            self.call_after_refresh(self._had_keys.focus)
        for name in ("compact", "short", "narrow", "slim", "low", "small", "large", "wide"):
            self.set_class(name in wanted, f"-{name}")

    # --- showing ------------------------------------------------------------------------------------------------------

    def show(self) -> None:
        """Show the controller's state in every pane; each repaints only what differs."""
        state, controller = self.controller.state, self.controller
        self.show_top()
        self.show_rows()
        self.controls.show(controller.controls)
        self.show_keys()
        if state.rows is not None:
            return
        view = TextView(
            state.transcript,
            state.cursor,
            state.prompt,
            self.colouring,
            state.generating,
            state.track,
            state.unknown,
        )
        self.output.show(view, self._hint())
        self.output.caption(controller.target, state.rate, state.totals, state.unit)
        labels: Sequence[str] = state.model.labels if state.model is not None else ()
        self.bars.show(
            replace(self.bars.view, prediction=state.prediction, labels=labels, unit=state.unit, busy=state.busy)
        )
        self.branches.show(state.branches, state.branch)

    def show_top(self) -> None:
        """The first line."""
        state = self.controller.state
        training = self._training_words()
        if self._training_mounted:
            self.strip.set_class(self.strip.followed is None, "-idle")
            self.set_class(self.strip.followed is None, "-untrained")
        self.top.show(TopView(state.model, state.reference, state.engine, state.busy, training, self.glyphs))

    def show_keys(self) -> None:
        """The footer for where the keys go now, or the newest notice until a key is pressed."""
        state = self.controller.state
        notice = state.notice if state.notice is not None and state.notice.number > self._notice_shown else None
        paused = self.controller.target is not None and not state.generating
        labels = {"pause": "go on"} if paused else {}
        if state.transcript.length > state.prompt:
            labels["generate"] = "write on"
        hidden = {"generate", "one_symbol"} if state.generating else {"stop"} if paused else {"pause", "stop"}
        if not state.generating:
            hidden |= {"stop_or_copy"}
        if state.rows is not None:
            hidden |= {"copy_all", "editor", "particle", *(("scale",) if state.rows.real else ())}
            labels |= self.row_labels(state.rows)
        if self.colouring != "unit":
            hidden |= {"next_unit", "order_units"}
        self.keys.show(KeyView(self.keymap.hints(self.scopes), labels, hidden, notice, self.glyphs))

    @property
    def scopes(self) -> tuple[Scope, ...]:
        """Which actions keys mean now, nearest first."""
        focused = self.focused
        if focused is self.prompt:
            return ("typing", "app")
        name = focused.id if focused is not None else None
        return (SCOPES[name], "play", "app") if name in SCOPES else ("play", "app")

    def tick(self, now: float) -> None:
        """Let the training side look for what is new."""
        if self._training_mounted:
            self.training.tick(now)
            self.strip.tick(now)

    def pane(self, scope: Scope) -> Widget | None:
        """The pane that has this scope."""
        names = [name for name, own in SCOPES.items() if own == scope and self.query(f"#{name}")]
        shown = [name for name in names if name in self.panes]
        return self.query_one(f"#{(shown or names)[0]}") if names else None

    def _hint(self) -> tuple[str, ...]:
        state = self.controller.state
        if state.transcript.length:
            return ()
        if state.model is None:
            return ("The model is being opened ...",)
        return (
            f"Press {self.glyphs.enter} and it writes.",
            "Type, and it goes on from there.",
            "",
            "Tab leads to the other panes,",
            "and there ? shows every key.",
        )

    # --- what panes say -----------------------------------------------------------------------------------------------

    def drop_notice(self) -> None:
        """The notice was seen: show keys again."""
        if self.controller.state.notice is not None:
            self._notice_shown = self.controller.state.notice.number
            self.show_keys()

    def on_descendant_focus(self) -> None:
        """Other keys matter; a zoomed pane gives way to the one that has the keys."""
        if self.has_class("-zoomed") and self.focused is not None and not self.focused.has_class("-zoom"):
            self._zoom(self.focused)
        self.show_keys()

    def on_prompt_changed(self, message: PromptChanged) -> None:
        """Bars follow each change of the prompt."""
        self.controller.set_prompt(message.text)

    def on_generation_asked(self, _: GenerationAsked) -> None:
        """Enter in the prompt."""
        self.action_generate()

    def on_prompt_left(self, _: PromptLeft) -> None:
        """Tab in the prompt: commands may follow."""
        self.controller.look_around()
        self.jump("output")

    def on_stop_asked(self, _: StopAsked) -> None:
        """Ctrl+C in the prompt."""
        self.action_stop()

    def on_reroll_asked(self, _: RerollAsked) -> None:
        """Ctrl+R in the prompt."""
        self.action_reroll()

    def on_cursor_moved(self, message: CursorMoved) -> None:
        """Stepping."""
        self._do(lambda: self.controller.move(message.by))

    def on_cursor_placed(self, message: CursorPlaced) -> None:
        """A click, or a leap."""
        self._do(lambda: self.controller.move(message.position - self.controller.state.cursor))

    def on_symbol_forced(self, message: SymbolForced) -> None:
        """A bar was chosen."""
        self._do(lambda: self.controller.force(message.symbol))

    def on_controls_changed(self, message: ControlsChanged) -> None:
        """A setting was turned."""
        self._do(lambda: self.controller.set_controls(message.controls))

    def on_branch_chosen(self, message: BranchChosen) -> None:
        """Back to a branch."""
        self._do(lambda: self.controller.switch(message.branch))

    def on_comparison_asked(self, message: ComparisonAsked) -> None:
        """Two branches side by side."""
        if message.branch == self.controller.state.branch:
            self.action_compare()
        else:
            self._compare(message.branch)

    async def on_key_line_clicked(self, message: KeyLine.Clicked) -> None:
        """A key of the footer was clicked."""
        await self.run(message.action)

    async def run(self, action: Action) -> None:
        """Do what an action's key would do."""
        node = self.prompt if action.scope == "typing" else self.pane(action.scope) or self
        await self.app.run_action(action.call, self.app if action.scope == "app" else node)
