"""Options that say how a file of rows is to be read."""

from __future__ import annotations

from typing import Any, get_args

import click
import msgspec

from grnn_tui.cli.options import add_options, struct_options
from grnn_tui.data.row_form import RowForm, axes_of
from grnn_tui.errors import UsageError

NAMES = RowForm.__struct_fields__
_LISTS = ("drop", "features")


def row_options(command: click.Command) -> click.Command:
    """Give `command` one option for each field of `RowForm`."""
    add_options(command, struct_options(RowForm))
    return command


def form_from(given: dict[str, Any]) -> RowForm:
    """The form that the options say; those that are None are left to the file. The options are taken out of `given`.

    Raises:
        UsageError: a value that is none of its kind.
    """
    values = {name: value for name in NAMES if (value := given.pop(name, None)) is not None}
    if "shape" in values:
        try:
            values["shape"] = axes_of(values["shape"])
        except UsageError as error:
            raise UsageError(f"--shape {values['shape']}: {error}") from None
    for name in _LISTS:
        if name in values:
            values[name] = tuple(part.strip() for part in values[name].split(",") if part.strip())
    try:
        return msgspec.convert(values, RowForm)
    except msgspec.ValidationError as error:
        raise UsageError(str(error)) from None


def condition_option(command: Any) -> Any:
    """`--condition label|features`, for commands that train."""
    from grnn_tui.data.row_form import ConditionKind

    help_text = "Tell the model the label, or the features, of a row before it writes it."
    return click.option("--condition", type=click.Choice(get_args(ConditionKind)), default=None, help=help_text)(
        command
    )
