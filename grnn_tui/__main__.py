"""`python -m grnn_tui` and the console script: hand over to the command line."""

from __future__ import annotations

import sys
from typing import Any


def main() -> None:
    """Run the command line; the import waits until here so that start-up errors are ours to report.

    Without arguments there is nothing to parse, and the screen need not wait for the parser.
    """
    sys.excepthook = _tell_fault
    if len(sys.argv) == 1:
        from grnn_tui.ui.start import run_alone

        sys.exit(run_alone())
    from grnn_tui.cli.main import main as run

    run()


def _tell_fault(*fault: Any) -> None:
    from grnn_tui.fault import tell_fault

    tell_fault(*fault)


if __name__ == "__main__":
    main()
