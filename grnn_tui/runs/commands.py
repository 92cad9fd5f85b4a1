"""`commands.jsonl`: steering a run by appending lines that its trainer polls between steps."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta

from grnn_tui.errors import RunError
from grnn_tui.foreign import from_json, open_file
from grnn_tui.runs.files import LineAppender
from grnn_tui.runs.seals import opened_line

NAME = "commands.jsonl"
MAX_POLL_BYTES = 1 << 16


class PauseRun(msgspec.Struct, frozen=True, tag="pause", tag_field="do", forbid_unknown_fields=True):
    """Stay alive, keep the state, take no steps."""


class ResumeRun(msgspec.Struct, frozen=True, tag="resume", tag_field="do", forbid_unknown_fields=True):
    """Take steps again."""


class StopRun(msgspec.Struct, frozen=True, tag="stop", tag_field="do", forbid_unknown_fields=True):
    """Finish the step, checkpoint, exit."""


class SaveCheckpoint(msgspec.Struct, frozen=True, tag="checkpoint", tag_field="do", forbid_unknown_fields=True):
    """Checkpoint after this step."""


class SetRate(msgspec.Struct, frozen=True, tag="set", tag_field="do", forbid_unknown_fields=True):
    """From the next step on, scale the schedule so that its peak is `lr`."""

    lr: Annotated[float, Meta(gt=0, le=10)]


Command = PauseRun | ResumeRun | StopRun | SaveCheckpoint | SetRate
_decoder = msgspec.json.Decoder(Command)


def append_command(path: Path, command: Command) -> None:
    """Ask something of the run whose `commands.jsonl` is `path`, in one write.

    Raises:
        RunError: it cannot be written.
    """
    try:
        LineAppender(path).append(msgspec.json.encode(command))
    except OSError as error:
        raise RunError(f"cannot steer the run: {path}: {error.strerror or error}") from None


class CommandReader:
    """Polls `commands.jsonl` for what is new since a sitting began.

    What was appended before the reader was made belongs to an earlier sitting and is left out: a `stop` meant for a
    trainer that died must not stop the next one.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.bad = 0
        """Lines that were no commands."""
        try:
            self.offset = path.stat().st_size
        except OSError:
            self.offset = 0

    def poll(self) -> list[Command]:
        """Commands appended since the last call, at most `MAX_POLL_BYTES` of them at once; mostly none, and cheap."""
        try:
            if self.path.stat().st_size <= self.offset:
                return []
            with open_file(self.path) as file:
                file.seek(self.offset)
                content = file.read(MAX_POLL_BYTES)
        except OSError:
            return []
        end = content.rfind(b"\n") + 1
        if not end and len(content) == MAX_POLL_BYTES:
            end = len(content)
        self.offset += end
        found: list[Command] = []
        for line in content[:end].split(b"\n"):
            if line:
                try:
                    found.append(from_json(opened_line(line) or b"", _decoder))
                except msgspec.DecodeError:
                    self.bad += 1
        return found
