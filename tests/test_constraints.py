"""Everything that `make` installs is pinned to files whose SHA-256 is known."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FILES = sorted(ROOT.glob("constraints*.txt"))
RUN, TOOLS, CUDA = (f"constraints{part}.txt" for part in ("", "-tools", "-cuda"))


def pinned(file: Path) -> dict[str, tuple[str, set[str]]]:
    """Version and hashes of every distribution that is named."""
    found: dict[str, tuple[str, set[str]]] = {}
    text = re.sub(r"^#.*\n", "", file.read_text(), flags=re.MULTILINE).replace("\\\n", " ")
    for line in text.splitlines():
        name, _, rest = line.partition("==")
        assert name not in found, f"{file.name} names {name} twice"
        found[name] = rest.split()[0], set(re.findall(r"--hash=sha256:([0-9a-f]{64})(?=\s|$)", line))
    return found


def names(requirements: list[str]) -> set[str]:
    return {re.split(r"[<>=~! ]", each)[0].lower().replace("_", "-") for each in requirements}


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_every_distribution_has_one_version_and_its_hashes(file: Path) -> None:
    for name, (version, hashes) in pinned(file).items():
        assert re.fullmatch(r"\d[\w.]*", version), name
        assert hashes, name


def test_the_files_agree() -> None:
    everywhere: dict[str, str] = {}
    for file in FILES:
        for name, (version, _) in pinned(file).items():
            assert everywhere.setdefault(name, version) == version, name


def test_what_the_project_asks_for_is_there_and_no_more_than_playing_needs() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    run, tools = pinned(ROOT / RUN), pinned(ROOT / TOOLS)
    assert names(project["project"]["dependencies"]) | names(project["build-system"]["requires"]) <= set(run)
    assert names(project["dependency-groups"]["dev"]) <= set(tools)
    assert not set(run) & names(["pytest", "mypy", "ruff"])
    assert not [name for name in run if re.match("nvidia|cuda|triton", name)]
    assert [name for name in pinned(ROOT / CUDA) if name.startswith("nvidia")]
