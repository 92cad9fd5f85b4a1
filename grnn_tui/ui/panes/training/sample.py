"""A few lines written with the newest checkpoint of a run, by a short-lived process that cannot disturb the screen."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from pathlib import Path

from grnn_tui.safetext import SafeText, sanitise, sanitise_bytes

LENGTH = 320
PATIENCE = 20.0
_MAX_BYTES = 64 << 10


async def sample_of(run: Path, *, seed: int = 1, temperature: float = 0.8) -> SafeText | None:
    """What `grnn-tui generate RUN` writes with a fixed seed; None if it cannot."""
    words = [sys.executable, "-P", "-m", "grnn_tui", "generate", str(run), "--length", str(LENGTH)]
    words += ["--seed", str(seed), "--temperature", str(temperature)]
    environment = os.environ | {"PYTHONIOENCODING": "utf-8", "OMP_NUM_THREADS": "1"}
    process = await asyncio.create_subprocess_exec(
        *words,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env=environment,
        start_new_session=True,
    )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(PATIENCE):
            written = await process.stdout.read(_MAX_BYTES)
            while len(written) < _MAX_BYTES and (more := await process.stdout.read(_MAX_BYTES)):
                written += more
            status = await process.wait()
    except TimeoutError:
        status, written = 1, b""
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
    if status != 0 or not written:
        return None
    return sanitise(sanitise_bytes(written, keep_newlines=True, tab_width=4).strip(), keep_newlines=True)
