"""Whatever is named as a text, `train` reads it or refuses it in one line; ten gigabytes of it take no memory."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from tests.cli.conftest import run as run
from tests.faults.cases import corpora
from tests.faults.cases.opening import ROOT, homes
from tests.support.command import Command
from tests.support.promises import Reached
from tests.support.waiting import wait_for

SMALL = ("--backend", "gru", "--hidden", "4", "--steps", "2", "--batch", "2", "--length", "4")
NAMED = {
    "empty": "empty",
    "one byte": "too few",
    "one symbol": None,
    "binary": None,
    "bad UTF-8": None,
    "no newline": None,
    "a pipe": "pipe",
}
"""What is refused, and a word of why; None: read."""
TEN_GIGABYTES = 10 << 30


@pytest.mark.promise(26)
@pytest.mark.parametrize("name", NAMED)
def test_it_is_trained_on_or_refused_in_a_line(name: str, run: Command, tmp_path: Path, reached: Reached) -> None:
    corpora.CORPORA[name](path := tmp_path / "text")
    ran = run("train", path, *SMALL)
    why = NAMED[name]
    if why is None:
        assert ran.status == 0, ran
    else:
        told = [line for line in ran.err.splitlines() if line.startswith("grnn-tui: ")]
        assert (ran.status, len(told)) == (2, 1), ran
        assert re.search(why, told[0]), ran
    reached(kinds_of_text_read_or_refused=1)


@pytest.mark.promise(26)
@pytest.mark.skipif(os.geteuid() != 0, reason="only root becomes a user who may not read")
def test_what_may_not_be_read_is_refused_in_a_line(reached: Reached) -> None:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o777)
        path = Path(folder, "text")
        path.write_text("not for everybody")
        path.chmod(0o600)
        ran = subprocess.run([sys.executable, "-c", AS_NOBODY, str(path)], capture_output=True, text=True, check=False,
                             cwd=ROOT, env=homes(Path(folder)))  # fmt: skip
    assert ran.stdout.strip() == f"cannot read {path}: Permission denied", ran.stderr
    reached(kinds_of_text_read_or_refused=1)


AS_NOBODY = """
import os, sys
from grnn_tui.data.corpus import open_corpus
from grnn_tui.data.sources import resolve
from grnn_tui.errors import DataError
import grnn_tui.data.labelled
os.setgroups([])
os.setgid(65534)
os.setuid(65534)
try:
    open_corpus(sys.argv[1])
except DataError as error:
    print(error)
"""


@pytest.mark.promise(26)
@pytest.mark.complete
@pytest.mark.timeout(1200)
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="measures with /proc")
def test_ten_gigabytes_take_no_memory(tmp_path: Path, reached: Reached) -> None:
    path = tmp_path / "text"
    with path.open("wb") as file:
        file.truncate(TEN_GIGABYTES)
    command = [sys.executable, "-m", "grnn_tui", "train", str(path), *SMALL]
    peak = 0
    # The cache keeps a byte for each symbol, and refuses where the disk has no room for them.
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    with subprocess.Popen(command, env=homes(tmp_path), cwd=ROOT, **pipes) as child:  # type: ignore[call-overload]
        try:

            def over() -> bool:
                nonlocal peak
                found = re.search(r"RssAnon:\s+(\d+)", Path(f"/proc/{child.pid}/status").read_text())
                peak = max(peak, int(found[1]) << 10 if found else 0)
                return child.poll() is not None

            wait_for(over, 1100)
            assert child.stdout is not None
            said = child.stdout.read().decode()
        finally:
            child.kill()
    told = child.returncode == 2 and "GB are free" in said
    assert child.returncode == 0 or told, said
    assert peak < 1 << 30
    (tmp_path / "text").unlink()
    reached(kinds_of_text_read_or_refused=1, MB_of_memory_for_10_GB=peak / (1 << 20))
