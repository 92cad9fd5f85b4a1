"""The fields of the training form: a text of one's own or a corpus, the model and its settings, the training."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, cast

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.message import Message
from textual.widgets import Input, Static

from grnn_tui.engine.protocol import BackendInfo, CatalogueRead, Field
from grnn_tui.ui.actions import key_name
from grnn_tui.ui.markers import UNICODE, Glyphs
from grnn_tui.ui.screens.form_rows import Choice, Fields, PathInput, Row
from grnn_tui.ui.screens.request_form import (
    BUDGETS,
    LIMIT,
    MAIN_OPTIONS,
    MORE_OPTIONS,
    SIZES,
    UNITS,
    Entries,
    budget_fields,
    preset,
    shown_default,
    size_of,
    training_fields,
)
from grnn_tui.ui.widgets.chart_ticks import number


class FormFields(Fields):
    """Keeps fields that depend on each other in step; says `Edited` after anything has changed."""

    class Edited(Message):
        """Something else is entered."""

    def __init__(self, catalogue: CatalogueRead, data: str | None, glyphs: Glyphs = UNICODE) -> None:
        """`data`: a corpus, or the path of a text; None: the first corpus."""
        super().__init__(id="fields", can_focus=False)
        self.corpora = {c.name: c for c in catalogue.corpora}
        self._backends = {b.name: b for b in catalogue.backends}
        self._glyphs = glyphs
        self._corpus = data if data in self.corpora and data else next(iter(self.corpora), "")
        self._path = "" if data is None or data in self.corpora else data
        self._backend_name = "lstm" if "lstm" in self._backends else next(iter(self._backends), "")
        self._rows: dict[str, Row] = {}
        self._amounts = {name: shown_default(field) for name, field in budget_fields().items()}

    # --- what there is ------------------------------------------------------------------------------------------------

    def compose(self) -> ComposeResult:
        """What most people look at; the rest follows when this is on the screen."""
        yield from self._data_rows()
        yield from self._model_rows()
        yield Vertical(*self._setting_rows(), id="settings")
        yield from self._budget_rows()

    async def on_mount(self) -> None:
        """The rest, below."""
        self._show_size()
        self._show_limit()
        self.call_after_refresh(self._mount_more)

    async def _mount_more(self) -> None:
        if self.is_attached:
            rows = [self._field_row(field, "opt") for field in training_fields(MORE_OPTIONS)]
            await self.mount_all([Static("More", classes="heading", markup=False), *rows])

    def _row(self, label: str, control: Choice | Input, help_text: str, *, key: str) -> Row:
        row = self._rows[key] = Row(label, control, help_text, key=key, glyphs=self._glyphs)
        return row

    def _choice(self, options: Iterable[str], value: str, key: str) -> Choice:
        return Choice([(option, option) for option in options], value, key, self._glyphs)

    def _data_rows(self) -> Iterable[Row]:
        path = PathInput(self._path, "a file, folder, glob or .gz; or leave it empty", "path")
        yield self._row("your text", path, "", key="path")
        if self.corpora:
            yield self._row("or a corpus", self._choice(self.corpora, self._corpus, "data"), "", key="data")
        yield self._row("unit", self._choice(UNITS, "character", "unit"), "what one symbol is", key="unit")
        limit = Input(shown_default(LIMIT), id="limit", compact=True)
        yield self._row("vocabulary", limit, LIMIT.help, key="limit")
        held = Input("0.1", id="validation", compact=True)
        yield self._row("held out", held, "share for validation, from the end", key="validation")

    def _model_rows(self) -> Iterable[Row | Static]:
        yield Static("Model", classes="heading", markup=False)
        yield self._row("model", self._choice(self._backends, self._backend_name, "backend"), "", key="backend")
        sizes = self._choice((*SIZES, "own"), "medium", "size")
        yield self._row("size", sizes, "a start for the fields below", key="size")

    def _setting_rows(self) -> list[Row]:
        return [self._field_row(field, "set") for field in self.backend.fields] if self.backend is not None else []

    def _budget_rows(self) -> Iterable[Row | Static]:
        yield Static("Training", classes="heading", markup=False)
        yield self._row("budget", self._choice(BUDGETS, "seconds", "budget"), "what the run ends after", key="budget")
        yield self._row("amount", Input(self._amounts["seconds"], id="amount", compact=True), "", key="amount")
        yield from (self._field_row(field, "opt") for field in training_fields(MAIN_OPTIONS))
        name = Input("", placeholder="made up", id="name", compact=True)
        yield self._row("name", name, "of the run; empty: one is made up", key="name")

    def _field_row(self, field: Field, kind: str) -> Row:
        key, default = f"{kind}-{field.name}", shown_default(field)
        if field.kind == "choice":
            control: Choice | Input = self._choice(field.choices, default, key)
        elif field.kind == "bool":
            control = Choice([("yes", "true"), ("no", "false")], default, key, self._glyphs)
        else:
            control = Input(default, id=key, compact=True)
        return self._row(field.name.replace("_", " "), control, field.help, key=key)

    async def _renew_settings(self) -> None:
        holder = self.query_one("#settings", Vertical)
        self._rows = {key: row for key, row in self._rows.items() if not key.startswith("set-")}
        async with self.batch():
            await holder.remove_children()
            await holder.mount_all(self._setting_rows())
        self._show_size()

    def _show_size(self) -> None:
        names = {f.name for f in self.backend.fields} if self.backend is not None else set()
        self.query_one("#row-size").display = "hidden" in names

    def _show_limit(self) -> None:
        self.query_one("#row-limit").display = self._value("unit") == "word"

    # --- what is entered ----------------------------------------------------------------------------------------------

    @property
    def backend(self) -> BackendInfo | None:
        """The model that is chosen."""
        return self._backends.get(self._backend_name)

    def entries(self) -> Entries:
        """All of it as text."""
        fields = training_fields((*MAIN_OPTIONS, *MORE_OPTIONS))
        settings = self.backend.fields if self.backend is not None else []
        return Entries(
            data=self._value("path") or self._value("data"),
            backend=self._backend_name,
            settings={f.name: self._value(f"set-{f.name}", shown_default(f)) for f in settings},
            training={f.name: self._value(f"opt-{f.name}", shown_default(f)) for f in fields},
            budget=cast("Literal['seconds', 'steps', 'epochs']", self._value("budget")),
            amount=self._value("amount"),
            name=self._value("name").strip(),
            unit=self._value("unit"),
            vocabulary_limit=self._value("limit"),
            validation=self._value("validation"),
        )

    def _value(self, key: str, default: str = "") -> str:
        """What is entered in a row; its default while the row is still to come."""
        row = self._rows.get(key)
        return row.value if row is not None else default

    async def on_choice_changed(self, event: Choice.Changed) -> None:
        """Other fields for another model; other figures for another size."""
        key, value = event.choice.id, event.choice.value
        if key == "backend" and value != self._backend_name:
            self._backend_name = value
            await self._renew_settings()
        elif key == "size":
            self._apply_size(value)
        elif key == "unit":
            self._show_limit()
        elif key == "budget":
            self.query_one("#amount", Input).value = self._amounts[value]
        self.post_message(self.Edited())

    def on_input_changed(self, event: Input.Changed) -> None:
        """Keep the amount of each budget."""
        if event.input.id == "amount":
            self._amounts[self._value("budget")] = event.value
        self.post_message(self.Edited())

    def on_input_submitted(self) -> None:
        """Enter goes on to the next field."""
        self.screen.focus_next()

    def _apply_size(self, size: str) -> None:
        if self.backend is None or size not in SIZES:
            return
        for name, value in preset(size, self.backend).items():
            for control in self.query(f"#set-{name}").results(Input):
                control.value = value

    # --- what is said about it ----------------------------------------------------------------------------------------

    def say(self, wrong: dict[str, str]) -> None:
        """Each field's fault, or what there is to know of it."""
        entries = self.entries()
        on_path = bool(self._value("path"))
        for key, row in self._rows.items():
            fault = wrong.get("data" if key == "path" and on_path else "" if key == "data" and on_path else key)
            row.say(fault, self._note(key, on_path))
        if self.backend is not None:
            cast("Choice", self._rows["size"].control).show(size_of(entries.settings, self.backend))

    def _note(self, key: str, on_path: bool) -> str | None:
        if key == "data":
            corpus = self.corpora.get(self._value("data"))
            if on_path or corpus is None:
                return "not used: the text above is"
            floor = f"; exact entropy {number(corpus.floor_nats)} nats" if corpus.floor_nats is not None else ""
            return corpus.summary + floor
        if key == "backend":
            return self.backend.summary if self.backend is not None else None
        if key == "amount":
            return budget_fields()[self._value("budget")].help
        return None

    def label_of(self, key: str) -> str:
        """What the field of a fault is called on the form."""
        if key == "data":
            return "your text" if self._value("path") or not self.corpora else "corpus"
        row = self._rows.get(key)
        return row.label if row is not None else key

    def more_about_focused(self) -> str:
        """The whole note of the field that has the keys, if its row has no room for it."""
        for key, row in self._rows.items():
            if row.control.has_focus:
                right = key_name("right", ascii_only=self._glyphs.ascii_only)
                return f"{right} completes a path" if key == "path" else row.note if row.cut else ""
        return ""

    def focus_fault(self, key: str) -> None:
        """The keys to the field of a fault."""
        if key == "data" and (self._value("path") or not self.corpora):
            key = "path"
        if key in self._rows:
            self._rows[key].control.focus()
