"""Command-line options made from the structs that declare them: `TrainingOptions` and each backend's settings."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import click
import msgspec
from msgspec import inspect

from grnn_tui.backends.contract import Backend
from grnn_tui.errors import UsageError
from grnn_tui.runs.request import TrainingOptions


class Finite(click.FloatRange):
    """A real number within bounds; neither infinite nor NaN."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The number."""
        number = super().convert(value, param, ctx)
        if not math.isfinite(number):
            self.fail(f"{value!r} is not a finite number.", param, ctx)
        return number

    def _describe_range(self) -> str:
        """The bounds, for the help; click itself would tell of an upper one that is not there."""
        return "" if self.min is None and self.max is None else super()._describe_range()


def struct_options(struct: type[msgspec.Struct], *, leave_out: Iterable[str] = ()) -> list[click.Option]:
    """One option for each field of `struct`; what is not given is None."""
    skipped = set(leave_out)
    info = inspect.type_info(struct)
    assert isinstance(info, inspect.StructType)
    return [_option(field) for field in info.fields if field.name not in skipped]


def backend_options(backends: Iterable[Backend]) -> list[click.Option]:
    """One option for each setting that any of the backends has, its help saying which."""
    options: dict[str, click.Option] = {}
    owners: dict[str, list[str]] = {}
    for backend in backends:
        for option in struct_options(backend.settings):
            name = str(option.name)
            owners.setdefault(name, []).append(backend.name)
            known = options.setdefault(name, option)
            if known is not option and repr(known.type) != repr(option.type):
                known.type = _plain(known.type)
            if known.help != option.help:
                known.help = str(known.help).partition(" (")[0]
    for name, option in options.items():
        option.help = f"{option.help} [{', '.join(owners[name])}]"
    return list(options.values())


def add_options(command: click.Command, options: Iterable[click.Option]) -> None:
    """Give `command` more options, after its own.

    Raises:
        UsageError: a backend has a setting of the same name as another option.
    """
    taken = {option for param in command.params for option in param.opts}
    for option in options:
        clash = taken & set(option.opts)
        if clash:
            raise UsageError(f"an installed backend has a setting called {clash.pop()}, which the command line needs")
        command.params.append(option)


def settings_of(backend: Backend, given: dict[str, Any]) -> dict[str, Any]:
    """The values in `given` (those that are not None), all of which have to be settings of `backend`.

    Raises:
        UsageError: one of them is not; the message says what there is.
    """
    chosen = {name: value for name, value in given.items() if value is not None}
    known = {field.name for field in msgspec.structs.fields(backend.settings)}
    for name in chosen:
        if name not in known:
            there = ", ".join(flag(n) for n in sorted(known)) or "no settings"
            raise UsageError(f"{backend.name} has no {flag(name)}; it has {there}")
    return chosen


def training_options(given: dict[str, Any]) -> TrainingOptions:
    """`TrainingOptions` from what is not None in `given`.

    Raises:
        UsageError: a value out of bounds.
    """
    try:
        return msgspec.convert({name: value for name, value in given.items() if value is not None}, TrainingOptions)
    except msgspec.ValidationError as error:
        raise UsageError(str(error)) from None


def flag(name: str) -> str:
    """`weight_decay` as it is typed: `--weight-decay`."""
    return "--" + name.replace("_", "-")


def _option(field: inspect.Field) -> click.Option:
    kind = field.type
    text = ""
    if isinstance(kind, inspect.UnionType):
        described = [t for t in kind.types if not isinstance(t, inspect.NoneType)]
        kind = described[0]
    if isinstance(kind, inspect.Metadata):
        text = str((kind.extra_json_schema or {}).get("description", ""))
        kind = kind.type
    name = flag(field.name)
    declared = [f"{name}/--no-{name[2:]}"] if isinstance(kind, inspect.BoolType) else [name]
    shown = field.default if field.default not in (None, msgspec.NODEFAULT, msgspec.UNSET) else None
    if shown not in (None, (), ""):
        text += f" ({str(shown).lower() if isinstance(shown, bool) else shown})"
    return click.Option([field.name, *declared], type=_type(kind), default=None, help=text[:1].upper() + text[1:])


def _type(kind: inspect.Type) -> click.ParamType[Any] | None:
    match kind:
        case inspect.BoolType():
            return None
        case inspect.LiteralType(values=values):
            return click.Choice([str(value) for value in values])
        case inspect.IntType():
            least = kind.ge if kind.ge is not None else None if kind.gt is None else kind.gt + 1
            most = kind.le if kind.le is not None else None if kind.lt is None else kind.lt - 1
            return click.IntRange(least, most)
        case inspect.FloatType():
            low = kind.ge if kind.ge is not None else kind.gt
            high = kind.le if kind.le is not None else kind.lt
            return Finite(low, high, min_open=kind.gt is not None, max_open=kind.lt is not None)
        case _:
            return click.STRING


def _plain(kind: click.ParamType[Any]) -> click.ParamType[Any]:
    """A type that takes what several backends bound differently; each backend checks its own bounds."""
    if isinstance(kind, click.types.IntParamType):
        return click.INT
    return Finite() if isinstance(kind, click.types.FloatParamType) else click.STRING
