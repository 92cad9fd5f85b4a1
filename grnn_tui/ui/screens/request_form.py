"""The training form without a screen: its fields, what is wrong with an entry, and the request it makes.

Fields of the model come from the engine's catalogue, those of the training from `TrainingOptions` itself, so that
neither is written down a second time.
"""

from __future__ import annotations

import math
import re
import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from typing import Any, Literal, cast, get_args

import msgspec

from grnn_tui import __version__
from grnn_tui.data.row_form import ConditionKind
from grnn_tui.data.unit import DEFAULT_LIMIT, MAX_LIMIT, Unit
from grnn_tui.engine.protocol import BackendInfo, CorpusInfo, Field
from grnn_tui.errors import UsageError
from grnn_tui.places import expanded
from grnn_tui.runs.presets import PRESETS, STANDARD
from grnn_tui.runs.request import DataRequest, RunRequest, TrainingOptions
from grnn_tui.runs.store import check_name, runs_root
from grnn_tui.ui.screens.data_form import NOTHING, DataKnown, check_path, form_of, form_value, words_of
from grnn_tui.ui.screens.field_values import parsed, typed

BUDGETS = ("seconds", "steps", "epochs")
MAIN_OPTIONS = ("lr", "schedule", "batch", "length", "seed", "device")
MORE_OPTIONS = ("warmup", "weight_decay", "clip", "processes", "threads", "validate_every", "checkpoint_every", "keep")
SIZES: Mapping[str, Mapping[str, str]] = {
    "tiny": {"hidden": "64", "layers": "1", "embedding": "16"},
    "small": {"hidden": "128", "layers": "1", "embedding": "32"},
    "medium": {"hidden": "256", "layers": "1", "embedding": "64"},
    "large": {"hidden": "512", "layers": "2", "embedding": "64"},
}
"""What each preset sets; layers as a multiple of the model's default."""
_TYPICAL_VOCABULARY = 64
UNITS: tuple[str, ...] = get_args(Unit)
_TEXT = DataKnown()
Rules = Callable[[str, Mapping[str, Any]], None]
"""Raises `UsageError` where settings of the backend of that name do not go together."""


@dataclass(frozen=True)
class Entries:
    """What has been entered, as text, under the names of the fields."""

    data: str
    backend: str
    settings: Mapping[str, str]
    training: Mapping[str, str]
    budget: Literal["seconds", "steps", "epochs"] = "seconds"
    amount: str = "180"
    name: str = ""
    unit: str = "character"
    vocabulary_limit: str = str(DEFAULT_LIMIT)
    validation: str = "0.1"
    known: DataKnown = _TEXT
    """What is known of the data."""
    form: Mapping[str, str] = field(default_factory=dict)
    """How a file of rows is to be read."""
    condition: str = NOTHING
    """What the model is told."""


@cache
def training_fields(names: tuple[str, ...]) -> tuple[Field, ...]:
    """The named options of training as fields of the form."""
    types = {field.name: field for field in msgspec.inspect.type_info(TrainingOptions).fields}  # type: ignore[attr-defined]
    return tuple(_as_field(types[name]) for name in names)


def _as_field(option: msgspec.inspect.Field) -> Field:
    kind = option.type
    help_text = ""
    if isinstance(kind, msgspec.inspect.Metadata):
        help_text = str((kind.extra_json_schema or {}).get("description", ""))
        kind = kind.type
    if isinstance(kind, msgspec.inspect.LiteralType):
        choices = [str(value) for value in kind.values]
        return Field(name=option.name, kind="choice", default=option.default, help=help_text, choices=choices)
    word = "int" if isinstance(kind, msgspec.inspect.IntType) else "float"
    low = getattr(kind, "ge", None)
    above = getattr(kind, "gt", None)
    return Field(
        name=option.name,
        kind=word,
        default=option.default,
        help=help_text,
        low=low if low is not None else math.nextafter(above, math.inf) if above is not None else None,
        high=getattr(kind, "le", None),
    )


def faults(
    entries: Entries, backend: BackendInfo | None, corpora: Mapping[str, CorpusInfo], rules: Rules | None = None
) -> dict[str, str]:
    """What is wrong, in the order of the form, one short line each.

    Keys: `data`, `row-FIELD` of how rows are read, `limit`, `backend`, `set-FIELD` of the model, `amount`, `opt-FIELD`
    of the training, `validation`, `name`. `rules` refuses settings of a backend that do not go together.
    """
    found: dict[str, str] = {}
    known = entries.known
    checks: list[tuple[str, Any]] = [("data", lambda: check_data(entries.data, corpora, known, entries.unit))]
    checks += [(f"row-{name}", lambda n=name: form_value(n, entries.form[n])) for name in entries.form]
    if entries.condition == "features":
        checks.append(("row-features", lambda: _some(entries.form.get("features", ""), "name the columns")))
    if entries.unit == "word" and not known.rows:
        checks.append(("limit", lambda: parsed(LIMIT, entries.vocabulary_limit)))
    if backend is None:
        found["backend"] = "choose a model"
    else:
        checks += [(f"set-{f.name}", lambda f=f: parsed(f, entries.settings.get(f.name, ""))) for f in backend.fields]
    checks.append(("amount", lambda: parsed(budget_fields()[entries.budget], entries.amount)))
    options = training_fields((*MAIN_OPTIONS, *MORE_OPTIONS))
    checks += [(f"opt-{f.name}", lambda f=f: parsed(f, entries.training.get(f.name, ""))) for f in options]
    checks.append(("validation", lambda: parsed(_VALIDATION, entries.validation)))
    checks.append(("name", lambda: free_name(entries.name)))
    for name, check in checks:
        try:
            check()
        except UsageError as error:
            found[name] = str(error)
    if rules is not None and backend is not None and not any(key.startswith("set-") for key in found):
        found |= _broken_rule(entries, backend, rules)
    return found


def _some(text: str, fault: str) -> None:
    if not text.strip():
        raise UsageError(fault)


def _broken_rule(entries: Entries, backend: BackendInfo, rules: Rules) -> dict[str, str]:
    """The rule of the backend that the settings break, at the field it speaks of first."""
    settings = {f.name: parsed(f, entries.settings[f.name]) for f in backend.fields}
    try:
        rules(backend.name, settings)
    except UsageError as error:
        fault = str(error).removeprefix(f"{backend.name}: ").removesuffix(". `grnn-tui backends` lists the settings.")
        changed = [f.name for f in backend.fields if settings[f.name] != f.default]
        named = [name for name in (*changed, *settings) if re.search(rf"\b{name.replace('_', '.')}\b", fault)]
        at = min(named, key=lambda name: (name not in changed, fault.find(name)), default=next(iter(settings), ""))
        return {f"set-{at}": fault}
    return {}


_VALIDATION = Field(
    name="validation", kind="float", default=0.1, help="share held out, from the end", low=0.001, high=0.9
)

LIMIT = Field(
    name="vocabulary_limit",
    kind="int",
    default=DEFAULT_LIMIT,
    help="symbols at most; rarer words become <unk>",
    low=3,
    high=MAX_LIMIT,
)


def budget_fields() -> dict[str, Field]:
    """The three budgets, of which one is chosen."""
    return {
        "seconds": Field(name="seconds", kind="float", default=180.0, help="stop after so many seconds", low=1.0),
        "steps": Field(name="steps", kind="int", default=5000, help="stop after so many steps", low=1),
        "epochs": Field(name="epochs", kind="float", default=5.0, help="passes over the training text", low=0.01),
    }


def check_data(data: str, corpora: Mapping[str, CorpusInfo], known: DataKnown = _TEXT, unit: str = "character") -> None:
    """Refuse data that cannot be trained on now.

    Raises:
        UsageError: nothing entered, no such file, no text, or a corpus that has not been fetched.
    """
    if not data.strip():
        raise UsageError("a corpus, or the path of a text or of rows")
    corpus = corpora.get(data)
    if corpus is not None:
        if not corpus.ready:
            raise UsageError(f"not here yet: `grnn-tui fetch {data}` brings it")
        return
    check_path(data, text=not known.rows and unit != "byte")
    if known.fault:
        raise UsageError(known.fault)


def free_name(name: str) -> None:
    """Refuse a name that cannot be a run's, or is taken; an empty one is made up later.

    Raises:
        UsageError: the reason.
    """
    if not name:
        return
    try:
        check_name(name)
    except UsageError:
        raise UsageError("letters, digits, '.', '_' and '-', at most 64, beginning with none of '.-'") from None
    if (runs_root() / name).exists():
        raise UsageError("there is a run of that name")


def request_of(
    entries: Entries, backend: BackendInfo, corpora: Mapping[str, CorpusInfo], rules: Rules | None = None
) -> RunRequest:
    """The request that the form makes.

    Raises:
        UsageError: something entered is wrong.
    """
    wrong = faults(entries, backend, corpora, rules)
    if wrong:
        field, fault = next(iter(wrong.items()))
        raise UsageError(f"{field.partition('-')[2] or field}: {fault}")
    source = entries.data if entries.data in corpora else str(expanded(entries.data).absolute())
    settings = {f.name: parsed(f, entries.settings[f.name]) for f in backend.fields}
    for name in [name for name in settings if name.endswith("_file") and settings[name]]:
        settings[name] = str(expanded(settings[name]).absolute())
    options = {f.name: parsed(f, entries.training[f.name]) for f in training_fields((*MAIN_OPTIONS, *MORE_OPTIONS))}
    options[entries.budget] = parsed(budget_fields()[entries.budget], entries.amount)
    request = RunRequest(
        name=entries.name,
        created=datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        backend=backend.name,
        settings=settings,
        data=_data_request(entries, source),
        training=msgspec.convert(options, TrainingOptions),
        versions={"grnn-tui": __version__},
    )
    return msgspec.structs.replace(request, command=command_of(request, backend))


def _data_request(entries: Entries, source: str) -> DataRequest:
    condition = cast("ConditionKind", entries.condition) if entries.condition != NOTHING else None
    validation = parsed(_VALIDATION, entries.validation)
    if entries.known.rows:
        return DataRequest(sources=(source,), validation=validation, condition=condition, rows=form_of(entries.form))
    return DataRequest(
        sources=(source,),
        unit=cast("Unit", entries.unit),
        vocabulary_limit=parsed(LIMIT, entries.vocabulary_limit) if entries.unit == "word" else DEFAULT_LIMIT,
        validation=validation,
        condition=condition,
    )


def command_of(request: RunRequest, backend: BackendInfo | None = None) -> str:
    """The command line that makes this run; what is left at its default, or as a preset has it, is left out."""
    defaults = {f.name: f.default for f in backend.fields} if backend is not None else {}
    options = msgspec.structs.asdict(TrainingOptions())
    ways = [_words(request, ["--backend", request.backend], defaults, options)]
    if request.data.rows is None:
        ways += [
            _words(request, ["--preset", name], {**defaults, **preset.settings}, {**options, **preset.training})
            for name, preset in PRESETS.items()
            if preset.backend == request.backend
        ]
    return min(map(shlex.join, ways), key=len)


def _words(request: RunRequest, model: list[str], defaults: Mapping[str, Any], options: Mapping[str, Any]) -> list[str]:
    words = ["grnn-tui", "train", *request.data.sources, *model]
    for name, value in request.settings.items():
        if value == defaults.get(name):
            continue
        flag = name.replace("_", "-")
        words += [f"--{flag}" if value else f"--no-{flag}"] if isinstance(value, bool) else [f"--{flag}", _word(value)]
    for name in TrainingOptions.__struct_fields__:
        value = getattr(request.training, name)
        if value != options[name]:
            words += [f"--{name.replace('_', '-')}", _word(value)]
    if request.data.unit != "character":
        words += ["--unit", request.data.unit]
    if request.data.vocabulary_limit != DEFAULT_LIMIT:
        words += ["--vocabulary-limit", str(request.data.vocabulary_limit)]
    if request.data.rows is not None:
        words += words_of(request.data.rows)
    if request.data.condition is not None:
        words += ["--condition", request.data.condition]
    if request.data.validation != 0.1:
        words += ["--val", _word(request.data.validation)]
    if request.name:
        words += ["--name", request.name]
    return words


def _word(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def parameters_of(
    backend: BackendInfo, settings: Mapping[str, Any], vocabulary: int = _TYPICAL_VOCABULARY
) -> int | None:
    """About how many weights the model has, for a vocabulary of a usual size; None where there is no telling."""
    hidden, layers = settings.get("hidden"), settings.get("layers", 1)
    if backend.gates is None or not isinstance(hidden, int) or not isinstance(layers, int):
        return None
    below, past = backend.gates
    embedding = settings.get("embedding", 0)
    width = embedding if isinstance(embedding, int) and embedding else vocabulary
    total = vocabulary * embedding if embedding else 0
    for layer in range(layers):
        total += hidden * (below * ((hidden if layer else width) + 1) + past * (hidden + 1))
    return total + (0 if settings.get("tied") else vocabulary * hidden) + vocabulary


def preset(size: str, backend: BackendInfo) -> dict[str, str]:
    """What the preset `size` sets of the settings that the model has."""
    values = {f.name: SIZES[size][f.name] for f in backend.fields if f.name in SIZES[size]}
    for setting in backend.fields:
        if setting.name == "layers":
            values["layers"] = str(int(values["layers"]) * setting.default)
    return values


def suited(backend: str, *, rows: bool, unit: str = "character") -> dict[str, str]:
    """What fields begin with instead of their default, by name: the standard preset, for its model on a text."""
    standard = PRESETS[STANDARD]
    if rows or unit == "word" or backend != standard.backend:
        return {}
    return {name: typed(value) for name, value in (*standard.settings.items(), *standard.training.items())}


def size_of(settings: Mapping[str, str], backend: BackendInfo) -> str:
    """The preset that the settings agree with, or `own`."""
    agreeing = (size for size in SIZES if preset(size, backend).items() <= settings.items())
    return next(agreeing, "own")


def completions(text: str, most: int = 40) -> list[str]:
    """Paths that begin with `text`; folders end in a slash."""
    folder, _, stem = text.rpartition("/")
    if not text or text == "~":
        return []
    try:
        base = expanded(folder + "/" if text.startswith("/") and not folder else folder or ".")
        entries = sorted(base.iterdir())[:5000]
    except (OSError, RuntimeError, ValueError):
        return []
    names: list[str] = []
    prefix = text[: len(text) - len(stem)]
    for path in entries:
        if path.name.startswith(stem) and (stem.startswith(".") or not path.name.startswith(".")):
            names.append(prefix + path.name + ("/" if path.is_dir() else ""))
            if len(names) >= most:
                break
    return names
