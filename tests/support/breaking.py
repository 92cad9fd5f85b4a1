"""Faults in the midst of a system call that changes the disk: the process dies, or the disk is full."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

MUTATING = ("open", "write", "fsync", "rename", "mkdir", "unlink", "rmdir", "chmod", "fchmod", "link")


@contextmanager
def broken_at(call: int, fault: Callable[[], BaseException]) -> Iterator[list[str]]:
    """Within, the `call`-th call that can change the disk raises instead (0: none does); yields the calls made."""
    calls: list[str] = []
    real = {name: getattr(os, name) for name in MUTATING}

    def breaking(name: str) -> Callable[..., Any]:
        def stand_in(*arguments: Any, **options: Any) -> Any:
            calls.append(name)
            if len(calls) == call:
                raise fault()
            return real[name](*arguments, **options)

        return stand_in

    for name in MUTATING:
        setattr(os, name, breaking(name))
    try:
        yield calls
    finally:
        for name, function in real.items():
            setattr(os, name, function)


def kill_this_process() -> BaseException:
    """A fault that nothing survives."""
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError


def full_disk() -> BaseException:
    """What a write meets on a full disk."""
    return OSError(28, "No space left on device")
