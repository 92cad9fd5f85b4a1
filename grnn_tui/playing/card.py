"""The card of a model directory: what it learned from, how, how well, and what it writes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from grnn_tui.backends.modeldir import Header
from grnn_tui.runs.scale import BITS, LossScale


@dataclass(frozen=True)
class Card:
    """Everything a card says."""

    name: str
    summary: str
    header: Header
    parameters: int
    references: Mapping[str, float]
    """Reference lines on the same held-out text, nats per symbol."""
    sample: str
    notes: Sequence[str] = ()


def markdown(card: Card) -> str:
    """The card as Markdown; the sample stands in a fence longer than any run of backticks in it."""
    trained = card.header.trained
    scale = LossScale.of(card.header.domain, bound=trained.bound)
    lines, rows_or_text = card.references.items(), f"{scale.per}s" if scale.row else "text"
    settings = ", ".join(f"{name} {_plain(value)}" for name, value in card.header.settings.items() if value != "")
    rows = [
        ("backend", f"`{card.header.backend}`: {settings}"),
        ("parameters", f"{card.parameters:,}"),
        ("data", f"`{trained.data}`"),
        ("command", f"`{trained.command}`"),
        ("trained for", f"{trained.step:,} steps, {trained.seconds:,.0f} s"),
        (f"{scale.called()} on held-out {rows_or_text}", _nats(trained.validation_nats, scale)),
        *((f"{name} on the same {rows_or_text}", _nats(value, scale)) for name, value in lines),
    ]
    if trained.floor_nats is not None:
        rows.append(("exact entropy of the source", _nats(trained.floor_nats, scale)))
        if trained.validation_nats is not None:
            above = trained.validation_nats - trained.floor_nats
            share = f"{100 * above / trained.floor_nats:.2f} %"
            rows.append(("above the exact entropy by", f"{scale.nats(above):.4f} nats" if scale.row else share))
    fence = "```"
    while fence in card.sample:
        fence += "`"
    table = "\n".join(f"| {name} | {value} |" for name, value in rows)
    does = "draws" if scale.row else "writes"
    notes = "".join(f"\n{note}\n" for note in card.notes)
    return (
        f"# {card.name}\n\n{card.summary}\n\n| | |\n|---|---|\n{table}\n{notes}\n"
        f"It {does}, at temperature 1 and seed 1:\n\n{fence}text\n{card.sample.rstrip()}\n{fence}\n"
    )


def _plain(value: Any) -> str:
    return {True: "on", False: "off"}.get(value, str(value)) if isinstance(value, bool) else str(value)


def _nats(value: float | None, scale: LossScale) -> str:
    if value is None:
        return "not measured"
    told = f"{scale.nats(value):.4f} nats per {scale.per}"
    return f"{told}, {value * BITS:.4f} bits per {scale.unit}" if scale.row else told
