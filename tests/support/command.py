"""The command line, in this process, as a shell would see it."""

from __future__ import annotations

import io
import json
import sys
from dataclasses import dataclass
from typing import Any

import pytest

from grnn_tui.cli.main import main


@dataclass(frozen=True)
class Ran:
    """What a command left behind."""

    status: int
    raw: bytes
    err: str

    @property
    def out(self) -> str:
        """stdout as text."""
        return self.raw.decode("utf-8", "surrogateescape")

    @property
    def json(self) -> Any:
        """The one object that stdout must hold; in ASCII."""
        assert self.raw.isascii()
        return json.loads(self.raw)


class Command:
    """Runs `grnn-tui ARGS`."""

    def __init__(self, patch: pytest.MonkeyPatch, capture: pytest.CaptureFixture[bytes]) -> None:
        self._patch = patch
        self._capture = capture

    def __call__(self, *args: object, stdin: bytes = b"") -> Ran:
        self._patch.setattr(sys, "argv", ["grnn-tui", *map(str, args)])
        self._patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        self._capture.readouterr()
        status = 0
        try:
            main()
        except SystemExit as stop:
            status = stop.code if isinstance(stop.code, int) else 1
        out, err = self._capture.readouterr()
        return Ran(status, out, err.decode())
