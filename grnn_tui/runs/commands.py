"""`commands.jsonl`: steering a run by appending lines that its trainer polls between steps."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta


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
