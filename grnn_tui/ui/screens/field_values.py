"""What is typed into a field, and the value it means."""

from __future__ import annotations

import math
from typing import Any

from grnn_tui.engine.protocol import Field
from grnn_tui.errors import UsageError


def shown_default(field: Field) -> str:
    """The default as a person would type it."""
    return typed(field.default)


def typed(value: object) -> str:
    """A value as a person would type it."""
    return f"{value:g}" if isinstance(value, float) else str(value).lower() if isinstance(value, bool) else str(value)


def parsed(field: Field, text: str) -> Any:
    """The value that `text` means for `field`.

    Raises:
        UsageError: it means none; one short line says what would.
    """
    text = text.strip()
    if field.kind == "str":
        return text
    if field.kind == "bool":
        return text == "true"
    if field.kind == "choice":
        if text not in field.choices:
            raise UsageError(f"one of {', '.join(field.choices)}")
        return text
    whole = field.kind == "int"
    try:
        value: float = int(text.replace("_", "")) if whole else float(text)
    except ValueError:
        raise UsageError(f"a whole number such as {shown_default(field)}" if whole else "a number") from None
    if not math.isfinite(value):
        raise UsageError("a finite number")
    if (field.low is not None and value < field.low) or (field.high is not None and value > field.high):
        raise UsageError(_bounds(field))
    return value


def _bounds(field: Field) -> str:
    low = field.low
    above = low is not None and 0 < low < 1e-300
    lower = "" if low is None else "above 0" if above else f"at least {low:g}"
    upper = "" if field.high is None else f"at most {field.high:g}"
    return f"{lower}{', ' if lower and upper else ''}{upper}"
