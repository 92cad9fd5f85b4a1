from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

SIZE = 64 << 20
BOUND_KIB = 40_000

MEASURE = """
import re, sys
from pathlib import Path
from grnn_tui.data.corpus import open_corpus
open_corpus("reber", size=100)
def anonymous():
    return int(re.search(r"RssAnon:\\s+(\\d+)", Path("/proc/self/status").read_text())[1])
before = anonymous()
peak = before
def watch(done, total):
    global peak
    peak = max(peak, anonymous())
corpus = open_corpus(sys.argv[1], progress=watch)
total = int(corpus.symbols.sum(dtype="int64"))
peak = max(peak, anonymous())
print(len(corpus), peak - before)
"""


def sparse(path: Path) -> int:
    with path.open("wb") as file:
        file.truncate(SIZE)
    return SIZE


def chinese(path: Path) -> int:
    line = "寒随穷律变，春逐鸟声开。\n".encode() * 1000
    with path.open("wb") as file:
        for _ in range(SIZE // len(line)):
            file.write(line)
    return SIZE // len(line) * 13_000


if Path("/proc/self/status").exists():

    @pytest.mark.parametrize("write", [sparse, chinese])
    def test_memory_does_not_grow_with_the_text(write, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
        length = write(tmp_path / "text")
        command = [sys.executable, "-c", MEASURE, str(tmp_path / "text")]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        symbols, grown = map(int, done.stdout.split())
        assert symbols == length
        assert grown < BOUND_KIB
