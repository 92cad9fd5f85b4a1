"""Choosing a model: a list, and below it what is known of the one the choice is on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen

from grnn_tui.engine.protocol import ModelInfo
from grnn_tui.safetext import clip, sanitise
from grnn_tui.ui.bindings import bindings_for
from grnn_tui.ui.controller import Controller
from grnn_tui.ui.figures import count, padded
from grnn_tui.ui.markers import UNICODE, Glyphs
from grnn_tui.ui.widgets.lines import Cell, LineView, Row, justified

FACTS = 4
"""Rows below the list."""


def model_rows(
    models: Sequence[ModelInfo] | None, selected: int, playing: str, width: int, height: int, glyphs: Glyphs = UNICODE
) -> tuple[Row, ...]:
    """The list as far as there is room, a rule, and the card of the chosen one."""
    if models is None:
        return ((), (Cell("  looking for models ...", "dim"),))
    if not models:
        return ((), (Cell("  there are none: t trains one", "dim"),))
    room = max(1, height - FACTS - 1)
    first = max(0, min(selected - room + 1, len(models) - room)) if selected >= room else 0
    rows = [
        _row(info, index == selected, info.reference == playing, width, glyphs)
        for index, info in enumerate(models[first : first + room], first)
    ]
    rows += [()] * (room - len(rows))
    rows.append((Cell(glyphs.rail * width, "removed"),))
    return (*rows, *_card(models[selected], width, glyphs))


def _row(info: ModelInfo, here: bool, playing: bool, width: int, glyphs: Glyphs) -> Row:
    name = padded(clip(sanitise(info.name, ascii_only=glyphs.ascii_only), 24, glyphs.ellipsis), 24)
    mark = glyphs.arrow if here else glyphs.live if playing else " "
    scale, nats = info.scale, info.validation_nats
    loss = f"{scale.mark}{scale.listed(nats)} {scale.listed_unit}" if nats is not None else ""
    left: Row = (
        Cell(f" {mark} ", "accent"),
        Cell(name, "selected" if here else "strong" if playing else "text"),
        Cell(f" {sanitise(info.backend):<6.6}", "dim"),
        Cell(f" {count(info.parameters):>6}", "dim"),
    )
    return justified(left, (Cell(f"{loss:>17}", "text"), Cell(f"  {info.origin:<8}", "faint")), width)


def _card(info: ModelInfo, width: int, glyphs: Glyphs) -> tuple[Row, ...]:
    def line(label: str, value: str) -> Row:
        shown = clip(sanitise(value, ascii_only=glyphs.ascii_only), max(4, width - 14), glyphs.ellipsis)
        return (Cell(f" {label:<12}", "dim"), Cell(shown, "text"))

    loss = "not known"
    if info.validation_nats is not None:
        scale = info.scale
        loss = f"{scale.called() + ' ' if scale.bound else ''}{scale.text(info.validation_nats)}"
        if info.floor_nats is not None:
            loss += f"; exact floor {scale.listed(info.floor_nats)} {scale.listed_unit}"
    return (
        line("model", f"{info.backend}, {info.parameters:,} parameters".replace(",", " ", 0)),
        line("trained on", info.data or "not known"),
        line("validation", loss),
        line("opened as", info.reference),
    )


class _Models(LineView, can_focus=True):
    """The rows and the choice among them."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "move(-1)", show=False),
        Binding("down", "move(1)", show=False),
        Binding("pageup", "move(-10)", show=False),
        Binding("pagedown", "move(10)", show=False),
    ]

    def __init__(self, controller: Controller, glyphs: Glyphs) -> None:
        super().__init__(id="models-rows")
        self._controller, self._glyphs, self.selected = controller, glyphs, 0
        self._placed = False

    @property
    def models(self) -> list[ModelInfo] | None:
        """What there is, as far as it is known."""
        catalogue = self._controller.state.catalogue
        return catalogue.models if catalogue is not None else None

    def build(self, width: int, height: int) -> tuple[Row, ...]:
        """All of them."""
        models, playing = self.models, self._controller.state.reference
        if models and not self._placed:
            self._placed = True
            self.selected = next((i for i, info in enumerate(models) if info.reference == playing), 0)
        self.selected = max(0, min(self.selected, len(models or ()) - 1))
        return model_rows(models, self.selected, playing, width, height, self._glyphs)

    def action_move(self, by: int) -> None:
        """Another one."""
        self.selected = max(0, min(len(self.models or ()) - 1, self.selected + by))
        self.renew()

    def on_click(self, event: events.Click) -> None:
        """Choose; a second click opens."""
        room = max(1, self.size.height - FACTS - 1)
        first = max(0, min(self.selected - room + 1, len(self.models or ()) - room)) if self.selected >= room else 0
        row = event.y + first
        if self.models and event.y < room and row < len(self.models):
            again = row == self.selected
            self.selected = row
            self.renew()
            if again:
                self.screen.action_open_model()  # type: ignore[attr-defined]


class ModelsScreen(ModalScreen[str | None]):
    """Answers with a reference, or None."""

    DEFAULT_CSS = """
    ModelsScreen {
        align: center middle;
        & > Vertical {
            width: 86;
            max-width: 96%;
            height: 24;
            max-height: 90%;
            border: round $border;
            background: $surface;
            padding: 0 1;
        }
        #models-rows { background: $surface; height: 1fr; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = bindings_for("models")

    def __init__(self, controller: Controller, glyphs: Glyphs = UNICODE) -> None:
        super().__init__()
        self.rows = _Models(controller, glyphs)
        self._glyphs = glyphs

    def compose(self) -> ComposeResult:
        """A list in a box."""
        with Vertical() as box:
            box.border_title = Content("Models")
            box.border_subtitle = Content(f"{self._glyphs.enter} open {self._glyphs.dot} q back")
            yield self.rows

    def engine_told(self) -> None:
        """The catalogue may have come."""
        self.rows.renew()

    def action_open_model(self) -> None:
        """This one."""
        models = self.rows.models
        self.dismiss(models[self.rows.selected].reference if models else None)

    def action_close(self) -> None:
        """None."""
        self.dismiss(None)
