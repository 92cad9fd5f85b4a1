"""The prompt: a text area in which Enter generates."""

from __future__ import annotations

from textual.content import Content
from textual.document._document import EditResult
from textual.document._edit import Edit
from textual.strip import Strip
from textual.widgets import TextArea

from grnn_tui.ui.bindings import bindings_for
from grnn_tui.ui.panes.prompt.messages import GenerationAsked, PromptChanged, PromptLeft, RerollAsked, StopAsked
from grnn_tui.ui.panes.prompt.view import History, clean


class PromptPane(TextArea):
    """What the model goes on from. While it has the keys, letters are text and not commands."""

    BINDINGS = bindings_for("typing")
    DEFAULT_CSS = """
    PromptPane {
        background: $background;
        & .text-area--cursor { color: $background; background: $accent; }
        & .text-area--placeholder { color: $foreground 40%; }
        &:ansi {
            & .text-area--cursor { color: $foreground; background: $background; text-style: reverse; }
            & .text-area--placeholder { color: $foreground; text-style: dim; }
        }
    }
    """

    def __init__(self, text: str = "", history: History | None = None, *, id: str = "prompt") -> None:  # noqa: A002
        super().__init__(
            clean(text),
            id=id,
            classes="pane",
            soft_wrap=True,
            show_line_numbers=False,
            tab_behavior="focus",
            highlight_cursor_line=False,
            placeholder=Content("Type a beginning, or let the model begin"),
        )
        self.cursor_blink = False
        self.past = history or History()

    def on_mount(self) -> None:
        """The title; the cursor after the text."""
        self.border_title = Content.assemble(("1 ", "$foreground 45%"), "Prompt")
        self.move_cursor(self.document.end)

    def edit(self, edit: Edit) -> EditResult:
        """Every change comes through here: nothing unsafe gets in."""
        edit.text = clean(edit.text)
        return super().edit(edit)

    def render_line(self, y: int) -> Strip:
        """One row; nothing where there is no width, which a placeholder could not be wrapped to."""
        return super().render_line(y) if self.size.width > 0 else Strip.blank(0)

    def set_prompt(self, text: str) -> None:
        """Another prompt, the cursor after it."""
        self.load_text(clean(text))
        self.move_cursor(self.document.end)

    def remember(self) -> None:
        """The prompt was used."""
        self.past = self.past.remembered(self.text)

    def on_text_area_changed(self, event: TextArea.Changed) -> None:
        """Tell every change."""
        event.stop()
        self.post_message(PromptChanged(self.text))

    def action_generate(self) -> None:
        """Write on; after a backslash, break the line instead."""
        row, column = self.cursor_location
        if self.document[row][:column].endswith("\\"):
            self.replace("\n", (row, column - 1), (row, column))
            return
        self.post_message(GenerationAsked())

    def action_newline(self) -> None:
        """Break the line."""
        self.insert("\n")

    def action_leave_prompt(self) -> None:
        """Letters become commands: at once, so that a key typed ahead is one already."""
        self.screen.set_focus(None)
        self.post_message(PromptLeft())

    def action_stop_or_copy(self) -> None:
        """Copy what is selected, else stop."""
        if self.selected_text:
            self.action_copy()
        else:
            self.post_message(StopAsked())

    def action_new_prompt(self) -> None:
        """Begin anew; the prompt stays in the history."""
        self.remember()
        self.set_prompt("")

    def action_reroll(self) -> None:
        """Write again with a new seed."""
        self.post_message(RerollAsked())

    def action_older_prompt(self) -> None:
        """On the first line, the prompt before; else a line up."""
        if self.cursor_at_first_line or not self.text:
            self.past, text = self.past.older(self.text)
            if text is not None:
                self.set_prompt(text)
                return
        self.action_cursor_up()

    def action_newer_prompt(self) -> None:
        """On the last line, the prompt after; else a line down."""
        if self.cursor_at_last_line and self.past.at is not None:
            self.past, text = self.past.newer()
            if text is not None:
                self.set_prompt(text)
                return
        self.action_cursor_down()
