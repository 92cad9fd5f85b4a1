"""From what a person types to the model directory they mean."""

from __future__ import annotations

import contextlib
import difflib
import os
from dataclasses import dataclass
from pathlib import Path

import grnn_tui
from grnn_tui.backends.modeldir import HEADER, ModelDirectory, read_header, read_model
from grnn_tui.errors import GrnnError, ModelError, RunError
from grnn_tui.places import expanded, own_place
from grnn_tui.runs.checkpoint import Step, read_step
from grnn_tui.runs.directory import Run, is_run
from grnn_tui.runs.files import is_file
from grnn_tui.runs.store import find_run, run_names, runs_root

VARIABLE = "GRNN_TUI_MODELS"
_ATTEMPTS = 5


@dataclass(frozen=True)
class Located:
    """A model that can be opened."""

    path: Path
    """The model directory."""
    name: str
    run: Run | None = None
    step: int | None = None
    """Of the checkpoint, if it belongs to a run."""
    live: bool = False
    """Whether a newer checkpoint may still appear: the newest step of a run that is being trained."""
    passed_over: str = ""
    """Why a newer, or a better, checkpoint of the run was not taken, if one is damaged."""


def model_folders() -> list[Path]:
    """Folders whose sub-folders are models: `GRNN_TUI_MODELS`, the user's own, the shipped ones."""
    package = Path(grnn_tui.__file__).parent
    shipped = package / "models" if (package / "models").is_dir() else package.parent / "models"
    named = os.environ.get(VARIABLE)
    own = expanded(named) if named else own_place("data") / "models"
    return [own, shipped]


def models() -> list[Located]:
    """Every model that has a name: local and shipped ones, then runs with a checkpoint, newest first."""
    found = {name: Located(path, name) for name, path in sorted(_named_models().items())}
    listed = list(found.values())
    for name in run_names():
        with contextlib.suppress(GrnnError):
            listed.append(_of_run(Run(runs_root() / name), "", verify=False))
    return listed


def locate_model(reference: str, *, verify: bool = True) -> Located:
    """The model `reference` means.

    A shipped or local name, a model directory, a run or its directory (its newest complete step), `RUN@best` or
    `RUN@1200`. A name goes before a path of the same spelling; write `./name` for the path. With `verify`, a run's
    checkpoint is one whose files have the size and SHA-256 they should.

    Raises:
        ModelError: there is none; the message names those that sound alike.
        RunError: the run has no such checkpoint.
    """
    named = _named_models()
    if reference in named:
        return Located(named[reference], reference)
    path = expanded(reference)
    if reference and is_file(path / HEADER) and not is_run(runs_root() / reference):
        path = path.absolute()
        return Located(path, path.name)
    run, _, wanted = reference.partition("@")
    try:
        found = find_run(run)
    except RunError:
        found = None
    if found is None:
        raise ModelError(_unknown(reference, path, list(named)))
    return _of_run(found, wanted, verify=verify)


def open_model(reference: str) -> tuple[Located, ModelDirectory]:
    """Locate and read `reference`; a checkpoint that its trainer prunes meanwhile is looked up again.

    Raises:
        ModelError, RunError: there is none, or it is damaged.
    """
    for _ in range(_ATTEMPTS - 1):
        located = locate_model(reference)
        try:
            return located, read_model(located.path)
        except ModelError:
            if located.run is None or located.path.exists():
                raise
    located = locate_model(reference)
    return located, read_model(located.path)


def _named_models() -> dict[str, Path]:
    found: dict[str, Path] = {}
    for folder in reversed(model_folders()):
        with contextlib.suppress(OSError):
            for path in sorted(folder.iterdir()):
                if is_file(path / HEADER) and not path.name.startswith("."):
                    found[path.name] = path
    return found


def _of_run(run: Run, wanted: str, *, verify: bool) -> Located:
    preferred = _preferred(run, wanted)
    step = _wanted_step(run, wanted, verify=verify)
    if verify:
        read_header(step.path)
    name = f"{run.name}@{wanted}" if wanted else run.name
    left = [at for at in preferred if at > step.number or (wanted and at != step.number)]
    damaged = next(filter(None, (_fault(run, at) for at in left)), "")
    live = not wanted and run.status().live
    return Located(step.path, name, run, step.number, live=live, passed_over=damaged)


def _preferred(run: Run, wanted: str) -> list[int]:
    """The checkpoints that `wanted` means, were they whole, the first choice first."""
    if wanted == "best":
        best = run.best(verify=False)
        return [] if best is None else [best.number]
    return [] if wanted else run.steps()[::-1]


def _fault(run: Run, number: int) -> str:
    """What is wrong with the checkpoint `number`; nothing where it was pruned meanwhile."""
    try:
        read_step(run.path, number)
    except RunError as error:
        return str(error) if number in run.steps() else ""
    return ""


def _wanted_step(run: Run, wanted: str, *, verify: bool) -> Step:
    if wanted in ("", "best"):
        step = run.best(verify=verify) if wanted else run.newest(verify=verify)
        if step is None:
            fault = next(filter(None, (_fault(run, at) for at in reversed(run.steps()))), "")
            raise RunError(f"the run {run.name} has no complete checkpoint{f': {fault}' if fault else ' yet'}")
        return step
    if not wanted.isdecimal() or not wanted.isascii() or len(wanted) > 18 or int(wanted) not in run.steps():
        there = ", ".join(map(str, run.steps()[-6:])) or "none yet"
        raise RunError(f"the run {run.name} has no checkpoint {wanted!r}; there are: {there} (and best)")
    return read_step(run.path, int(wanted), verify=verify)


def _unknown(reference: str, path: Path, named: list[str]) -> str:
    if os.path.isdir(path):  # noqa: PTH112  for names that are too long
        return f"{reference!r} is neither a model directory ({HEADER}) nor a run"
    close = difflib.get_close_matches(reference.partition("@")[0], [*named, *run_names()], n=3, cutoff=0.5)
    hint = f"did you mean {' or '.join(close)}?" if close else "`grnn-tui models` lists them"
    return f"there is no model or run {reference!r}; {hint}"
