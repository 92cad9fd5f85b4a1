"""Whether the terminal has taken what was last written to it, and its size.

Textual hands its output to a thread through a queue of 30 writes; when it is full, the next write blocks every key.
A frame is skipped while anything waits there. The queue is private: without one the terminal never seems busy.
"""

from __future__ import annotations

import shutil
from typing import Any

from textual.geometry import Size


def terminal_is_busy(app: Any) -> bool:
    """Whether output is still waiting to be written."""
    thread = getattr(getattr(app, "_driver", None), "_writer_thread", None)
    queue = getattr(thread, "_queue", None)
    return queue is not None and not queue.empty()


def terminal_size(app: Any) -> Size | None:
    """Of the terminal as it is now; None where there is none, or where it tells its changes itself, in its input."""
    driver = getattr(app, "_driver", None)
    if app.is_headless or getattr(driver, "_in_band_window_resize", True):
        return None
    return Size(*shutil.get_terminal_size())
