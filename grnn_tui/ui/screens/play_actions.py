"""What keys do on the main screen, mixed into it; also which pane has the keys, and which has the whole screen."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, get_args

from textual.widget import Widget

from grnn_tui.ui.panes.controls.view import Name, stepped
from grnn_tui.ui.panes.output.view import Colouring

if TYPE_CHECKING:
    from textual.screen import Screen

    from grnn_tui.ui.controller import Controller
    from grnn_tui.ui.markers import Glyphs
    from grnn_tui.ui.panes.output.pane import OutputPane
    from grnn_tui.ui.panes.prompt.pane import PromptPane

    _Base = Screen[None]
else:
    _Base = object

ROW_PANES = ("picture", "samples", "controls", "training", "next-value", "")
"""The same while a model of rows is open; nothing stands in the place of branches."""
PANES = ("prompt", "output", "controls", "training", "next", "branches")
"""Ids of the panes, in the order of their numbers."""


class PlayActions(_Base):
    """Each `action_` is the action of that name in the table."""

    controller: Controller
    prompt: PromptPane
    output: OutputPane
    glyphs: Glyphs
    colouring: Colouring

    def show(self) -> None:
        """Show the controller's state."""
        raise NotImplementedError

    @property
    def panes(self) -> tuple[str, ...]:
        """Ids of the panes, in the order of their numbers."""
        return PANES if self.controller.rows is None else ROW_PANES

    def action_generate(self) -> None:
        """Write on."""
        self.prompt.remember()
        self._do(self.controller.generate)

    def action_pause(self) -> None:
        """Pause, or go on."""
        self._do(self.controller.pause)

    def action_one_symbol(self) -> None:
        """One symbol."""
        self._do(self.controller.one_symbol)

    def action_stop(self) -> None:
        """Stop."""
        self._do(self.controller.stop)

    def action_reroll(self) -> None:
        """Again with a new seed."""
        self.prompt.remember()
        self._do(self.controller.reroll)

    def action_replay(self) -> None:
        """Again with the same seed."""
        self._do(lambda: self.controller.reroll(same_seed=True))

    def action_cooler(self) -> None:
        """Less random."""
        self._turn("temperature", -1)

    def action_hotter(self) -> None:
        """More random."""
        self._turn("temperature", 1)

    def action_narrower(self) -> None:
        """Fewer symbols."""
        self._turn("top_k", -1)

    def action_wider(self) -> None:
        """More symbols."""
        self._turn("top_k", 1)

    def action_colouring(self) -> None:
        """By surprisal, by a hidden unit, or plain."""
        kinds: tuple[Colouring, ...] = get_args(Colouring)
        if self._only_of_text("colours"):
            return
        self.colouring = kinds[(kinds.index(self.colouring) + 1) % len(kinds)]
        if self.colouring == "unit":
            self._do(self.controller.show_unit)
        elif self.controller.unit_shown:
            self._do(self.controller.hide_unit)
        else:
            self.show()

    def action_unit(self, by: int) -> None:
        """Colour by the hidden unit that follows in the order, or by the one before."""
        if self._only_of_text("hidden units"):
            return
        self.colouring = "unit"
        self._do(lambda: self.controller.step_unit(by))

    def action_order_units(self) -> None:
        """Order hidden units otherwise, and colour by the first."""
        if self._only_of_text("hidden units"):
            return
        self.colouring = "unit"
        self._do(self.controller.order_units)

    def action_zoom(self) -> None:
        """One pane alone, or all."""
        if self.has_class("-zoomed"):
            self.action_unzoom()
        elif self.focused is not None and self.focused.id in self.panes:
            self._zoom(self.focused)

    def action_compare(self) -> None:
        """This branch beside its parent, or the newest other."""
        if self._only_of_text("branches"):
            return
        other = self.controller.other_branch()
        if other is None:
            self._do(lambda: self.controller.notice("there is only one branch: step back and write another symbol"))
        else:
            self._compare(other)

    def action_edit_prompt(self) -> None:
        """To the prompt; of rows, to what is known."""
        self.jump(self.panes[0])

    def action_pane_1(self) -> None:
        """To pane 1."""
        self.jump(self.panes[0])

    def action_pane_2(self) -> None:
        """To pane 2."""
        self.jump(self.panes[1])

    def action_pane_3(self) -> None:
        """To pane 3."""
        self.jump(self.panes[2])

    def action_pane_4(self) -> None:
        """To pane 4."""
        self.jump(self.panes[3])

    def action_pane_5(self) -> None:
        """To pane 5."""
        self.jump(self.panes[4])

    def action_pane_6(self) -> None:
        """To pane 6."""
        self.jump(self.panes[5])

    def jump(self, name: str) -> None:
        """Give a pane the keys; one that this size has no room for gets the whole screen."""
        if not name or not self.query(f"#{name}"):
            return
        pane = self.query_one(f"#{name}")
        shown = pane.display and all(
            node.display for node in pane.ancestors if isinstance(node, Widget) and node is not self
        )
        if self.has_class("-zoomed") or not shown:
            self._zoom(pane)
        self.set_focus(pane)

    def action_unzoom(self) -> None:
        """All panes again; the keys stay where they can be seen."""
        self.remove_class("-zoomed")
        self.query(".-zoom").remove_class("-zoom")
        self.query(".-gone").remove_class("-gone")
        focused = self.focused
        self.call_after_refresh(self._refocus, focused)

    def _refocus(self, pane: Widget | None) -> None:
        if pane is not None and not pane.is_on_screen:
            self.jump(self.panes[1])

    def _zoom(self, pane: Widget) -> None:
        self.query(".-zoom").remove_class("-zoom")
        pane.add_class("-zoom")
        for column in ("#left", "#right"):
            node = self.query_one(column)
            node.set_class(node not in pane.ancestors, "-gone")
        self.add_class("-zoomed")

    def _only_of_text(self, what: str) -> bool:
        """Whether a text is wanted for that and there is none; says so."""
        rows = self.controller.state.rows
        if rows is not None:
            self.controller.notice(f"{what}: only of a text; this model writes {rows.opened.row_name}s")
            self.show()
        return rows is not None

    def _turn(self, name: Name, by: int) -> None:
        self._do(lambda: self.controller.set_controls(stepped(self.controller.controls, name, by)))

    def _compare(self, other: int) -> None:
        from grnn_tui.ui.screens.compare import CompareScreen

        self.controller.compare(other)
        self.app.push_screen(CompareScreen(self.controller, other, self.glyphs))

    def _do(self, wish: Callable[[], object]) -> None:
        """Carry a wish out; it is about the whole prompt, also if news of its last letters are still on their way."""
        self.controller.set_prompt(self.prompt.text)
        wish()
        self.show()
