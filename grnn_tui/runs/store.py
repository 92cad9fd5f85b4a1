"""Where runs live: making, finding and listing them."""

from __future__ import annotations

import contextlib
import difflib
import math
import os
import re
import shlex
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import msgspec

from grnn_tui.errors import RunError, UsageError
from grnn_tui.places import expanded, own_place
from grnn_tui.private import FOLDER_MODE, make_private
from grnn_tui.runs import lock, metrics
from grnn_tui.runs.directory import REQUEST, Run, RunState, is_run, read_request, status_from
from grnn_tui.runs.files import make_folder, write_once
from grnn_tui.runs.request import RunRequest
from grnn_tui.runs.rows import Started, Trained, Validated
from grnn_tui.runs.scale import PER_SYMBOL, LossScale
from grnn_tui.runs.seals import sealed_file

VARIABLE = "GRNN_TUI_RUNS"
_SAY_NOTHING = frozenset({"input", "train", "data", "text", "corpus"})
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,63}")


@dataclass(frozen=True)
class RunSummary:
    """One line of the list of runs."""

    name: str
    path: Path
    state: RunState
    pid: int | None
    backend: str
    data: str
    created: str
    step: int
    """Of the newest row."""
    seconds: float
    progress: float
    loss: float | None
    """Training loss of the newest row, nats per symbol."""
    validation: float | None
    """The lowest validation loss among the newest rows and the checkpoints kept."""
    checkpoints: tuple[int, ...]
    scale: LossScale = PER_SYMBOL
    """How both losses are told."""
    reference: float | None = None
    """What the best of the simple models reaches, nats per symbol."""


def runs_root() -> Path:
    """The folder that holds the runs: `GRNN_TUI_RUNS`, else the user's data folder."""
    named = os.environ.get(VARIABLE)
    return expanded(named).absolute() if named else own_place("data") / "runs"


def check_name(name: str) -> str:
    """`name`, if a new run may be called that.

    Raises:
        UsageError: it may not.
    """
    if not is_name(name):
        raise UsageError(
            f"{name!r} cannot be a run's name: use up to 64 of letters, digits, '.', '_' and '-',"
            " and begin with neither '.' nor '-'"
        )
    return name


def is_name(name: str) -> bool:
    """Whether `name` is one that a new run may have: harmless wherever it stands."""
    return _NAME.fullmatch(name) is not None


def suggest_name(data: str, backend: str, now: datetime | None = None) -> str:
    """A name for a new run, such as `1120-tales-lstm`; `new_run` makes it unique."""
    now = now or datetime.now()
    path = Path(data)
    stem = path.name.split(".")[0]
    if stem in _SAY_NOTHING and path.parent.name:
        stem = path.parent.name
    stem = re.sub(r"[^A-Za-z0-9_]+", "-", stem).strip("-")[:32] or "text"
    return f"{now:%m%d}-{stem}-{backend}"[:56].rstrip("-.")


def reserve(name: str = "", *, suggestion: str = "run", path: Path | None = None, mode: int = FOLDER_MODE) -> Path:
    """Make an empty folder for a new run: at `path`, or called `name`, or `suggestion` made unique; of this `mode`.

    Raises:
        UsageError: `name` cannot be one.
        RunError: it is there already, or cannot be made.
    """
    root = runs_root()
    try:
        if path is None:
            make_private(root)
        if path is not None or name:
            return _reserve_exactly(path.absolute() if path is not None else root / check_name(name), mode)
        for count in range(1, 10_000):
            folder = root / (suggestion if count == 1 else f"{suggestion}-{count}")
            with contextlib.suppress(FileExistsError):
                make_folder(folder, mode)
                return folder
    except OSError as error:
        where = root if path is None else path.parent
        raise RunError(f"no run can be made in {where}: {error.strerror or error}; choose --run DIR") from None
    raise RunError(f"too many runs are called {suggestion}; choose a --name")


def _reserve_exactly(folder: Path, mode: int) -> Path:
    check_name(folder.name)
    if not folder.parent.is_dir():
        make_private(folder.parent, mode)
    try:
        make_folder(folder, mode)
    except FileExistsError:
        if is_run(folder):
            raise RunError(
                f"there is a run called {folder.name} already; go on with `grnn-tui train --resume {folder.name}`"
                " or choose another name"
            ) from None
        if not folder.is_dir() or any(folder.iterdir()):
            raise RunError(f"{folder} is there already and is not an empty folder; choose another") from None
        folder.chmod(mode)
    return folder


def new_run(request: RunRequest, path: Path | None = None) -> Run:
    """Make a run directory with its `run.json`; an empty `request.name` gets one made up.

    `path` is a folder that `reserve` made, or None for a new one.

    Raises:
        RunError: it is there already, or cannot be made.
    """
    if path is None:
        source = request.data.sources[0] if request.data.sources else "text"
        path = reserve(request.name, suggestion=suggest_name(source, request.backend))
    request = msgspec.structs.replace(request, name=path.name)
    try:
        write_once(path / REQUEST, sealed_file(request))
    except OSError as error:
        raise RunError(f"cannot write {path / REQUEST}: {error.strerror or error}") from None
    return Run(path)


def find_run(reference: str) -> Run:
    """The run called `reference`, or in the directory `reference`.

    Raises:
        RunError: there is none; the message names those that sound alike.
    """
    root = runs_root()
    if reference and "/" not in reference and is_run(root / reference):
        return Run(root / reference)
    path = expanded(reference)
    if reference and is_run(path):
        return Run(path.absolute())
    names = run_names()
    close = difflib.get_close_matches(reference, names, n=3, cutoff=0.5)
    hint = f"did you mean {' or '.join(close)}?" if close else "`grnn-tui runs` lists them"
    raise RunError(f"there is no run {reference!r}; {hint}")


def called(run: Run) -> str:
    """What a command calls `run`, as a shell wants it: its name, or its directory where that is elsewhere."""
    return shlex.quote(run.name if run.path.parent == runs_root() else str(run.path.absolute()))


def how_to_go_on(name: str) -> str:
    """What a person can do about a run that has ended."""
    return f"`grnn-tui train --resume {name}` goes on with it (a finished one with more --steps, --seconds or --epochs)"


def run_names() -> list[str]:
    """Names of all runs, newest first."""
    root = runs_root()
    try:
        names = [name for name in os.listdir(root) if not name.startswith(".")]  # noqa: PTH208
    except OSError:
        return []
    found = []
    for name in names:
        with contextlib.suppress(OSError):
            status = os.stat(f"{root}/{name}/{REQUEST}")  # noqa: PTH116  many runs
            if stat.S_ISREG(status.st_mode):
                found.append((status.st_mtime, name))
    return [name for _, name in sorted(found, key=lambda each: each[0], reverse=True)]


def list_runs() -> list[RunSummary]:
    """All runs, newest first; reads only the ends of their files."""
    return list(each_run())


def each_run() -> Iterator[RunSummary]:
    """The same, each as soon as it has been read."""
    root = runs_root()
    for name in run_names():
        with contextlib.suppress(RunError, OSError):
            yield summarise(Run(root / name))


def summarise(run: Run) -> RunSummary:
    """One line about `run`.

    Raises:
        RunError: its `run.json` cannot be read.
    """
    request = read_request(run.path)
    began, rows = metrics.first_row(run.metrics), metrics.last_facts(run.metrics)
    status = status_from(lock.read_owner(run.path), rows)
    trained = next((row for row in reversed(rows) if isinstance(row, Trained)), None)
    losses = [row.loss for row in rows if isinstance(row, Validated) and row.loss is not None]
    steps = run.steps()
    best = run.best(verify=False) if steps else None
    if best is not None and best.manifest.validation is not None:
        losses.append(best.manifest.validation)
    last = rows[-1] if rows else None
    return RunSummary(
        name=run.name,
        path=run.path,
        state=status.state,
        pid=status.pid,
        backend=request.backend,
        data=" ".join(request.data.sources),
        created=request.created,
        step=last.step if last else (steps[-1] if steps else 0),
        seconds=last.seconds if last else 0.0,
        progress=1.0 if status.state == "finished" else trained.progress if trained else 0.0,
        loss=trained.loss if trained else None,
        validation=min(losses, default=None),
        checkpoints=tuple(steps),
        scale=LossScale.of_run(began, request.data.unit if request.data.rows is None else "value"),
        reference=_best_reference(began),
    )


def _best_reference(began: Started | None) -> float | None:
    known = began.references.values() if began is not None else ()
    return min((nats for nats in known if math.isfinite(nats)), default=None)
