"""`make bench`: every benchmark, or those named on the command line."""

from __future__ import annotations

import importlib
import sys

NAMES = ("startup", "keys", "playing", "training", "scans", "pixels", "chart")


def main() -> int:
    """Run them in turn; status 2 for a name that is none."""
    if sys.argv[1:2] == ["published"]:  # hours, not minutes: only where it is asked for by name
        from benchmarks import published

        published.main(sys.argv[2:])
        return 0
    chosen = sys.argv[1:] or list(NAMES)
    if unknown := [name for name in chosen if name not in NAMES]:
        print(f"no benchmark is called {', '.join(unknown)}; there are: {', '.join(NAMES)}", file=sys.stderr)
        return 2
    for name in chosen:
        importlib.import_module(f"benchmarks.{name}").main()
    return 0


if __name__ == "__main__":
    sys.exit(main())
