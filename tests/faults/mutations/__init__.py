"""Each mechanism that keeps a promise, broken once: the test named must go red."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Mutation:
    """A change of one place in `grnn_tui/`, and the test that has to notice."""

    promise: int
    breaks: str
    """What no longer works, in a few words."""
    file: str
    """Under `grnn_tui/`."""
    old: str
    """Text that the file holds exactly once."""
    new: str
    test: str
    """`tests/...py::test_name`, with `[id]` where one of several examples is enough."""
