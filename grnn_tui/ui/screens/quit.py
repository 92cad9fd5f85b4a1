"""Leaving while runs are alive: detach, stop and save, or stay."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar, Literal

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen

from grnn_tui.errors import GrnnError
from grnn_tui.safetext import clip, sanitise
from grnn_tui.ui.markers import UNICODE, Glyphs
from grnn_tui.ui.widgets.lines import Cell, LineView, Row

Choice = Literal["detach", "stop", "cancel"]
CHOICES: tuple[tuple[Choice, str, str, str], ...] = (
    ("detach", "d", "detach", "training goes on without the screen"),
    ("stop", "s", "stop and save", "each run finishes its step and saves"),
    ("cancel", "c", "cancel", "stay here"),
)


def live_runs() -> list[Path]:
    """Directories of the runs that are being trained; reads the disk."""
    from grnn_tui.runs.store import list_runs

    with contextlib.suppress(GrnnError, OSError):
        return [run.path for run in list_runs() if run.state in ("alive", "paused")]
    return []


def stop_and_save(paths: Sequence[Path]) -> str:
    """Ask each run to stop; one line if one cannot be asked. Their trainers save by themselves."""
    from grnn_tui.runs.commands import NAME, StopRun, append_command

    for path in paths:
        try:
            append_command(path / NAME, StopRun())
        except GrnnError as error:
            return str(error)
    return ""


def quit_rows(names: Sequence[str], selected: int, width: int, glyphs: Glyphs = UNICODE) -> tuple[Row, ...]:
    """Which runs, and what can become of them."""
    shown = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
    runs = clip(sanitise(shown, ascii_only=glyphs.ascii_only), max(4, width - 2), glyphs.ellipsis)
    rows: list[Row] = [
        (Cell("Still training: ", "dim"),),
        (Cell("  "), Cell(runs, "strong")),
        (),
    ]
    for index, (_, key, label, what) in enumerate(CHOICES):
        here = index == selected
        rows.append(
            (
                Cell(f" {glyphs.arrow if here else ' '} ", "accent"),
                Cell(key, "key"),
                Cell(f"  {label:<14}", "selected" if here else "text"),
                Cell(f"  {what}"[: max(0, width - 22)], "dim"),
            )
        )
    return tuple(rows)


class _Rows(LineView):
    def __init__(self, names: Sequence[str], glyphs: Glyphs) -> None:
        super().__init__(id="quit-rows")
        self._names, self._glyphs, self.selected = names, glyphs, 0

    def build(self, width: int, height: int) -> tuple[Row, ...]:
        """All of them."""
        del height
        return quit_rows(self._names, self.selected, width, self._glyphs)


class QuitDialog(ModalScreen[Choice]):
    """Enter takes the choice, which is to detach unless moved."""

    DEFAULT_CSS = """
    QuitDialog {
        align: center middle;
        & > Vertical {
            width: 68;
            max-width: 96%;
            height: 10;
            border: round $border;
            background: $surface;
            padding: 1 1;
        }
        #quit-rows { background: $surface; height: 1fr; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "move(-1)", show=False),
        Binding("down,tab", "move(1)", show=False),
        Binding("enter", "take", show=False),
        Binding("d", "answer('detach')", show=False),
        Binding("s", "answer('stop')", show=False),
        Binding("c,escape,q", "answer('cancel')", show=False),
    ]

    def __init__(self, runs: Sequence[Path], glyphs: Glyphs = UNICODE) -> None:
        super().__init__()
        self._rows = _Rows([run.name for run in runs], glyphs)
        self._dot, self._enter = glyphs.dot, glyphs.enter

    def compose(self) -> ComposeResult:
        """A small box."""
        with Vertical() as box:
            box.border_title = Content("Leave")
            box.border_subtitle = Content(f"{self._enter} detach {self._dot} s stop {self._dot} c cancel")
            yield self._rows

    def action_move(self, by: int) -> None:
        """Another choice."""
        self._rows.selected = (self._rows.selected + by) % len(CHOICES)
        self._rows.renew()

    def action_take(self) -> None:
        """The choice."""
        self.dismiss(CHOICES[self._rows.selected][0])

    def action_answer(self, choice: Choice) -> None:
        """By its letter."""
        self.dismiss(choice)
