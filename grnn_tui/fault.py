"""What is told of a fault of our own: one line, and the traceback in a file or made harmless for a terminal."""

from __future__ import annotations

import sys
import traceback
from pathlib import Path
from types import TracebackType


def keep_fault(error: BaseException, path: Path) -> str:
    """Write how it came to `error`; where that is, as a part of a line. The traceback itself if nothing can be written.

    Names and messages in it are foreign text.
    """
    came_to = "".join(traceback.format_exception(error))
    what = f"{type(error).__name__}: {error}"
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.write_text(came_to, "utf-8", "backslashreplace")
    except OSError:
        return came_to
    return f"{path} tells how: {what}"


def tell_fault(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """For `sys.excepthook`: the traceback, of which nothing drives the terminal."""
    from grnn_tui.safetext import for_terminal

    sys.stderr.write(for_terminal("".join(traceback.format_exception(kind, error, trace)), sys.stderr))
