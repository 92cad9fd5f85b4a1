"""The form that starts a run: checked while typed, started without making keys wait."""

from __future__ import annotations

import asyncio
import contextlib
import shlex
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, ClassVar

import msgspec
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Button, Static

from grnn_tui.engine.protocol import BackendInfo, CatalogueRead
from grnn_tui.errors import GrnnError
from grnn_tui.runs.request import RunRequest
from grnn_tui.runs.store import suggest_name
from grnn_tui.safetext import SafeText, clip, clip_start, sanitise
from grnn_tui.ui.bindings import bindings_for
from grnn_tui.ui.markers import ASCII, UNICODE
from grnn_tui.ui.screens.field_values import parsed
from grnn_tui.ui.screens.form_fields import FormFields, Looker
from grnn_tui.ui.screens.form_rows import CONTROL_CELLS, LABEL_CELLS
from grnn_tui.ui.screens.looking import look_beside
from grnn_tui.ui.screens.request_form import Entries, Rules, command_of, faults, parameters_of, request_of
from grnn_tui.ui.widgets.chart_ticks import si
from grnn_tui.ui.widgets.lines import wrapped

COMMAND_ROWS = 2
"""Rows for the command that would make the same run."""


def start_run(request: RunRequest) -> Path:
    """Make the run and set its trainer going, detached. Blocks; call it in a thread.

    Raises:
        GrnnError: the settings do not go together, or the run cannot be made or started.
    """
    from grnn_tui.backends.registry import backend_named
    from grnn_tui.runs.launch import start_detached
    from grnn_tui.runs.store import new_run
    from grnn_tui.runs.trash import delete

    backend_named(request.backend).parse_settings(request.settings)
    run = new_run(request)
    try:
        start_detached(run)
    except GrnnError:
        if not run.steps():
            with contextlib.suppress(GrnnError):
                delete(run, forever=True)
        raise
    return run.path


def rules_of_backends() -> Rules:
    """What refuses settings that do not go together: each backend's own check. Imports the backends."""
    from grnn_tui.backends.registry import backend_named, backends

    installed = backends()

    def check(name: str, settings: Mapping[str, Any]) -> None:
        if name in installed:
            backend_named(name).parse_settings(settings)

    return check


class TrainForm(ModalScreen[Path | None]):
    """Answers the directory of the run that was started, or None."""

    DEFAULT_CSS = f"""
    TrainForm {{
        align: center middle;
        & > #form {{
            width: 92;
            max-width: 100%;
            height: 100%;
            max-height: 34;
            border: round $border;
            background: $surface;
            padding: 0 1;
        }}
        #fields {{ height: 1fr; scrollbar-size-vertical: 1; }}
        #settings {{ height: auto; }}
        &.-ascii > #form {{ border: ascii $border; }}
        Row {{ height: 1; background: $surface; }}
        Row > Input, Row > Choice {{
            height: 1;
            width: {CONTROL_CELLS};
            margin: 0 0 0 {LABEL_CELLS};
            background: $foreground 4%;
        }}
        Row > Input:focus, Row > Choice:focus {{ background: $foreground 12%; }}
        Row > PathInput {{ width: 1fr; }}
        .heading {{ height: 2; padding: 1 0 0 0; color: $accent; text-style: bold; }}
        #summary {{ height: {COMMAND_ROWS + 2}; border-top: solid $border-blurred; border-title-color: $foreground; }}
        &.-ascii #summary {{ border-top: ascii $border-blurred; }}
        #buttons {{ height: 1; }}
        #buttons Button {{ margin: 0 2 0 0; min-width: 12; }}
        #buttons Static {{ width: 1fr; text-align: right; color: $foreground 60%; }}
    }}
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings_for("form"),
        Binding("down", "app.focus_next", show=False),
        Binding("up", "app.focus_previous", show=False),
    ]
    AUTO_FOCUS = "#path"

    def __init__(
        self,
        catalogue: CatalogueRead,
        *,
        data: str | None = None,
        start: Callable[[RunRequest], Path] = start_run,
        look: Looker = look_beside,
        ascii_only: bool = False,
    ) -> None:
        super().__init__(classes="-ascii" if ascii_only else None)
        self._glyphs = ASCII if ascii_only else UNICODE
        self.fields = FormFields(catalogue, data, self._glyphs, look)
        self._rules: Rules | None = None
        """The backends' own, as soon as they are there."""
        self._summary = Static(id="summary", markup=False)
        self._begin = start
        self._starting = False
        self._check_due = False

    def compose(self) -> ComposeResult:
        """Fields that scroll, over a summary that stays."""
        move = "arrows move" if self._glyphs.ascii_only else "↑↓ ←→ move"
        words = f" {self._glyphs.dot} ".join((move, "^r start", "esc leave"))
        with Vertical(id="form") as box:
            box.border_title = Content("Train a model")
            yield self.fields
            yield self._summary
            with Horizontal(id="buttons"):
                yield Button("Start", id="start", variant="primary", compact=True)
                yield Button("Cancel", id="cancel", compact=True)
                yield Static(words, markup=False)

    def on_mount(self) -> None:
        """Fetch the rules of the backends, which are modules, without making keys wait."""
        self.run_worker(self._learn_rules(), group="rules", exit_on_error=False)

    async def _learn_rules(self) -> None:
        self._rules = await asyncio.to_thread(rules_of_backends)
        self.on_form_fields_edited()

    # --- what is entered ----------------------------------------------------------------------------------------------

    def on_form_fields_edited(self) -> None:
        """Check once, however many fields have just changed."""
        if not self._check_due:
            self._check_due = True
            self.call_after_refresh(self._check)

    def on_resize(self) -> None:
        """More or less room for the summary; also when the form opens."""
        self.on_form_fields_edited()

    def on_descendant_focus(self) -> None:
        """Say in full what there was no room for beside the field."""
        more = self._safe(self.fields.more_about_focused())
        self._summary.border_title = Content(f" {more} " if more else "")

    def _check(self) -> dict[str, str]:
        """Every field's fault, and what would be run; the faults."""
        self._check_due = False
        entries, backend = self.fields.entries(), self.fields.backend
        wrong = faults(entries, backend, self.fields.corpora, self._rules)
        self.fields.say(wrong)
        self.query_one("#start", Button).disabled = bool(wrong) or self._starting
        self.on_descendant_focus()
        if self._starting:
            return wrong
        if wrong or backend is None:
            field, fault = next(iter(wrong.items()), ("model", "there is none to be trained"))
            self._say(f"{self.fields.label_of(field)}: {fault}", "$error")
        else:
            self._summarise(entries, backend)
        return wrong

    def _summarise(self, entries: Entries, backend: BackendInfo) -> None:
        """What would be run, and the command that does the same."""
        width = max(30, self._summary.size.width)
        request = request_of(entries, backend, self.fields.corpora)
        settings = {f.name: parsed(f, entries.settings[f.name]) for f in backend.fields}
        vocabulary = (request.data.vocabulary_limit,) if request.data.unit == "word" else ()
        parameters = None if entries.known.rows else parameters_of(backend, settings, *vocabulary)
        about = f"about {si(parameters)} parameters {self._glyphs.dot} " if parameters else ""
        head = self._safe(f"{about}run {entries.name or suggest_name(entries.data, entries.backend)}")
        command = wrapped(
            self._safe(f"$ {self._command(request, backend, width)}"), width, COMMAND_ROWS, self._glyphs.ellipsis
        )
        lines = Content.assemble((clip(head, width, self._glyphs.ellipsis), "bold"), "\n", ("\n".join(command), "dim"))
        self._summary.update(lines, layout=False)

    def _command(self, request: RunRequest, backend: BackendInfo, width: int) -> str:
        """The command; of a path that leaves no room for the rest, its end."""
        (source,) = request.data.sources
        short = clip_start(self._safe(source), width - len("$ grnn-tui train  "), self._glyphs.ellipsis)
        if short == source or len(command_of(request, backend)) + 2 <= width:
            return command_of(request, backend)
        data = msgspec.structs.replace(request.data, sources=("\0",))
        command = command_of(msgspec.structs.replace(request, data=data), backend)
        return command.replace(shlex.quote("\0"), short)

    # --- starting -----------------------------------------------------------------------------------------------------

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Start, or leave."""
        if event.button.id == "start":
            self.action_start()
        else:
            self.action_close()

    def action_start(self) -> None:
        """Start the run, if everything is right."""
        backend = self.fields.backend
        if self._starting or backend is None:
            return
        try:
            request = request_of(self.fields.entries(), backend, self.fields.corpora, self._rules)
        except GrnnError:
            for key in list(self._check())[:1]:
                self.fields.focus_fault(key)
            return
        self._starting = True
        self.query_one("#start", Button).disabled = True
        self._say(f"starting {self._glyphs.ellipsis}", "$foreground 60%")
        self.run_worker(self._start(request), exclusive=True, group="start-run", exit_on_error=False)

    async def _start(self, request: RunRequest) -> None:
        if await self.fields.look_at_folder():
            self._starting = False
            self._check()
            self._say("the folder holds pictures, which are rows: look at the fields, and start again", "$warning")
            return
        try:
            path = await asyncio.to_thread(self._begin, request)
        except (GrnnError, OSError) as error:
            self._starting = False
            self._check()
            self._say(str(error), "$error")
        else:
            self.dismiss(path)

    def _say(self, text: str, style: str) -> None:
        self._summary.update(Content.styled(self._safe(text), style), layout=False)

    def _safe(self, text: str) -> SafeText:
        return sanitise(text, ascii_only=self._glyphs.ascii_only)

    def action_close(self) -> None:
        """Leave without a run."""
        self.dismiss(None)
