"""One complete checkpoint per directory under `steps/`, made visible by one rename.

Written into `N.tmp/` (exclusive files, each flushed), `manifest.json` with sizes and SHA-256 last, then the directory
is flushed, renamed to `N/`, and the parent flushed. Whatever happens in between, a reader sees a whole step or none.
The caller holds the run's lock. What the newest or best step is, is found by looking, never by a pointer.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import msgspec

from grnn_tui.errors import RunError
from grnn_tui.foreign import from_json, open_file, read_file
from grnn_tui.private import folder_mode
from grnn_tui.runs.files import flush_folder, make_folder, write_new
from grnn_tui.runs.seals import is_whole, sealed_file

FOLDER = "steps"
MANIFEST = "manifest.json"
MAX_MANIFEST_BYTES = 1 << 20
_STEP = re.compile(r"[0-9]{9}|[1-9][0-9]{9,17}")
"""As `step_path` names them."""
_LEFT = re.compile(rf"({_STEP.pattern})\.(tmp|gone)")
"""What a writer that was killed leaves half written, or half removed."""
_BLOCK = 1 << 20


class FileFact(msgspec.Struct, frozen=True):
    """What a file of a checkpoint has to be."""

    size: int
    sha256: str


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """The content of `manifest.json`."""

    format: int = 1
    step: int
    seconds: float = 0.0
    validation: float | None = None
    """Nats per symbol as measured throughout the run, by which the best step is chosen; None if not measured here."""
    files: dict[str, FileFact]


@dataclass(frozen=True)
class Step:
    """A checkpoint on disk."""

    path: Path
    manifest: Manifest

    @property
    def number(self) -> int:
        """After how many training steps it was saved."""
        return self.manifest.step

    def read(self, name: str) -> bytes:
        """The file `name`, its size and SHA-256 checked.

        Raises:
            RunError: it is missing or damaged.
        """
        content = _read_checked(self.path / name, self.manifest.files.get(name))
        assert content is not None
        return content


def step_path(run: Path, step: int) -> Path:
    """Where the checkpoint of `step` is."""
    return run / FOLDER / f"{step:09d}"


def list_steps(run: Path) -> list[int]:
    """Steps that have a checkpoint, in order; none of them verified."""
    try:
        names = os.listdir(run / FOLDER)  # noqa: PTH208  names only: asked for often
    except OSError:
        return []
    return sorted(int(name) for name in names if _STEP.fullmatch(name))


def read_step(run: Path, step: int, *, verify: bool = True) -> Step:
    """The checkpoint of `step`; with `verify`, every file's size and SHA-256 are checked.

    Raises:
        RunError: it is missing or damaged; the message says which file.
    """
    path = step_path(run, step)
    manifest = _read_manifest(path)
    if manifest.step != step:
        raise RunError(f"{path} is damaged: {MANIFEST} speaks of step {manifest.step}")
    if verify:
        for name, fact in manifest.files.items():
            _read_checked(path / name, fact, keep=False)
    return Step(path, manifest)


def newest_step(run: Path, *, verify: bool = True) -> Step | None:
    """The newest checkpoint that verifies, or None."""
    for step in reversed(list_steps(run)):
        with contextlib.suppress(RunError):
            return read_step(run, step, verify=verify)
    return None


def best_step(run: Path, *, verify: bool = True) -> Step | None:
    """The checkpoint with the lowest validation loss that verifies; the newest where none was measured."""
    found: list[Step] = []
    for step in list_steps(run):
        with contextlib.suppress(RunError):
            found.append(read_step(run, step, verify=False))
    measured = [step for step in found if step.manifest.validation is not None]
    for candidate in sorted(measured, key=lambda s: (s.manifest.validation or 0.0, s.number)):
        if not verify:
            return candidate
        with contextlib.suppress(RunError):
            return read_step(run, candidate.number, verify=verify)
    return newest_step(run, verify=verify)


def write_step(
    run: Path, step: int, files: Mapping[str, bytes], *, seconds: float = 0.0, validation: float | None = None
) -> bool:
    """Save `files` as the checkpoint of `step`; False if the file system would not promise that it is durable.

    A step that is there already and verifies is left alone; a damaged one is moved aside.

    Raises:
        OSError: it could not be written (disk full ...); what was there before is untouched.
    """
    folder = run / FOLDER
    if not folder.is_dir():
        make_folder(folder, folder_mode(run))
    sweep(run)
    final = step_path(run, step)
    if os.path.lexists(final):
        with contextlib.suppress(RunError):
            read_step(run, step)
            return True
        set_aside(final)
    temporary = final.with_name(f"{final.name}.tmp")
    facts = {name: FileFact(len(content), hashlib.sha256(content).hexdigest()) for name, content in files.items()}
    manifest = Manifest(step=step, seconds=seconds, validation=validation, files=facts)
    try:
        make_folder(temporary, folder_mode(folder))
        for name, content in files.items():
            write_new(temporary / name, content)
        write_new(temporary / MANIFEST, sealed_file(manifest))
        durable = flush_folder(temporary)
        os.rename(temporary, final)  # noqa: PTH104
    except OSError:
        shutil.rmtree(temporary, ignore_errors=True)  # a full disk needs the room back at once
        raise
    return flush_folder(folder) and durable


def set_aside(path: Path) -> Path:
    """Rename a damaged checkpoint, keeping it for whoever wants to look."""
    aside = path.with_name(f"{path.name}.damaged")
    count = 1
    while os.path.lexists(aside):
        count += 1
        aside = path.with_name(f"{path.name}.damaged-{count}")
    os.rename(path, aside)  # noqa: PTH104
    return aside


def sweep(run: Path) -> None:
    """Remove what a killed writer left half written. Only under the lock."""
    folder = run / FOLDER
    with contextlib.suppress(OSError):
        for name in os.listdir(folder):  # noqa: PTH208
            if _LEFT.fullmatch(name):
                _remove(folder / name)


def prune(run: Path, keep: int) -> list[int]:
    """Remove checkpoints beyond the newest `keep` and the best; the steps that went.

    Nothing goes unless the newest step verifies. A checkpoint vanishes by one rename too, so no reader sees half of it.
    """
    steps = list_steps(run)
    if len(steps) <= max(keep, 2):
        return []
    newest = newest_step(run)
    if newest is None or newest.number != steps[-1]:
        return []
    best = best_step(run, verify=False)
    kept = set(steps[-max(keep, 2) :]) | ({best.number} if best else set())
    gone = [step for step in steps if step not in kept]
    for step in gone:
        path = step_path(run, step)
        aside = path.with_name(f"{path.name}.gone")
        os.rename(path, aside)  # noqa: PTH104
        _remove(aside)
    return gone


def _remove(path: Path) -> None:
    """Remove a folder with all that is in it, or whatever else is there; a link is not followed."""
    with contextlib.suppress(OSError):
        path.unlink()
    shutil.rmtree(path, ignore_errors=True)


def _read_manifest(path: Path) -> Manifest:
    if path.is_symlink():
        raise RunError(f"{path} is a link, not a checkpoint")
    try:
        content = read_file(path / MANIFEST, MAX_MANIFEST_BYTES)
        manifest = from_json(content, Manifest)
        whole = is_whole(content)
    except OSError as error:
        raise RunError(f"{path} is not a complete checkpoint: {error.strerror or error} ({MANIFEST})") from None
    except msgspec.DecodeError as error:
        raise RunError(f"{path / MANIFEST} is damaged: {error}") from None
    if manifest.format != 1:
        raise RunError(f"{path / MANIFEST} has format {manifest.format}; this version reads format 1")
    if any("/" in name or "\0" in name or name.startswith(".") for name in manifest.files):
        raise RunError(f"{path / MANIFEST} is damaged: it names files outside the checkpoint")
    if not whole:
        raise RunError(f"{path / MANIFEST} is damaged: its SHA-256 is not what it says")
    return manifest


def _read_checked(file: Path, fact: FileFact | None, *, keep: bool = True) -> bytes | None:
    if fact is None:
        raise RunError(f"{file.parent} is damaged: {MANIFEST} does not name {file.name}")
    digest = hashlib.sha256()
    blocks: list[bytes] = []
    try:
        with open_file(file) as opened:
            if (size := os.fstat(opened.fileno()).st_size) != fact.size:
                raise RunError(f"{file} is damaged: {size} bytes where {fact.size} belong")
            while block := opened.read(_BLOCK):
                digest.update(block)
                if keep:
                    blocks.append(block)
    except OSError as error:
        raise RunError(f"{file} cannot be read: {error.strerror or error}") from None
    if digest.hexdigest() != fact.sha256:
        raise RunError(f"{file} is damaged: its SHA-256 is not what {MANIFEST} says")
    return b"".join(blocks) if keep else None
