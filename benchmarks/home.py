"""A home of its own for a measured process, so that nothing of the user's is read or written.

Bytecode may be kept, as it is of installed packages: otherwise the baseline's is there and ours compiled at each start.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import msgspec


def environment(home: Path) -> dict[str, str]:
    """The variables of a 256-colour UTF-8 terminal, with every folder of ours under `home`."""
    own = {
        "TERM": "xterm-256color",
        "LANG": "C.UTF-8",
        "COLORTERM": "truecolor",
        "GRNN_TUI_RUNS": str(home / "runs"),
        "GRNN_TUI_CACHE": str(home / "cache"),
        "GRNN_TUI_CONFIG": str(home / "config"),
        "GRNN_TUI_STATE": str(home / "state"),
    }
    left_out = ("NO_COLOR", "PYTHONDONTWRITEBYTECODE")
    return {name: value for name, value in os.environ.items() if name not in left_out} | own


def left_with(home: Path, *, run: Path | None = None, **preferences: Any) -> dict[str, str]:
    """The same, as a person left it who has these preferences and has followed a run."""
    for folder, name, content in (
        ("config", "settings.json", preferences),
        ("state", "last.json", {"run": "" if run is None else str(run)}),
    ):
        (home / folder).mkdir(parents=True, exist_ok=True)
        (home / folder / name).write_bytes(msgspec.json.encode(content))
    return environment(home)
