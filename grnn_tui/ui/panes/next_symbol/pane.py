"""The pane of the next symbol."""

from __future__ import annotations

from msgspec.structs import replace
from textual import events
from textual.content import Content

from grnn_tui.engine.protocol import Prediction
from grnn_tui.ui.bindings import bindings_for
from grnn_tui.ui.messages import NoticeGiven
from grnn_tui.ui.panes.next_symbol.messages import CursorMoved, SymbolForced
from grnn_tui.ui.panes.next_symbol.view import BarsView, bar_rows, first_bar, title_text
from grnn_tui.ui.widgets.borders import write_border
from grnn_tui.ui.widgets.lines import LineView, Row


class NextSymbolPane(LineView, can_focus=True):
    """Bars of the distribution at the cursor; any of them can be written instead."""

    BINDINGS = bindings_for("next")

    def __init__(self, view: BarsView | None = None, *, id: str = "next") -> None:  # noqa: A002
        super().__init__(id=id, classes="pane")
        self.view = view or BarsView(None)

    def show(self, view: BarsView) -> None:
        """Show another distribution, with the selected bar where it was."""
        if _moved_on(self.view.prediction, view.prediction):
            view = replace(view, selected=_standing(view.prediction))
        else:
            view = replace(view, selected=self.view.selected)
        bars = len(view.prediction.bars) if view.prediction is not None else 0
        particle = self.view.particle if view.prediction is None else min(self.view.particle, _particles(view))
        view = replace(view, selected=max(0, min(view.selected, bars - 1)), focused=self.has_focus)
        view = replace(view, log=self.view.log, particle=particle)
        if view != self.view or not self._rows:
            self.view = view
            self._retitle()
            self.renew()

    def build(self, width: int, height: int) -> tuple[Row, ...]:
        """The bars."""
        return bar_rows(self.view, width, height)

    def on_mount(self) -> None:
        """The title."""
        self._retitle()

    def on_resize(self) -> None:
        """Another width, another title."""
        super().on_resize()
        self._retitle()

    def on_focus(self) -> None:
        """Show the cursor among the bars."""
        self._look(focused=True)

    def on_blur(self) -> None:
        """Hide it."""
        self._look(focused=False)

    @property
    def bars_top(self) -> int:
        """Rows above the bars."""
        return 0

    def on_click(self, event: events.Click) -> None:
        """A click writes the symbol under the mouse; the first only brings the keys here."""
        prediction, offset = self.view.prediction, event.get_content_offset(self)
        if prediction is None or offset is None:
            return
        y, room = offset.y - 1 - self.bars_top, self.size.height - 2 - self.bars_top
        row = y + first_bar(self.view.selected, len(prediction.bars), room)
        if 0 <= row < len(prediction.bars) and y >= 0:
            again = row == self.view.selected
            self._look(selected=row)
            if again or event.chain > 1:
                self.action_force()

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """The wheel chooses."""
        event.stop()
        self.action_bar_down()

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """The wheel chooses."""
        event.stop()
        self.action_bar_up()

    def action_bar_up(self) -> None:
        """The bar above."""
        self._look(selected=max(0, self.view.selected - 1))

    def action_bar_down(self) -> None:
        """The bar below."""
        bars = len(self.view.prediction.bars) if self.view.prediction is not None else 1
        self._look(selected=min(bars - 1, self.view.selected + 1))

    def action_force(self) -> None:
        """Write the chosen symbol."""
        prediction = self.view.prediction
        if prediction is not None and self.view.selected < len(prediction.bars):
            self.post_message(SymbolForced(prediction.bars[self.view.selected].symbol))

    def action_scale(self) -> None:
        """Linear or logarithmic."""
        self._look(log=not self.view.log)

    def action_particle(self) -> None:
        """The mixture, the first particle, and so on to the last, and the mixture again."""
        several = _particles(self.view)
        self._look(particle=(self.view.particle + 1) % (several + 1))
        if not several:
            self.post_message(NoticeGiven("this model is no mixture: it has one particle"))

    def action_back(self) -> None:
        """One symbol back."""
        self.post_message(CursorMoved(-1))

    def action_forward(self) -> None:
        """One symbol on."""
        self.post_message(CursorMoved(1))

    def _look(self, **changes: object) -> None:
        self.view = replace(self.view, **changes)
        self._retitle()
        self.renew()

    def _retitle(self) -> None:
        view = self.view
        words = title_text(view.prediction, view.unit, self.outer_size.width - 8, view.glyphs, view.particle)
        write_border(self, Content.assemble(("5 ", "$foreground 45%"), words))


def _particles(view: BarsView) -> int:
    return len(view.prediction.particles) if view.prediction is not None else 0


def _standing(prediction: Prediction | None) -> int:
    if prediction is None or prediction.chosen is None:
        return 0
    return next((i for i, bar in enumerate(prediction.bars) if bar.symbol == prediction.chosen), 0)


def _moved_on(old: Prediction | None, new: Prediction | None) -> bool:
    """Whether this is a distribution at another place, rather than the same under other settings."""
    if old is None or new is None:
        return True
    return old.chosen != new.chosen or [b.raw for b in old.bars[:4]] != [b.raw for b in new.bars[:4]]
