"""An experiment in a process of its own, so that the screen never imports torch and can end it at any time."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import signal
import sys
from collections.abc import Callable, Sequence

import msgspec

from grnn_tui.errors import GrnnError
from grnn_tui.lab.finding import Finding
from grnn_tui.safetext import sanitise_bytes

PROGRESS = re.compile(r"\s*(\d{1,3})% (.*)")
"""A line on the child's stderr that says how far it is."""
GRACE = 3.0
"""Seconds that a child has to put away what it has written, when asked to end."""
_MOST = 16 << 20
_LINE = 1 << 16

Tell = Callable[[float, str], None]


def command_of(name: str, seed: int) -> list[str]:
    """What a person would type for the same."""
    return [sys.executable, "-P", "-m", "grnn_tui", "lab", name, "--seed", str(seed), "--json"]


async def carry_out(words: Sequence[str], tell: Tell) -> Finding:
    """What the command `words` finds; `tell` hears how far it is. Cancelled, the child ends with it.

    Raises:
        GrnnError: it could not be started, or it failed; the line is the last that it said.
    """
    try:
        process = await asyncio.create_subprocess_exec(
            *words,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=os.environ | {"PYTHONIOENCODING": "utf-8", "PYTHONUNBUFFERED": "1"},
            start_new_session=True,
            limit=_LINE,
        )
    except OSError as error:
        raise GrnnError(f"the experiment cannot be started: {error.strerror or error}") from None
    try:
        written, last = await asyncio.gather(_all_of(process.stdout), _listen(process.stderr, tell))
        status = await process.wait()
    finally:
        await _end(process)
    if status != 0:
        raise GrnnError(last or f"the experiment ended with status {status}")
    try:
        return msgspec.json.decode(written, type=Finding)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise GrnnError(f"the experiment did not say what it found: {error}") from None


async def _all_of(stream: asyncio.StreamReader | None) -> bytes:
    assert stream is not None
    parts: list[bytes] = []
    while (part := await stream.read(_LINE)) and sum(map(len, parts)) < _MOST:
        parts.append(part)
    return b"".join(parts)


async def _listen(stream: asyncio.StreamReader | None, tell: Tell) -> str:
    """Pass progress on; the last line that was none of it."""
    assert stream is not None
    last = ""
    while True:
        try:
            line = await stream.readline()
        except ValueError:  # longer than any line of ours
            continue
        if not line:
            return last
        text = sanitise_bytes(line.strip())
        if match := PROGRESS.fullmatch(text):
            tell(min(1.0, int(match[1]) / 100), match[2])
        elif text:
            last = text


async def _end(process: asyncio.subprocess.Process) -> None:
    """Interrupt what is still there of it, as Ctrl-C would, so that it clears away its files; and make sure of it."""
    if process.returncode is not None:
        return
    _signal(process, signal.SIGINT)
    try:
        async with asyncio.timeout(GRACE):
            await process.wait()
    except TimeoutError:
        pass
    finally:
        if process.returncode is None:
            _signal(process, signal.SIGKILL)
            await process.wait()


def _signal(process: asyncio.subprocess.Process, which: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, which)
