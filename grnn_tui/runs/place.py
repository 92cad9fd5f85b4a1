"""Which of the processes of a training this one is, as its environment tells."""

from __future__ import annotations

import ctypes
import os
import platform
import signal
from dataclasses import dataclass

from grnn_tui.errors import UsageError

MEETING = "GRNN_TUI_MEETING"
"""Environment variable: the file where the processes of our own launcher find one another."""
LAUNCHER = "GRNN_TUI_LAUNCHER"
"""Environment variable: the process that our own launcher is."""
LOST = 75
"""Exit status of a process that had to end because another one is gone (EX_TEMPFAIL)."""
LOOPBACK = "lo0" if platform.system() == "Darwin" else "lo"
_PR_SET_PDEATHSIG = 1


@dataclass(frozen=True)
class Place:
    """Which of the processes of a training this one is."""

    rank: int
    count: int
    local: int
    """Among those on this machine: which of its devices is ours."""
    here: int = 1
    """How many of them are on this machine."""

    @classmethod
    def found(cls) -> Place | None:
        """From the environment variables of our launcher or of torchrun; None: this process trains alone.

        Raises:
            UsageError: they make no sense.
        """
        if MEETING not in os.environ and "TORCHELASTIC_RUN_ID" not in os.environ:
            return None
        try:
            rank, count, local = (int(os.environ[name]) for name in ("RANK", "WORLD_SIZE", "LOCAL_RANK"))
        except (KeyError, ValueError):
            raise UsageError("RANK, WORLD_SIZE and LOCAL_RANK must be numbers: start it with torchrun") from None
        if not 0 <= rank < count:
            raise UsageError(f"RANK={rank} of WORLD_SIZE={count} makes no sense: start it with torchrun")
        return cls(rank, count, local, int(os.environ.get("LOCAL_WORLD_SIZE", count)))

    @property
    def launched(self) -> bool:
        """Whether our own launcher started it, which then holds the lock."""
        return MEETING in os.environ


def die_with_parent() -> None:
    """From now on this process is killed when the one that started it dies (Linux; elsewhere its heartbeat looks)."""
    parent = starter()
    if platform.system() == "Linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(LOST)


def starter() -> int:
    """The process that started this one. Of our launcher by its own word: it may have died before anyone asks."""
    return int(os.environ.get(LAUNCHER) or os.getppid())
