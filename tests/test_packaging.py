"""What is installed is all that is needed: the wheel alone, and a stranger's backend beside it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.ui.support.on_terminal import OnTerminal

ROOT = Path(__file__).parent.parent


def build_and_install(project: Path, wheels: Path, target: Path) -> None:
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(wheels)]
    subprocess.run(build, cwd=project, check=True, capture_output=True)
    (wheel,) = wheels.glob("*.whl")
    pip = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--no-index", "--target", str(target), str(wheel)]
    subprocess.run(pip, check=True, capture_output=True)


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that holds only what our wheel brings."""
    folder = tmp_path_factory.mktemp("installed")
    build_and_install(ROOT, folder / "wheels", folder / "site")
    return folder / "site"


@pytest.fixture(scope="session")
def with_stranger(installed: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Our wheel and a third party's."""
    folder = tmp_path_factory.mktemp("stranger")
    build_and_install(ROOT / "tests" / "third_party", folder / "wheels", folder / "site")
    return [installed, folder / "site"]


def grnn(paths: list[Path], home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {
        "PYTHONPATH": os.pathsep.join(map(str, paths)),
        "GRNN_TUI_RUNS": str(home / "runs"),
        "GRNN_TUI_CACHE": str(home / "cache"),
        "OMP_NUM_THREADS": "1",
    }
    command = [sys.executable, "-m", "grnn_tui", *arguments]
    return subprocess.run(command, cwd=home, env=environment, capture_output=True, text=True, timeout=120, check=False)


def test_the_wheel_carries_the_models_and_plays_them_from_another_folder(installed: Path, tmp_path: Path) -> None:
    listed = grnn([installed], tmp_path, "models", "--json")
    assert listed.returncode == 0, listed.stderr
    names = {model["name"] for model in json.loads(listed.stdout)["models"]}
    shipped = {folder.name for folder in (ROOT / "models").iterdir() if folder.is_dir()}
    assert shipped <= names
    played = grnn([installed], tmp_path, "generate", "tales-lstm", "--prompt", "Once", "--length", "50", "--seed", "1")
    assert played.returncode == 0, played.stderr
    assert played.stdout.startswith("Once")


def test_the_wheel_carries_the_pages_of_the_backends(installed: Path, tmp_path: Path) -> None:
    families = ROOT / "grnn_tui" / "backends"
    pages = {page.relative_to(ROOT) for page in families.glob("*/README.md")}
    assert pages == {page.relative_to(installed) for page in (installed / "grnn_tui" / "backends").glob("*/README.md")}
    printed = grnn([installed], tmp_path, "backends", "rowlstm")
    assert printed.returncode == 0, printed.stderr
    assert printed.stdout.startswith((families / "pixelrnn" / "README.md").read_text("utf-8").rstrip())


def test_a_strangers_backend_is_listed_trained_and_played(
    with_stranger: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed = grnn(with_stranger, tmp_path, "backends", "--json")
    assert "echo" in {backend["name"] for backend in json.loads(listed.stdout)["backends"]}
    named = grnn(with_stranger, tmp_path, "backends", "echo")
    assert named.stdout.split()[:2] == ["backend", "setting"]
    assert "where the echo's log-odds start" in named.stdout

    run = tmp_path / "runs" / "echoes"
    text = tmp_path / "text.txt"
    text.write_text("aaaabbbbccccaaaabbbb" * 200)
    options = ["--doubt", "1.5", "--steps", "40", "--lr", "0.1", "--name", "echoes"]
    trained = grnn(with_stranger, tmp_path, "train", str(text), "--backend", "echo", *options)
    assert trained.returncode == 0, trained.stderr
    assert run.is_dir()

    played = grnn(with_stranger, tmp_path, "next", "echoes", "--prompt", "b", "--json")
    assert played.returncode == 0, played.stderr
    bars = json.loads(played.stdout)["symbols"]
    assert bars[0]["symbol"] == "b"
    assert bars[0]["p"] > 0.7

    for variable in ("GRNN_TUI_RUNS", "GRNN_TUI_CACHE", "GRNN_TUI_STATE"):
        monkeypatch.setenv(variable, str(tmp_path / variable.removeprefix("GRNN_TUI_").lower()))
    screen = OnTerminal(tmp_path, "echoes", paths=with_stranger)
    try:
        screen.until(lambda: "echoes" in screen.rows()[0])
        screen.type("b")
        screen.until(lambda: any("'b'" in row and "█" in row for row in screen.rows()))
    finally:
        screen.close()

    alone = grnn(with_stranger[:1], tmp_path, "next", "echoes", "--prompt", "b")
    assert alone.returncode == 2
    assert "echo" in alone.stderr
    assert "Traceback" not in alone.stderr
