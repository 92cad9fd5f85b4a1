"""`python -m grnn_tui` and the console script: hand over to the command line."""

from __future__ import annotations


def main() -> None:
    """Run the command line; the import waits until here so that start-up errors are ours to report."""
    from grnn_tui.cli.main import main as run

    run()


if __name__ == "__main__":
    main()
