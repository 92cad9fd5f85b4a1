"""The fields of the training form: data of one's own or a corpus, the model and its settings, the training."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Literal, cast

from textual import work
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.message import Message
from textual.widgets import Input, Static

from grnn_tui.data.looking import Look, Seen
from grnn_tui.data.rows.names import holds_pictures
from grnn_tui.engine.protocol import BackendInfo, CatalogueRead, CorpusInfo, Field
from grnn_tui.errors import UsageError
from grnn_tui.places import expanded
from grnn_tui.ui.actions import key_name
from grnn_tui.ui.markers import UNICODE, Glyphs
from grnn_tui.ui.screens.data_form import (
    AS_FOUND,
    FORM_HELP,
    NOTHING,
    ROW_KINDS,
    DataKnown,
    default_of,
    form_of,
    known_by_name,
    known_of,
    offered,
    with_seen,
)
from grnn_tui.ui.screens.field_values import shown_default
from grnn_tui.ui.screens.form_rows import Choice, Fields, PathInput, Row
from grnn_tui.ui.screens.looking import look_beside
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
    size_of,
    suited,
    training_fields,
)
from grnn_tui.ui.widgets.chart_ticks import number

LOOK_AFTER = 0.3
"""Seconds without another key until a file of rows is looked at."""
Looker = Callable[[Look], Awaitable[Seen]]


def corpus_note(corpus: CorpusInfo) -> str:
    """What there is to know of a corpus, in a line."""
    scale, facts = corpus.scale, [corpus.summary]
    if corpus.kind != "text":
        what = f"{corpus.levels} levels" if corpus.levels else {"real": "real numbers"}.get(corpus.kind, corpus.kind)
        facts.append(f"{corpus.size:,} {scale.row_name}s, {what}" if corpus.size else what)
    if corpus.classes:
        facts.append(f"{len(corpus.classes)} labels")
    if corpus.floor_nats is not None:
        unit = scale.nats_unit if scale.row else "nats"
        facts.append(f"exact entropy {number(scale.nats(corpus.floor_nats))} {unit}")
    return "; ".join(facts)


def _holds_pictures(data: str) -> bool:
    try:
        return holds_pictures(expanded(data))
    except RuntimeError:
        return False


class FormFields(Fields):
    """Keeps fields that depend on each other in step; says `Edited` after anything has changed."""

    class Edited(Message):
        """Something else is entered."""

    def __init__(
        self, catalogue: CatalogueRead, data: str | None, glyphs: Glyphs = UNICODE, look: Looker = look_beside
    ) -> None:
        """`data`: a corpus, or a path; None: the first corpus. `look` finds out what is in a file of rows."""
        super().__init__(id="fields", can_focus=False)
        self.corpora = {c.name: c for c in catalogue.corpora}
        self._backends = {b.name: b for b in catalogue.backends}
        self._glyphs = glyphs
        self._corpus = data if data in self.corpora and data else next(iter(self.corpora), "")
        self._path = "" if data is None or data in self.corpora else data
        self._look = look
        self._folders: dict[str, bool] = {}
        """Whether a folder holds pictures, of those that were looked at."""
        self._seen: tuple[Look, Seen] | None = None
        self._own_backend = False
        """Whether a person chose the model, and not the data."""
        self._rows: dict[str, Row] = {}
        self._known = self._now_known()
        self._backend_name = default_of(self._known, offered(self._backends.values(), self._known))
        self._suited = suited(self._backend_name, rows=self._known.rows)
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
        await self._fit()
        self._show_what_fits()
        self.call_after_refresh(self._mount_more)
        self._look_again()

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
        path = PathInput(self._path, "a text, or rows: file, folder or glob; or leave it empty", "path")
        yield self._row("your data", path, "", key="path")
        if self.corpora:
            yield self._row("or a corpus", self._choice(self.corpora, self._corpus, "data"), "", key="data")
        yield self._row("unit", self._choice(UNITS, "character", "unit"), "what one symbol is", key="unit")
        limit = Input(shown_default(LIMIT), id="limit", compact=True)
        yield self._row("vocabulary", limit, LIMIT.help, key="limit")
        kinds = self._choice((AS_FOUND, *ROW_KINDS), AS_FOUND, "row-kind")
        yield self._row("values", kinds, FORM_HELP["kind"], key="row-kind")
        for name in list(FORM_HELP)[1:-1]:
            yield self._form_row(name)
        told = self._choice((NOTHING,), NOTHING, "condition")
        yield self._row("told", told, "what the model is told before it writes", key="condition")
        yield self._form_row("features")
        held = Input("0.1", id="validation", compact=True)
        yield self._row("held out", held, "share for validation", key="validation")

    def _form_row(self, name: str) -> Row:
        entry = Input("1" if name == "pool" else "", id=f"row-{name}", compact=True)
        return self._row(name, entry, FORM_HELP[name], key=f"row-{name}")

    def _model_rows(self) -> Iterable[Row | Static]:
        yield Static("Model", classes="heading", markup=False)
        names = offered(self._backends.values(), self._known)
        yield self._row("model", self._choice(names, self._backend_name, "backend"), "", key="backend")
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
        key, default = f"{kind}-{field.name}", self._begins(field)
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

    def _show_what_fits(self) -> None:
        """Show the fields that have a meaning for these data and this model."""
        rows, backend = self._known.rows, self.backend
        names = {f.name for f in backend.fields} if backend is not None else set()
        own = rows and self._known.file
        told = len(self._known.conditions) > 1 and backend is not None and backend.conditional
        condition = self._value("condition") if told else NOTHING
        shown = {
            "size": "hidden" in names and backend is not None and "text" in backend.fits,
            "unit": not rows,
            "limit": not rows and self._value("unit") == "word",
            "condition": told,
            "opt-length": not rows and condition == NOTHING,
            **{f"row-{name}": own for name in FORM_HELP},
            "row-features": own and condition == "features",
        }
        for key, display in shown.items():
            if key in self._rows:
                self._rows[key].display = display

    # --- which data ---------------------------------------------------------------------------------------------------

    @property
    def data(self) -> str:
        """A corpus, or a path."""
        return (self._value("path") or self._value("data")) if self._rows else self._path or self._corpus

    def _now_known(self) -> DataKnown:
        data = self.data
        if (corpus := self.corpora.get(data)) is not None:
            return known_of(corpus)
        known = known_by_name(data, pictures=self._folders.get(data, False))
        if self._seen is not None and known.rows and self._seen[0] == self._wanted():
            known = with_seen(known, self._seen[1], labels=self._value("row-labels"))
        return known

    def _wanted(self) -> Look | None:
        """What is to be looked at; None while something entered is wrong."""
        try:
            return Look(str(expanded(self.data).absolute()), form_of(self._form()))
        except (UsageError, RuntimeError):
            return None

    def _form(self) -> dict[str, str]:
        """How a file of rows is to be read, as it is entered."""
        form = {name: self._value(f"row-{name}") for name in FORM_HELP}
        return form if self._value("condition") == "features" else form | {"features": ""}

    async def _fit(self) -> None:
        """Offer what fits the data, and go to the usual model for them where another kind of data was chosen."""
        before, self._known = self._known, self._now_known()
        names = offered(self._backends.values(), self._known)
        cast("Choice", self._rows["backend"].control).offer(names)
        cast("Choice", self._rows["condition"].control).offer(self._known.conditions)
        other = (before.kind, before.shape) != (self._known.kind, self._known.shape)
        if self._backend_name not in names or (other and not self._own_backend):
            await self._take_backend(default_of(self._known, names))
        if other:
            self._follow(self._suit())
        cast("Choice", self._rows["backend"].control).show(self._backend_name)

    async def _take_backend(self, name: str) -> None:
        if name != self._backend_name:
            self._backend_name = name
            before = self._suit()
            await self._renew_settings()
            self._follow(before)

    def _suit(self) -> Mapping[str, str]:
        """What fields begin with, for the model and the data as they are now; returns what it was before."""
        unit = self._shown("unit", "character")
        before, self._suited = self._suited, suited(self._backend_name, rows=self._known.rows, unit=unit)
        return before

    def _begins(self, field: Field) -> str:
        return self._suited.get(field.name, shown_default(field))

    def _follow(self, before: Mapping[str, str]) -> None:
        """Fields that nobody has touched, to what they begin with now."""
        settings = [("set", field) for field in self.backend.fields] if self.backend is not None else []
        options = [("opt", field) for field in training_fields((*MAIN_OPTIONS, *MORE_OPTIONS))]
        for kind, field in (*settings, *options):
            row = self._rows.get(f"{kind}-{field.name}")
            untouched = before.get(field.name, shown_default(field))
            if row is not None and isinstance(row.control, Input) and row.value == untouched:
                row.control.value = self._begins(field)

    def _look_again(self) -> None:
        """Find out what a path leads to, without making keys wait."""
        if self._value("path") and self.data not in self.corpora:
            self._looking()

    @work(exclusive=True, group="look", exit_on_error=False)
    async def _looking(self) -> None:
        await self.look_at_folder()
        wanted = self._wanted()
        if wanted is None or not self._known.rows or (self._seen is not None and self._seen[0] == wanted):
            return
        await asyncio.sleep(LOOK_AFTER)
        self._seen = (wanted, await self._look(wanted))
        await self._after_change("path", look=False)

    async def look_at_folder(self) -> bool:
        """Find out whether a path is a folder of pictures; whether it is one, and that was not known before."""
        data = self.data
        if data in self.corpora or data in self._folders or self._known.rows:
            return False
        self._folders = {data: await asyncio.to_thread(_holds_pictures, data)}
        if self._folders[data]:
            await self._after_change("path", look=False)
        return self._folders[data]

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
            data=self.data,
            backend=self._backend_name,
            settings={f.name: self._value(f"set-{f.name}", self._begins(f)) for f in settings},
            training={f.name: self._shown(f"opt-{f.name}", self._begins(f)) for f in fields},
            budget=cast("Literal['seconds', 'steps', 'epochs']", self._value("budget")),
            amount=self._value("amount"),
            name=self._value("name").strip(),
            unit=self._shown("unit", "character"),
            vocabulary_limit=self._value("limit"),
            validation=self._value("validation"),
            known=self._known,
            form=self._form() if self._known.rows and self._known.file else {},
            condition=self._shown("condition", NOTHING),
        )

    def _shown(self, key: str, default: str) -> str:
        """What is entered in a row that is shown; else its default."""
        row = self._rows.get(key)
        return row.value if row is not None and row.display else default

    def _value(self, key: str, default: str = "") -> str:
        """What is entered in a row; its default while the row is still to come."""
        row = self._rows.get(key)
        return row.value if row is not None else default

    async def on_choice_changed(self, event: Choice.Changed) -> None:
        """Other fields for another model; other figures for another size."""
        key, value = event.choice.id, event.choice.value
        if key == "backend":
            self._own_backend = True
            await self._take_backend(value)
        elif key == "size":
            self._apply_size(value)
        elif key == "budget":
            self.query_one("#amount", Input).value = self._amounts[value]
        await self._after_change(key)

    async def on_input_changed(self, event: Input.Changed) -> None:
        """Keep the amount of each budget."""
        if event.input.id == "amount":
            self._amounts[self._value("budget")] = event.value
        await self._after_change(event.input.id)

    async def _after_change(self, key: str | None, *, look: bool = True) -> None:
        if key in ("path", "data", "condition") or (key or "").startswith("row-"):
            await self._fit()
            if look:
                self._look_again()
        elif key == "unit":
            self._follow(self._suit())
        self._show_what_fits()
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
                return "not used: the data above are"
            return corpus_note(corpus)
        if key == "row-kind":
            return self._known.note or FORM_HELP["kind"]
        if key == "backend":
            return self.backend.summary if self.backend is not None else None
        if key == "validation":
            mixed = self._known.rows or self._shown("condition", NOTHING) != NOTHING
            return "share for validation, " + ("drawn by lot" if mixed else "from the end")
        if key == "amount":
            return budget_fields()[self._value("budget")].help
        return None

    def label_of(self, key: str) -> str:
        """What the field of a fault is called on the form."""
        if key == "data":
            return "your data" if self._value("path") or not self.corpora else "corpus"
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
