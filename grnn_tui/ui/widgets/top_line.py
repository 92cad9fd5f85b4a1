"""The first line of the screen: what is being played, and what goes on elsewhere."""

from __future__ import annotations

from msgspec import Struct

from grnn_tui.engine.protocol import ModelOpened
from grnn_tui.engine.row_protocol import RowsOpened
from grnn_tui.runs.scale import LossScale
from grnn_tui.safetext import SafeText, clip, sanitise
from grnn_tui.ui.markers import UNICODE, Glyphs
from grnn_tui.ui.model import EngineState
from grnn_tui.ui.widgets.lines import Cell, LineView, Row, justified, width_of


class TopView(Struct, frozen=True):
    """What the line says."""

    model: ModelOpened | RowsOpened | None = None
    reference: str = ""
    engine: EngineState = "starting"
    busy: bool = False
    training: str = ""
    """A few words on the run that is followed, if any."""
    glyphs: Glyphs = UNICODE


def top_row(view: TopView, width: int) -> Row:
    """Name, facts as far as there is room, and the state of things at the right."""
    right = _right(view)
    left: Row = (Cell(" grnn", "accent"), Cell("  "), Cell(_name(view), "strong"))
    for fact in _facts(view):
        more = (*left, Cell(f" {view.glyphs.dot} ", "faint"), Cell(fact, "dim"))
        if width_of(more) + width_of(right) + 2 <= width:
            left = more
    if width_of(left) + width_of(right) + 2 > width:
        right = ()
    return justified(left, (*right, Cell(" ")), width)


def _name(view: TopView) -> SafeText:
    name = view.model.name if view.model is not None else view.reference
    return clip(sanitise(name, ascii_only=view.glyphs.ascii_only), 32, view.glyphs.ellipsis)


def _facts(view: TopView) -> list[SafeText]:
    model = view.model
    if model is None:
        return []
    facts = []
    if model.step is not None:
        facts.append(f"step {model.step}{' (live)' if model.live else ''}")
    facts.append(model.summary)
    if model.validation_nats is not None:
        row, row_name = (model.length, model.row_name) if isinstance(model, RowsOpened) else (0, "")
        scale = LossScale(model.unit, row, row_name, model.bound)
        facts.append(f"{scale.mark}{scale.listed(model.validation_nats)} {scale.listed_unit}")
        if model.floor_nats is not None:
            facts[-1] += f", floor {scale.listed(model.floor_nats)}"
    return [sanitise(fact, ascii_only=view.glyphs.ascii_only) for fact in facts if fact]


def _right(view: TopView) -> Row:
    cells: list[Cell] = []
    if view.training:
        cells.append(Cell(sanitise(view.training, ascii_only=view.glyphs.ascii_only), "good"))
    if view.engine == "restarting":
        cells.append(Cell(f"  {view.glyphs.live} engine restarting", "warning"))
    elif view.model is None:
        cells.append(Cell("  opening ...", "dim"))
    elif view.busy:
        cells.append(Cell("  reading ...", "dim"))
    return tuple(cells)


class TopLine(LineView):
    """One line."""

    DEFAULT_CSS = """
    TopLine { height: 1; background: $panel; }
    """

    def __init__(self) -> None:
        super().__init__(id="top")
        self.view = TopView()

    def show(self, view: TopView) -> None:
        """Say this."""
        if view != self.view:
            self.view = view
            self.renew()

    def build(self, width: int, height: int) -> tuple[Row, ...]:
        """One row."""
        del height
        return (top_row(self.view, width),)
