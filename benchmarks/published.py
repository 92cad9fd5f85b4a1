"""`python -m benchmarks published [PART ...]`: the models held to published numbers, by the project's own commands.

Each part trains and scores as a person would and prints its commands, the figure reached and the goal. The data are
in the folder that `GRNN_TUI_DATA` names; runs stay in `GRNN_TUI_RUNS`, where the part is told so.
"""

from __future__ import annotations

import json
import os
import random
import shlex
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.report import Line, Table, report
from grnn_tui.backends.modeldir import Header

DATA = Path(os.environ.get("GRNN_TUI_DATA", "data"))
QUIET = ("--threads", "1", "--checkpoint-every", "1000")


def grnn(*words: str) -> Any:
    """What the last line that `grnn-tui WORDS --json` prints says; the command is printed."""
    print("  grnn-tui " + shlex.join(words), flush=True)
    done = subprocess.run([sys.executable, "-m", "grnn_tui", *words, "--json"], capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(done.stderr)
    return json.loads(done.stdout.splitlines()[-1])


def trained(name: str, *words: str) -> Any:
    """Train a run called `name` (unless it is there) and say how it ended."""
    from grnn_tui.runs.store import runs_root

    folder = runs_root() / name
    if folder.exists():
        return {}
    return grnn("train", *words, *QUIET, "--name", name)


def reached(name: str, value: float, goal: float, unit: str = "nats") -> Line:
    """A figure that should be at most `goal`."""
    return Line(name, value, value, value, unit, goal)


def uci() -> list[Line]:
    """NADE of 50 hidden units on binary sets, fixed order, stopped early on their validation rows."""
    chosen = {
        "mushrooms": ("0.1", "100", "8e-3", "100", "1", 10.1),
        "dna": ("0.3", "100", "8e-3", "60", "0.5", 86.0),
        "adult": ("0.1", "100", "8e-3", "60", "2", 13.4),
        "nips_0_12": ("0.5", "32", "4e-3", "60", "0.5", 277.0),
    }
    lines = []
    for name, (dropout, batch, rate, epochs, every, goal) in chosen.items():
        files = DATA / name
        settings = ("--backend", "binary-nade", "--hidden", "50", "--dropout", dropout)
        options = ("--batch", batch, "--lr", rate, "--epochs", epochs, "--validate-every", every)
        held = ("--val", str(files / "valid.csv.gz"))
        trained(f"nade-{name}", str(files / "train.csv.gz"), *held, *settings, *options)
        scored = grnn("score", f"nade-{name}@best", str(files / "test.csv.gz"))
        lines.append(reached(f"NADE 50, {name}, test", scored["nats_per_row"], float(goal)))
    return lines


def wines() -> list[Line]:
    """RNADE on standardised wines, ten random 90/10 splits, a fixed budget, nothing selected on the held-out tenth."""
    lines = []
    kinds = {
        "red": (("--hidden", "50", "--components", "10"), "4e-3", 9.6),
        "white": (("--hidden", "100", "--components", "20"), "8e-3", 10.4),
    }
    for name, (sizes, rate, goal) in kinds.items():
        found = []
        for split in range(10):
            run = f"rnade-{name}-{split}"
            settings = ("--backend", "rnade", *sizes, "--dropout", "0.2")
            options = ("--batch", "100", "--lr", rate, "--epochs", "100", "--validate-every", "1000")
            rows = ("--drop", "11", "--data-seed", str(split), "--val", "0.1")
            file = str(DATA / "uci_continuous" / f"winequality-{name}.csv")
            trained(run, file, *rows, *settings, *options)
            found.append(held_out_standardised(run))
        mean = statistics.mean(found)
        lines.append(Line(f"RNADE, {name} wine, -log p", mean, min(found), max(found), "nats", goal))
    return lines


def header_of(run: str) -> Header:
    """`model.json` of the newest checkpoint of a run."""
    from grnn_tui.backends.modeldir import read_header
    from grnn_tui.runs.store import find_run

    newest = find_run(run).newest()
    assert newest is not None
    return read_header(newest.path)


def held_out_standardised(run: str) -> float:
    """The held-out loss at the end of a run over real values, in nats per row on the standardised scale."""
    import math

    from grnn_tui.data.row_domain import RowDomain

    header = header_of(run)
    assert isinstance(header.domain, RowDomain)
    assert header.trained.validation_nats is not None
    return header.trained.validation_nats * header.domain.length - sum(map(math.log, header.domain.scale))


def exact() -> list[Line]:
    """Models of images against the exact entropy of what made them: at most 2 % above, never below."""
    slow = ("--batch", "32", "--lr", "8e-3", "--warmup", "100")
    kinds = {
        "binary-nade": ("--hidden", "100", "--batch", "100", "--lr", "1e-2", "--steps", "6000"),
        "rowlstm": ("--hidden", "16", "--kernel", "5", *slow, "--steps", "3000"),
        "diagonal": ("--hidden", "16", *slow, "--steps", "2000"),
    }
    lines = []
    for data in ("bars-and-stripes", "ising"):
        for backend, options in kinds.items():
            name = f"{backend}-{data}"
            trained(name, data, "--data-size", "100000", "--backend", backend, *options, "--validate-every", "1000")
            scored = grnn("score", name, data, "--data-seed", "77", "--data-size", "20000")
            above = scored["nats_per_row"] / scored["exact_nats_per_row"]
            error = scored["standard_error"] / scored["exact_nats_per_row"]
            lines.append(Line(f"{backend}, {data}", above, above - error, above + error, "x", 1.02))
    return lines


def pooled() -> list[Line]:
    """14 x 14 binarized MNIST (2 x 2 majority): PixelRNN against NADE in equal CPU time."""
    files = DATA / "binarized_mnist"
    kinds = {
        "binary-nade": ("--hidden", "200", "--batch", "100", "--lr", "5e-3"),
        "rowlstm": ("--layers", "2", "--batch", "32", "--lr", "1e-2", "--warmup", "100"),
        "diagonal": ("--hidden", "16", "--layers", "1", "--batch", "32", "--lr", "1e-2", "--warmup", "100"),
    }
    nats = {}
    for backend, options in kinds.items():
        name = f"{backend}-pooled"
        rows = (str(files / "binarized_mnist_train.amat.gz"), "--val", str(files / "binarized_mnist_valid.amat.gz"))
        how = ("--pool", "2", "--backend", backend, *options, "--seconds", "400", "--validate-every", "100")
        trained(name, *rows, *how)
        test = str(files / "binarized_mnist_test.amat.gz")
        nats[backend] = grnn("score", f"{name}@best", test, "--pool", "2")["nats_per_row"]
    nade = nats.pop("binary-nade")
    lines = [Line("NADE 200, 14 x 14 digits, test", nade, nade, nade, "nats")]
    return lines + [reached(f"{name}, 14 x 14 digits, test", value, nade) for name, value in nats.items()]


def mnist() -> list[Line]:
    """NADE of 500 hidden units on binarized MNIST, the fixed files, within an hour of one core."""
    files = DATA / "binarized_mnist"
    rows = (str(files / "binarized_mnist_train.amat.gz"), "--val", str(files / "binarized_mnist_valid.amat.gz"))
    how = ("--backend", "binary-nade", "--hidden", "500", "--batch", "100", "--lr", "2e-3", "--seconds", "1800")
    trained("nade-mnist", *rows, *how, "--validate-every", "240")
    scored = grnn("score", "nade-mnist@best", str(files / "binarized_mnist_test.amat.gz"))
    return [reached("NADE 500, binarized MNIST, test", scored["nats_per_row"], 95.0)]


def chorales() -> list[Line]:
    """RNN-NADE on JSB chorales, nats per moment, beside a NADE that sees one moment at a time."""
    file = str(DATA / "jsb_chorales" / "jsb_chorales.npz")
    held = ("--val", f"{file}:valid")
    sizes = ("--hidden", "100", "--state", "100", "--dropout", "0.2")
    limits = ("--batch", "2", "--lr", "5e-3", "--steps", "3450", "--validate-every", "10")
    trained("rnn-nade", f"{file}:train", *held, "--backend", "rnn-nade", *sizes, *limits)
    alone = ("--no-sequence", "--backend", "binary-nade", "--hidden", "100")
    trained(
        "frame-nade",
        f"{file}:train",
        *held,
        *alone,
        "--batch",
        "100",
        "--lr",
        "1e-2",
        "--epochs",
        "60",
        "--dropout",
        "0.3",
    )
    scored = grnn("score", "rnn-nade@best", f"{file}:test")
    frames = grnn("score", "frame-nade@best", f"{file}:test", "--no-sequence")["nats_per_row"]
    return [
        reached("RNN-NADE, JSB chorales, test", scored["nats_per_row"], 6.5),
        Line("NADE of single moments, test", frames, frames, frames, "nats"),
    ]


def names() -> list[Line]:
    """GRU on first names, the lecture's split: 80/10/10 after a shuffle by seed 42."""
    words = (DATA / "names" / "names.txt").read_text().split()
    random.seed(42)
    random.shuffle(words)
    cuts = (0, int(0.8 * len(words)), int(0.9 * len(words)), len(words))
    with tempfile.TemporaryDirectory() as folder:
        parts = []
        for i, part in enumerate(("train", "dev", "test")):
            file = Path(folder) / f"{part}.txt"
            file.write_text("\n".join(words[cuts[i] : cuts[i + 1]]) + "\n")
            parts.append(str(file))
        how = ("--backend", "gru", "--hidden", "192", "--embedding", "32", "--dropout", "0.4", "--weight-decay", "0.1")
        limits = ("--batch", "64", "--length", "32", "--lr", "6e-3", "--steps", "2500", "--validate-every", "10")
        trained("gru-names", parts[0], "--val", parts[1], *how, *limits)
        scored = grnn("score", "gru-names@best", parts[2])
    return [reached("GRU, names, test", scored["nats_per_symbol"], 2.02)]


def reber() -> list[Line]:
    """LSTM on embedded Reber strings: bits a string above the exact 7."""
    how = ("--backend", "lstm", "--hidden", "64", "--embedding", "16", "--lr", "6e-3", "--steps", "6000")
    ended = trained("lstm-reber", "embedded-reber", "--data-size", "2000000", *how, "--validate-every", "60")
    del ended
    scored = grnn("score", "lstm-reber", "embedded-reber")
    floor = header_of("lstm-reber").trained.floor_nats
    assert floor is not None
    return [reached("LSTM, embedded Reber, a string", scored["nats_per_symbol"] / floor * 7, 7.02, "bits")]


PARTS: dict[str, Callable[[], list[Line]]] = {
    "uci": uci,
    "wines": wines,
    "exact": exact,
    "pooled": pooled,
    "names": names,
    "reber": reber,
    "chorales": chorales,
    "mnist": mnist,
}


def main(parts: list[str] | None = None) -> None:
    """Do `parts`, or all of them: about two hours and a half of one core."""
    for part in parts or list(PARTS):
        print(f"\n{part}: {(PARTS[part].__doc__ or '').strip()}")
        report(f"published-{part}", [Table(f"Published, {part}", PARTS[part]())])
