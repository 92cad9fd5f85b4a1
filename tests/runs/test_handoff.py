"""Scripts for torchrun and Slurm, of runs and with programs of any name."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from grnn_tui.runs.directory import Run
from grnn_tui.runs.handoff import Hosts, write_scripts

SHOW = b'printf \'%s\\0%s\' "$PYTHON" "$RUN"; exit; exec '


@pytest.mark.parametrize(
    "name", ["plain", "a b", "it's", 'x"$HOME`id`', "}\\n$(id)", "torchrun.sh", os.fsdecode(b"\xff"), "two\nlines"]
)
def test_a_script_starts_the_program_and_the_run_of_any_name(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", f"/opt/{name}/python")
    torchrun, slurm = write_scripts(Run(Path("/data", name)), Hosts(2, 4), tmp_path)
    (tmp_path / "shown").write_bytes(torchrun.read_bytes().replace(b"exec ", SHOW))
    shown = subprocess.run(
        ["bash", tmp_path / "shown"], capture_output=True, check=True, env={"PATH": os.environ["PATH"]}
    )
    assert shown.stdout.split(b"\0") == [os.fsencode(f"/opt/{name}/python"), os.fsencode(f"/data/{name}")]
    assert torchrun.name.encode() in torchrun.read_bytes()
    assert slurm.read_bytes().endswith(os.fsencode(f"srun bash {torchrun}\n"))
