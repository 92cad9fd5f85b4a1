"""A test that cannot fail is a defect: every mechanism is broken once, in a copy, and its test goes red."""

from __future__ import annotations

import ast
import importlib
import os
import pkgutil
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.faults import mutations
from tests.faults.mutations import Mutation
from tests.faults.promises import PROMISES

ROOT = Path(__file__).parents[2]
MODULES = [importlib.import_module(f"{mutations.__name__}.{m.name}") for m in pkgutil.iter_modules(mutations.__path__)]
ALL: list[Mutation] = [mutation for module in MODULES for mutation in module.MUTATIONS]
QUICK = "the SHA-256 of a file is not compared"
"""The one that is tried in every run of the tests."""


def named(mutation: Mutation) -> str:
    return f"{mutation.promise}: {mutation.breaks}"


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The code and its tests, to be broken."""
    folder = tmp_path_factory.mktemp("copy")
    unwanted = shutil.ignore_patterns("__pycache__", "__snapshots__")
    for name in ("grnn_tui", "tests"):
        shutil.copytree(ROOT / name, folder / name, ignore=unwanted)
    shutil.copy(ROOT / "pyproject.toml", folder)
    for name in ("models", "snapshots", "README.md", "SECURITY.md"):
        (folder / name).symlink_to(ROOT / name)
    return folder


def test_every_mutation_fits_the_code_and_names_a_test() -> None:
    for mutation in ALL:
        assert (ROOT / "grnn_tui" / mutation.file).read_text().count(mutation.old) == 1, named(mutation)
        file, _, name = mutation.test.partition("::")
        functions = [n.name for n in ast.walk(ast.parse((ROOT / file).read_text())) if hasattr(n, "name")]
        assert name.partition("[")[0] in functions, named(mutation)
    assert {mutation.promise for mutation in ALL} <= {promise.number for promise in PROMISES}


@pytest.mark.mutation
@pytest.mark.parametrize(
    "mutation",
    [pytest.param(m, id=named(m), marks=() if m.breaks == QUICK else pytest.mark.complete) for m in ALL],
)
def test_a_broken_mechanism_is_noticed(mutation: Mutation, copy: Path) -> None:
    file = copy / "grnn_tui" / mutation.file
    sound = file.read_text()
    file.write_text(sound.replace(mutation.old, mutation.new))
    try:
        environment = os.environ | {"PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1"}
        ran = subprocess.run(
            [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", "--complete", mutation.test],
            cwd=copy, env=environment, capture_output=True, text=True, check=False,
        )  # fmt: skip
    finally:
        file.write_text(sound)
    assert ran.returncode == 1, f"{named(mutation)}\n{ran.stdout[-3000:]}{ran.stderr[-1000:]}"
