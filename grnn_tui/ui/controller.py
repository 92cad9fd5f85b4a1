"""What keys mean: turns a person's wishes into requests and keeps the state they act on. Knows no widgets."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from msgspec import Struct, field
from msgspec.structs import replace

from grnn_tui.engine.client import EngineDied
from grnn_tui.engine.protocol import (
    CatalogueRead,
    Event,
    ForceSymbol,
    Frame,
    Generate,
    HideUnit,
    ModelOpened,
    MoveCursor,
    OpenModel,
    Pause,
    ReadBranch,
    ReadCatalogue,
    Request,
    Reroll,
    SetPrompt,
    SetSampling,
    ShowUnit,
    SwitchBranch,
)
from grnn_tui.engine.recovery import restoring
from grnn_tui.engine.row_protocol import RowsOpened, SetCondition, SheetFrame
from grnn_tui.ui.model import PlayState, Severity, noticed, reduce
from grnn_tui.ui.panes.controls.view import SEEDS, Controls
from grnn_tui.ui.told import Told

if TYPE_CHECKING:
    from grnn_tui.ui.rows.wishes import RowWishes


def drawn_seed() -> int:
    """A seed that nothing foretells."""
    import secrets

    return secrets.randbelow(SEEDS)


class Controller(Struct):
    """One person's play. `send` hands requests to the engine and never waits."""

    send: Callable[[Request], None]
    controls: Controls = Controls()
    state: PlayState = field(default_factory=PlayState)
    prompt: str = ""
    """As it stands in the editor; the state may be behind."""
    target: int | None = None
    """The position at which writing will end, or was to end when it was paused."""
    awaited: int | None = None
    """How much is to be written after a prompt of which the engine has not told yet where it ends."""
    draw_seed: Callable[[], int] = drawn_seed
    waiting_text: tuple[str, int | None, list[int]] | None = None
    """Written text, cursor and forced positions to be restored with the first model."""

    unit: int | None = None
    """The hidden unit that was chosen; None: the first in the order."""
    mark: str = ""
    """What units are ordered by: a symbol that they follow, or their variance."""
    unit_shown: bool = False
    """Whether the engine is asked to tell of a hidden unit."""

    catalogue_wanted: bool = False
    """Whether a catalogue was asked for and has not come."""

    sheets: RowWishes | None = None
    """What a person wants of rows; from the first model of rows on."""

    # --- what the engine says -----------------------------------------------------------------------------------------

    def take(self, events: Sequence[Event | EngineDied]) -> bool:
        """Take in events; whether a frame was among them.

        Raises:
            ValueError: one cannot follow what was told before; the engine should be started again.
        """
        framed = False
        for event in events:
            before = self.state
            self.state = reduce(self.state, event)
            if isinstance(event, Frame):
                framed = True
                self._after_frame(before, event)
            elif isinstance(event, EngineDied):
                self.target = None
            elif isinstance(event, SheetFrame):
                framed = True
            elif isinstance(event, RowsOpened):
                self._take_up_rows(event)
            elif isinstance(event, ModelOpened):
                self.waiting_text = None
                self._take_up_text(event)
            elif isinstance(event, CatalogueRead):
                self.catalogue_wanted = False
        return framed

    def restoring(self) -> list[Request]:
        """What a fresh engine is to be asked."""
        state = self.state
        written, forced = state.written, sorted(state.transcript.forced)
        cursor: int | None = state.cursor
        if state.prompt_text != self.prompt:
            written, cursor, forced = "", None, []
        if self.waiting_text is not None:
            written, cursor, forced = self.waiting_text
        sampling, seed = self.controls.sampling, self.controls.seed
        requests = restoring(state.reference, sampling, seed, self.prompt, written, cursor, forced)
        if self.controls.kind == "text" and self.controls.told.label:
            requests.append(SetCondition(self.controls.told.vectors))
        if self.unit_shown:
            requests.append(ShowUnit(self.unit, self.mark))
        if (rows := self.rows) is not None:
            requests += rows.restoring()
        return [*requests, ReadCatalogue()] if self.catalogue_wanted else requests

    @property
    def rows(self) -> RowWishes | None:
        """What keys mean while a model of rows is open."""
        return self.sheets if self.state.rows is not None else None

    def _take_up_rows(self, opened: RowsOpened) -> None:
        from grnn_tui.ui.rows.wishes import RowWishes

        self.target = None
        if self.sheets is None:
            self.sheets = RowWishes(self)
        self.sheets.take_up(opened)

    def _take_up_text(self, opened: ModelOpened) -> None:
        """The settings of a text again, after rows; what it can be told, where that is something else than before."""
        classes, told = tuple(opened.classes), self.controls.told
        if told.sheet or told.classes != classes:
            told = Told(classes, sheet=False)
        if self.controls.kind != "text":
            self.send(SetSampling(self.controls.sampling, self.controls.seed))
        if self.controls.told.label and not told.label:
            self.send(SetCondition([]))
        self.controls = replace(self.controls, kind="text", told=told)

    # --- what a person wants ------------------------------------------------------------------------------------------

    def set_prompt(self, text: str) -> None:
        """The prompt is now this."""
        if text != self.prompt:
            self.prompt = text
            self.target = None
            self.send(SetPrompt(text))

    def generate(self) -> None:
        """Write on from the cursor, with a seed of its own if seeds are random."""
        if self.rows is not None:
            self.rows.generate()
            return
        if self.controls.random_seed:
            self._take_seed(self.draw_seed())
        self._write(self.controls.length)

    def one_symbol(self) -> None:
        """Write one."""
        if self.rows is not None:
            self.rows.one()
            return
        self.target = None
        self.send(Generate(1))

    def pause(self) -> None:
        """Pause what is being written, or go on with it; write anew if there is nothing to go on with."""
        if self.rows is not None:
            self.rows.pause()
            return
        if self.state.generating:
            self.send(Pause())
        elif self.target is not None and self.state.cursor < self.target:
            self._write(self.target - self.state.cursor)
        else:
            self.generate()

    def stop(self) -> bool:
        """Stop writing and forget what was left to write; whether there was anything to stop."""
        if self.rows is not None:
            return self.rows.stop()
        stopped = self.state.generating or self.target is not None
        self.target = None
        if self.state.generating:
            self.send(Pause())
        return stopped

    def reroll(self, *, same_seed: bool = False) -> None:
        """Write again from the end of the prompt."""
        if self.rows is not None:
            self.rows.reroll(same_seed=same_seed)
            return
        if not same_seed:
            self._take_seed(self.draw_seed(), tell=False)
        self._aim(self.state.prompt, self.controls.length)
        self.send(Reroll(self.controls.seed, self.controls.length, float(self.controls.per_second)))

    def move(self, by: int) -> None:
        """Step by symbols. What is shown moves at once; figures follow."""
        if self.rows is not None:
            self.rows.move(by)
            return
        target = max(0, min(self.state.length, self.state.cursor + by))
        if target != self.state.cursor or self.state.generating:
            self.send(MoveCursor(target - self.state.cursor))
            self.state = replace(self.state, cursor=target, generating=False)
            self.target = None

    def force(self, symbol: int) -> None:
        """Write this symbol at the cursor."""
        if self.rows is not None:
            self.rows.force(symbol)
            return
        self.target = None
        self.send(ForceSymbol(symbol))

    def switch(self, branch: int) -> None:
        """Return to a branch."""
        self.target = None
        if branch != self.state.branch:
            self.send(SwitchBranch(branch))

    def compare(self, branch: int) -> None:
        """Ask for two whole branches: this one and another."""
        self.state = replace(self.state, compared=())
        self.send(ReadBranch(self.state.branch))
        self.send(ReadBranch(branch))

    def open(self, reference: str) -> None:
        """Play another model on the same text."""
        before = self.state.reference
        self.state = noticed(replace(self.state, reference=reference), f"opening {reference} ...")
        self.send(OpenModel(reference))
        if reference != before:
            self.unit = None
            if self.unit_shown:
                self.show_unit()

    def show_unit(self) -> None:
        """Tell of the hidden unit that was chosen, else of the first in the order."""
        self.unit_shown = True
        self.send(ShowUnit(self.unit, self.mark))

    def hide_unit(self) -> None:
        """Tell of none."""
        self.unit_shown = False
        self.state = replace(self.state, track=None)
        self.send(HideUnit())

    def step_unit(self, by: int) -> None:
        """To a unit further on in the order."""
        track = self.state.track
        if self.unit_shown and track is not None and track.order:
            order = track.order
            shown = self.unit if self.unit in order else track.unit
            at = order.index(shown) if shown in order else 0
            self.unit = order[(at + by) % len(order)]
        self.show_unit()

    def order_units(self) -> None:
        """Order units by the symbol at the cursor (at the end: by quotations), or again by variance; show the first."""
        state = self.state
        self.mark = "" if self.mark else state.transcript.between(state.cursor, state.cursor + 1) or '"'
        self.unit = None
        self.show_unit()

    def look_around(self) -> None:
        """Ask what there is before anybody wants to know, so that forms and lists open with it."""
        if self.state.catalogue is None and not self.catalogue_wanted:
            self.read_catalogue()

    def read_catalogue(self) -> None:
        """Ask what there is."""
        self.catalogue_wanted = True
        self.send(ReadCatalogue())

    def set_controls(self, controls: Controls) -> None:
        """Draw the next symbol otherwise."""
        if self.rows is not None:
            self.rows.set_controls(controls)
            return
        told_otherwise = controls.told.vectors != self.controls.told.vectors
        drawn_otherwise = (controls.sampling, controls.seed) != (self.controls.sampling, self.controls.seed)
        paced_otherwise = controls.per_second != self.controls.per_second
        self.controls = controls
        if drawn_otherwise:
            self.send(SetSampling(controls.sampling, controls.seed))
        if told_otherwise:
            self.send(SetCondition(controls.told.vectors))
        if paced_otherwise and self.state.generating and self.target is not None:
            self.send(Generate(max(1, self.target - self.state.length), float(controls.per_second)))

    def notice(self, text: str, severity: Severity = "information") -> None:
        """One line for the person."""
        self.state = noticed(self.state, text, severity)

    def other_branch(self) -> int | None:
        """A branch worth comparing with this one: its parent, else the newest other."""
        info = self.state.branch_info(self.state.branch)
        numbers = [other.branch for other in self.state.branches if other.branch != self.state.branch]
        if info is not None and info.parent in numbers:
            return info.parent
        return max(numbers, default=None)

    def _write(self, count: int) -> None:
        self._aim(self.state.cursor, count)
        self.send(Generate(count, float(self.controls.per_second)))

    def _aim(self, start: int, count: int) -> None:
        self.target = start + count
        self.awaited = count if self.state.prompt_text != self.prompt else None

    def _take_seed(self, seed: int, *, tell: bool = True) -> None:
        self.controls = replace(self.controls, seed=seed)
        if tell:
            self.send(SetSampling(self.controls.sampling, seed))

    def _after_frame(self, before: PlayState, frame: Frame) -> None:
        if self.awaited is not None and self.state.prompt_text == self.prompt:
            self.target = self.state.prompt + self.awaited if self.target is not None else None
            self.awaited = None
        if before.generating and not frame.generating and self.target is not None and frame.length >= self.target:
            self.target = None
