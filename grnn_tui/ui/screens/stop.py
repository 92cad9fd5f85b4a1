"""Two small questions about a live run: how to leave it, and which learning rate it shall have."""

from __future__ import annotations

import math
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from grnn_tui.safetext import SafeText, clip, sanitise
from grnn_tui.ui.widgets.chart_ticks import number

BOX = """
    align: center middle;
    & > Vertical {
        width: 66;
        max-width: 95%;
        height: auto;
        border: round $border;
        background: $surface;
        padding: 1 2;
    }
    &.-ascii > Vertical { border: ascii $border; }
"""


class StopDialog(ModalScreen[str | None]):
    """Stop and save, kill, detach, or none of them. Answers `stop`, `kill`, `detach` or None."""

    DEFAULT_CSS = f"StopDialog {{ {BOX} }}"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("s", "choose('stop')", "stop and save"),
        Binding("k", "choose('kill')", "kill"),
        Binding("d", "choose('detach')", "detach"),
        Binding("escape,c,x", "choose('')", "cancel"),
    ]

    def __init__(self, name: SafeText, *, ascii_only: bool = False) -> None:
        super().__init__(classes="-ascii" if ascii_only else None)
        self._name_shown = clip(sanitise(name, ascii_only=ascii_only), 32, "~" if ascii_only else "…")

    def compose(self) -> ComposeResult:
        """Keys and what they do."""
        rows = (
            ("s", "stop and save", "finish the step, checkpoint, end"),
            ("k", "kill", "end at once; the last checkpoint stays"),
            ("d", "detach", "stop following; training goes on"),
            ("c", "cancel", "leave everything as it is"),
        )
        lines = [
            Content.assemble((f"{key}  ", "bold $accent"), (word.ljust(15), "bold"), (what, "dim"))
            for key, word, what in rows
        ]
        with Vertical() as box:
            box.border_title = Content.assemble("Stop ", (self._name_shown, "bold"), "?")
            yield Static(Content("\n").join(lines), markup=False)

    def action_choose(self, choice: str) -> None:
        """Answer."""
        self.dismiss(choice or None)


class RateDialog(ModalScreen[float | None]):
    """Another peak learning rate, checked while it is typed."""

    DEFAULT_CSS = f"""
    RateDialog {{ {BOX} }}
    RateDialog Input {{ height: 1; padding: 0 1; background: $foreground 12%; }}
    RateDialog #rate-error {{ height: 1; color: $error; }}
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "cancel", "cancel")]

    def __init__(self, rate: float | None, *, ascii_only: bool = False) -> None:
        super().__init__(classes="-ascii" if ascii_only else None)
        self._rate, self._dot = rate, "." if ascii_only else "·"

    def compose(self) -> ComposeResult:
        """One field and one line for its fault."""
        with Vertical() as box:
            box.border_title = Content("Learning rate (peak of the schedule)")
            yield Input(placeholder="such as 3e-4", id="rate", compact=True)
            yield Static(id="rate-error", markup=False)
            now = f"now {number(self._rate)} {self._dot} " if self._rate else ""
            yield Static(Content.styled(f"{now}enter sets it {self._dot} esc leaves it", "dim"), markup=False)

    def on_input_changed(self, event: Input.Changed) -> None:
        """Say at once what is wrong with it."""
        _, fault = parsed_rate(event.value)
        self.query_one("#rate-error", Static).update(Content(fault if event.value else ""), layout=False)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Answer, if it is a rate."""
        rate, _ = parsed_rate(event.value)
        if rate is not None:
            self.dismiss(rate)

    def action_cancel(self) -> None:
        """No answer."""
        self.dismiss(None)


def parsed_rate(text: str) -> tuple[float | None, SafeText]:
    """The rate that `text` means, or what is wrong with it."""
    try:
        rate = float(text)
    except ValueError:
        return None, sanitise("a number such as 3e-4 or 0.002")
    if not math.isfinite(rate) or not 0 < rate <= 10:
        return None, sanitise("above 0, at most 10")
    return rate, sanitise("")
