"""States of playing rows that are worth a look, each reached by keys."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from msgspec.structs import replace

from tests.ui.support.row_stage import RowStage

Scene = Callable[[RowStage], Awaitable[None]]


async def empty(here: RowStage) -> None:
    """As it opens: nothing is written, the first distribution is there."""


async def growing(here: RowStage) -> None:
    """All samples are half written."""
    here.engine.limit = 150
    await here.press("enter")


async def half(here: RowStage) -> None:
    """Of small rows, half is written."""
    here.engine.limit = 15
    await here.press("enter")


async def finished(here: RowStage) -> None:
    """All are written; one of them is looked at, with its surprisal beside it."""
    await here.press("enter", "right_square_bracket", "right_square_bracket", *["up"] * 6, *["left"] * 5, "v", "v")


async def painted(here: RowStage) -> None:
    """A stroke has been made known over what was written."""
    few = replace(here.app.controller.controls, samples=4, particles=6)
    here.app.controller.set_controls(few)
    await here.press("enter", "home", *["down"] * 3, *["right"] * 4)
    for _ in range(7):
        await here.press("space", "right")


async def completed(here: RowStage) -> None:
    """And samples agree with it."""
    await painted(here)
    await here.press("f")


async def order(here: RowStage) -> None:
    """The order of writing as a gradient."""
    here.engine.limit = 100
    await here.press("O", "O", "O", "O", "enter", "v", "v", "v")


async def forced(here: RowStage) -> None:
    """A value is being chosen from the bars."""
    here.engine.limit = 100
    await here.press("enter", "5", "left", "left", "down")


async def real(here: RowStage) -> None:
    """A table, and the density of one of its columns."""
    await here.press("enter", "5", "left", "left", "left", "up", "up", "up")


async def real_known(here: RowStage) -> None:
    """Two columns are known."""
    await here.press("down", "space", "down", "down", "space", "full_stop", "full_stop", "f")


async def labelled(here: RowStage) -> None:
    """Each sample is told a class in turn; one level is being chosen."""
    here.engine.limit = 20
    await here.press("3", "down", "right", "1", "enter", "5", "left", "down", "down")


SCENES: dict[str, tuple[str, Scene]] = {
    "empty": ("small", empty),
    "growing": ("digits", growing),
    "half": ("small", half),
    "finished": ("digits", finished),
    "painted": ("digits", painted),
    "completed": ("digits", completed),
    "order": ("agnostic", order),
    "forced": ("small", forced),
    "flags": ("flags", finished),
    "colour": ("colour", finished),
    "real": ("numbers", real),
    "real-known": ("numbers", real_known),
    "labelled": ("grey", labelled),
}
"""By name: a model, and what keys do with it."""
