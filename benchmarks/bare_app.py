"""The baseline of start-up and key-to-paint: the smallest Textual application with a line of text and an input."""

from __future__ import annotations

import sys

from textual.app import App, ComposeResult
from textual.widgets import Input, Static


class BareApp(App[None]):
    """One Static; with `--input`, an input under it."""

    def compose(self) -> ComposeResult:
        """Nothing more than that."""
        yield Static("READY")
        if "--input" in sys.argv:
            yield Input()


if __name__ == "__main__":
    BareApp().run()
