"""What the screen knows, as a value, and the pure function that takes in what the engine says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from msgspec import Struct, field
from msgspec.structs import replace

from grnn_tui.engine.client import EngineDied
from grnn_tui.engine.protocol import (
    BranchInfo,
    BranchRead,
    CatalogueRead,
    Event,
    Failed,
    Frame,
    ModelOpened,
    Prediction,
    Splice,
    Totals,
    UnitShown,
)
from grnn_tui.engine.row_protocol import RowsOpened, SheetFrame
from grnn_tui.ui.track import Track, told
from grnn_tui.ui.transcript import Transcript

if TYPE_CHECKING:
    from grnn_tui.ui.rows.state import RowState

EngineState = Literal["starting", "ready", "restarting"]
Severity = Literal["information", "warning", "error"]
NOTHING = Totals(0, 0.0, 0, 0.0)


class Notice(Struct, frozen=True):
    """One line for the person. `number` tells two alike apart."""

    text: str
    severity: Severity = "information"
    number: int = 0


class PlayState(Struct, frozen=True):
    """Everything the playing side of the screen shows; foreign text in it is raw."""

    reference: str = ""
    """The model that was asked for last."""
    engine: EngineState = "starting"
    deaths: int = 0
    model: ModelOpened | RowsOpened | None = None
    rows: RowState | None = None
    """What is written, while a model of rows is open."""
    transcript: Transcript = field(default_factory=Transcript)
    branch: int = 0
    cursor: int = 0
    length: int = 0
    prompt: int = 0
    prompt_text: str = ""
    prediction: Prediction | None = None
    totals: Totals = NOTHING
    generating: bool = False
    rate: float = 0.0
    busy: bool = False
    branches: tuple[BranchInfo, ...] = ()
    catalogue: CatalogueRead | None = None
    compared: tuple[BranchRead, ...] = ()
    """Whole branches that were asked for, newest last."""
    track: Track | None = None
    """The hidden unit that is shown."""
    notice: Notice | None = None

    @property
    def unit(self) -> str:
        """What figures are per."""
        return self.model.unit if self.model is not None else "character"

    @property
    def unknown(self) -> frozenset[int]:
        """Symbols that stand for words the model does not know."""
        return frozenset(self.model.unknown) if isinstance(self.model, ModelOpened) else frozenset()

    @property
    def written(self) -> str:
        """What follows the prompt, raw."""
        return self.transcript.between(self.prompt, self.length)

    def branch_info(self, number: int) -> BranchInfo | None:
        """What is known of a branch."""
        return next((info for info in self.branches if info.branch == number), None)


def reduce(state: PlayState, event: Event | EngineDied) -> PlayState:
    """The state after an event.

    Raises:
        ValueError: the event cannot follow what was told before.
    """
    if isinstance(event, Frame):
        return _after_frame(state, event)
    if isinstance(event, SheetFrame):
        return _after_sheet(state, event)
    if isinstance(event, ModelOpened | RowsOpened):
        return _after_opening(state, event)
    if isinstance(event, BranchRead):
        others = tuple(read for read in state.compared if read.info.branch != event.info.branch)
        return replace(state, compared=(*others, event)[-4:])
    if isinstance(event, CatalogueRead):
        return replace(state, catalogue=event)
    if isinstance(event, Failed):
        return noticed(state, event.text, "error")
    return _after_death(state, event)


def noticed(state: PlayState, text: str, severity: Severity = "information") -> PlayState:
    """The same with one line for the person."""
    number = state.notice.number + 1 if state.notice is not None else 1
    return replace(state, notice=Notice(text, severity, number))


def _after_frame(state: PlayState, frame: Frame) -> PlayState:
    transcript = state.transcript
    for splice in frame.splices:
        transcript = transcript.spliced(splice)
    if transcript.length > frame.length:
        transcript = transcript.spliced(Splice(frame.length, [], [], []))
    if frame.unit is not None:
        state = _after_unit(state, frame.unit)
    return replace(
        state,
        transcript=transcript,
        branch=frame.branch,
        cursor=frame.cursor,
        length=frame.length,
        prompt=frame.prompt,
        prompt_text=frame.prompt_text,
        prediction=frame.prediction if frame.prediction is not None or not frame.busy else state.prediction,
        totals=frame.totals,
        generating=frame.generating,
        rate=frame.rate,
        busy=frame.busy,
        branches=state.branches if frame.branches is None else tuple(frame.branches),
    )


def _after_unit(state: PlayState, shown: UnitShown) -> PlayState:
    before, state = state.track, replace(state, track=told(state.track, shown))
    if shown.unit is None and (before is None or before.unit is not None):
        name = state.model.name if state.model is not None else "this model"
        return noticed(state, f"{name} has no hidden units to colour the text by")
    return state


def _after_sheet(state: PlayState, frame: SheetFrame) -> PlayState:
    from grnn_tui.ui.rows import state as rows

    assert state.rows is not None
    return replace(
        state,
        rows=rows.told(state.rows, frame),
        prediction=frame.prediction,
        generating=frame.generating,
        rate=frame.rate,
        busy=frame.busy,
    )


def _after_opening(state: PlayState, opened: ModelOpened | RowsOpened) -> PlayState:
    before, sheet = state.model, None
    if isinstance(opened, RowsOpened):
        from grnn_tui.ui.rows.state import begun

        sheet = begun(state.rows, opened)
    state = replace(state, engine="ready", model=opened, rows=sheet, reference=opened.reference)
    if (before is None or isinstance(before, ModelOpened)) != (sheet is None):
        state = replace(state, generating=False, prediction=None)
    if opened.passed_over and (before is None or before.passed_over != opened.passed_over):
        return noticed(state, f"step {opened.step} of {opened.name} is taken: {opened.passed_over}", "warning")
    if before is not None and before.reference == opened.reference and opened.step != before.step:
        return noticed(state, f"now playing step {opened.step} of {opened.name}")
    if before is not None and before.reference != opened.reference:
        return noticed(state, f"now playing {opened.name}")
    return state


def _after_death(state: PlayState, death: EngineDied) -> PlayState:
    dead = replace(state, engine="restarting", deaths=state.deaths + 1, generating=False, rate=0.0, busy=False)
    return noticed(dead, f"your text is kept: {death.text}; it is started again", "warning")
