"""`python -m grnn_tui.engine`: speak the protocol over stdin and stdout until stdin ends."""

from __future__ import annotations

import os
import signal
import sys

NICENESS = 5


def main() -> int:
    """Serve; a Ctrl-C or a hang-up of the terminal is the screen's affair, not ours."""
    # A model that writes flat out must not keep the screen from the processor: a key is painted in two thirds the time.
    os.nice(NICENESS)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    # Whatever a library prints must not land between two frames.
    output = os.dup(1)
    os.dup2(2, 1)
    from grnn_tui.engine.server import Server

    return Server(0, output).serve()


if __name__ == "__main__":
    sys.exit(main())
