"""The pane of the next value of a row."""

from __future__ import annotations

from msgspec.structs import replace
from textual.content import Content

from grnn_tui.engine.protocol import Prediction
from grnn_tui.ui.markers import UNICODE, Glyphs
from grnn_tui.ui.panes.next_symbol.pane import NextSymbolPane
from grnn_tui.ui.panes.next_symbol.view import BarsView
from grnn_tui.ui.panes.next_symbol.view import title_text as bars_title
from grnn_tui.ui.panes.next_value.messages import ValueForced
from grnn_tui.ui.panes.next_value.view import ValueView, curve_rows, title_words, value_rows
from grnn_tui.ui.rows.state import RowState
from grnn_tui.ui.widgets.borders import write_border
from grnn_tui.ui.widgets.chart_raster import Markers
from grnn_tui.ui.widgets.lines import Row

MARK_STEPS = 60
"""Keys from one end of a density to the other."""


class NextValuePane(NextSymbolPane):
    """Bars of levels, or the density of a real number; any value can be written instead."""

    def __init__(self, glyphs: Glyphs = UNICODE, markers: Markers = "braille", *, log: bool = False) -> None:
        bars = BarsView(None, glyphs=glyphs, log=log, quoted=False)
        super().__init__(bars, id="next-value")
        self.value = ValueView(bars, glyphs=glyphs, markers=markers)

    def show_value(self, state: RowState, prediction: Prediction | None) -> None:
        """Show what stands before the cursor of the selected sample."""
        before, density = self.value.density, state.density
        moved = before is None or density is None or (before.low, before.high) != (density.low, density.high)
        place = int(state.order[state.cursor]) if state.cursor < state.order.size else None
        columns = state.opened.columns
        name = columns[place] if place is not None and place < len(columns) else ""
        if place is not None and not name and state.real:
            name = f"{state.opened.unit} {place + 1}"
        self.value = replace(
            self.value,
            levels=state.levels,
            density=density,
            name=name,
            at_end=place is None and not state.busy and bool(state.order.size),
            row_name=state.opened.row_name,
            mark=None if density is None else _middle(density.components) if moved else self.value.mark,
        )
        labels, unit = state.opened.labels, state.opened.unit
        self.show(replace(self.view, prediction=prediction, labels=labels, unit=unit, busy=state.busy))
        self._retitle()
        self.renew()

    @property
    def bars_top(self) -> int:
        """Rows above the bars."""
        return curve_rows(self.value, self.size.height)

    def build(self, width: int, height: int) -> tuple[Row, ...]:
        """The rows."""
        return value_rows(replace(self.value, bars=self.view, focused=self.view.focused), width, height)

    def action_bar_up(self) -> None:
        """The bar above; of a density, a larger value."""
        self._turn(1) if self.value.density is not None else super().action_bar_up()

    def action_bar_down(self) -> None:
        """The bar below; of a density, a smaller value."""
        self._turn(-1) if self.value.density is not None else super().action_bar_down()

    def action_force(self) -> None:
        """Write the chosen value."""
        if self.value.density is None:
            super().action_force()
        elif self.value.mark is not None:
            self.post_message(ValueForced(self.value.mark))

    def _turn(self, by: int) -> None:
        density = self.value.density
        assert density is not None
        step = (density.high - density.low) / MARK_STEPS
        mark = (self.value.mark or 0.0) + by * step
        self.value = replace(self.value, mark=max(density.low, min(density.high, mark)))
        self.renew()

    def _retitle(self) -> None:
        room = self.outer_size.width - 8
        if self.view.prediction is not None and self.value.density is None:
            words = bars_title(self.view.prediction, self.view.unit, room, self.view.glyphs)
        else:
            words = title_words(self.value, self.view.unit, room)
        write_border(self, Content.assemble(("5 ", "$foreground 45%"), words))


def _middle(components: list[list[float]]) -> float:
    """The mean of the heaviest component."""
    return components[0][1] if components else 0.0
