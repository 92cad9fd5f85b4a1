"""Rebuild the shipped models: for each recipe, train with the command on its card, then export the best checkpoint.

    make models                    # all of them
    make models ARGS="tales-gru"   # some

Each recipe of `recipes.toml` is a `train` command line without the run's name. The runs stay in `--runs DIR` if given,
else they are thrown away.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

HERE = Path(__file__).parent
LARGEST = 1_500_000


def main() -> int:
    """Build what is asked for; status 1 if a model is too large, 2 for a name that is none."""
    recipes = tomllib.loads((HERE / "recipes.toml").read_text())
    parser = argparse.ArgumentParser(description="Rebuild the shipped models.")
    parser.add_argument("names", nargs="*", help=f"which ({', '.join(recipes)}); all if none is named")
    parser.add_argument("--runs", type=Path, help="keep the training runs in this folder")
    options = parser.parse_args()
    names = options.names or list(recipes)
    if unknown := [name for name in names if name not in recipes]:
        parser.error(f"no recipe is called {', '.join(unknown)}")
    with tempfile.TemporaryDirectory() as temporary:
        runs = options.runs or Path(temporary)
        runs.mkdir(parents=True, exist_ok=True)
        sizes = {name: build(name, recipes[name], runs) for name in names}
    for name, size in sizes.items():
        print(f"{name:16} {size:9,} bytes{'   TOO LARGE' if size > LARGEST else ''}")
    return int(any(size > LARGEST for size in sizes.values()))


def build(name: str, recipe: dict[str, str], runs: Path) -> int:
    """Train and export one model; its size in bytes."""
    environment = os.environ | {"GRNN_TUI_RUNS": str(runs)}
    grnn = [sys.executable, "-m", "grnn_tui"]
    subprocess.run([*grnn, "train", *recipe["train"].split(), "--name", name], env=environment, check=True)
    directory = HERE / name
    export = [*grnn, "export", f"{name}@best", str(directory), "--summary", recipe["summary"], "--force"]
    subprocess.run(export, env=environment, check=True)
    return sum(file.stat().st_size for file in directory.iterdir())


if __name__ == "__main__":
    sys.exit(main())
