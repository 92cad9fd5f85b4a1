"""Where a person's own files are; somewhere also for one who has no home."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal

import platformdirs

NOWHERE = Path(os.devnull, "grnn-tui")
"""The place of one without a home: nothing is there and nothing can be made there, which is told as of any other."""


def own_place(kind: Literal["cache", "config", "data", "state"]) -> Path:
    """The folder for files of that kind, as this system has it."""
    try:
        found: Path = getattr(platformdirs, f"user_{kind}_path")("grnn-tui", appauthor=False)
    except RuntimeError:  # there is no home
        return NOWHERE
    return found


def expanded(reference: str | Path) -> Path:
    """`reference` as a path, `~` meaning home where there is one."""
    return Path(os.path.expanduser(reference))  # noqa: PTH111  pathlib raises for unknown users
