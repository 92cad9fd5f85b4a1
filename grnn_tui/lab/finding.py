"""What an experiment is, and what it finds: plain values that a command prints and a screen draws."""

from __future__ import annotations

import importlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

import msgspec

from grnn_tui.errors import UsageError

Value = str | int | float | None
Report = Callable[[float, str], None]
"""Called now and then with the fraction that is done and what is being done."""


class Series(msgspec.Struct, frozen=True):
    """A curve: y against ascending x."""

    name: str
    x: list[float]
    y: list[float]


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """What came out: the figures, and whether the claim held."""

    experiment: str
    claim: str
    held: bool
    sentence: str
    """What was seen, in one sentence with its figures."""
    columns: list[str]
    rows: list[list[Value]]
    x_label: str = ""
    y_label: str = ""
    series: list[Series] = []
    seed: int = 0
    seconds: float = 0.0


def shown(value: Value) -> str:
    """A value of a table as a person reads it: four digits that count."""
    if value is None:
        return "–"
    return f"{value:.4g}" if isinstance(value, float) else str(value)


@dataclass(frozen=True)
class Experiment:
    """A claim and the experiment that tries it.

    `run` names a function "module:attribute" of (experiment, models, seed, report) -> Finding, imported when needed.
    `models` are those it plays unless others are named; an experiment that trains its own has none.
    """

    name: str
    claim: str
    method: str
    """What is done, in one sentence."""
    run: str
    models: tuple[str, ...] = ()

    def carry_out(self, models: tuple[str, ...], seed: int, report: Report) -> Finding:
        """Do it, with `models` instead of its own if any are given.

        Raises:
            UsageError: it trains its own models, and some are given.
            ModelError: there is no such model.
        """
        if models and not self.models:
            raise UsageError(f"{self.name} trains its own models; leave --model out")
        module, _, attribute = self.run.partition(":")
        function = getattr(importlib.import_module(module), attribute)
        began = time.monotonic()
        finding = cast("Finding", function(self, models or self.models, seed, report))
        return msgspec.structs.replace(finding, seconds=time.monotonic() - began)
