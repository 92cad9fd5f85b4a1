"""Whether the terminal has taken what was last written to it.

Textual hands its output to a thread through a queue of 30 writes; when it is full, the next write blocks every key.
A frame is skipped while anything waits there. The queue is private: without one the terminal never seems busy.
"""

from __future__ import annotations

from typing import Any


def terminal_is_busy(app: Any) -> bool:
    """Whether output is still waiting to be written."""
    thread = getattr(getattr(app, "_driver", None), "_writer_thread", None)
    queue = getattr(thread, "_queue", None)
    return queue is not None and not queue.empty()
