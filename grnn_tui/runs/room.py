"""How much room a run has left on its file system: a full disk also stops the rows that would tell of it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from grnn_tui.errors import RunError
from grnn_tui.runs.checkpoint import list_steps, read_step

CHECKPOINTS = 3
"""Room for fewer is little: the newest is written before an older one goes, and the best stays."""
LEAST = 1 << 20
"""What even the smallest checkpoint is counted as: rows of metrics need room too."""


@dataclass(frozen=True)
class Room:
    """Bytes that are free, and bytes that a checkpoint takes."""

    free: int
    checkpoint: int

    @property
    def many(self) -> int:
        """Checkpoints that still fit."""
        return self.free // max(self.checkpoint, LEAST)

    @property
    def alarm(self) -> str:
        """What a person should know, in one line; empty while there is room."""
        if self.many >= CHECKPOINTS:
            return ""
        takes = f", a checkpoint takes {told_bytes(self.checkpoint)}" if self.checkpoint else ""
        return f"disk {'nearly ' if self.many else ''}full: {told_bytes(self.free)} free{takes}"


def free_bytes(path: Path) -> int | None:
    """Free space where `path` is, for those who are not root; None if that is not told."""
    try:
        found = os.statvfs(path)
    except OSError:
        return None
    return found.f_bavail * found.f_frsize


def checkpoint_bytes(run: Path) -> int:
    """What the newest checkpoint takes, as its manifest says; 0 if there is none."""
    for step in reversed(list_steps(run)):
        try:
            facts = read_step(run, step, verify=False).manifest.files
        except RunError:
            continue
        return sum(fact.size for fact in facts.values())
    return 0


def room_of(path: Path, checkpoint: int) -> Room | None:
    """The room of the run at `path`, whose checkpoints take so many bytes; None if that is not told."""
    free = free_bytes(path)
    return None if free is None else Room(free, checkpoint)


def told_bytes(size: int) -> str:
    """A size in a few signs: `34M`."""
    for unit, sign in ((1 << 30, "G"), (1 << 20, "M"), (1 << 10, "K")):
        if size >= unit:
            return f"{size / unit:.3g}{sign}" if size < 1000 * unit else f"{size // unit}{sign}"
    return f"{size}B"
