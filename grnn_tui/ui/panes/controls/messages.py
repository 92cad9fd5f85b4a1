"""What the controls tell the screen."""

from __future__ import annotations

from dataclasses import dataclass

from textual.message import Message

from grnn_tui.ui.panes.controls.view import Controls


@dataclass
class ControlsChanged(Message):
    """A setting was turned."""

    controls: Controls
