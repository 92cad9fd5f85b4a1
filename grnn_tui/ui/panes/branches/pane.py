"""The list of branches."""

from __future__ import annotations

from collections.abc import Sequence

from textual import events
from textual.content import Content

from grnn_tui.engine.protocol import BranchInfo
from grnn_tui.ui.bindings import bindings_for
from grnn_tui.ui.markers import UNICODE, Glyphs
from grnn_tui.ui.panes.branches.messages import BranchChosen, ComparisonAsked
from grnn_tui.ui.panes.branches.view import branch_rows, listed
from grnn_tui.ui.widgets.borders import write_border
from grnn_tui.ui.widgets.lines import LineView, Row


class BranchesPane(LineView, can_focus=True):
    """The ways the text has gone, newest first."""

    BINDINGS = bindings_for("branches")

    def __init__(self, glyphs: Glyphs = UNICODE, *, id: str = "branches") -> None:  # noqa: A002
        super().__init__(id=id, classes="pane")
        self.glyphs = glyphs
        self.branches: Sequence[BranchInfo] = ()
        self.current = 0
        self.selected = 0

    def on_mount(self) -> None:
        """The title."""
        self._retitle()

    def show(self, branches: Sequence[BranchInfo], current: int) -> None:
        """Show these branches; the choice follows the branch one is on."""
        if branches is self.branches and current == self.current:
            return
        if current != self.current or len(branches) != len(self.branches):
            order = [info.branch for info in listed(branches)]
            self.selected = order.index(current) if current in order else 0
        self.branches, self.current = branches, current
        self._retitle()
        self.renew()

    def build(self, width: int, height: int) -> tuple[Row, ...]:
        """The rows."""
        return branch_rows(
            self.branches, self.current, self.selected, width, height, focused=self.has_focus, glyphs=self.glyphs
        )

    @property
    def chosen(self) -> int | None:
        """The branch the choice is on."""
        order = listed(self.branches)
        return order[self.selected].branch if self.selected < len(order) else None

    def on_click(self, event: events.Click) -> None:
        """Choose; a second click returns to the branch."""
        offset = event.get_content_offset(self)
        if offset is not None and len(self.branches) > 1:
            height = self.size.height
            first = max(0, min(self.selected - height + 1, len(self.branches) - height))
            row = offset.y + (first if self.selected >= height else 0)
            if row < len(self.branches):
                again = row == self.selected
                self.selected = row
                self.renew()
                if again:
                    self.action_switch()

    def action_branch_up(self) -> None:
        """The branch above."""
        self._choose(self.selected - 1)

    def action_branch_down(self) -> None:
        """The branch below."""
        self._choose(self.selected + 1)

    def action_switch(self) -> None:
        """Return to it."""
        if self.chosen is not None:
            self.post_message(BranchChosen(self.chosen))

    def action_compare(self) -> None:
        """Compare it with the current one."""
        if self.chosen is not None:
            self.post_message(ComparisonAsked(self.chosen))

    def _choose(self, index: int) -> None:
        self.selected = max(0, min(len(self.branches) - 1, index))
        self.renew()

    def _retitle(self) -> None:
        count = f" {self.glyphs.dot} {len(self.branches)}" if len(self.branches) > 1 else ""
        write_border(self, Content.assemble(("6 ", "$foreground 45%"), "Branches", count))
