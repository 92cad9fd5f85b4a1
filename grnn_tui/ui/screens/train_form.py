"""The form that starts a run: data, model, size, budget; checked while typed, started without making keys wait."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import ClassVar, Literal, cast

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widget import Widget
from textual.widgets import Button, Input, Select, Static

from grnn_tui.engine.protocol import BackendInfo, CatalogueRead, Field
from grnn_tui.errors import GrnnError
from grnn_tui.runs.request import RunRequest
from grnn_tui.runs.store import suggest_name
from grnn_tui.safetext import clip, sanitise
from grnn_tui.ui.bindings import bindings_for
from grnn_tui.ui.screens.form_rows import Choice, Fields, PathSuggester, Row
from grnn_tui.ui.screens.request_form import (
    BUDGETS,
    MAIN_OPTIONS,
    MORE_OPTIONS,
    SIZES,
    UNITS,
    Entries,
    budget_fields,
    command_of,
    faults,
    parameters_of,
    parsed,
    preset,
    request_of,
    shown_default,
    size_of,
    training_fields,
)
from grnn_tui.ui.widgets.chart_ticks import number, si

OWN_TEXT = "\0own"
"""The choice of a path instead of a named corpus."""


def start_run(request: RunRequest) -> Path:
    """Make the run and set its trainer going, detached. Blocks; call it in a thread.

    Raises:
        GrnnError: the settings do not go together, or the run cannot be made or started.
    """
    from grnn_tui.backends.registry import backend_named
    from grnn_tui.runs.launch import start_detached
    from grnn_tui.runs.store import delete_run, new_run

    backend_named(request.backend).parse_settings(request.settings)
    run = new_run(request)
    try:
        start_detached(run)
    except GrnnError:
        if not run.steps():
            with contextlib.suppress(GrnnError):
                delete_run(run)
        raise
    return run.path


class TrainForm(ModalScreen[Path | None]):
    """Answers the directory of the run that was started, or None."""

    DEFAULT_CSS = """
    TrainForm {
        align: center middle;
        & > #form {
            width: 92;
            max-width: 100%;
            height: 100%;
            max-height: 34;
            border: round $border;
            background: $surface;
            padding: 0 1;
        }
        #fields { height: 1fr; scrollbar-size-vertical: 1; }
        #settings { height: auto; }
        &.-ascii > #form { border: ascii $border; }
        Row { height: 1; }
        Row .label { width: 14; text-wrap: nowrap; text-overflow: ellipsis; }
        Row .note {
            width: 1fr;
            height: 1;
            padding: 0 0 0 2;
            text-style: dim;
            text-wrap: nowrap;
            text-overflow: ellipsis;
        }
        Row.-wrong .note { color: $error; text-style: none; }
        Row Input, Row Select { width: 22; background: $foreground 4%; }
        Row Input:focus { background: $foreground 12%; }
        Row#row-path Input { width: 1fr; }
        Row#row-path .note { width: 24; }
        .heading { height: 2; padding: 1 0 0 0; color: $accent; text-style: bold; }
        #summary { height: 3; border-top: solid $border-blurred; }
        #buttons { height: 1; }
        #buttons Button { margin: 0 2 0 0; min-width: 12; }
        #buttons Static { width: 1fr; text-align: right; text-style: dim; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings_for("form"),
        Binding("down", "app.focus_next", show=False),
        Binding("up", "app.focus_previous", show=False),
    ]
    AUTO_FOCUS = "#data"

    def __init__(
        self,
        catalogue: CatalogueRead,
        *,
        data: str | None = None,
        start: Callable[[RunRequest], Path] = start_run,
        ascii_only: bool = False,
    ) -> None:
        super().__init__(classes="-ascii" if ascii_only else None)
        self._corpora = {c.name: c for c in catalogue.corpora}
        self._backends = {b.name: b for b in catalogue.backends}
        self._begin = start
        named = data in self._corpora
        self._data = data if named and data else (OWN_TEXT if data or not self._corpora else next(iter(self._corpora)))
        self._path = "" if named or data is None else data
        self._backend_name = "lstm" if "lstm" in self._backends else next(iter(self._backends), "")
        self._starting = False
        self._check_due = False
        self._rows: dict[str, Row] = {}
        self._amounts = {name: shown_default(field) for name, field in budget_fields().items()}

    # --- what is on it ------------------------------------------------------------------------------------------------

    def compose(self) -> ComposeResult:
        """Fields that scroll, over a summary that stays."""
        with Vertical(id="form") as box:
            box.border_title = Content("Train a model")
            with Fields(id="fields", can_focus=False):
                yield from self._data_rows()
                yield from self._model_rows()
                yield Vertical(id="settings")
                yield from self._budget_rows()
                yield Static("More", classes="heading", markup=False)
                yield from (self._field_row(f, "opt") for f in training_fields(MORE_OPTIONS))
            yield Static(id="summary", markup=False)
            with Horizontal(id="buttons"):
                yield Button("Start", id="start", variant="primary", compact=True)
                yield Button("Cancel", id="cancel", compact=True)
                yield Static("↑↓ ←→ move · ^r start · esc leave", markup=False)

    def _row(self, label: str, control: Widget, help_text: str, *, key: str) -> Row:
        row = self._rows[key] = Row(label, control, help_text, key=key)
        return row

    def _data_rows(self) -> Iterable[Widget]:
        options = [(Content(sanitise(name)), name) for name in self._corpora]
        options.append((Content("a text of your own …"), OWN_TEXT))
        yield self._row("data", Choice(options, self._data, "data"), "", key="data")
        path = Input(self._path, placeholder="file, folder, glob or .gz", id="path", compact=True)
        path.suggester = PathSuggester({})
        yield self._row("path", path, "→ completes", key="path")
        units = [(Content(unit), unit) for unit in UNITS]
        yield self._row("unit", Choice(units, "character", "unit"), "what one symbol is", key="unit")
        held = Input("0.1", id="validation", compact=True)
        yield self._row("held out", held, "share kept for validation, from the end", key="validation")

    def _model_rows(self) -> Iterable[Widget]:
        yield Static("Model", classes="heading", markup=False)
        options = [(Content(sanitise(name)), name) for name in self._backends]
        yield self._row("model", Choice(options, self._backend_name, "backend"), "", key="backend")
        sizes = [(Content(size), size) for size in (*SIZES, "own")]
        yield self._row("size", Choice(sizes, "medium", "size"), "a starting point for the fields below", key="size")

    def _budget_rows(self) -> Iterable[Widget]:
        yield Static("Training", classes="heading", markup=False)
        kinds = [(Content(kind), kind) for kind in BUDGETS]
        yield self._row("budget", Choice(kinds, "seconds", "budget"), "what the run ends after", key="budget")
        amount = Input(self._amounts["seconds"], id="amount", compact=True)
        yield self._row("amount", amount, "how many of them", key="amount")
        yield from (self._field_row(f, "opt") for f in training_fields(MAIN_OPTIONS))
        name = Input("", placeholder="made up", id="name", compact=True)
        yield self._row("name", name, "of the run; empty: made from date, data and model", key="name")

    def _field_row(self, field: Field, kind: str) -> Row:
        key, default = f"{kind}-{field.name}", shown_default(field)
        if field.kind in ("choice", "bool"):
            choices = field.choices if field.kind == "choice" else ["true", "false"]
            words = {"true": "yes", "false": "no"} if field.kind == "bool" else {}
            options = [(Content(sanitise(words.get(c, c))), c) for c in choices]
            control: Widget = Choice(options, default, key)
        else:
            control = Input(default, id=key, compact=True, select_on_focus=True)
        return self._row(field.name.replace("_", " "), control, field.help, key=key)

    async def on_mount(self) -> None:
        """The fields of the first model."""
        await self._mount_settings()
        self._show_path()
        self._check()

    async def _mount_settings(self) -> None:
        holder = self.query_one("#settings", Vertical)
        backend = self._backend
        async with self.batch():
            await holder.remove_children()
            self._rows = {key: row for key, row in self._rows.items() if not key.startswith("set-")}
            if backend is not None:
                await holder.mount_all(self._field_row(f, "set") for f in backend.fields)
        names = {f.name for f in backend.fields} if backend is not None else set()
        self.query_one("#row-size").display = "hidden" in names

    # --- what is entered ----------------------------------------------------------------------------------------------

    @property
    def _backend(self) -> BackendInfo | None:
        return self._backends.get(self._backend_name)

    def entries(self) -> Entries:
        """All of it as text."""
        backend = self._backend
        data = self._value("data")
        return Entries(
            data=self._value("path") if data == OWN_TEXT else data,
            backend=self._backend_name,
            settings={f.name: self._value(f"set-{f.name}") for f in backend.fields} if backend is not None else {},
            training={f.name: self._value(f"opt-{f.name}") for f in training_fields((*MAIN_OPTIONS, *MORE_OPTIONS))},
            budget=cast("Literal['seconds', 'steps', 'epochs']", self._value("budget")),
            amount=self._value("amount"),
            name=self._value("name").strip(),
            unit=self._value("unit"),
            validation=self._value("validation"),
        )

    def _value(self, key: str) -> str:
        row = self._rows.get(key)
        return row.value if row is not None else ""

    async def on_select_changed(self, event: Select.Changed) -> None:
        """Other fields for another model; other figures for another size."""
        key, value = event.select.id, str(event.value)
        if key == "backend" and value != self._backend_name:
            self._backend_name = value
            await self._mount_settings()
        elif key == "data":
            self._show_path()
        elif key == "size" and value in SIZES:
            self._apply_size(value)
        elif key == "budget":
            self.query_one("#amount", Input).value = self._amounts[value]
        self._check_soon()

    def on_input_changed(self, event: Input.Changed) -> None:
        """Check what has been typed."""
        if event.input.id == "amount":
            self._amounts[self._value("budget")] = event.value
        self._check_soon()

    def on_input_submitted(self) -> None:
        """Enter goes on to the next field."""
        self.focus_next()

    def _apply_size(self, size: str) -> None:
        backend = self._backend
        for name, value in (preset(size, backend) if backend is not None else {}).items():
            for control in self.query(f"#set-{name}").results(Input):
                control.value = value

    def _show_path(self) -> None:
        self.query_one("#row-path").display = self._value("data") == OWN_TEXT

    def _check_soon(self) -> None:
        """Check once, however many fields have just changed."""
        if not self._check_due:
            self._check_due = True
            self.call_after_refresh(self._check)

    def _check(self) -> None:
        """Every field's fault, and what would be run."""
        self._check_due = False
        entries = self.entries()
        wrong = faults(entries, self._backend, self._corpora)
        on_path = self._value("data") == OWN_TEXT
        for key, row in self._rows.items():
            fault = wrong.get("data" if key == "path" else key)
            row.say(None if key == "data" and on_path else fault, self._note(key))
        size = self.query_one("#size", Select)
        agrees = size_of(entries.settings, self._backend) if self._backend is not None else "own"
        if size.value != agrees:
            with self.prevent(Select.Changed):
                size.value = agrees
        self.query_one("#start", Button).disabled = bool(wrong) or self._starting
        self._summarise(entries, wrong)

    def _note(self, key: str) -> str | None:
        if key == "data":
            corpus = self._corpora.get(self._value("data"))
            if corpus is None:
                return "any text: characters are counted, nothing is uploaded"
            floor = f"; exact entropy {number(corpus.floor_nats)} nats" if corpus.floor_nats is not None else ""
            return corpus.summary + floor
        if key == "backend":
            return self._backend.summary if self._backend is not None else None
        if key == "amount":
            return budget_fields()[self._value("budget")].help
        return None

    def _summarise(self, entries: Entries, wrong: dict[str, str]) -> None:
        width = max(30, self.query_one("#summary").size.width)
        backend = self._backend
        if wrong or backend is None:
            field, fault = next(iter(wrong.items()), ("model", "there is none to be trained"))
            where = field.removeprefix("set-").removeprefix("opt-").replace("_", " ")
            line = Content.styled(clip(sanitise(f"{where}: {fault}"), width), "$error")
            self.query_one("#summary", Static).update(line, layout=False)
            return
        request = request_of(entries, backend, self._corpora)
        parameters = parameters_of(backend, {f.name: parsed(f, entries.settings[f.name]) for f in backend.fields})
        about = f"about {si(parameters)} parameters · " if parameters else ""
        name = entries.name or suggest_name(entries.data, entries.backend)
        head = clip(sanitise(f"{about}run {name}"), width)
        command = clip(sanitise(command_of(request, backend)), 2 * width - 4)
        lines = Content.assemble((head, "bold"), "\n", (f"$ {command}", "dim"))
        self.query_one("#summary", Static).update(lines, layout=False)

    # --- starting -----------------------------------------------------------------------------------------------------

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Start, or leave."""
        if event.button.id == "start":
            self.action_start()
        else:
            self.action_close()

    def action_start(self) -> None:
        """Start the run, if everything is right."""
        backend = self._backend
        if self._starting or backend is None:
            return
        try:
            request = request_of(self.entries(), backend, self._corpora)
        except GrnnError:
            self._check()
            self._focus_fault()
            return
        self._starting = True
        self.query_one("#start", Button).disabled = True
        self._say("starting …", "dim")
        self.run_worker(self._start(request), exclusive=True, group="start-run", exit_on_error=False)

    async def _start(self, request: RunRequest) -> None:
        try:
            path = await asyncio.to_thread(self._begin, request)
        except (GrnnError, OSError) as error:
            self._starting = False
            self._check()
            self._say(str(error), "$error")
        else:
            self.dismiss(path)

    def _say(self, text: str, style: str) -> None:
        self.query_one("#summary", Static).update(Content.styled(sanitise(text), style), layout=False)

    def _focus_fault(self) -> None:
        for row in self._rows.values():
            if row.has_class("-wrong"):
                row.focus_control()
                return

    def action_close(self) -> None:
        """Leave without a run."""
        self.dismiss(None)
